//! A placed picture as SVG text.

use std::fmt::Write;

use super::boxes::{
    HEAD_HEIGHT, Kind, LINE_HEIGHT, Line, NAME_SIZE, PADDING, POINT, TEXT_SIZE, Tone, as_f64,
    indent, pill_width,
};
use super::place::{LABEL_HEIGHT, LABEL_SIZE, Leg, MARGIN, Picture, Placed, Route};
use super::svg::{escaped, width};

const FONT: &str = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace";
const PAPER: &str = "#fbfcfe";
const INK: &str = "#1c2733";
const FAINT: &str = "#5d6b7a";
const LINE: &str = "#51718f";
const STEP_EDGE: &str = "#7d97b0";
const STEP_HEAD: &str = "#e3edf7";
const INSPECTION_EDGE: &str = "#b98a2f";
const INSPECTION_FILL: &str = "#fdf4df";
const PILL: &str = "#2c5f8a";
const WARNING: &str = "#a3262a";

/// The whole document. Its background makes it readable on light and on dark pages.
pub(super) fn svg(picture: &Picture, heading: &str) -> String {
    let note = "signatures were not checked";
    let least = MARGIN * 2.0 + width(heading, NAME_SIZE).max(width(note, TEXT_SIZE));
    let (wide, high) = (picture.width.max(least), picture.height.max(120.0));
    let mut out = String::new();
    let mut put = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    put(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0}" height="{high:.0}" viewBox="0 0 {wide:.0} {high:.0}" role="img" font-family="{FONT}">"#
    ));
    put(format!("<title>{}</title>", escaped(heading)));
    put(format!(
        r#"<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 1 L9 5 L0 9 Z" fill="{LINE}"/></marker></defs>"#
    ));
    put(format!(
        r##"<rect x="0.5" y="0.5" width="{:.0}" height="{:.0}" rx="10" fill="{PAPER}" stroke="#d5dee8"/>"##,
        wide - 1.0,
        high - 1.0
    ));
    put(text(MARGIN, 36.0, NAME_SIZE, INK, "bold", heading));
    put(text(MARGIN, high - 16.0, LABEL_SIZE, FAINT, "normal", note));
    if picture.boxes.is_empty() {
        put(text(MARGIN, 72.0, TEXT_SIZE, WARNING, "normal", "no steps"));
    }
    for arrow in &picture.arrows {
        put(line(arrow));
    }
    for placed in &picture.boxes {
        put(shape(placed));
    }
    for arrow in &picture.arrows {
        for (at, label) in arrow.labels.iter().rev().enumerate() {
            let y = arrow.label_y - LABEL_HEIGHT * as_f64(at);
            put(text(arrow.label_x, y, LABEL_SIZE, INK, "normal", label));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn text(x: f64, y: f64, size: f64, fill: &str, weight: &str, content: &str) -> String {
    format!(
        r#"<text x="{x:.1}" y="{y:.1}" font-size="{size:.0}" font-weight="{weight}" fill="{fill}">{}</text>"#,
        escaped(content)
    )
}

fn line(arrow: &Route) -> String {
    let mut path = String::new();
    let mut here = (0.0, 0.0);
    for (at, leg) in arrow.points.iter().enumerate() {
        let written = match *leg {
            Leg::Line(x, y) => {
                here = (x, y);
                write!(path, "{}{x:.1} {y:.1} ", if at == 0 { "M" } else { "L" })
            }
            Leg::Curve(x, y) => {
                let middle = f64::midpoint(here.0, x);
                let from = here.1;
                here = (x, y);
                write!(
                    path,
                    "C{middle:.1} {from:.1} {middle:.1} {y:.1} {x:.1} {y:.1} "
                )
            }
        };
        written.expect("a String takes all that is written");
    }
    let dashes = if arrow.backwards {
        r#" stroke-dasharray="5 4""#
    } else {
        ""
    };
    format!(
        r#"<path d="{}" fill="none" stroke="{LINE}" stroke-width="1.5" stroke-linejoin="round"{dashes} marker-end="url(#tip)"/>"#,
        path.trim_end()
    )
}

fn shape(placed: &Placed) -> String {
    let Placed { x, y, content } = placed;
    let mut out = format!("<g><title>{}</title>\n", escaped(&content.whole_name));
    let (outline, inset) = match content.kind {
        Kind::Step => (step_outline(placed), PADDING),
        Kind::Inspection => (inspection_outline(placed), PADDING + POINT),
    };
    out.push_str(&outline);
    out.push_str(&text(
        x + inset,
        y + 22.5,
        NAME_SIZE,
        INK,
        "bold",
        &content.name,
    ));
    if !content.quorum.is_empty() {
        let right = x + content.width - PADDING / 2.0;
        out.push_str(&pill(right, y + HEAD_HEIGHT / 2.0, &content.quorum));
    }
    for (at, line) in content.lines.iter().enumerate() {
        let base = y + HEAD_HEIGHT + LINE_HEIGHT * (as_f64(at) + 1.0);
        out.push_str(&content_line(line, x + inset, base));
    }
    out.push_str("\n</g>");
    out
}

/// A box with round corners and a tinted head.
fn step_outline(placed: &Placed) -> String {
    let Placed { x, y, content } = placed;
    let (wide, high) = (content.width, content.height);
    format!(
        r##"<rect x="{x:.1}" y="{y:.1}" width="{wide:.1}" height="{high:.1}" rx="8" fill="#ffffff" stroke="{STEP_EDGE}" stroke-width="1.5"/>
<path d="M{left:.1} {under:.1} V{shoulder:.1} Q{left:.1} {top:.1} {inner:.1} {top:.1} H{outer:.1} Q{right:.1} {top:.1} {right:.1} {shoulder:.1} V{under:.1} Z" fill="{STEP_HEAD}"/>
"##,
        left = x + 0.75,
        right = x + wide - 0.75,
        top = y + 0.75,
        inner = x + 8.0,
        outer = x + wide - 8.0,
        shoulder = y + 8.0,
        under = y + HEAD_HEIGHT,
    )
}

/// A box with pointed sides.
fn inspection_outline(placed: &Placed) -> String {
    let Placed { x, y, content } = placed;
    let (right, bottom) = (x + content.width, y + content.height);
    format!(
        r#"<path d="M{inner:.1} {y:.1} H{outer:.1} L{right:.1} {middle:.1} L{outer:.1} {bottom:.1} H{inner:.1} L{x:.1} {middle:.1} Z" fill="{INSPECTION_FILL}" stroke="{INSPECTION_EDGE}" stroke-width="1.5" stroke-linejoin="round"/>
"#,
        inner = x + POINT,
        outer = right - POINT,
        middle = f64::midpoint(*y, bottom),
    )
}

fn content_line(line: &Line, x: f64, base: f64) -> String {
    let (fill, size) = match line.tone {
        Tone::Heading => (FAINT, LABEL_SIZE),
        Tone::Party | Tone::Text => (INK, TEXT_SIZE),
        Tone::Warning => (WARNING, TEXT_SIZE),
    };
    let mark = if matches!(line.tone, Tone::Party) {
        let (x, y) = (x + 4.0, base - 4.0);
        format!("\n<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{PILL}\"/>")
    } else {
        String::new()
    };
    let x = x + indent(line.tone);
    format!(
        "{mark}\n{}",
        text(x, base, size, fill, "normal", &line.text)
    )
}

fn pill(right: f64, middle: f64, quorum: &str) -> String {
    let wide = pill_width(quorum);
    format!(
        "\n<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"20\" rx=\"10\" fill=\"{PILL}\"/>\n{}",
        right - wide,
        middle - 10.0,
        text(
            right - wide + 8.0,
            middle + 4.2,
            TEXT_SIZE,
            "#ffffff",
            "bold",
            quorum
        )
    )
}

//! What stands in each box.

use std::collections::BTreeSet;

use quorate::intoto::{Inspection, Layout, Rule, Step};

use super::chain::Chain;
use super::svg;
use crate::layout::reference::short_id;
use crate::layout::rule_text::joined;

pub(super) const NAME_SIZE: f64 = 15.0;
pub(super) const TEXT_SIZE: f64 = 12.0;
pub(super) const HEAD_HEIGHT: f64 = 34.0;
pub(super) const LINE_HEIGHT: f64 = 18.0;
pub(super) const PADDING: f64 = 14.0;
/// How far the sides of an inspection's shape point outwards.
pub(super) const POINT: f64 = 14.0;

const NAME_CHARACTERS_MAX: usize = 34;
const LINE_CHARACTERS_MAX: usize = 38;
const KEYS_SHOWN_MAX: usize = 6;
const PATTERNS_SHOWN_MAX: usize = 4;
const BOX_WIDTH_MIN: f64 = 150.0;

/// A step or an inspection, ready to be placed.
pub(super) struct Content {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) whole_name: String,
    /// `2 of 3`; empty for an inspection.
    pub(super) quorum: String,
    pub(super) lines: Vec<Line>,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Step,
    Inspection,
}

pub(super) struct Line {
    pub(super) tone: Tone,
    pub(super) text: String,
}

#[derive(Clone, Copy)]
pub(super) enum Tone {
    /// A small heading.
    Heading,
    /// A key.
    Party,
    /// A pattern, a name, a command.
    Text,
    /// Something that cannot work.
    Warning,
}

/// The boxes of the chain's nodes, in their order.
pub(super) fn of(layout: &Layout, chain: &Chain) -> Vec<Content> {
    let steps = layout.steps.iter().map(|step| step_content(layout, step));
    let inspections = layout.inspections.iter().map(inspection_content);
    let contents = steps.chain(inspections).zip(&chain.nodes);
    contents
        .map(|(content, node)| sized(content, &node.unknown))
        .collect()
}

fn step_content(layout: &Layout, step: &Step) -> Content {
    let ids = step.pubkeys.iter().take(KEYS_SHOWN_MAX);
    let parties: Vec<String> = ids
        .map(|id| match layout.keys.get(id) {
            Some(key) => format!("{} {}", short_id(id, layout), key.scheme().name()),
            None => format!("{} without a key", short_id(id, layout)),
        })
        .collect();
    let mut lines = Vec::new();
    push(&mut lines, Tone::Party, &parties, KEYS_SHOWN_MAX);
    if step.pubkeys.len() > KEYS_SHOWN_MAX {
        lines.push(line(
            Tone::Heading,
            &format!("and {} more", step.pubkeys.len() - KEYS_SHOWN_MAX),
        ));
    }
    let created = step.expected_products.iter().filter_map(|rule| match rule {
        Rule::Create(pattern) => Some(pattern.as_str().to_owned()),
        _ => None,
    });
    let created: Vec<String> = created.collect();
    if !created.is_empty() {
        lines.push(line(Tone::Heading, "may create"));
        push(&mut lines, Tone::Text, &created, PATTERNS_SHOWN_MAX);
    }
    content(
        Kind::Step,
        &step.name,
        format!("{} of {}", step.threshold, step.pubkeys.len()),
        lines,
    )
}

fn inspection_content(inspection: &Inspection) -> Content {
    let command = joined(&inspection.run);
    let lines = vec![
        line(Tone::Heading, "verifiers run"),
        line(
            Tone::Text,
            if command.is_empty() {
                "nothing"
            } else {
                &command
            },
        ),
    ];
    content(Kind::Inspection, &inspection.name, String::new(), lines)
}

fn content(kind: Kind, name: &str, quorum: String, lines: Vec<Line>) -> Content {
    Content {
        kind,
        name: svg::cut(name, NAME_CHARACTERS_MAX),
        whole_name: name.to_owned(),
        quorum,
        lines,
        width: 0.0,
        height: 0.0,
    }
}

fn line(tone: Tone, text: &str) -> Line {
    Line {
        tone,
        text: svg::cut(text, LINE_CHARACTERS_MAX),
    }
}

fn push(lines: &mut Vec<Line>, tone: Tone, texts: &[String], shown_max: usize) {
    lines.extend(texts.iter().take(shown_max).map(|text| line(tone, text)));
    if texts.len() > shown_max {
        lines.push(line(
            Tone::Heading,
            &format!("and {} more", texts.len() - shown_max),
        ));
    }
}

fn sized(mut content: Content, unknown: &BTreeSet<String>) -> Content {
    let unknown: Vec<String> = unknown
        .iter()
        .map(|name| format!("no step {name:?}"))
        .collect();
    push(
        &mut content.lines,
        Tone::Warning,
        &unknown,
        PATTERNS_SHOWN_MAX,
    );
    let pill = if content.quorum.is_empty() {
        0.0
    } else {
        pill_width(&content.quorum) + 12.0
    };
    // Bold letters are wider.
    let head = svg::width(&content.name, NAME_SIZE) * 1.06 + pill;
    let lines = content
        .lines
        .iter()
        .map(|line| indent(line.tone) + svg::width(&line.text, TEXT_SIZE));
    let widest = lines.fold(head, f64::max) + 2.0 * PADDING;
    let pointed = if content.kind == Kind::Inspection {
        2.0 * POINT
    } else {
        0.0
    };
    content.width = widest.max(BOX_WIDTH_MIN) + pointed;
    content.height = HEAD_HEIGHT + LINE_HEIGHT * as_f64(content.lines.len()) + PADDING;
    content
}

/// How far a line is set in: a party has a mark before it.
pub(super) fn indent(tone: Tone) -> f64 {
    if matches!(tone, Tone::Party) {
        16.0
    } else {
        0.0
    }
}

pub(super) fn pill_width(quorum: &str) -> f64 {
    svg::width(quorum, TEXT_SIZE) + 16.0
}

/// A count of things in a picture, of which there are few.
pub(super) fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

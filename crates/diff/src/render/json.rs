//! The report as JSON, format `quorate-diff/1`.

use quorate::json::Json;

use super::{Names, hex};
use crate::causes::{Cause, Summary};
use crate::report::{
    ArchiveDiff, Difference, Digested, Divergence, FieldDiff, Hunk, LineSide, MemberDiff, Report,
    Shown, TextDiff, TextOf,
};

/// The format and its version: `docs/spec/diff.md`.
const FORMAT: &str = "quorate-diff/1";

/// Writes the report as `docs/spec/diff.md` has it. Text of archives is in it as it is, apart from lines, which are shown harmless.
pub fn json(report: &Report, names: Names<'_>) -> Json<'static> {
    let file = |name: &str, of: &Digested| {
        Json::object([
            ("name", Json::text(name.to_owned())),
            ("size", Json::number(of.size)),
            ("sha256", Json::text(of.sha256.to_string())),
        ])
    };
    Json::object([
        ("format", Json::text(FORMAT)),
        ("equal", Json::Bool(report.is_equal())),
        ("a", file(names.a, &report.a)),
        ("b", file(names.b, &report.b)),
        ("causes", list(&report.causes(), summary)),
        (
            "difference",
            optional(report.difference.as_ref(), difference),
        ),
    ])
}

fn list<T>(items: &[T], each: fn(&T) -> Json<'static>) -> Json<'static> {
    Json::Array(items.iter().map(each).collect())
}

fn optional<T>(item: Option<&T>, of: fn(&T) -> Json<'static>) -> Json<'static> {
    item.map_or(Json::Null, of)
}

fn shown<T>(items: &Shown<T>, each: fn(&T) -> Json<'static>) -> Json<'static> {
    Json::object([
        ("items", list(&items.items, each)),
        ("leftOut", Json::number(items.left_out as u64)),
    ])
}

#[allow(clippy::ptr_arg, reason = "it is given to lists of strings as it is")]
fn text(text: &String) -> Json<'static> {
    Json::text(text.clone())
}

fn summary(of: &Summary) -> Json<'static> {
    Json::object([
        ("kind", Json::text(of.kind.name())),
        ("confidence", Json::text(of.confidence.word())),
        ("count", Json::number(of.count as u64)),
        ("places", list(&of.places, text)),
        ("example", text(&of.example)),
        ("advice", Json::text(of.kind.advice())),
    ])
}

fn cause(of: &Cause) -> Json<'static> {
    Json::object([
        ("kind", Json::text(of.kind.name())),
        ("confidence", Json::text(of.confidence.word())),
        ("count", Json::number(of.count as u64)),
        ("example", text(&of.example)),
    ])
}

fn difference(of: &Difference) -> Json<'static> {
    let bytes = of.different_bytes.map_or(Json::Null, Json::number);
    Json::object([
        ("first", optional(of.first.as_ref(), divergence)),
        ("differentBytes", bytes),
        ("archive", optional(of.archive.as_ref(), archive)),
        ("text", optional(of.text.as_ref(), lines)),
        ("causes", list(&of.causes, cause)),
        ("notes", list(&of.notes, text)),
    ])
}

fn divergence(of: &Divergence) -> Json<'static> {
    Json::object([
        ("offset", Json::number(of.offset)),
        ("contextOffset", Json::number(of.context_offset)),
        ("a", Json::text(hex(&of.a))),
        ("b", Json::text(hex(&of.b))),
    ])
}

fn archive(of: &ArchiveDiff) -> Json<'static> {
    let order = of.order.as_ref().map_or(Json::Null, |order| {
        Json::object([("a", text(&order.a)), ("b", text(&order.b))])
    });
    Json::object([
        ("formatA", Json::text(of.format_a.name())),
        ("formatB", Json::text(of.format_b.name())),
        ("countA", Json::number(of.counts.0 as u64)),
        ("countB", Json::number(of.counts.1 as u64)),
        ("onlyInA", shown(&of.only_in_a, text)),
        ("onlyInB", shown(&of.only_in_b, text)),
        ("order", order),
        ("packing", shown(&of.packing, packing)),
        ("members", shown(&of.members, member)),
    ])
}

fn packing(of: &FieldDiff) -> Json<'static> {
    Json::object([
        ("part", text(&of.part)),
        ("field", Json::text(of.field)),
        ("a", text(&of.a)),
        ("b", text(&of.b)),
    ])
}

fn field(of: &FieldDiff) -> Json<'static> {
    Json::object([
        ("field", Json::text(of.field)),
        ("a", text(&of.a)),
        ("b", text(&of.b)),
    ])
}

fn member(of: &MemberDiff) -> Json<'static> {
    let digested = |of: &Digested| {
        Json::object([
            ("size", Json::number(of.size)),
            ("sha256", Json::text(of.sha256.to_string())),
        ])
    };
    let contents = of.contents.as_ref().map_or(Json::Null, |contents| {
        Json::object([
            ("a", digested(&contents.a)),
            ("b", digested(&contents.b)),
            ("difference", difference(&contents.difference)),
        ])
    });
    Json::object([
        ("name", text(&of.name)),
        ("fields", list(&of.fields, field)),
        ("contents", contents),
        ("causes", list(&of.causes, cause)),
    ])
}

fn lines(of: &TextDiff) -> Json<'static> {
    let word = match of.of {
        TextOf::Lines => "lines",
        TextOf::Strings => "strings",
    };
    Json::object([
        ("of", Json::text(word)),
        ("hunks", list(&of.hunks, hunk)),
        ("cut", Json::Bool(of.is_cut)),
    ])
}

fn hunk(of: &Hunk) -> Json<'static> {
    let marked = of.lines.iter().map(|line| {
        let mark = match line.side {
            LineSide::Both => ' ',
            LineSide::A => '-',
            LineSide::B => '+',
        };
        Json::text(format!("{mark}{}", line.text))
    });
    Json::object([
        ("lineA", Json::number(of.line_a)),
        ("lineB", Json::number(of.line_b)),
        ("lines", Json::Array(marked.collect())),
    ])
}

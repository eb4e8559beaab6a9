//! Changes as pieces of a unified diff for people: few lines, short ones.

use super::lines::Change;
use super::visible;
use crate::bytes::first_difference;
use crate::report::{Hunk, Line, LineSide, TextDiff, TextOf};

/// Equal lines before and after a change.
pub(super) const CONTEXT_LINES: usize = 3;
/// Lines of all hunks together.
const LINES_MAX: usize = 60;
/// Bytes of a line that are shown.
const LINE_BYTES_MAX: usize = 200;
/// Of a line that is cut, so many are before its first difference.
const LINE_BYTES_BEFORE: usize = 60;

/// Makes hunks of the changes; `None` when there is no change.
pub(super) fn diff(
    of: TextOf,
    changes: &[Change],
    lines: (&[&[u8]], &[&[u8]]),
    first_line: u64,
    is_cut: bool,
) -> Option<TextDiff> {
    if changes.is_empty() {
        return None;
    }
    let mut making = Making {
        lines,
        first_line,
        hunks: Vec::new(),
        left: LINES_MAX,
    };
    let mut rest = changes;
    while let Some((first, others)) = rest.split_first() {
        let joined = joined(first, others);
        let (group, after) = rest.split_at_checked(joined).unwrap_or((rest, &[]));
        if making.left == 0 {
            break;
        }
        making.hunk(group);
        rest = after;
    }
    let is_cut = is_cut || !rest.is_empty() || making.left == 0;
    let hunks = making.hunks;
    Some(TextDiff { of, hunks, is_cut })
}

/// How many changes are so near each other that they are one hunk.
fn joined(first: &Change, others: &[Change]) -> usize {
    let mut end = first.a.end;
    let near = others.iter().take_while(|change| {
        let is_near = change.a.start <= end + 2 * CONTEXT_LINES;
        end = change.a.end;
        is_near
    });
    1 + near.count()
}

struct Making<'m> {
    lines: (&'m [&'m [u8]], &'m [&'m [u8]]),
    first_line: u64,
    hunks: Vec<Hunk>,
    left: usize,
}

impl Making<'_> {
    fn hunk(&mut self, group: &[Change]) {
        let Some(first) = group.first() else { return };
        let back = CONTEXT_LINES.min(first.a.start).min(first.b.start);
        let (start_a, start_b) = (first.a.start - back, first.b.start - back);
        let mut lines = Vec::new();
        let mut at = start_a;
        for change in group {
            self.same(at, change.a.start, &mut lines);
            self.changed(change, &mut lines);
            at = change.a.end;
        }
        self.same(at, at + CONTEXT_LINES, &mut lines);
        self.hunks.push(Hunk {
            line_a: self.first_line.saturating_add(start_a as u64),
            line_b: self.first_line.saturating_add(start_b as u64),
            lines,
        });
    }

    fn same(&mut self, from: usize, to: usize, into: &mut Vec<Line>) {
        let lines = self.lines.0;
        let to = to.min(lines.len());
        for line in lines.get(from..to).unwrap_or_default() {
            self.push(LineSide::Both, line, None, into);
        }
    }

    fn changed(&mut self, change: &Change, into: &mut Vec<Line>) {
        let left = self.lines.0.get(change.a.clone()).unwrap_or_default();
        let right = self.lines.1.get(change.b.clone()).unwrap_or_default();
        for (index, line) in left.iter().enumerate() {
            self.push(LineSide::A, line, right.get(index).copied(), into);
        }
        for (index, line) in right.iter().enumerate() {
            self.push(LineSide::B, line, left.get(index).copied(), into);
        }
    }

    fn push(&mut self, side: LineSide, line: &[u8], other: Option<&[u8]>, into: &mut Vec<Line>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let differs = other.and_then(|other| first_difference(line, other));
        into.push(Line {
            side,
            text: cut(line, differs.unwrap_or(0)),
        });
    }
}

/// The line, or a piece of it around `at`.
fn cut(line: &[u8], at: usize) -> String {
    if line.len() <= LINE_BYTES_MAX {
        return visible(line);
    }
    let start = boundary(line, at.saturating_sub(LINE_BYTES_BEFORE));
    let end = boundary(line, start.saturating_add(LINE_BYTES_MAX).min(line.len()));
    let piece = visible(line.get(start..end).unwrap_or_default());
    let before = if start > 0 { "…" } else { "" };
    let after = if end < line.len() { "…" } else { "" };
    format!("{before}{piece}{after}")
}

/// The start of the character that `at` is in.
fn boundary(line: &[u8], at: usize) -> usize {
    let is_inside = |at: usize| line.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let back = (0..3usize)
        .take_while(|n| is_inside(at.saturating_sub(*n)))
        .count();
    at.saturating_sub(back)
}

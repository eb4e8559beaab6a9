//! Which lines of two lists stand for each other: the nearest place from which they go on alike, again and again.
//!
//! It is no shortest diff. It is bounded by the number of lines it looks ahead, whatever the lists are.

use std::ops::Range;

use super::Pair;

/// Lines of one content.
pub(super) struct Split<'s> {
    pub(super) lines: Vec<&'s [u8]>,
    pub(super) is_cut: bool,
}

/// More lines than this are not compared.
pub(super) const LINES_MAX: usize = 20_000;
/// Lines of both together that are passed over to find where they go on alike.
const LOOK_AHEAD_LINES: usize = 200;
/// When so many lines have changed, more say nothing new.
const CHANGED_LINES_MAX: usize = 400;

/// Lines that one has in the place of lines of the other.
pub(super) struct Change {
    pub(super) a: Range<usize>,
    pub(super) b: Range<usize>,
}

/// All changes from the start, or as far as they were looked for.
pub(super) struct Changes {
    pub(super) changes: Vec<Change>,
    pub(super) is_cut: bool,
}

/// Splits at line breaks, which are left out.
pub(super) fn split(bytes: &[u8]) -> Split<'_> {
    let mut lines: Vec<_> = bytes
        .split(|byte| *byte == b'\n')
        .take(LINES_MAX + 1)
        .collect();
    let is_cut = lines.len() > LINES_MAX;
    lines.truncate(LINES_MAX);
    Split { lines, is_cut }
}

pub(super) fn changes(a: &[&[u8]], b: &[&[u8]]) -> Changes {
    let mut changes = Vec::new();
    let (mut x, mut y, mut changed) = (0, 0, 0);
    loop {
        let same = a.iter().skip(x).zip(b.iter().skip(y));
        let alike = same.take_while(|(a, b)| a == b).count();
        (x, y) = (x + alike, y + alike);
        if x >= a.len() && y >= b.len() {
            return Changes {
                changes,
                is_cut: false,
            };
        }
        if changed >= CHANGED_LINES_MAX {
            return Changes {
                changes,
                is_cut: true,
            };
        }
        let (i, j) = resumption(
            a.get(x..).unwrap_or_default(),
            b.get(y..).unwrap_or_default(),
        );
        changes.push(Change {
            a: x..x + i,
            b: y..y + j,
        });
        (x, y, changed) = (x + i, y + j, changed + i + j);
    }
}

/// How many lines of each to pass over, at least one in all.
fn resumption(a: &[&[u8]], b: &[&[u8]]) -> (usize, usize) {
    for sum in 1..=LOOK_AHEAD_LINES {
        let middle = sum / 2;
        // Lines that were replaced by as many are the most common change.
        let near = |n: usize| [middle.checked_sub(n), middle.checked_add(n)];
        let splits = (0..=sum - middle).flat_map(near).flatten();
        let mut fitting = splits
            .filter(|i| *i <= sum)
            .map(|i| (i, sum - i))
            .filter(|(i, j)| *i <= a.len() && *j <= b.len())
            .filter(|(i, j)| {
                goes_on(
                    a.get(*i..).unwrap_or_default(),
                    b.get(*j..).unwrap_or_default(),
                )
            });
        if let Some(found) = fitting.next() {
            return found;
        }
    }
    let half = LOOK_AHEAD_LINES / 2;
    (a.len().min(half), b.len().min(half))
}

/// Whether both go on alike: a short line, such as a bracket, is alike by chance.
fn goes_on(a: &[&[u8]], b: &[&[u8]]) -> bool {
    const TELLING_BYTES: usize = 4;
    match (a, b) {
        ([], []) => true,
        ([a, ..], [b, ..]) if a != b => false,
        ([line, rest_a @ ..], [_, rest_b @ ..]) => {
            line.len() >= TELLING_BYTES || rest_a.first() == rest_b.first()
        }
        _ => false,
    }
}

/// The lines of each change in their order, as far as both have one.
pub(super) fn pairs<'w>(changes: &[Change], a: &[&'w [u8]], b: &[&'w [u8]]) -> Vec<Pair<'w>> {
    let of = |change: &Change| {
        let left = a.get(change.a.clone()).unwrap_or_default();
        let right = b.get(change.b.clone()).unwrap_or_default();
        left.iter().copied().zip(right.iter().copied())
    };
    changes
        .iter()
        .flat_map(|change| of(change).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{changes, split};

    fn ranges(a: &str, b: &str) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
        let (a, b) = (split(a.as_bytes()), split(b.as_bytes()));
        let found = changes(&a.lines, &b.lines).changes;
        found
            .into_iter()
            .map(|change| (change.a, change.b))
            .collect()
    }

    #[test]
    fn replaced_added_and_removed_lines_are_told_apart() {
        assert_eq!(ranges("one\ntwo\nthree", "one\n2\nthree"), [(1..2, 1..2)]);
        assert_eq!(ranges("first\nlast", "first\nmore\nlast"), [(1..1, 1..2)]);
        assert_eq!(ranges("first\nmore\nlast", "first\nlast"), [(1..2, 1..1)]);
        assert_eq!(ranges("same", "same"), []);
    }

    proptest! {
        #[test]
        fn what_is_not_changed_is_equal(a in "[ab\n]{0,80}", b in "[ab\n]{0,80}") {
            let (a, b) = (split(a.as_bytes()), split(b.as_bytes()));
            let found = changes(&a.lines, &b.lines);
            let (mut x, mut y) = (0, 0);
            for change in &found.changes {
                prop_assert_eq!(&a.lines[x..change.a.start], &b.lines[y..change.b.start]);
                (x, y) = (change.a.end, change.b.end);
            }
            prop_assert!(!found.is_cut);
            prop_assert_eq!(&a.lines[x..], &b.lines[y..]);
        }
    }
}

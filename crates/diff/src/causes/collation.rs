//! The same lines in another order.

use super::{CauseKind, Causes, Confidence, example};

/// More lines than this are not sorted: lists of them would take more memory than the texts.
const LINES_MAX: usize = 200_000;

/// Looks at all lines of two whole texts.
pub(super) fn look(a: &[u8], b: &[u8], causes: &mut Causes) {
    let breaks = a.iter().filter(|byte| **byte == b'\n').count();
    if a.len() != b.len() || breaks > LINES_MAX {
        return;
    }
    let lines = |text| -> Vec<&[u8]> { <[u8]>::split(text, |byte| *byte == b'\n').collect() };
    let (a, b) = (lines(a), lines(b));
    let Some((first_a, first_b)) = a.iter().zip(&b).find(|(a, b)| a != b) else {
        return;
    };
    let shown = format!("lines: {}", example(first_a, first_b));
    if sorted(&a) != sorted(&b) {
        return;
    }
    causes.add(CauseKind::Order, Confidence::VeryLikely, shown.clone());
    if (by_bytes(&a) && by_letters(&b)) || (by_letters(&a) && by_bytes(&b)) {
        causes.add(CauseKind::Locale, Confidence::Likely, shown);
    }
}

fn sorted<'l>(lines: &[&'l [u8]]) -> Vec<&'l [u8]> {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines
}

/// The empty line behind the last line break is not sorted with the others.
fn filled<'l>(lines: &[&'l [u8]]) -> impl Iterator<Item = &'l [u8]> {
    lines.iter().copied().filter(|line| !line.is_empty())
}

fn by_bytes(lines: &[&[u8]]) -> bool {
    filled(lines).is_sorted()
}

fn by_letters(lines: &[&[u8]]) -> bool {
    filled(lines).map(letters).is_sorted()
}

/// A line as most locales sort it: by letters and digits, whatever their case.
fn letters(line: &[u8]) -> Vec<u8> {
    let kept = line
        .iter()
        .filter(|b| b.is_ascii_alphanumeric() || **b >= 0x80);
    kept.map(u8::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Causes;
    use super::look;

    fn found(a: &str, b: &str) -> Vec<&'static str> {
        let mut causes = Causes::default();
        look(a.as_bytes(), b.as_bytes(), &mut causes);
        causes
            .into_list()
            .iter()
            .map(|cause| cause.kind.name())
            .collect()
    }

    #[test]
    fn the_same_lines_in_another_order_are_an_order() {
        assert_eq!(found("c\na\nb\n", "b\nc\na\n"), ["order"]);
        assert_eq!(found("a\nb\n", "a\nc\n"), Vec::<&str>::new());
    }

    #[test]
    fn lines_sorted_by_bytes_and_by_letters_are_of_two_locales() {
        assert_eq!(found("B\na\nc\n", "a\nB\nc\n"), ["order", "locale"]);
    }
}

//! Two lines that stand for each other: what changed in them.

use super::numbers::Distance;
use super::paths::{Moved, moved};
use super::tokens::{Piece, Token, differing, differing_in_path};
use super::{CauseKind, Causes, Confidence, dates, example, locale, numbers};

/// Looks for causes in one pair of lines.
pub(super) fn look(a: &[u8], b: &[u8], causes: &mut Causes) {
    if a.strip_suffix(b"\r") == Some(b) || b.strip_suffix(b"\r") == Some(a) {
        let shown = example(a, b);
        return causes.add(CauseKind::LineEndings, Confidence::VeryLikely, shown);
    }
    if let Some(pieces) = differing(a, b) {
        for (a, b) in &pieces {
            piece(a, b, causes);
        }
    } else if are_shuffled(a, b) {
        causes.add(CauseKind::Order, Confidence::Likely, example(a, b));
    } else if locale::is_translation(a, b) {
        causes.add(CauseKind::Locale, Confidence::Possible, example(a, b));
    }
}

fn piece(a: &Piece<'_>, b: &Piece<'_>, causes: &mut Causes) {
    let shown = example(a.text, b.text);
    match a.token {
        Token::Path => path(a.text, b.text, causes),
        Token::Uuid => causes.add(CauseKind::RandomId, Confidence::Likely, shown),
        Token::Digest => causes.add(CauseKind::Checksum, Confidence::Likely, shown),
        Token::Date => {
            let (months_a, months_b) = (dates::months(a.text), dates::months(b.text));
            let mut months = months_a.into_iter().zip(months_b);
            match months.any(|(a, b)| a.is_of_another_language(b)) {
                true => causes.add(CauseKind::Locale, Confidence::Likely, shown),
                false => causes.add(CauseKind::Timestamps, Confidence::Likely, shown),
            }
        }
        Token::Epoch => match numbers::distance(a.text, b.text) {
            Some(Distance::Year) => causes.add(CauseKind::Timestamps, Confidence::Likely, shown),
            Some(Distance::Decade) => {
                causes.add(CauseKind::Timestamps, Confidence::Possible, shown)
            }
            None => {}
        },
        Token::Decimal if numbers::differ_in_mark(a.text, b.text) => {
            causes.add(CauseKind::Locale, Confidence::Likely, shown);
        }
        Token::Decimal => {}
    }
}

fn path(a: &[u8], b: &[u8], causes: &mut Causes) {
    let inside = differing_in_path(a, b).unwrap_or_default();
    for (a, b) in inside.iter().filter(|(a, _)| a.token != Token::Path) {
        piece(a, b, causes);
    }
    let confidence = match moved(a, b) {
        Some(Moved::SameEnd) => Confidence::Likely,
        Some(Moved::BuildPlaces) => Confidence::Possible,
        None => return,
    };
    causes.add(CauseKind::BuildPath, confidence, example(a, b));
}

/// Whether two lines have the same words in another order.
fn are_shuffled(a: &[u8], b: &[u8]) -> bool {
    const WORDS_MIN: usize = 2;
    let words = |line: &[u8]| -> Vec<Vec<u8>> {
        let is_gap = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b':');
        let words = line.split(is_gap).filter(|word| !word.is_empty());
        words.map(<[u8]>::to_vec).collect()
    };
    if a.len() != b.len() {
        return false;
    }
    let (mut a, mut b) = (words(a), words(b));
    let is_other = a != b && a.len() >= WORDS_MIN;
    a.sort_unstable();
    b.sort_unstable();
    is_other && a == b
}

#[cfg(test)]
mod tests {
    use super::super::{Causes, Confidence};
    use super::look;

    fn found(a: &str, b: &str) -> Vec<(&'static str, Confidence)> {
        let mut causes = Causes::default();
        look(a.as_bytes(), b.as_bytes(), &mut causes);
        let list = causes.into_list();
        list.iter().map(|c| (c.kind.name(), c.confidence)).collect()
    }

    #[test]
    fn a_date_or_an_epoch_number_that_changed_is_a_timestamp() {
        let likely = vec![("timestamps", Confidence::Likely)];
        assert_eq!(found("built 2024-01-31.", "built 2024-02-01."), likely);
        assert_eq!(found("t=1700000000", "t=1700000100"), likely);
        assert_eq!(found("Jan  1 2024 ok", "Feb 13 2025 ok"), likely);
        assert_eq!(found("built 2024-01-31.", "made 2024-02-01."), []);
    }

    #[test]
    fn a_path_with_another_beginning_is_a_build_path() {
        let likely = vec![("build-path", Confidence::Likely)];
        assert_eq!(
            found("/build/a-1/src/x.c:12", "/tmp/zz/a-1/src/x.c:12"),
            likely
        );
        assert_eq!(found("-I/build/one/inc", "-I/build/two/inc"), likely);
        let possible = vec![("build-path", Confidence::Possible)];
        assert_eq!(found("dir=/build/one", "dir=/build/two"), possible);
        assert_eq!(found("/usr/bin/one", "/usr/bin/two"), []);
    }

    #[test]
    fn a_path_with_a_date_in_it_is_both() {
        let both = vec![
            ("timestamps", Confidence::Likely),
            ("build-path", Confidence::Likely),
        ];
        assert_eq!(found("/tmp/b-1700000000/x", "/tmp/b-1700000009/x"), both);
    }

    #[test]
    fn a_decimal_comma_and_a_foreign_month_are_of_a_locale() {
        let likely = vec![("locale", Confidence::Likely)];
        assert_eq!(found("size 3.14 MB", "size 3,14 MB"), likely);
        assert_eq!(found("5 December 2024", "5 Dezember 2024"), likely);
        assert_eq!(found("version 3.14", "version 3.15"), []);
    }

    #[test]
    fn random_ids_digests_and_line_ends_are_told_apart() {
        let id = |first| format!("id {first}47ac10b-58cc-4372-a567-0e02b2c3d479");
        assert_eq!(
            found(&id('a'), &id('b')),
            [("random-id", Confidence::Likely)]
        );
        let sum = |first| format!("{first}41d8cd98f00b204e9800998ecf8427e  usr/x");
        assert_eq!(
            found(&sum('a'), &sum('b')),
            [("checksum", Confidence::Likely)]
        );
        assert_eq!(
            found("a line\r", "a line"),
            [("line-endings", Confidence::VeryLikely)]
        );
    }

    #[test]
    fn words_in_another_order_are_an_order() {
        assert_eq!(
            found("uses: a, b", "uses: b, a"),
            [("order", Confidence::Likely)]
        );
        assert_eq!(found("uses: a, b", "uses: a, c"), []);
    }
}

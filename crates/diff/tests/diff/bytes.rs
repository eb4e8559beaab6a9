//! Plain files.

use std::io::Cursor;

use proptest::prelude::*;
use quorate_diff::{Limits, LineSide, TextOf, compare};

use super::workshop::{Workshop, difference, of, shown};

#[test]
fn equal_files_have_no_difference_and_no_cause() {
    for bytes in [&b""[..], b"text\n", &[0; 100_000]] {
        let report = of(bytes, bytes);
        assert!(report.is_equal());
        assert!(report.causes().is_empty());
        assert_eq!(report.a, report.b);
    }
}

#[test]
fn equal_archives_are_not_opened() {
    let shop = Workshop::new();
    shop.sh("echo one > x; tar cf a.tar x; cp a.tar b.tar");
    assert!(shop.compare(".tar").is_equal());
}

#[test]
fn the_report_for_a_terminal_shows_bytes_and_lines() {
    let report = of("one\ntwo\nthree\n", "one\nTwo\nthree\n");
    let expected = format!(
        "\
A a: 14 bytes, sha256 {}
B b: 14 bytes, sha256 {}
DIFFERENT in 1 byte, the first at 4
  A 00000000  6f 6e 65 0a 74 77 6f 0a 74 68 72 65 65 0a        |one.two.three.|
  B 00000000  6f 6e 65 0a 54 77 6f 0a 74 68 72 65 65 0a        |one.Two.three.|
  @@ line 1 of A, line 1 of B @@
   one
  -two
  +Two
   three
No known cause fits.
",
        report.a.sha256, report.b.sha256
    );
    assert_eq!(shown(&report), expected);
}

#[test]
fn a_missing_line_break_at_the_end_is_seen() {
    let report = of("one\ntwo\n", "one\ntwo");
    let hunk = &difference(&report).text.as_ref().unwrap().hunks[0];
    let last = hunk.lines.last().unwrap();
    assert_eq!((last.side, &*last.text), (LineSide::A, ""));
}

#[test]
fn lines_far_into_a_large_file_have_their_numbers() {
    let lines = |changed: &str| -> String {
        let line = |n: u32| match n {
            90_000 => format!("{changed}\n"),
            n => format!("{n}\n"),
        };
        (1..100_000).map(line).collect()
    };
    let limits = Limits {
        held_bytes_max: 100_000,
        ..Limits::STANDARD
    };
    let (a, b) = (Cursor::new(lines("one")), Cursor::new(lines("two")));
    let report = compare(a, b, &limits).unwrap();
    let found = difference(&report);
    let text = found.text.as_ref().unwrap();
    assert_eq!(text.of, TextOf::Lines);
    assert_eq!(text.hunks[0].line_a, 89_997);
    let lines = text.hunks[0].lines.iter();
    let changed: Vec<_> = lines.filter(|l| l.side != LineSide::Both).collect();
    assert_eq!((&*changed[0].text, &*changed[1].text), ("one", "two"));
    assert_eq!(
        found.notes.len(),
        1,
        "causes were not looked for everywhere"
    );
}

#[test]
fn a_long_line_is_cut_to_where_it_differs() {
    let line = |word: &str| format!("{}{word}{}", "é".repeat(5_000), "x".repeat(5_000));
    let report = of(line("one"), line("two"));
    let lines = &difference(&report).text.as_ref().unwrap().hunks[0].lines;
    assert!(lines[0].text.contains("éonexx"), "{lines:?}");
    assert!(lines.iter().all(|line| line.text.chars().count() <= 202));
    assert!(!lines[0].text.contains("\\x"), "{lines:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_diff_of_a_file_with_itself_is_empty(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(of(&bytes, &bytes).is_equal());
    }

    #[test]
    fn the_diff_of_a_file_with_a_changed_one_is_not_empty(bytes in prop::collection::vec(any::<u8>(), 1..3000), at: prop::sample::Index, bit in 0u8..8) {
        let mut other = bytes.clone();
        let at = at.index(bytes.len());
        other[at] ^= 1 << bit;
        let report = of(&bytes, &other);
        prop_assert!(!report.is_equal());
        let found = difference(&report);
        prop_assert_eq!(found.first.as_ref().unwrap().offset, at as u64);
        prop_assert_eq!(found.different_bytes, Some(1));
        prop_assert!(!shown(&report).is_empty());
    }
}

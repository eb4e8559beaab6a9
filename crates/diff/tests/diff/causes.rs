//! Causes in plain files.

use quorate_diff::Confidence;

use super::workshop::{Workshop, causes, of};

#[test]
fn line_endings_are_told_from_other_changes() {
    assert_eq!(
        causes(&of("one\ntwo\nthree\n", "one\r\ntwo\r\nthree\r\n")),
        [("line-endings", Confidence::VeryLikely)]
    );
}

#[test]
fn a_random_id_is_likely() {
    let page = |id: &str| format!("<id>{id}</id>\n");
    let report = of(
        page("f47ac10b-58cc-4372-a567-0e02b2c3d479"),
        page("0b9c6f0e-8b7e-4d0c-9a61-1f1d2f3a4b5c"),
    );
    assert_eq!(causes(&report), [("random-id", Confidence::Likely)]);
}

#[test]
fn dates_in_the_strings_of_a_program_are_likely_timestamps() {
    let program = |date: &str| {
        [
            &[0u8, 1, 2, 0xff, 0x80][..],
            date.as_bytes(),
            &[0, 3, 4, 0xfe],
        ]
        .concat()
    };
    let report = of(
        program("Jan 31 2024 12:34:56"),
        program("Feb  1 2024 09:10:11"),
    );
    assert_eq!(causes(&report), [("timestamps", Confidence::Likely)]);
}

#[test]
fn nothing_is_claimed_where_nothing_fits() {
    assert!(causes(&of("one\n", "two\n")).is_empty());
    assert!(causes(&of([0u8, 1, 2], [0u8, 1, 3])).is_empty());
}

#[test]
fn a_stripped_program_that_differs_in_its_build_id_alone_is_very_likely_that() {
    let shop = Workshop::new();
    shop.sh("echo 'int main(void) { return 0; }' > m.c
         for id in a b; do gcc -s -Wl,--build-id=0x${id}123456789abcdef -o $id.out m.c; done");
    assert_eq!(
        causes(&shop.compare(".out")),
        [("build-id", Confidence::VeryLikely)]
    );
}

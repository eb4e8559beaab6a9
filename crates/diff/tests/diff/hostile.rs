//! Files made on purpose: nothing of them reaches a terminal or a page as it is, and nothing makes it panic.

use proptest::prelude::*;
use quorate_diff::{Names, Report, html, json, text};

use super::workshop::{Workshop, of};

/// A name that would colour a terminal, end a line of a report, and be markup.
const NAME: &str = "<script>alert(1)</script>\"'&\u{1b}[31m\nEQUAL: every byte\u{202e}x";

fn is_harmless(text: &str) -> bool {
    let acts = |c: char| {
        c != '\n'
            && (c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    !text.contains(acts)
}

fn pages(report: &Report) -> [String; 2] {
    let names = Names { a: NAME, b: NAME };
    [text(report, names), html(report, names)]
}

#[test]
fn hostile_names_of_files_are_escaped_in_text_and_html() {
    for report in [of("one", "two"), of("same", "same")] {
        let [text, html] = pages(&report);
        assert!(is_harmless(&text) && is_harmless(&html));
        assert_eq!(
            text.matches("\nEQUAL").count(),
            usize::from(report.is_equal())
        );
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)"));
    }
}

#[test]
fn hostile_names_of_members_are_escaped_in_text_and_html() {
    let shop = Workshop::new();
    shop.sh(
        "name=$'<img src=x onerror=alert(1)>\\u202eb'; mkdir d; echo one > \"d/$name\"; tar cf a.tar d
         echo two > \"d/$name\"; touch \"d/x&$name\"; ln -s '<b>' d/link; tar cf b.tar d",
    );
    let report = shop.compare(".tar");
    let [text, html] = pages(&report);
    assert!(
        text.contains("d/<img src=x onerror=alert(1)>\\u{202e}b"),
        "{text}"
    );
    assert!(is_harmless(&text) && is_harmless(&html));
    assert!(!html.contains("<img") && html.contains("d/&lt;img src=x"));
}

#[test]
fn hostile_lines_are_escaped_in_text_and_html() {
    let report = of(
        "one\n</pre><script>x</script>\u{1b}]0;title and more of it\u{7}\nplain\nlines\n",
        "one\n</pre><b>\u{202e}\u{1b}[2J\nplain\nlines\n",
    );
    let [text, html] = pages(&report);
    assert!(is_harmless(&text) && is_harmless(&html));
    assert!(text.contains("+</pre><b>\\u{202e}\\u{1b}[2J"), "{text}");
    assert!(!html.contains("<script") && !html.contains("<b>"));
}

#[test]
fn the_page_is_self_contained_and_without_scripts() {
    let [_, html] = pages(&of("one", "two"));
    for loads in [
        "<script", "src=", "href=", "url(", "@import", "http://", "https://",
    ] {
        assert!(!html.contains(loads), "{loads}");
    }
    assert!(html.contains("default-src 'none'") && html.contains("prefers-color-scheme: dark"));
}

/// Beginnings that lead into readers.
const HEADS: [&[u8]; 9] = [
    b"",
    b"\x1f\x8b\x08\x00",
    b"\xfd7zXZ\x00\x00\x04",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"!<arch>\ndebian-binary   ",
    b"!<arch>\n",
    b"\x7fELF\x02\x01\x01\x00",
    b"MZ",
];

proptest! {
    #[test]
    fn no_bytes_make_it_panic(head in 0..HEADS.len(), a in prop::collection::vec(any::<u8>(), 0..600), b in prop::collection::vec(any::<u8>(), 0..600)) {
        let with = |rest: &[u8]| [HEADS[head], rest].concat();
        let report = of(with(&a), with(&b));
        prop_assert_eq!(report.is_equal(), a == b);
        for page in pages(&report) {
            prop_assert!(is_harmless(&page), "{page:?}");
        }
        json(&report, Names { a: "a", b: "b" }).to_text();
    }

    #[test]
    fn no_lines_make_it_panic(a in "[ -~\n\r/0-9a-f:,.Jan-]{0,200}", b in "[ -~\n\r/0-9a-f:,.Feb-]{0,200}") {
        let report = of(&a, &b);
        prop_assert_eq!(report.is_equal(), a == b);
        for page in pages(&report) {
            prop_assert!(is_harmless(&page), "{page:?}");
        }
    }
}

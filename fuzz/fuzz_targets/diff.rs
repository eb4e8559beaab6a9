//! Two files: equal only if they are, the first difference is where it is, and nothing of them acts on a terminal or a page.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_diff::{Names, html, json, sections, text};
use quorate_fuzz::{differ, two_files};

fuzz_target!(|bytes: &[u8]| {
    let (a, b) = two_files(bytes);
    let report = differ(a, b);
    assert_eq!(report.is_equal(), a == b);
    assert!(differ(a, a).is_equal());
    if let Some(difference) = &report.difference {
        let first = (0..).find(|at| a.get(*at) != b.get(*at));
        let found = difference.first.as_ref().map(|first| first.offset as usize);
        assert_eq!(found, first);
    }
    if let Ok(sections) = sections(a) {
        let bytes: usize = sections.iter().map(|section| section.size).sum();
        assert!(bytes <= a.len());
        assert!(sections.iter().all(|section| section.contents(a).is_some()));
    }
    let names = Names { a: "a", b: "b" };
    for page in [text(&report, names), html(&report, names)] {
        let acts = |c: char| {
            c != '\n'
                && (c.is_control()
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        };
        assert!(!page.contains(acts));
    }
    let json = json(&report, names).to_text();
    assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
});

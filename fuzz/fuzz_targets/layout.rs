//! Layouts: what is accepted is written as something that is read as the same, and its thresholds can be reached.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use quorate::intoto::{Layout, Parameters};
use quorate::json::parse;
use quorate_fuzz::LIMITS;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = parse(bytes, &LIMITS) else {
        return;
    };
    let Ok(layout) = Layout::from_json(&value, &LIMITS) else {
        return;
    };
    let text = layout.to_json().to_text();
    let value = parse(&text, &LIMITS).expect("what we write is JSON");
    let again = Layout::from_json(&value, &LIMITS).expect("what we write is read");
    assert_eq!(again, layout);
    assert_eq!(again.to_json().to_text(), text);
    for step in &layout.steps {
        let keys: BTreeSet<_> = layout
            .functionaries(step)
            .map(|functionary| {
                assert!(functionary.key.has_id(functionary.id));
                functionary.key.fingerprint()
            })
            .collect();
        assert!(step.threshold.get() <= keys.len());
        let is_hex =
            |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(step.pubkeys.iter().all(is_hex));
    }
    // With parameters put in it is still a layout, or refused.
    let given = [("A", "*"), ("B", "{A}")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let parameters = Parameters::new(given).expect("plain names");
    if let Ok(filled) = layout.with_parameters(&parameters) {
        let text = filled.to_json().to_text();
        let value = parse(&text, &LIMITS).expect("what we write is JSON");
        assert_eq!(Layout::from_json(&value, &LIMITS).ok(), Some(filled));
    }
});

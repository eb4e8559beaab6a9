//! Layouts: what is accepted is written as something that is read as the same, and its thresholds can be reached.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use quorate::intoto::Layout;
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
        // An id without a key is allowed, as other tools have it, and is nobody.
        let keys: Vec<_> = layout.functionaries(step).collect();
        assert!(keys.iter().all(|(id, key)| key.id() == *id));
        let distinct: BTreeSet<_> = keys.iter().map(|(_, key)| key.fingerprint()).collect();
        assert!(step.threshold.get() <= distinct.len());
    }
});

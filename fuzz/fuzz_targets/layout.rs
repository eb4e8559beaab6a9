//! Layouts: what is accepted is written as something that is read as the same, and its thresholds can be reached.

#![no_main]

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
        assert!(step.threshold.get() <= step.pubkeys.len());
        assert!(step.pubkeys.iter().all(|id| layout.keys[id].id() == id));
    }
});

//! Terms: what is accepted is written as something that is read as the same; no key id has two places.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use quorate::json::parse;
use quorate::policy::Terms;
use quorate_fuzz::LIMITS;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = parse(bytes, &LIMITS) else {
        return;
    };
    let Ok(terms) = Terms::from_json(&value, &LIMITS) else {
        return;
    };
    let text = terms.to_json().to_text();
    let value = parse(&text, &LIMITS).expect("what we write is JSON");
    let again = Terms::from_json(&value, &LIMITS).expect("what we write is read");
    assert_eq!(again, terms);
    assert_eq!(again.to_json().to_text(), text);
    let ids = || terms.parties.iter().flat_map(|party| &party.keyids);
    assert_eq!(ids().collect::<BTreeSet<_>>().len(), ids().count());
    assert!(terms.owners_needed.get() <= terms.owners.len());
});

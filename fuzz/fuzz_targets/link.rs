//! Links behind a signature: one with a statement says exactly what the statement says, one without is weak. A link of in-toto, written, is
//! read as the same, and its artifacts have one spelling and digests.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::attest::Attestation;
use quorate::intoto::{Link, is_normal_name};
use quorate::json::{Json, parse};
use quorate_fuzz::{LIMITS, attestation};

fuzz_target!(|payload: &[u8]| {
    if let Ok(value) = parse(payload, &LIMITS)
        && let Ok(link) = Link::from_json(&value)
    {
        assert_eq!(Link::from_json(&link.to_json()).ok().as_ref(), Some(&link));
        for (name, digests) in link.materials.iter().chain(&link.products) {
            assert!(is_normal_name(name) && !digests.to_string().is_empty());
        }
    }
    let Ok(read) = attestation(payload) else {
        return;
    };
    let Ok(Json::Object(members)) = parse(payload, &LIMITS) else {
        panic!("what is accepted is an object");
    };
    let products = match members.get("products") {
        Some(Json::Object(products)) => products.len(),
        _ => 0,
    };
    match read {
        Attestation::Weak(link) => assert_eq!(link.products.len(), products),
        Attestation::Rebuild(rebuild) => {
            assert!(products == 0 || products == rebuild.products.len());
            let again = attestation(&rebuild.link()).expect("our own link is read");
            let Attestation::Rebuild(again) = again else {
                panic!("our own link carries its statement");
            };
            assert_eq!(again.link(), rebuild.link());
        }
    }
});

//! Links behind a signature: one with a statement says exactly what the statement says, one without is weak.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::attest::Attestation;
use quorate::json::{Json, parse};
use quorate_fuzz::{LIMITS, attestation};

fuzz_target!(|payload: &[u8]| {
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

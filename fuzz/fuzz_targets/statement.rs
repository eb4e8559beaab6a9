//! Statements behind a signature: what is accepted is written as something that is read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::attest::Attestation;
use quorate::attest::rebuild::Rebuild;
use quorate_fuzz::{LIMITS, attestation};

fuzz_target!(|payload: &[u8]| {
    let Ok(Attestation::Rebuild(rebuild)) = attestation(payload) else {
        return;
    };
    let written = rebuild.statement();
    let again = Rebuild::from_statement(&written, &LIMITS).expect("what we write is read");
    assert_eq!(again.statement(), written);
    assert_eq!(again.environment_digest(), rebuild.environment_digest());
    assert_eq!(again.source, rebuild.source);
    assert_eq!(again.products.len(), rebuild.products.len());
    assert!(rebuild.started <= rebuild.finished);
    match attestation(&rebuild.link()) {
        Ok(Attestation::Rebuild(linked)) => assert_eq!(linked.statement(), written),
        other => panic!("a statement's own link is read as {other:?}"),
    }
});

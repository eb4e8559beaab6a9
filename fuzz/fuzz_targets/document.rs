//! Signatures on documents: whatever is accepted was signed by the one certificate that is listed, before the time of the judgement.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::time::Timestamp;
use quorate_fuzz::{LIMITS, TAG_KEYS, split_tag};
use quorate_openpgp::{cleartext, signers};

fuzz_target!(|bytes: &[u8]| {
    let at = Timestamp::parse("2026-11-22T00:00:00Z").expect("a time");
    let keys = [TAG_KEYS.to_vec()];
    let (message, signature) = split_tag(bytes);
    let detached = signers(&keys, signature, message, at, &LIMITS);
    let framed = cleartext(&keys, bytes, at, &LIMITS);
    for found in [detached, framed.map(|(_, found)| found)]
        .into_iter()
        .flatten()
    {
        // One certificate is listed, so there is one signer.
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].certificate,
            "96e07af25771955980dad10020d04e5a713660a7"
        );
        assert!(found[0].made <= at);
    }
});

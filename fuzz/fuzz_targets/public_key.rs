//! Public keys: what is accepted has one standard form, which is read as the same key; no made-up signature is valid.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::key::PublicKey;
use quorate_fuzz::{LIMITS, key_file};

fuzz_target!(|bytes: &[u8]| {
    let Some(text) = key_file("PUBLIC KEY", bytes) else {
        return;
    };
    let Ok(key) = PublicKey::from_file(text.as_bytes(), &LIMITS) else {
        return;
    };
    assert!(!key.id().is_empty() && key.id().len() <= 128);
    let again = PublicKey::from_pem(&key.to_pem()).expect("what we write is read");
    assert_eq!(again.fingerprint(), key.fingerprint());
    assert_eq!(again.to_pem(), key.to_pem());
    for length in [0, 64, 72, 256, 512] {
        let mut signature = bytes.to_vec();
        signature.resize(length, 0);
        assert!(!key.verifies(b"nobody signed this", &signature));
    }
});

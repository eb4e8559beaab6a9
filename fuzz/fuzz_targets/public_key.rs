//! Public keys, plain and OpenPGP: what is accepted has one standard form, which is read as the same key; no made-up signature is
//! valid.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::key::{PublicKey, public_keys_from_file};
use quorate::time::Timestamp;
use quorate_fuzz::{LIMITS, key_file};

fuzz_target!(|bytes: &[u8]| {
    let Some(text) = key_file("PUBLIC KEY", bytes) else {
        return;
    };
    let one = PublicKey::from_file(text.as_bytes(), &LIMITS);
    let Ok(keys) = public_keys_from_file(text.as_bytes(), &LIMITS) else {
        assert!(one.is_err(), "a key by itself is a file of one key");
        return;
    };
    assert!(!keys.is_empty() && keys.len() <= LIMITS.keys_max);
    if let Ok(one) = one {
        assert!(!one.is_openpgp() && keys == [one]);
    }
    for key in keys {
        assert!(key.ids().all(|id| !id.is_empty() && id.len() <= 128));
        let json = key.to_json().to_text();
        let again = public_keys_from_file(&json, &LIMITS).expect("what we write is read");
        assert_eq!(again[0].to_json().to_text(), json);
        assert_eq!(again, [key.clone()]);
        assert!(again[0].fingerprints().eq(key.fingerprints()));
        if !key.is_openpgp() {
            let again = PublicKey::from_pem(&key.to_pem()).expect("what we write is read");
            assert_eq!(again.fingerprint(), key.fingerprint());
            assert_eq!(again.to_pem(), key.to_pem());
        }
        for seconds in [0, i64::from(u32::MAX), 2 * i64::from(u32::MAX)] {
            let at = Timestamp::from_unix_seconds(seconds).expect("a time");
            let valid = key.at(at);
            assert!(valid.is_none_or(|valid| valid.ids().all(|id| key.has_id(id))));
        }
        for length in [0, 64, 72, 256, 512] {
            let mut signature = bytes.to_vec();
            signature.resize(length, 0);
            assert!(!key.verifies(b"nobody signed this", &signature));
        }
    }
});

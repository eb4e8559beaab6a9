//! Private keys: what is accepted has one standard form, which is read as the same key, and signs what its public half checks.
//! Keys under a passphrase are left out: a derivation within the limits takes seconds, which a fuzzer does not have.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::key::SigningKey;
use quorate_fuzz::key_file;

fuzz_target!(|bytes: &[u8]| {
    for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
        let Some(text) = key_file(label, bytes) else {
            return;
        };
        let Ok(key) = SigningKey::from_pem(&text) else {
            continue;
        };
        let again = SigningKey::from_pem(&key.to_pem().expect("every accepted key encodes"));
        let again = again.expect("what we write is read");
        assert_eq!(again.public(), key.public());
        assert_eq!(again.public().id(), key.public().id());
        assert!(key.public().verifies(bytes, &again.sign(bytes)));
        assert!(
            !key.public()
                .verifies(b"another message", &key.sign(b"message"))
        );
    }
});

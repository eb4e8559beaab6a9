//! Envelopes: whatever the bytes, only what an honest key signed comes out; anybody may add a signature to what is read.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::envelope::{Envelope, add_signature};
use quorate::json::canonical;
use quorate::key::SigningKey;
use quorate_fuzz::LIMITS;
use quorate_testkit::scenario::{ed25519, p256};

static KEYS: LazyLock<[SigningKey; 2]> = LazyLock::new(|| [ed25519("honest"), p256("honest")]);
static STRANGER: LazyLock<SigningKey> = LazyLock::new(|| ed25519("stranger"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::parse(bytes, &LIMITS) else {
        return;
    };
    if let Ok(opened) = envelope.open(&[KEYS[0].public(), KEYS[1].public()], &LIMITS) {
        let signers = opened.signers();
        assert!(!signers.is_empty());
        assert!(
            KEYS.iter()
                .filter(|key| signers.contains(&key.public().fingerprint()))
                .count()
                == signers.len()
        );
        let json = canonical(&opened.json(&LIMITS).expect("the honest keys sign JSON"));
        assert_eq!(json, br#"{"honest":"payload"}"#);
    }
    if let Ok(signed) = add_signature(bytes, &STRANGER, &LIMITS) {
        match Envelope::parse(&signed, &LIMITS) {
            Ok(envelope) => {
                let opened = envelope.open(&[STRANGER.public()], &LIMITS);
                assert_eq!(
                    opened
                        .expect("the added signature is valid")
                        .signers()
                        .len(),
                    1
                );
            }
            Err(error) => panic!("what we wrote is not read: {error}"),
        }
    }
});

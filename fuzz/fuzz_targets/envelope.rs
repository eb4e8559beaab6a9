//! Envelopes: whatever the bytes, only what an honest key signed comes out; anybody may add a signature to what is read.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::envelope::{Envelope, add_signature, drop_signatures};
use quorate::json::canonical;
use quorate::key::{PublicKey, SigningKey};
use quorate_fuzz::{LIMITS, openpgp_key};
use quorate_testkit::scenario::{ed25519, p256};

static KEYS: LazyLock<[SigningKey; 2]> = LazyLock::new(|| [ed25519("honest"), p256("honest")]);
/// The second honest party has an OpenPGP key, too, which signed nothing but the seed.
static OPENPGP: LazyLock<PublicKey> = LazyLock::new(|| openpgp_key("openpgp"));
static STRANGER: LazyLock<SigningKey> = LazyLock::new(|| ed25519("stranger"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::parse(bytes, &LIMITS) else {
        return;
    };
    let form = envelope.form();
    let keys = [KEYS[0].public(), KEYS[1].public(), &*OPENPGP];
    if let Ok(opened) = envelope.open(&keys, &LIMITS) {
        let signers = opened.signers();
        assert!(!signers.is_empty());
        let known = |signer: &&PublicKey| signers.contains(&signer.fingerprint());
        assert_eq!(keys.iter().filter(|key| known(key)).count(), signers.len());
        for (signer, id) in opened.signer_ids() {
            let mut keys = keys.iter();
            assert!(keys.any(|key| key.fingerprint() == signer && key.has_id(id)));
        }
        let json = canonical(&opened.json(&LIMITS).expect("the honest keys sign JSON"));
        assert_eq!(json, br#"{"honest":"payload"}"#);
    }
    if let Ok(signed) = add_signature(bytes, &STRANGER, &LIMITS) {
        match Envelope::parse(&signed, &LIMITS) {
            Ok(envelope) => {
                assert_eq!(envelope.form(), form);
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
    let bare = drop_signatures(bytes, &LIMITS).expect("what is read can be signed anew");
    let bare = Envelope::parse(&bare, &LIMITS).expect("what we wrote is read");
    assert!(bare.form() == form && bare.key_ids().count() == 0);
});

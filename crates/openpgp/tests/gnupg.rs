//! Certificates and signatures of the real gpg: made in a key ring of each test's own, read here, checked by core.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ring;

use std::path::Path;

use quorate::envelope::{Envelope, add_openpgp_signature, unsigned_metablock};
use quorate::json::{Json, canonical, parse};
use quorate::key::{PublicKey, Scheme};
use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_openpgp::{
    CertificateError, DetachedSignatureError, functionary_keys, signature_from_detached,
};
use ring::{DAY, MADE, Ring};

fn functionary(ring: &Ring, days_later: i64) -> Result<PublicKey, CertificateError> {
    read(&ring.export(), MADE + days_later * DAY).map(|mut keys| keys.remove(0))
}

fn read(bytes: &[u8], seconds: i64) -> Result<Vec<PublicKey>, CertificateError> {
    let at = Timestamp::from_unix_seconds(seconds).unwrap();
    functionary_keys(bytes, at, &Limits::STANDARD)
}

fn link() -> Json<'static> {
    parse(br#"{"_type":"link","name":"x"}"#, &Limits::STANDARD).unwrap()
}

/// The link as a metablock that gpg signed with the key of that id.
fn signed(ring: &Ring, id: &str) -> Vec<u8> {
    let user = format!("{id}!");
    let detached = ring.gpg_with(
        &[
            "--detach-sign",
            "--digest-algo",
            "SHA256",
            "--local-user",
            &user,
        ],
        &canonical(&link()),
    );
    let signature = signature_from_detached(&detached).unwrap();
    assert_eq!(signature.key_id(), id);
    add_openpgp_signature(&unsigned_metablock(&link()), &signature, &Limits::STANDARD).unwrap()
}

fn signer_ids(bytes: &[u8], key: &PublicKey) -> Vec<String> {
    let envelope = Envelope::parse(bytes, &Limits::STANDARD).unwrap();
    envelope
        .open(&[key], &Limits::STANDARD)
        .map_or(Vec::new(), |opened| {
            assert!(opened.signers().contains(&key.fingerprint()));
            opened.signer_ids().map(|(_, id)| id.to_owned()).collect()
        })
}

#[test]
fn rsa_and_ed25519_keys_of_gpg_sign_metablocks() {
    for (algorithm, scheme) in [
        ("rsa2048", Scheme::OpenPgpRsa),
        ("ed25519", Scheme::OpenPgpEd25519),
    ] {
        let ring = Ring::new();
        let id = ring.key(algorithm, "sign", "0");
        let key = functionary(&ring, 1).unwrap();
        assert_eq!((key.id(), key.scheme()), (id.as_str(), scheme));
        let bytes = signed(&ring, &id);
        assert_eq!(signer_ids(&bytes, &key), std::slice::from_ref(&id));
        let text = String::from_utf8(bytes).unwrap();
        let changed = text.replace(r#""name":"x""#, r#""name":"y""#);
        assert_ne!(changed, text);
        assert!(signer_ids(changed.as_bytes(), &key).is_empty());
        let armoured = ring.gpg(&["--armor", "--export"]);
        assert_eq!(
            read(&armoured, MADE + DAY).unwrap(),
            std::slice::from_ref(&key)
        );
        let twice = [&armoured[..], &armoured].concat();
        assert_eq!(read(&twice, MADE + DAY).unwrap().len(), 2);
    }
}

#[test]
fn a_signing_subkey_signs_for_its_main_key_and_an_encryption_subkey_is_left_out() {
    let ring = Ring::new();
    let main = ring.key("rsa2048", "cert", "0");
    ring.gpg(&["--quick-add-key", &main, "ed25519", "sign", "0"]);
    ring.gpg(&["--quick-add-key", &main, "rsa2048", "encr", "0"]);
    let sub = ring.fingerprints()[1].clone();
    let key = functionary(&ring, 1).unwrap();
    assert_eq!(key.ids().collect::<Vec<_>>(), [&main, &sub]);
    assert_eq!(signer_ids(&signed(&ring, &sub), &key), [sub]);
}

#[test]
fn an_expired_certificate_is_refused_and_an_expired_subkey_left_out() {
    let ring = Ring::new();
    let main = ring.key("ed25519", "sign", "30d");
    ring.gpg(&["--quick-add-key", &main, "ed25519", "sign", "10d"]);
    assert_eq!(functionary(&ring, 9).unwrap().ids().count(), 2);
    assert_eq!(functionary(&ring, 11).unwrap().ids().count(), 1);
    assert!(matches!(
        functionary(&ring, 31),
        Err(CertificateError::Expired { .. })
    ));
    assert!(matches!(
        functionary(&ring, -1),
        Err(CertificateError::Invalid { .. } | CertificateError::Expired { .. })
    ));
    // The key in metadata knows its own end, too.
    let key = functionary(&ring, 9).unwrap();
    let at = |days| key.at(Timestamp::from_unix_seconds(MADE + days * DAY).unwrap());
    assert_eq!(at(11).unwrap().ids().count(), 1);
    assert!(at(31).is_none());
}

#[test]
fn a_revoked_certificate_is_refused_and_a_revoked_subkey_left_out() {
    let ring = Ring::new();
    let main = ring.key("ed25519", "sign", "0");
    ring.gpg(&["--quick-add-key", &main, "ed25519", "sign", "0"]);
    assert_eq!(functionary(&ring, 1).unwrap().ids().count(), 2);
    let edit = ["--command-fd", "0", "--yes", "--edit-key", &main];
    // Revoke the first subkey: yes, no reason, no text, that is right.
    ring.gpg_with(&edit, b"key 1\nrevkey\ny\n0\n\ny\nsave\n");
    assert_eq!(functionary(&ring, 1).unwrap().ids().count(), 1);
    let folder = ring.0.path().join("openpgp-revocs.d");
    let name = format!("{}.rev", main.to_uppercase());
    let revocation = std::fs::read_to_string(folder.join(name)).unwrap();
    // gpg puts a colon before the armour, lest it be imported by accident.
    let revocation = revocation.replace(":-----BEGIN", "-----BEGIN");
    ring.gpg_with(&["--import"], revocation.as_bytes());
    assert!(matches!(
        functionary(&ring, 1),
        Err(CertificateError::Revoked { .. })
    ));
}

#[test]
fn what_is_no_certificate_of_a_supported_type_is_refused() {
    let ring = Ring::new();
    let id = ring.key("nistp256", "sign", "0");
    let error = functionary(&ring, 1).unwrap_err();
    assert!(
        matches!(&error, CertificateError::Algorithm { id: found, .. } if *found == id),
        "{error}"
    );
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let private = ring.gpg(&["--export-secret-keys"]);
    assert!(matches!(
        read(&private, MADE + DAY),
        Err(CertificateError::Private { .. })
    ));
    for bytes in [
        &b""[..],
        b"hello",
        b"\xff\xff\xff\xff",
        &ring.export()[..40],
    ] {
        assert!(read(bytes, MADE + DAY).is_err());
    }
    let large = vec![b' '; Limits::STANDARD.policy_bytes_max + 1];
    assert!(matches!(
        read(&large, MADE),
        Err(CertificateError::TooLarge { .. })
    ));
}

#[test]
fn signatures_of_other_forms_are_refused_with_their_reason() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let message = canonical(&link());
    let made = |arguments: &[&str]| {
        let detached = ring.gpg_with(arguments, &message);
        signature_from_detached(&detached)
    };
    assert!(made(&["--detach-sign", "--digest-algo", "SHA256"]).is_ok());
    assert!(made(&["--detach-sign", "--digest-algo", "SHA256", "--armor"]).is_ok());
    let sha512 = made(&["--detach-sign", "--digest-algo", "SHA512"]).unwrap_err();
    assert!(sha512.to_string().contains("SHA-256"), "{sha512}");
    let text = made(&["--detach-sign", "--digest-algo", "SHA256", "--textmode"]).unwrap_err();
    assert!(text.to_string().contains("0x01"), "{text}");
    assert!(made(&["--sign", "--digest-algo", "SHA256"]).is_err());
    assert!(matches!(
        signature_from_detached(&ring.export()),
        Err(DetachedSignatureError::NotOne { .. })
    ));
    let one = ring.gpg_with(&["--detach-sign", "--digest-algo", "SHA256"], &message);
    assert!(matches!(
        signature_from_detached(&[&one[..], &one].concat()),
        Err(DetachedSignatureError::NotOne { packets: 2 })
    ));
    assert!(signature_from_detached(&vec![0; 70_000]).is_err());
    for cut in 1..one.len() {
        assert!(signature_from_detached(&one[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn a_published_layout_is_signed_by_the_certificate_published_with_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/openpgp/threshold");
    let certificate = std::fs::read(folder.join("alice.asc")).unwrap();
    let layout = std::fs::read(folder.join("test.layout")).unwrap();
    // 2020-02-01: the layout was made in the days before.
    let keys = read(&certificate, 1_580_515_200).unwrap();
    let [alice] = &keys[..] else {
        panic!("one certificate")
    };
    assert_eq!(
        signer_ids(&layout, alice),
        ["88876a89e3d4698f83d3db0e72e33ca3e0e04e46"]
    );
    // Its self-signatures are of SHA-1, which later standards take for nothing else.
    assert_eq!(read(&certificate, 1_790_000_000).unwrap(), keys);
}

//! OpenPGP signatures on envelopes.

use quorate::envelope::{
    Envelope, PAYLOAD_TYPE_IN_TOTO, SignError, add_openpgp_signature, add_signature, sign,
    unsigned, unsigned_metablock,
};
use quorate::json::{Json, canonical};
use quorate::key::{OpenPgpSignature, OpenPgpSignatureError, PublicKey};
use quorate::limits::Limits;
use quorate_testkit::scenario::{ed25519, edited, rsa2048};

use super::{covered, eddsa, headers, id, json, read, value, with_subkeys};

const SIGNED: &str = r#"{"_type":"link","name":"x"}"#;

fn message() -> Vec<u8> {
    canonical(&value(SIGNED))
}

fn block(signatures: &[OpenPgpSignature]) -> Vec<u8> {
    let start = unsigned_metablock(&value(SIGNED));
    signatures.iter().fold(start, |bytes, signature| {
        add_openpgp_signature(&bytes, signature, &Limits::STANDARD).expect("a metablock")
    })
}

fn ids(bytes: &[u8], keys: &[&PublicKey]) -> Vec<String> {
    let envelope = Envelope::parse(bytes, &Limits::STANDARD).expect("an envelope");
    envelope
        .open(keys, &Limits::STANDARD)
        .map_or(Vec::new(), |opened| {
            opened.signer_ids().map(|(_, id)| id.to_owned()).collect()
        })
}

#[test]
fn an_eddsa_and_an_rsa_key_sign_a_metablock() {
    let signer = ed25519("k");
    let key = read(&json("k", &signer)).unwrap();
    let bytes = block(&[eddsa("k", &signer, &message(), &headers(22))]);
    assert_eq!(ids(&bytes, &[&key]), [id("k")]);
    let signer = rsa2048("r").with_scheme("rsa-pkcs1v15-sha256").unwrap();
    let key = read(&json("r", &signer)).unwrap();
    for algorithm in [1, 3] {
        let headers = headers(algorithm);
        let signature = signer.sign(&covered(&message(), &headers));
        let signature = OpenPgpSignature::new(&id("r"), headers, signature).unwrap();
        assert_eq!(ids(&block(&[signature]), &[&key]), [id("r")]);
    }
}

#[test]
fn a_subkeys_signature_counts_once_for_its_main_key() {
    let (main, sub) = (ed25519("main"), ed25519("sub"));
    let key = read(&with_subkeys(&json("main", &main), &[("sub", &sub)])).unwrap();
    let by_sub = eddsa("sub", &sub, &message(), &headers(22));
    let by_main = eddsa("main", &main, &message(), &headers(22));
    assert_eq!(
        ids(&block(std::slice::from_ref(&by_sub)), &[&key]),
        [id("sub")]
    );
    let bytes = block(&[by_sub, by_main]);
    let opened = Envelope::parse(&bytes, &Limits::STANDARD)
        .unwrap()
        .open(&[&key], &Limits::STANDARD)
        .unwrap();
    assert_eq!(opened.signers().len(), 1);
    assert!(opened.signers().contains(&main.public().fingerprint()));
    assert_eq!(opened.signer_ids().count(), 2);
    // Without the subkey in the metadata its signature is nobody's.
    let alone = read(&json("main", &main)).unwrap();
    let bytes = block(&[eddsa("sub", &sub, &message(), &headers(22))]);
    assert!(ids(&bytes, &[&alone]).is_empty());
}

#[test]
fn one_subkey_does_not_sign_in_the_name_of_another() {
    let (main, sub, other) = (ed25519("main"), ed25519("sub"), ed25519("other"));
    let key = with_subkeys(&json("main", &main), &[("sub", &sub), ("other", &other)]);
    let key = read(&key).unwrap();
    let claimed = eddsa("other", &sub, &message(), &headers(22));
    assert!(ids(&block(&[claimed]), &[&key]).is_empty());
}

#[test]
fn headers_of_another_version_type_algorithm_or_digest_are_refused() {
    let with = |at: usize, byte: u8| {
        let mut headers = headers(22);
        headers[at] = byte;
        OpenPgpSignature::new(&id("k"), headers, vec![0; 64]).unwrap_err()
    };
    use OpenPgpSignatureError as E;
    assert_eq!(with(0, 3), E::Version(3));
    assert_eq!(with(0, 6), E::Version(6));
    assert_eq!(with(1, 1), E::Type(1));
    assert_eq!(with(1, 0x10), E::Type(0x10));
    assert_eq!(with(2, 17), E::Algorithm(17));
    assert_eq!(with(2, 27), E::Algorithm(27));
    assert_eq!(with(3, 2), E::Digest(2));
    assert_eq!(with(3, 10), E::Digest(10));
    assert_eq!(with(5, 5), E::Length);
    assert_eq!(with(5, 7), E::Length);
    assert_eq!(with(4, 1), E::Length);
    let short = OpenPgpSignature::new(&id("k"), vec![4, 0, 22, 8, 0], vec![]);
    assert_eq!(short, Err(E::Length));
    let upper = id("k").to_uppercase();
    let named = OpenPgpSignature::new(&upper, headers(22), vec![0; 64]);
    assert_eq!(named, Err(E::KeyId));
}

#[test]
fn headers_that_would_be_refused_count_for_nobody_in_an_envelope() {
    let signer = ed25519("k");
    let key = read(&json("k", &signer)).unwrap();
    let good = block(&[eddsa("k", &signer, &message(), &headers(22))]);
    assert_eq!(ids(&good, &[&key]).len(), 1);
    // The key's holder signed headers of SHA-512, of a text document, and with bytes after the subpackets.
    for bad in [
        [&[4, 0, 22, 10], &headers(22)[4..]].concat(),
        [&[4, 1, 22, 8], &headers(22)[4..]].concat(),
        [&[3, 0, 22, 8], &headers(22)[4..]].concat(),
        [&headers(22)[..], &[0]].concat(),
    ] {
        let digest = quorate::digest::Sha256::of(&covered(&message(), &bad));
        let hex = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let signature = signer.sign(digest.as_bytes());
        let set = |bytes: &[u8], name: &str, text: String| {
            edited(bytes, &["signatures", "0", name], Some(Json::text(text)))
        };
        let bytes = set(&good, "other_headers", hex(&bad));
        let bytes = set(&bytes, "signature", hex(&signature));
        assert!(ids(&bytes, &[&key]).is_empty(), "{bad:?}");
    }
}

#[test]
fn the_algorithm_in_the_headers_is_the_keys() {
    let signer = ed25519("k");
    let key = read(&json("k", &signer)).unwrap();
    let claimed = eddsa("k", &signer, &message(), &headers(1));
    assert!(ids(&block(&[claimed]), &[&key]).is_empty());
    let signer = rsa2048("r").with_scheme("rsa-pkcs1v15-sha256").unwrap();
    let key = read(&json("r", &signer)).unwrap();
    let signature = signer.sign(&covered(&message(), &headers(22)));
    let claimed = OpenPgpSignature::new(&id("r"), headers(22), signature).unwrap();
    assert!(ids(&block(&[claimed]), &[&key]).is_empty());
}

#[test]
fn numbers_without_their_leading_zeros_are_the_same_signature() {
    let rsa = rsa2048("r").with_scheme("rsa-pkcs1v15-sha256").unwrap();
    let edwards = ed25519("k");
    let keys = [
        read(&json("r", &rsa)).unwrap(),
        read(&json("k", &edwards)).unwrap(),
    ];
    // One signature in 256 begins with a zero: other subpackets make other signatures until one does.
    for (signer, name, algorithm) in [(&rsa, "r", 1), (&edwards, "k", 22)] {
        let shortened = (0..=u16::MAX).find_map(|count| {
            let [high, low] = count.to_be_bytes();
            let headers = vec![4, 0, algorithm, 8, 0, 6, 5, 2, 0, 0, high, low];
            let signed = covered(&message(), &headers);
            let signature = match algorithm {
                1 => signer.sign(&signed),
                _ => signer.sign(quorate::digest::Sha256::of(&signed).as_bytes()),
            };
            let rest = signature.strip_prefix(&[0])?.to_vec();
            Some(OpenPgpSignature::new(&id(name), headers, rest).unwrap())
        });
        let bytes = block(&[shortened.unwrap()]);
        let keys: Vec<&PublicKey> = keys.iter().collect();
        assert_eq!(ids(&bytes, &keys), [id(name)], "{name}");
    }
}

#[test]
fn a_signature_longer_than_the_keys_is_nobodys() {
    let signer = ed25519("k");
    let key = read(&json("k", &signer)).unwrap();
    let digest = quorate::digest::Sha256::of(&covered(&message(), &headers(22)));
    for longer in [
        [&[0][..], &signer.sign(digest.as_bytes())].concat(),
        [&signer.sign(digest.as_bytes())[..], &[0]].concat(),
        vec![],
    ] {
        let signature = OpenPgpSignature::new(&id("k"), headers(22), longer).unwrap();
        assert!(ids(&block(&[signature]), &[&key]).is_empty());
    }
}

#[test]
fn an_openpgp_signature_on_dsse_counts_for_nobody_and_harms_nothing() {
    let (signer, plain) = (ed25519("k"), ed25519("plain"));
    let key = read(&json("k", &signer)).unwrap();
    let dsse = sign(PAYLOAD_TYPE_IN_TOTO, SIGNED.as_bytes(), &[&plain]);
    let pae = format!("DSSEv1 28 {PAYLOAD_TYPE_IN_TOTO} {} {SIGNED}", SIGNED.len());
    for covers in [message(), pae.into_bytes()] {
        let signature = eddsa("k", &signer, &covers, &headers(22));
        let entry = block(&[signature]);
        let entry = value(std::str::from_utf8(&entry).unwrap());
        let Json::Object(members) = &entry else {
            panic!("an envelope")
        };
        let Some(Json::Array(entries)) = members.get("signatures") else {
            panic!("signatures")
        };
        let bytes = edited(&dsse, &["signatures", "1"], Some(entries[0].clone()));
        assert_eq!(
            ids(&bytes, &[&key, plain.public()]),
            [plain.public().id().to_owned()]
        );
    }
    let refused = add_openpgp_signature(
        &unsigned(PAYLOAD_TYPE_IN_TOTO, SIGNED.as_bytes()),
        &eddsa("k", &signer, &message(), &headers(22)),
        &Limits::STANDARD,
    );
    assert!(matches!(refused, Err(SignError::OpenPgpOnDsse)));
}

#[test]
fn a_plain_signature_is_none_of_an_openpgp_key_and_the_reverse() {
    let signer = ed25519("k");
    let openpgp = read(&json("k", &signer)).unwrap();
    let plain = add_signature(
        &unsigned_metablock(&value(SIGNED)),
        &signer.with_id(&id("k")).unwrap(),
        &Limits::STANDARD,
    )
    .unwrap();
    assert!(ids(&plain, &[&openpgp]).is_empty());
    let signer = ed25519("k");
    let named = signer.public().with_id(&id("k")).unwrap();
    let bytes = block(&[eddsa("k", &signer, &message(), &headers(22))]);
    assert!(ids(&bytes, &[&named]).is_empty());
    // What an OpenPGP key signs is a digest: as a message by itself it must not count either.
    assert!(!openpgp.verifies(b"m", &signer.sign(b"m")));
}

#[test]
fn every_subkey_that_is_tried_takes_one_of_the_checks() {
    let signer = ed25519("4");
    let names = ["1", "2", "3", "4"].map(|name| (name, ed25519(name)));
    let subkeys: Vec<_> = names.iter().map(|(name, key)| (*name, key)).collect();
    let key = read(&with_subkeys(&json("main", &ed25519("main")), &subkeys)).unwrap();
    let bytes = block(&[eddsa("nobody", &signer, &message(), &headers(22))]);
    let opens = |checks: usize| {
        let limits = Limits {
            signature_checks_max: checks,
            ..Limits::STANDARD
        };
        let envelope = Envelope::parse(&bytes, &limits).unwrap();
        envelope.open(&[&key], &limits).is_ok()
    };
    let place = key.ids().position(|own| own == id("4")).unwrap();
    assert!(opens(place + 1));
    assert!(!opens(place));
}

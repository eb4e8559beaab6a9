//! Private keys: every file form is read, every scheme signs what its verifier takes, and nothing needs a source of randomness.

use pkcs8::pkcs5::pbes2::{self, ScryptParams};
use pkcs8::pkcs5::{EncryptionScheme, scrypt};
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use quorate::key::{KeyError, Scheme, SigningKey, SigningKeyError};
use quorate_testkit::scenario::{ed25519, p256, p384, p521, rsa2048};
use std::sync::LazyLock;

const MESSAGE: &[u8] = b"a message";

const RSA_SCHEMES: [&str; 6] = [
    "rsassa-pss-sha256",
    "rsassa-pss-sha384",
    "rsassa-pss-sha512",
    "rsa-pkcs1v15-sha256",
    "rsa-pkcs1v15-sha384",
    "rsa-pkcs1v15-sha512",
];

static RSA_PEM: LazyLock<String> = LazyLock::new(|| rsa2048("k").to_pem().expect("it encodes"));

fn rsa() -> SigningKey {
    SigningKey::from_pem(&RSA_PEM).expect("what we write is read")
}

fn pem(label: &'static str, der: &[u8]) -> String {
    pem_rfc7468::encode_string(label, LineEnding::LF, der).expect("short enough for PEM")
}

fn pkcs8_der(key: &SigningKey) -> SecretDocument {
    SecretDocument::from_pem(&key.to_pem().expect("it encodes"))
        .expect("PEM")
        .1
}

#[test]
fn an_rsa_key_signs_by_each_scheme_and_by_that_alone() {
    for scheme in RSA_SCHEMES {
        let key = rsa().with_scheme(scheme).unwrap();
        let signature = key.sign(MESSAGE);
        assert_eq!(signature.len(), 256);
        for other in RSA_SCHEMES {
            let public = key.public().with_scheme(other).unwrap();
            assert_eq!(
                public.verifies(MESSAGE, &signature),
                scheme == other,
                "{scheme} {other}"
            );
        }
        assert!(!key.public().verifies(b"another message", &signature));
    }
}

#[test]
fn the_pss_salt_is_as_long_as_the_digest() {
    use rsa::pkcs8::DecodePublicKey;
    use rsa::signature::Verifier;
    let public = rsa::PublicKey::from_public_key_pem(&rsa().public().to_pem()).unwrap();
    for length in [0, 20, 31, 32, 33, 222] {
        let verifier =
            rsa::pss::VerifyingKey::<sha2::Sha256>::new_with_salt_len(public.clone(), length);
        let signature = rsa::pss::Signature::try_from(&rsa().sign(MESSAGE)[..]).unwrap();
        assert_eq!(verifier.verify(MESSAGE, &signature).is_ok(), length == 32);
    }
}

#[test]
fn the_same_message_has_the_same_signature_and_another_has_another() {
    for scheme in RSA_SCHEMES {
        let key = rsa().with_scheme(scheme).unwrap();
        assert_eq!(key.sign(MESSAGE), key.sign(MESSAGE));
        assert_ne!(key.sign(MESSAGE), key.sign(b"another message"));
    }
}

#[test]
fn a_scheme_of_another_type_is_refused() {
    for (key, scheme) in [
        (ed25519("k"), "rsassa-pss-sha256"),
        (p256("k"), "ecdsa-sha2-nistp384"),
        (p521("k"), "ecdsa-sha2-nistp256"),
        (rsa(), "ed25519"),
        (rsa(), "pgp+rsa-pkcsv1.5"),
        (ed25519("k"), "pgp+eddsa-ed25519"),
        (rsa(), "rsa"),
        (rsa(), ""),
    ] {
        assert!(matches!(
            key.with_scheme(scheme),
            Err(KeyError::Scheme { .. })
        ));
    }
}

#[test]
fn a_computed_id_follows_the_scheme_and_a_given_one_stays() {
    let computed = rsa().public().id().to_owned();
    let other = rsa().with_scheme("rsa-pkcs1v15-sha256").unwrap();
    assert_eq!(other.public().scheme(), Scheme::RsaPkcs1Sha256);
    assert_ne!(other.public().id(), computed);
    let named = rsa().with_id("legacy").unwrap();
    let named = named.with_scheme("rsa-pkcs1v15-sha256").unwrap();
    assert_eq!(named.public().id(), "legacy");
    for id in ["", "a b", "a/b", "\u{e9}", &"x".repeat(129)] {
        assert!(rsa().with_id(id).is_err(), "{id:?}");
    }
}

#[test]
fn sec1_and_pkcs1_files_are_read() {
    let sec1 = |key: &SigningKey| {
        let document = pkcs8_der(key);
        let info = PrivateKeyInfoRef::try_from(document.as_bytes()).unwrap();
        // In PKCS#8 the curve stands outside; a file of its own needs it inside (RFC 5915 §3): `[0] { OID }`.
        let curve = info.algorithm.parameters_oid().unwrap();
        let curve = [
            &[6, u8::try_from(curve.as_bytes().len()).unwrap()],
            curve.as_bytes(),
        ]
        .concat();
        let curve = [&[0xa0, u8::try_from(curve.len()).unwrap()], &curve[..]].concat();
        let scalar = info.private_key.as_bytes();
        let at = scalar.iter().position(|byte| *byte == 2).unwrap();
        let octets = usize::from(scalar[at + 4]);
        let body = [&scalar[at..at + 5 + octets], &curve].concat();
        let mut der = vec![0x30];
        if body.len() > 127 {
            der.push(0x81);
        }
        der.push(u8::try_from(body.len()).unwrap());
        der.extend(body);
        pem("EC PRIVATE KEY", &der)
    };
    for key in [p256("k"), p384("k"), p521("k")] {
        let text = sec1(&key);
        let read = SigningKey::from_pem(&text).unwrap();
        assert_eq!(read.public(), key.public());
        assert!(key.public().verifies(MESSAGE, &read.sign(MESSAGE)));
        let preceded = format!(
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{text}"
        );
        assert_eq!(
            SigningKey::from_pem(&preceded).unwrap().public(),
            key.public()
        );
    }
    let document = pkcs8_der(&rsa());
    let info = PrivateKeyInfoRef::try_from(document.as_bytes()).unwrap();
    let text = pem("RSA PRIVATE KEY", info.private_key.as_bytes());
    assert_eq!(
        SigningKey::from_pem(&text).unwrap().public(),
        rsa().public()
    );
}

fn encrypted(key: &SigningKey, parameters: &pbes2::Parameters, passphrase: &[u8]) -> String {
    let document = pkcs8_der(key);
    let info = PrivateKeyInfoRef::try_from(document.as_bytes()).expect("PKCS#8");
    let encrypted = info
        .encrypt_with_params(parameters.clone(), passphrase)
        .expect("it encrypts");
    pem("ENCRYPTED PRIVATE KEY", encrypted.as_bytes())
}

fn pbkdf2(rounds: u32) -> pbes2::Parameters {
    pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, b"salt salt salt 1", [7; 16])
        .expect("parameters")
}

#[test]
fn a_key_under_a_passphrase_is_read_with_that_passphrase_alone() {
    let scrypt = pbes2::Parameters::generate_scrypt_aes256cbc(
        scrypt::Params::new(10, 8, 1).unwrap(),
        b"salt salt salt 1",
        [7; 16],
    )
    .unwrap();
    for key in [ed25519("k"), p256("k"), p384("k"), p521("k"), rsa()] {
        for parameters in [pbkdf2(2_048), scrypt.clone()] {
            let text = encrypted(&key, &parameters, b"correct horse");
            assert_eq!(
                SigningKey::from_pem(&text).unwrap_err(),
                SigningKeyError::Encrypted
            );
            let read = SigningKey::from_encrypted_pem(&text, b"correct horse").unwrap();
            assert_eq!(read.public(), key.public());
            assert!(key.public().verifies(MESSAGE, &read.sign(MESSAGE)));
            for wrong in [&b""[..], b"correct horsf", b"\xff"] {
                assert_eq!(
                    SigningKey::from_encrypted_pem(&text, wrong).unwrap_err(),
                    SigningKeyError::Passphrase
                );
            }
        }
    }
    assert_eq!(
        SigningKey::from_encrypted_pem(&RSA_PEM, b"x").unwrap_err(),
        SigningKeyError::NotEncrypted
    );
}

#[test]
fn a_key_file_that_asks_for_hours_of_derivation_is_refused_at_once() {
    let costly = |kdf: pbes2::Kdf| {
        let mut parameters = pbkdf2(1);
        parameters.kdf = kdf;
        let scheme = EncryptionScheme::Pbes2(parameters);
        let info = pkcs8::EncryptedPrivateKeyInfoOwned {
            encryption_algorithm: scheme,
            encrypted_data: der::asn1::OctetString::new(vec![0; 64]).unwrap(),
        };
        let text = pem(
            "ENCRYPTED PRIVATE KEY",
            &der::Encode::to_der(&info).unwrap(),
        );
        SigningKey::from_encrypted_pem(&text, b"x").unwrap_err()
    };
    assert_eq!(costly(pbkdf2(10_000_001).kdf), SigningKeyError::Costly);
    let scrypt = |log_n, r, p| {
        let params = scrypt::Params::new(log_n, r, p).unwrap();
        pbes2::Kdf::Scrypt(ScryptParams::from_params_and_salt(params, b"salt").unwrap())
    };
    // 1 GiB, and 65 passes over a little.
    assert_eq!(costly(scrypt(20, 8, 1)), SigningKeyError::Costly);
    assert_eq!(costly(scrypt(10, 8, 65)), SigningKeyError::Costly);
    assert_eq!(costly(scrypt(10, 8, 1)), SigningKeyError::Passphrase);
}

#[test]
fn the_older_encryption_of_openssl_is_refused_with_what_to_do() {
    let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    for read in [
        SigningKey::from_pem(text),
        SigningKey::from_encrypted_pem(text, b"x"),
    ] {
        let error = read.unwrap_err();
        assert_eq!(error, SigningKeyError::EncryptedTraditional);
        assert!(error.to_string().contains("openssl pkcs8 -topk8"));
    }
}

#[test]
fn a_weak_or_broken_rsa_key_does_not_sign() {
    let document = pkcs8_der(&rsa());
    let info = PrivateKeyInfoRef::try_from(document.as_bytes()).unwrap();
    let good = info.private_key.as_bytes();
    // Bytes in the modulus, the private exponent and a prime: the parts no longer belong together.
    for at in [40, 400, 700, 900, 1_100] {
        let mut der = good.to_vec();
        der[at] ^= 0x10;
        let read = SigningKey::from_pem(&pem("RSA PRIVATE KEY", &der));
        // What is left out of use may differ; nobody may sign wrongly for it.
        if let Ok(key) = read {
            assert_eq!(key.public(), rsa().public(), "byte {at}");
            assert!(
                key.public().verifies(MESSAGE, &key.sign(MESSAGE)),
                "byte {at}"
            );
        }
    }
}

#[test]
fn an_encrypted_key_is_told_from_a_broken_one() {
    let text = encrypted(&ed25519("k"), &pbkdf2(1), b"x");
    let broken = text.replace("MII", "MIJ").replace("MIG", "MIH");
    assert!(SigningKey::from_encrypted_pem(&broken, b"x").is_err());
    let document = SecretDocument::from_pem(&text).unwrap().1;
    assert!(EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).is_ok());
}

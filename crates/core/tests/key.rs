//! Keys: strong ones of every type are read and check signatures; weak, private and foreign ones are refused.

use quorate::key::{
    KeyError, PublicKey, Scheme, SigningKey, SigningKeyError, public_keys_from_file,
};
use quorate::limits::Limits;
use quorate_testkit::scenario::{ed25519, p256, p384, p521};

const MESSAGE: &[u8] = include_bytes!("key/message");

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("key/", $name)).as_slice()
    };
}

fn read(file: &[u8]) -> Result<PublicKey, KeyError> {
    PublicKey::from_file(file, &Limits::STANDARD)
}

fn pem(text: &[u8]) -> PublicKey {
    read(text).expect("a fixture is a key")
}

fn in_toto(keytype: &str, scheme: &str, public: &str) -> Result<PublicKey, KeyError> {
    let public = public.replace('\n', "\\n");
    let text = format!(
        r#"{{"keytype":"{keytype}","scheme":"{scheme}","keyval":{{"public":"{public}"}}}}"#
    );
    read(text.as_bytes())
}

fn text(file: &[u8]) -> &str {
    std::str::from_utf8(file).expect("a fixture is text")
}

fn signature_of(scheme: &str) -> &'static [u8] {
    match scheme {
        "rsassa-pss-sha256" => fixture!("rsa2048-pss-sha256.sig"),
        "rsassa-pss-sha384" => fixture!("rsa2048-pss-sha384.sig"),
        "rsassa-pss-sha512" => fixture!("rsa2048-pss-sha512.sig"),
        "rsa-pkcs1v15-sha256" => fixture!("rsa2048-pkcs1-sha256.sig"),
        "rsa-pkcs1v15-sha384" => fixture!("rsa2048-pkcs1-sha384.sig"),
        _ => fixture!("rsa2048-pkcs1-sha512.sig"),
    }
}

const RSA_SCHEMES: [&str; 6] = [
    "rsassa-pss-sha256",
    "rsassa-pss-sha384",
    "rsassa-pss-sha512",
    "rsa-pkcs1v15-sha256",
    "rsa-pkcs1v15-sha384",
    "rsa-pkcs1v15-sha512",
];

#[test]
fn signatures_of_openssl_are_verified_with_keys_from_pem() {
    for (key, signature, scheme) in [
        (
            fixture!("ed25519.pem"),
            fixture!("ed25519.sig"),
            Scheme::Ed25519,
        ),
        (
            fixture!("p256.pem"),
            fixture!("p256.sig"),
            Scheme::EcdsaP256,
        ),
        (
            fixture!("p384.pem"),
            fixture!("p384.sig"),
            Scheme::EcdsaP384,
        ),
        (
            fixture!("p521.pem"),
            fixture!("p521.sig"),
            Scheme::EcdsaP521,
        ),
        (
            fixture!("rsa2048.pem"),
            fixture!("rsa2048-pss-sha256.sig"),
            Scheme::RsaPssSha256,
        ),
        (
            fixture!("rsa2048.pem"),
            fixture!("rsa2048-pss-sha256-longest-salt.sig"),
            Scheme::RsaPssSha256,
        ),
    ] {
        let key = pem(key);
        assert_eq!(key.scheme(), scheme);
        assert!(key.verifies(MESSAGE, signature), "{scheme:?}");
        assert!(!key.verifies(&MESSAGE[1..], signature), "{scheme:?}");
        assert!(!key.verifies(MESSAGE, &signature[1..]), "{scheme:?}");
        assert!(!key.verifies(MESSAGE, b""), "{scheme:?}");
    }
}

#[test]
fn an_rsa_key_has_the_one_scheme_that_its_file_names() {
    for scheme in RSA_SCHEMES {
        let key = in_toto("rsa", scheme, text(fixture!("rsa2048.pem"))).unwrap();
        assert_eq!(key.scheme().name(), scheme);
        for signed_by in RSA_SCHEMES {
            let verified = key.verifies(MESSAGE, signature_of(signed_by));
            assert_eq!(verified, scheme == signed_by, "{scheme} {signed_by}");
        }
    }
}

#[test]
fn an_ecdsa_signature_over_another_digest_is_refused() {
    assert!(!pem(fixture!("p256.pem")).verifies(MESSAGE, fixture!("p256-sha512.sig")));
}

#[test]
fn a_signature_with_something_after_it_is_refused() {
    for (key, signature) in [
        (fixture!("ed25519.pem"), fixture!("ed25519.sig")),
        (fixture!("p256.pem"), fixture!("p256.sig")),
        (fixture!("rsa2048.pem"), fixture!("rsa2048-pss-sha256.sig")),
    ] {
        assert!(!pem(key).verifies(MESSAGE, &[signature, b"\0"].concat()));
    }
}

#[test]
fn weak_ed25519_keys_of_all_eight_small_orders_are_refused() {
    // The points of order 1, 2, 4 and 8, and the other spellings of those that have one (y at least the field's prime).
    let points = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for point in &points[..8] {
        let error = in_toto("ed25519", "ed25519", point).unwrap_err();
        assert!(matches!(error, KeyError::Weak(_)), "{point}: {error}");
    }
    for point in points {
        assert!(in_toto("ed25519", "ed25519", point).is_err(), "{point}");
    }
}

#[test]
fn a_second_spelling_of_a_strong_ed25519_point_is_refused() {
    // y = 3 is on the curve and of large order; y + p is the same point written as a number past the field.
    let canonical = "0300000000000000000000000000000000000000000000000000000000000000";
    let second = "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    assert!(in_toto("ed25519", "ed25519", canonical).is_ok());
    assert!(in_toto("ed25519", "ed25519", second).is_err());
}

#[test]
fn short_rsa_keys_and_small_exponents_are_refused() {
    for file in [fixture!("rsa1024.pem"), fixture!("rsa2048-exponent-3.pem")] {
        assert!(matches!(read(file), Err(KeyError::Weak(_))));
        let error = in_toto("rsa", "rsassa-pss-sha256", text(file)).unwrap_err();
        assert!(matches!(error, KeyError::Weak(_)), "{error}");
    }
}

#[test]
fn curves_and_types_that_are_not_supported_are_named() {
    for file in [fixture!("secp256k1.pem"), fixture!("x25519.pem")] {
        assert!(matches!(read(file), Err(KeyError::Type(_))));
    }
    let certificate = text(fixture!("ed25519.pem")).replace("PUBLIC KEY", "CERTIFICATE");
    assert!(matches!(
        read(certificate.as_bytes()),
        Err(KeyError::Type(_))
    ));
}

#[test]
fn a_private_key_in_the_place_of_a_public_one_is_named() {
    let private = ed25519("x").to_pem().unwrap();
    assert!(matches!(read(private.as_bytes()), Err(KeyError::Private)));
    let public = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
    let json = |private: &str| {
        format!(
            r#"{{"keytype":"ed25519","scheme":"ed25519","keyval":{{"public":"{public}","private":"{private}"}}}}"#
        )
    };
    assert!(matches!(
        read(json("00").as_bytes()),
        Err(KeyError::Private)
    ));
    assert!(read(json("").as_bytes()).is_ok());
}

#[test]
fn a_scheme_of_another_key_type_is_refused() {
    let rsa = text(fixture!("rsa2048.pem"));
    let p256 = text(fixture!("p256.pem"));
    for (keytype, scheme, public) in [
        ("rsa", "ed25519", rsa),
        ("rsa", "rsassa-pss-sha1", rsa),
        ("rsa", "none", rsa),
        (
            "ed25519",
            "rsassa-pss-sha256",
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
        ),
        ("ecdsa", "ecdsa-sha2-nistp384", p256),
        ("rsa", "ecdsa-sha2-nistp256", p256),
        ("ecdsa", "rsassa-pss-sha256", rsa),
    ] {
        let error = in_toto(keytype, scheme, public).unwrap_err();
        assert!(
            matches!(error, KeyError::Scheme { .. }),
            "{keytype} {scheme}: {error}"
        );
    }
    assert!(in_toto("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", p256).is_ok());
}

#[test]
fn a_key_file_with_unknown_or_broken_parts_is_refused() {
    let public = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
    let good =
        format!(r#"{{"keytype":"ed25519","scheme":"ed25519","keyval":{{"public":"{public}"}}}}"#);
    assert!(read(good.as_bytes()).is_ok());
    for (from, to) in [
        ("\"scheme\"", "\"schema\""),
        ("{\"keytype\"", "{\"expires\":0,\"keytype\""),
        ("{\"public\"", "{\"x\":0,\"public\""),
        ("{\"keytype\"", "{\"keyid\":\"../x\",\"keytype\""),
        ("{\"keytype\"", "{\"keyid\":\"\",\"keytype\""),
        ("{\"keytype\"", "{\"keyid\":\"\\u001b[2J\",\"keytype\""),
        ("03a1", "03A1"),
        ("03a1", "a1"),
        ("{\"keytype\"", "{\"keytype\":\"ed25519\",\"keytype\""),
    ] {
        assert!(read(good.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
    }
    let pem = text(fixture!("ed25519.pem"));
    for broken in [
        pem.replace("MCow", "MCox"),
        pem.replace('=', ""),
        format!("{pem}{pem}"),
        pem[..60].to_owned(),
    ] {
        assert!(read(broken.as_bytes()).is_err(), "{broken}");
    }
    assert!(matches!(read(b"\xff"), Err(KeyError::Unrecognised)));
}

#[test]
fn a_key_file_larger_than_the_limit_is_refused_before_it_is_read() {
    let limits = Limits {
        policy_bytes_max: 100,
        ..Limits::STANDARD
    };
    let error = PublicKey::from_file(fixture!("p384.pem"), &limits).unwrap_err();
    assert!(matches!(error, KeyError::TooLarge { bytes_max: 100 }));
}

#[test]
fn key_ids_are_those_of_securesystemslib() {
    // `CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32)))).public_key.keyid` of securesystemslib 1.6.0.
    let seed = std::array::from_fn(|at| u8::try_from(at).unwrap());
    assert_eq!(
        SigningKey::ed25519_from_seed(&seed).public().id(),
        "63d00ee3cf4f5c61ad94efa696c68f13b608fe56ecea13fb144a6fd18e9235b9"
    );
    let ids = text(fixture!("key-ids"));
    let id = |name: &str, scheme: &str| {
        let mut lines = ids
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{name} {scheme} ")));
        lines.next().expect("the script lists it").to_owned()
    };
    for (name, file) in [
        ("ed25519", fixture!("ed25519.pem")),
        ("p256", fixture!("p256.pem")),
        ("p384", fixture!("p384.pem")),
        ("p521", fixture!("p521.pem")),
        ("rsa2048", fixture!("rsa2048.pem")),
    ] {
        let key = pem(file);
        assert_eq!(key.id(), id(name, key.scheme().name()), "{name}");
        assert_eq!(key.to_pem().as_bytes(), file, "{name}");
    }
    let other = in_toto("rsa", "rsa-pkcs1v15-sha256", text(fixture!("rsa2048.pem"))).unwrap();
    assert_eq!(other.id(), id("rsa2048", "rsa-pkcs1v15-sha256"));
}

#[test]
fn one_key_under_two_ids_or_schemes_has_one_fingerprint() {
    let rsa = text(fixture!("rsa2048.pem"));
    let one = in_toto("rsa", "rsassa-pss-sha256", rsa).unwrap();
    let other = in_toto("rsa", "rsa-pkcs1v15-sha256", rsa).unwrap();
    assert_ne!(one.id(), other.id());
    assert_ne!(one, other);
    assert_eq!(one.fingerprint(), other.fingerprint());
}

#[test]
fn an_spki_with_a_null_parameter_is_the_key_it_means() {
    let published = fixture!("../attest/rebuilderd/reproduce-debian-net-amd64.pub");
    let key = pem(published);
    assert_eq!(key.scheme(), Scheme::Ed25519);
    let standard = key.to_pem();
    assert_ne!(standard.as_bytes(), published);
    assert_eq!(
        read(standard.as_bytes()).unwrap().fingerprint(),
        key.fingerprint()
    );
    // The same with an object identifier for a parameter.
    let odd = "-----BEGIN PUBLIC KEY-----\nMC8wCgYDK2VwBgMrZXADIQATuimKMfCOSfiKc2AT/T1NKQhn9y39Kz5Suo0w5UUX\nGA==\n-----END PUBLIC KEY-----\n";
    assert!(matches!(read(odd.as_bytes()), Err(KeyError::Encoding)));
}

#[test]
fn private_keys_come_back_from_pem_and_sign_the_same() {
    for key in [ed25519("k"), p256("k"), p384("k"), p521("k")] {
        let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(again.sign(MESSAGE), key.sign(MESSAGE));
        assert!(!format!("{key:?}").contains(&key.to_pem().unwrap()[30..60]));
    }
}

#[test]
fn what_cannot_sign_is_named() {
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(
        SigningKey::from_pem(encrypted).unwrap_err(),
        SigningKeyError::Encrypted
    );
    let public = ed25519("k").public().to_pem();
    assert_eq!(
        SigningKey::from_pem(&public).unwrap_err(),
        SigningKeyError::Unrecognised
    );
    // RFC 8410 §7 with the algorithm of X25519: a well-formed key of a type that does not sign.
    let other = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";
    assert_eq!(
        SigningKey::from_pem(other).unwrap_err(),
        SigningKeyError::Type
    );
}

const POINT: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/// An Ed25519 key whose JSON has these further members, and these within `keyval`.
fn with_members(members: &str, keyval: &str) -> String {
    format!(
        r#"{{"keytype":"ed25519","scheme":"ed25519","keyval":{{{keyval}"public":"{POINT}"}}{members}}}"#
    )
}

#[test]
fn keys_as_go_and_older_tools_write_them_are_the_same_keys() {
    let plain = read(with_members("", "").as_bytes()).unwrap();
    for (members, keyval) in [
        (r#","keyid":"legacy","keyid_hash_algorithms":null"#, ""),
        (
            r#","keyid_hash_algorithms":["sha256","sha512"]"#,
            r#""private":"","#,
        ),
        ("", r#""certificate":"","#),
    ] {
        let key = read(with_members(members, keyval).as_bytes()).unwrap();
        assert_eq!(key, plain, "{members} {keyval}");
        let label = if members.contains("legacy") {
            "legacy"
        } else {
            plain.id()
        };
        assert_eq!(key.id(), label);
    }
    let trimmed = text(fixture!("rsa2048.pem")).trim_end();
    let key = in_toto("rsa", "rsassa-pss-sha256", trimmed).unwrap();
    assert_eq!(key, pem(fixture!("rsa2048.pem")));
}

#[test]
fn a_certificate_in_the_place_of_a_key_is_refused_with_its_reason() {
    let error =
        read(with_members("", r#""certificate":"-----BEGIN CERTIFICATE-----","#).as_bytes());
    let error = error.unwrap_err();
    assert!(matches!(error, KeyError::Certificate), "{error}");
    assert!(error.to_string().contains("X.509"), "{error}");
}

#[test]
fn a_key_under_another_id_than_its_own_is_refused() {
    let map = |own: &str| {
        let key = with_members(&format!(r#","keyid":"{own}""#), "");
        public_keys_from_file(format!(r#"{{"a":{key}}}"#).as_bytes(), &Limits::STANDARD)
    };
    assert_eq!(map("a").unwrap()[0].id(), "a");
    assert!(matches!(map("b"), Err(KeyError::TwoIds { id, own_id }) if id == "a" && own_id == "b"));
    let unnamed = format!(r#"{{"a":{}}}"#, with_members("", ""));
    let keys = public_keys_from_file(unnamed.as_bytes(), &Limits::STANDARD).unwrap();
    assert_eq!(keys[0].id(), "a");
}

#[test]
fn a_key_file_of_any_form_gives_its_keys() {
    let one = public_keys_from_file(fixture!("rsa2048.pem"), &Limits::STANDARD).unwrap();
    assert_eq!(one, [pem(fixture!("rsa2048.pem"))]);
    let json = with_members("", "");
    let one = public_keys_from_file(json.as_bytes(), &Limits::STANDARD).unwrap();
    assert_eq!(one.len(), 1);
    let limits = Limits {
        keys_max: 1,
        ..Limits::STANDARD
    };
    let two = format!(r#"{{"a":{json},"b":{json}}}"#);
    assert!(matches!(
        public_keys_from_file(two.as_bytes(), &limits),
        Err(KeyError::TooMany { .. })
    ));
    assert!(public_keys_from_file(b"[]", &Limits::STANDARD).is_err());
    assert!(public_keys_from_file(br#"{"a":1}"#, &Limits::STANDARD).is_err());
}

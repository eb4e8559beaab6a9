//! Keys in in-toto's form.

use quorate::json::Json;
use quorate::key::{KeyError, PublicKey, Scheme, public_keys_from_file};
use quorate::limits::Limits;
use quorate::policy::{CompileError, Policy, PolicyError};
use quorate::time::Timestamp;
use quorate_testkit::scenario::{AT, Documents, PolicyDraft, Scene, ed25519, edited, rsa2048};

use super::{id, json, read, value, with, with_subkeys};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds).expect("a time")
}

#[test]
fn a_key_of_each_method_is_read_and_written_unchanged() {
    let (main, sub) = (rsa2048("main"), ed25519("sub"));
    let written = with(
        &with_subkeys(&json("main", &main), &[("sub", &sub)]),
        [
            ("creation_time", Json::number(1_500_000_000)),
            ("validity_period", Json::number(3_600)),
        ],
    );
    let key = read(&written).unwrap();
    assert_eq!(key.scheme(), Scheme::OpenPgpRsa);
    assert_eq!(key.to_json(), written);
    assert_eq!(read(&key.to_json()).unwrap().to_json(), written);
    assert!(key.is_openpgp());
    assert_eq!(key.ids().collect::<Vec<_>>(), [id("main"), id("sub")]);
    assert!(key.has_id(&id("sub")) && !key.has_id(&id("other")));
    let ed25519 = read(&json("sub", &sub)).unwrap();
    assert_eq!(ed25519.scheme(), Scheme::OpenPgpEd25519);
}

#[test]
fn one_key_as_pem_and_as_openpgp_has_one_fingerprint() {
    for key in [rsa2048("k"), ed25519("k")] {
        let openpgp = read(&json("k", &key)).unwrap();
        assert_eq!(openpgp.fingerprint(), key.public().fingerprint());
        assert_ne!(openpgp, *key.public(), "it signs by another scheme");
    }
    let (main, sub) = (ed25519("main"), ed25519("sub"));
    let both = read(&with_subkeys(&json("main", &main), &[("sub", &sub)])).unwrap();
    assert_eq!(
        both.fingerprints().collect::<Vec<_>>(),
        [main.public().fingerprint(), sub.public().fingerprint()]
    );
}

#[test]
fn an_expired_subkey_is_dropped_and_an_expired_key_is_none() {
    let lifetime = |created: i64, period: i64| {
        [
            ("creation_time", Json::number(created)),
            ("validity_period", Json::number(period)),
        ]
    };
    let sub = with(&json("sub", &ed25519("sub")), lifetime(1_000, 100));
    let main = with(&json("main", &ed25519("main")), lifetime(1_000, 200));
    let key = read(&with(
        &main,
        [("subkeys", Json::object([(id("sub"), sub)]))],
    ))
    .unwrap();
    let ids = |seconds| key.at(at(seconds)).map(|key| key.ids().count());
    assert_eq!(ids(999), None, "it is not yet made");
    assert_eq!(ids(1_000), Some(2));
    assert_eq!(ids(1_099), Some(2));
    assert_eq!(ids(1_100), Some(1));
    assert_eq!(ids(1_199), Some(1));
    assert_eq!(ids(1_200), None);
}

#[test]
fn a_lifetime_past_the_end_of_32_bits_does_not_wrap_around() {
    let most = i64::from(u32::MAX);
    let with_lifetime = |created: i64, period: i64| {
        read(&with(
            &json("k", &ed25519("k")),
            [
                ("creation_time", Json::number(created)),
                ("validity_period", Json::number(period)),
            ],
        ))
    };
    let key = with_lifetime(most, most).unwrap();
    assert!(key.at(at(most)).is_some());
    assert!(key.at(at(2 * most - 1)).is_some());
    assert!(key.at(at(2 * most)).is_none());
    let endless = with_lifetime(1, 0).unwrap();
    assert!(endless.at(at(2 * most)).is_some());
    assert!(with_lifetime(most + 1, 1).is_err());
    assert!(with_lifetime(-1, 1).is_err());
}

#[test]
fn keys_without_a_lifetime_and_plain_keys_are_valid_at_any_time() {
    let key = read(&json("k", &ed25519("k"))).unwrap();
    assert!(key.at(at(0)).is_some());
    assert_eq!(
        ed25519("k").public().at(at(0)).as_ref(),
        Some(ed25519("k").public())
    );
}

#[test]
fn a_dsa_key_is_refused_with_its_reason_and_so_is_a_dsa_subkey() {
    let dsa = value(
        r#"{"type":"dsa","method":"pgp+dsa-fips-180-2","hashes":["pgp+SHA2"],"keyid":"7b3abb26b97b655ab9296bd15b0bd02e1c768c43","keyval":{"private":"","public":{"y":"01","p":"01","g":"01","q":"01"}}}"#,
    )
    .into_owned();
    assert!(matches!(read(&dsa), Err(KeyError::Dsa)));
    let id = "7b3abb26b97b655ab9296bd15b0bd02e1c768c43";
    let main = with(
        &json("main", &ed25519("main")),
        [("subkeys", Json::object([(id, dsa)]))],
    );
    let error = read(&main).unwrap_err();
    assert!(error.to_string().contains("DSA"), "{error}");
    assert!(error.to_string().contains(id), "{error}");
}

fn refused(what: &str, change: (&'static str, Json<'static>)) {
    let good = with_subkeys(&json("main", &ed25519("main")), &[("sub", &ed25519("sub"))]);
    assert!(read(&good).is_ok());
    let changed = with(&good, [change]);
    assert!(read(&changed).is_err(), "{what}: {changed:?}");
}

#[test]
fn what_is_not_exactly_an_openpgp_key_is_refused() {
    for (what, name, member) in [
        ("a method of another type", "method", "pgp+rsa-pkcsv1.5"),
        ("an unknown method", "method", "pgp+ecdsa"),
        ("another type", "type", "rsa"),
        ("an id of 64 digits", "keyid", &"0".repeat(64)),
        ("an id in upper case", "keyid", &"A".repeat(40)),
        ("an unknown member", "flags", ""),
        ("a plain scheme beside the method", "scheme", "ed25519"),
    ] {
        refused(what, (name, Json::text(member.to_owned())));
    }
    refused("other hashes", ("hashes", Json::texts(["pgp+SHA1"])));
    refused("no hashes", ("hashes", Json::texts([""; 0])));
    let period = ("validity_period", Json::number(1));
    refused("a period without a beginning", period);
}

#[test]
fn numbers_of_another_type_and_weak_ones_are_refused() {
    let weak = format!(r#"{{"private":"","public":{{"q":"{}"}}}}"#, "00".repeat(32));
    for (what, keyval) in [
        ("a private part", r#"{"private":"x","public":{"q":"00"}}"#),
        (
            "another type",
            r#"{"private":"","public":{"e":"03","n":"05"}}"#,
        ),
        ("no point", r#"{"private":"","public":{"q":""}}"#),
        ("upper case", r#"{"private":"","public":{"q":"AA"}}"#),
        ("a weak point", &weak),
    ] {
        refused(what, ("keyval", value(keyval).into_owned()));
    }
}

#[test]
fn subkeys_of_another_form_are_refused() {
    let subkey = |id: String, key: Json<'static>| ("subkeys", Json::object([(id, key)]));
    let (main, sub) = (json("main", &ed25519("x")), json("sub", &ed25519("x")));
    refused("a list", ("subkeys", Json::texts(["x"])));
    refused("the key itself", subkey(id("main"), main.clone()));
    refused("another id", subkey(id("x"), sub));
    let nested = with_subkeys(&json("sub", &ed25519("x")), &[("more", &ed25519("y"))]);
    refused("a subkey with subkeys", subkey(id("sub"), nested));
    let plain = ed25519("x");
    let named = plain.public().id().to_owned();
    refused("a plain key", subkey(named, plain.public().to_json()));
}

#[test]
fn a_weak_rsa_subkey_is_refused_with_its_key() {
    let short = Json::object([(
        "public",
        Json::object([
            ("e", Json::text("010001")),
            ("n", Json::text("c1".repeat(128))),
        ]),
    )]);
    let weak = with(&json("weak", &rsa2048("k")), [("keyval", short)]);
    assert!(matches!(read(&weak), Err(KeyError::Weak(_))));
    let main = json("main", &ed25519("main"));
    let with_weak = with(&main, [("subkeys", Json::object([(id("weak"), weak)]))]);
    assert!(matches!(read(&with_weak), Err(KeyError::Subkey { .. })));
}

#[test]
fn a_key_with_a_thousand_subkeys_is_refused() {
    let sub = ed25519("sub");
    let subkeys: Vec<_> = (0..65)
        .map(|at| (id(&at.to_string()), json(&at.to_string(), &sub)))
        .collect();
    let many = with(
        &json("main", &ed25519("main")),
        [("subkeys", Json::object(subkeys))],
    );
    assert!(matches!(read(&many), Err(KeyError::TooMany { .. })));
}

#[test]
fn a_map_holds_keys_of_every_kind() {
    let (plain, openpgp) = (ed25519("plain"), json("pgp", &rsa2048("pgp")));
    let map = Json::object([
        (plain.public().id().to_owned(), plain.public().to_json()),
        (id("pgp"), openpgp.clone()),
    ]);
    let keys = public_keys_from_file(&map.to_text(), &Limits::STANDARD).unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.contains(plain.public()));
    let wrong = Json::object([(id("other"), openpgp)]);
    assert!(matches!(
        public_keys_from_file(&wrong.to_text(), &Limits::STANDARD),
        Err(KeyError::TwoIds { .. })
    ));
    assert!(public_keys_from_file(b"{}", &Limits::STANDARD).is_err());
}

#[test]
fn an_owner_or_party_of_a_policy_has_no_openpgp_key() {
    let file = json("k", &ed25519("k")).to_text();
    assert!(matches!(
        PublicKey::from_file(&file, &Limits::STANDARD),
        Err(KeyError::OpenPgp)
    ));
    let scene = Scene::of(1, 1);
    let mut draft = PolicyDraft::of(1, &scene.parties, &scene.owners);
    for key in draft.keys.values_mut() {
        *key = read(&json("k", &ed25519("k"))).unwrap();
    }
    let compiled = draft.compile(Timestamp::parse(AT).unwrap());
    assert!(matches!(compiled, Err(CompileError::OpenPgp(_))));
}

#[test]
fn a_signed_policy_whose_party_has_an_openpgp_key_is_not_in_force() {
    let scene = Scene::of(1, 1);
    let old = scene.parties[0].keys[0].public().id();
    let renamed = |payload: &[u8]| {
        let text = std::str::from_utf8(payload).unwrap();
        text.replace(old, &id("k")).into_bytes()
    };
    let layout = edited(
        &renamed(&scene.documents.layout_payload),
        &["keys", &id("k")],
        Some(json("k", &ed25519("k"))),
    );
    let terms = renamed(&scene.documents.terms_payload);
    let documents =
        Documents::sign(&layout, &terms, &scene.owners).with_layout(&layout, &scene.owners);
    let error = Policy::open(
        &documents.layout,
        &documents.terms,
        &scene.trust(),
        scene.at,
        &scene.limits,
    )
    .unwrap_err();
    assert!(matches!(error, PolicyError::OpenPgp { .. }), "{error}");
}

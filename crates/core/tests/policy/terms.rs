//! Terms that an owner signed and that must be refused all the same.

use quorate::json::Json;
use quorate::policy::{Policy, PolicyError, TermsError};
use quorate_testkit::scenario::{Documents, Scene, edited};

fn refused_with(path: &[&str], value: Option<Json<'_>>) -> TermsError {
    let mut scene = Scene::quorate(2, 3);
    let terms = edited(&scene.documents.terms_payload, path, value);
    scene.documents = scene.documents.with_terms(&terms, &scene.owners);
    assert_eq!(
        scene.refusal(),
        Some(("policy", "policy-refused")),
        "{path:?}"
    );
    let Documents { layout, terms, .. } = &scene.documents;
    match Policy::open(layout, terms, &scene.trust(), scene.at, &scene.limits) {
        Err(PolicyError::Terms(error)) => error,
        Err(other) => panic!("{path:?}: {other}"),
        Ok(_) => panic!("{path:?}: in force"),
    }
}

#[test]
fn an_unknown_member_anywhere_is_refused() {
    for path in [
        &["extra"][..],
        &["layout", "extra"],
        &["owners", "extra"],
        &["materials", "extra"],
        &["parties", "0", "extra"],
        &["owners", "keys", "0", "extra"],
    ] {
        let error = refused_with(path, Some(Json::Null));
        assert!(error.to_string().contains("extra"), "{path:?}: {error}");
    }
}

#[test]
fn an_empty_pattern_of_artifacts_is_refused() {
    let error = refused_with(&["artifacts"], Some(Json::text("")));
    assert!(error.to_string().contains("artifacts"), "{error}");
}

#[test]
fn a_missing_member_is_refused() {
    for path in [
        &["_type"][..],
        &["name"],
        &["layout"],
        &["layout", "sha256"],
        &["artifacts"],
        &["parties"],
        &["parties", "0", "name"],
        &["parties", "0", "keyids"],
        &["owners"],
        &["owners", "needed"],
        &["owners", "keys"],
        &["materials"],
        &["materials", "source"],
        &["materials", "environment"],
        &["onDissent"],
    ] {
        assert!(
            matches!(refused_with(path, None), TermsError::Shape(_)),
            "{path:?}"
        );
    }
}

#[test]
fn a_word_that_is_not_known_is_refused() {
    for path in [
        &["materials", "source"][..],
        &["materials", "environment"],
        &["onDissent"],
    ] {
        for word in ["", "ignore", "Same", "REFUSE"] {
            assert!(matches!(
                refused_with(path, Some(Json::text(word))),
                TermsError::Shape(_)
            ));
        }
    }
}

#[test]
fn terms_of_a_newer_version_say_so_and_other_documents_too() {
    let newer = Json::text("https://quorate.dev/policy-terms/v2");
    assert!(matches!(
        refused_with(&["_type"], Some(newer)),
        TermsError::Newer(_)
    ));
    let other = Json::text("https://in-toto.io/Statement/v1");
    assert!(matches!(
        refused_with(&["_type"], Some(other)),
        TermsError::Shape(_)
    ));
}

#[test]
fn a_newer_version_cannot_draw_on_the_terminal() {
    let newer = Json::text("https://quorate.dev/policy-terms/\u{1b}[2J");
    assert!(
        !refused_with(&["_type"], Some(newer))
            .to_string()
            .contains('\u{1b}')
    );
}

#[test]
fn parties_that_share_a_name_or_a_key_are_refused() {
    let alice = Json::text("alice");
    let error = refused_with(&["parties", "1", "name"], Some(alice));
    assert!(matches!(error, TermsError::Name(_)));
    let scene = Scene::of(2, 3);
    let id = scene.parties[0].keys[0].public().id().to_owned();
    let error = refused_with(
        &["parties", "1", "keyids", "1"],
        Some(Json::text(id.clone())),
    );
    assert!(matches!(error, TermsError::KeyTwice(_)));
    let error = refused_with(&["parties", "0", "keyids", "1"], Some(Json::text(id)));
    assert!(matches!(error, TermsError::KeyTwice(_)));
}

#[test]
fn no_parties_or_a_party_without_keys_is_refused() {
    let nothing = || Some(Json::Array(Vec::new()));
    assert!(matches!(
        refused_with(&["parties"], nothing()),
        TermsError::Count(..)
    ));
    assert!(matches!(
        refused_with(&["parties", "0", "keyids"], nothing()),
        TermsError::Count(..)
    ));
    assert!(matches!(
        refused_with(&["owners", "keys"], nothing()),
        TermsError::Count(..)
    ));
}

#[test]
fn more_parties_or_keys_than_the_limits_are_refused() {
    let many = |count: usize| Json::texts((0..count).map(|at| format!("key-{at}")));
    let error = refused_with(&["parties", "0", "keyids"], Some(many(65)));
    assert!(matches!(error, TermsError::Count(..)));
    let party = |at: usize| {
        Json::object([
            ("name", Json::text(format!("p{at}"))),
            ("keyids", Json::texts([format!("k{at}")])),
        ])
    };
    let error = refused_with(
        &["parties"],
        Some(Json::Array((0..101).map(party).collect())),
    );
    assert!(matches!(error, TermsError::Count(..)));
}

#[test]
fn names_that_do_not_print_as_themselves_are_refused() {
    for name in ["", "x", "Alice", "a/b", "..", "a b", "a\u{1b}b", "é"] {
        for path in [&["name"][..], &["parties", "0", "name"]] {
            assert!(
                matches!(
                    refused_with(path, Some(Json::text(name))),
                    TermsError::Name(_)
                ),
                "{name:?}"
            );
        }
    }
    let long = Json::text("a".repeat(65));
    assert!(matches!(
        refused_with(&["name"], Some(long)),
        TermsError::Name(_)
    ));
}

#[test]
fn owners_who_could_not_or_need_not_sign_are_refused() {
    let zero = refused_with(&["owners", "needed"], Some(Json::number(0)));
    assert!(matches!(zero, TermsError::Shape(_)));
    let two = refused_with(&["owners", "needed"], Some(Json::number(2)));
    assert!(matches!(
        two,
        TermsError::OwnersNeeded {
            needed: 2,
            owners: 1
        }
    ));
    let weak = Json::text("00".repeat(32));
    let error = refused_with(&["owners", "keys", "0", "keyval", "public"], Some(weak));
    assert!(matches!(error, TermsError::Key(_)));
}

#[test]
fn an_owners_key_listed_twice_is_refused() {
    let scene = Scene::of(2, 3);
    let Ok(Json::Object(terms)) =
        quorate::json::parse(&scene.documents.terms_payload, &scene.limits)
    else {
        panic!("terms are an object");
    };
    let Some(Json::Object(owners)) = terms.get("owners") else {
        panic!("terms have owners");
    };
    let Some(Json::Array(keys)) = owners.get("keys") else {
        panic!("owners have keys");
    };
    let again = edited(&keys[0].to_text(), &["keyid"], Some(Json::text("another")));
    let again = quorate::json::parse(&again, &scene.limits).unwrap();
    let error = refused_with(&["owners", "keys", "1"], Some(again));
    assert!(matches!(error, TermsError::OwnerTwice));
}

#[test]
fn a_digest_or_pattern_that_is_none_is_refused() {
    for (path, text) in [
        (&["layout", "sha256"][..], "00"),
        (&["layout", "sha256"], ""),
        (&["artifacts"], ""),
    ] {
        assert!(matches!(
            refused_with(path, Some(Json::text(text))),
            TermsError::Shape(_)
        ));
    }
}

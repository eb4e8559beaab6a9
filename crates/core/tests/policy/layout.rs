//! Layouts that an owner signed and that must be refused all the same: nothing in one is guessed or passed over.

use quorate::intoto::{Layout, LayoutError};
use quorate::json::Json;
use quorate::policy::{Policy, PolicyError};
use quorate_testkit::scenario::{Documents, Scene, ed25519, edited, replaced, without};

/// The error for a layout with `value` at `path`, signed, with terms that belong to it.
fn refused_with(path: &[&str], value: Option<Json<'_>>) -> PolicyError {
    let mut scene = Scene::quorate(2, 3);
    let layout = edited(&scene.documents.layout_payload, path, value);
    refused(&mut scene, &layout)
}

fn refused(scene: &mut Scene, layout: &[u8]) -> PolicyError {
    scene.documents = scene.documents.with_layout(layout, &scene.owners);
    assert_eq!(scene.refusal(), Some(("policy", "policy-refused")));
    let Documents { layout, terms, .. } = &scene.documents;
    Policy::open(layout, terms, &scene.trust(), scene.at, &scene.limits).expect_err("it is refused")
}

/// The ids of the keys in the layout, in the order of the step.
fn key_ids(scene: &Scene) -> Vec<String> {
    scene
        .parties
        .iter()
        .map(|party| party.keys[0].public().id().to_owned())
        .collect()
}

#[test]
fn the_layout_as_compiled_is_taken() {
    let mut scene = Scene::quorate(2, 3);
    let same = scene.documents.layout_payload.clone();
    scene.documents = scene.documents.with_layout(&same, &scene.owners);
    assert_eq!(scene.refusal(), None);
}

#[test]
fn an_unknown_member_anywhere_is_refused() {
    for path in [
        &["extra"][..],
        &["steps", "0", "extra"],
        &["inspect", "0", "extra"],
    ] {
        let error = refused_with(path, Some(Json::Null));
        assert!(error.to_string().contains("extra"), "{path:?}: {error}");
    }
    let scene = Scene::of(2, 3);
    let id = &key_ids(&scene)[0];
    for path in [&["keys", id, "extra"][..], &["keys", id, "keyval", "extra"]] {
        assert!(matches!(
            refused_with(path, Some(Json::Null)),
            PolicyError::Layout(_)
        ));
    }
}

#[test]
fn a_missing_member_is_refused() {
    for path in [
        &["_type"][..],
        &["expires"],
        &["keys"],
        &["steps"],
        &["inspect"],
        &["steps", "0", "_type"],
        &["steps", "0", "name"],
        &["steps", "0", "threshold"],
        &["steps", "0", "pubkeys"],
        &["steps", "0", "expected_command"],
        &["steps", "0", "expected_materials"],
        &["steps", "0", "expected_products"],
        &["inspect", "0", "_type"],
        &["inspect", "0", "run"],
        &["inspect", "0", "name"],
    ] {
        assert!(
            matches!(refused_with(path, None), PolicyError::Layout(_)),
            "{path:?}"
        );
    }
}

#[test]
fn a_threshold_of_0_or_above_the_keys_is_refused() {
    for threshold in [0, 4] {
        let error = refused_with(&["steps", "0", "threshold"], Some(Json::number(threshold)));
        assert!(
            matches!(error, PolicyError::Layout(_)),
            "{threshold}: {error}"
        );
    }
    for odd in [
        Json::number(-1),
        Json::text("2"),
        Json::Null,
        Json::Bool(true),
    ] {
        assert!(matches!(
            refused_with(&["steps", "0", "threshold"], Some(odd)),
            PolicyError::Layout(_)
        ));
    }
}

#[test]
fn a_threshold_that_keys_reach_and_parties_cannot_is_refused() {
    let parties = vec![quorate_testkit::scenario::Party::with_keys("alice", 3)];
    let mut scene = Scene::with_parties(1, parties, |_| ());
    let layout = edited(
        &scene.documents.layout_payload,
        &["steps", "0", "threshold"],
        Some(Json::number(2)),
    );
    let error = refused(&mut scene, &layout);
    assert!(
        matches!(
            error,
            PolicyError::Threshold {
                threshold: 2,
                parties: 1
            }
        ),
        "{error}"
    );
}

#[test]
fn another_type_of_document_or_step_is_refused() {
    for path in [
        &["_type"][..],
        &["steps", "0", "_type"],
        &["inspect", "0", "_type"],
    ] {
        assert!(matches!(
            refused_with(path, Some(Json::text("link"))),
            PolicyError::Layout(_)
        ));
    }
}

#[test]
fn an_expiry_that_is_no_time_is_refused() {
    for text in ["", "never", "2027-01-01", "2027-01-01T00:00:00+00:00"] {
        assert!(matches!(
            refused_with(&["expires"], Some(Json::text(text))),
            PolicyError::Layout(_)
        ));
    }
}

#[test]
fn a_policy_that_was_signed_past_its_expiry_is_refused() {
    let error = refused_with(&["expires"], Some(Json::text("2026-11-24T02:06:00Z")));
    assert!(matches!(error, PolicyError::Expired { .. }));
}

#[test]
fn one_key_under_two_ids_in_a_step_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    let ids = key_ids(&scene);
    let Ok(Json::Object(layout)) =
        quorate::json::parse(&scene.documents.layout_payload, &scene.limits)
    else {
        panic!("a layout is an object");
    };
    let Some(Json::Object(keys)) = layout.get("keys") else {
        panic!("a layout has keys");
    };
    let key = keys.get(&ids[0]).cloned();
    // Bob's id now holds alice's key: two of three votes for one holder.
    let layout = edited(&scene.documents.layout_payload, &["keys", &ids[1]], key);
    let twice = edited(&layout, &["keys", &ids[1], "keyid"], None);
    let error = refused(&mut scene, &twice);
    assert!(error.to_string().contains("one key twice"), "{error}");
    // Nor may the key keep calling itself by its first id.
    let error = refused(&mut scene, &layout);
    assert!(error.to_string().contains("a key has one id"), "{error}");
}

#[test]
fn a_step_that_lists_a_key_which_the_layout_does_not_have_is_refused() {
    let error = refused_with(&["steps", "0", "pubkeys", "3"], Some(Json::text("00ff")));
    assert!(error.to_string().contains("does not have"), "{error}");
}

#[test]
fn an_id_without_a_key_is_no_functionary_and_does_not_help_to_reach_a_threshold() {
    // Found by fuzzing: other tools write such layouts. Read as a layout it is one; as a policy it is refused, see above.
    let scene = Scene::quorate(2, 3);
    let stray = Some(Json::text("00ff"));
    let layout = edited(
        &scene.documents.layout_payload,
        &["steps", "0", "pubkeys", "3"],
        stray,
    );
    let read = |layout: &[u8]| {
        let value = quorate::json::parse(layout, &scene.limits).expect("JSON");
        Layout::from_json(&value, &scene.limits)
    };
    let taken = read(&layout).expect("a layout");
    let step = &taken.steps[0];
    assert_eq!(step.pubkeys.len(), 4);
    assert!(
        taken
            .functionaries(step)
            .all(|functionary| functionary.key.id() == functionary.id)
    );
    assert_eq!(taken.functionaries(step).count(), 3);
    let four = edited(&layout, &["steps", "0", "threshold"], Some(Json::number(4)));
    let error = read(&four).expect_err("three keys cannot sign four links");
    assert!(
        matches!(error, LayoutError::Threshold { keys: 3, .. }),
        "{error}"
    );
}

#[test]
fn a_key_in_the_step_that_belongs_to_no_party_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    let terms = without(&scene.documents.terms_payload, &["parties", "2"]);
    scene.documents = scene.documents.with_terms(&terms, &scene.owners);
    let Documents { layout, terms, .. } = &scene.documents;
    let error = Policy::open(layout, terms, &scene.trust(), scene.at, &scene.limits).unwrap_err();
    assert!(matches!(error, PolicyError::KeyWithoutParty(_)), "{error}");
}

#[test]
fn a_party_with_a_key_that_the_step_does_not_list_is_refused() {
    let scene = Scene::of(2, 3);
    let position = {
        let mut ids = key_ids(&scene);
        ids.sort();
        ids.iter()
            .position(|id| *id == key_ids(&scene)[2])
            .unwrap()
            .to_string()
    };
    let error = refused_with(&["steps", "0", "pubkeys", &position], None);
    assert!(
        matches!(error, PolicyError::KeyNotInStep { ref party, .. } if party == "carol"),
        "{error}"
    );
}

#[test]
fn a_weak_or_broken_key_is_refused() {
    let scene = Scene::of(2, 3);
    let id = key_ids(&scene)[0].clone();
    for public in ["00".repeat(32), "zz".repeat(32), String::new()] {
        let path = ["keys", &id, "keyval", "public"];
        assert!(matches!(
            refused_with(&path, Some(Json::text(public))),
            PolicyError::Layout(_)
        ));
    }
}

#[test]
fn other_steps_than_the_rebuild_are_refused() {
    let renamed = refused_with(&["steps", "0", "name"], Some(Json::text("build")));
    assert!(matches!(renamed, PolicyError::Steps));
    let none = refused_with(&["steps"], Some(Json::Array(Vec::new())));
    assert!(matches!(none, PolicyError::Steps));
    let mut scene = Scene::quorate(2, 3);
    let Ok(Json::Object(layout)) =
        quorate::json::parse(&scene.documents.layout_payload, &scene.limits)
    else {
        panic!("a layout is an object");
    };
    let Some(Json::Array(steps)) = layout.get("steps") else {
        panic!("a layout has steps");
    };
    let step = steps[0].clone();
    let two = edited(&scene.documents.layout_payload, &["steps", "1"], Some(step));
    let same_name = refused(&mut scene, &two);
    assert!(matches!(same_name, PolicyError::Layout(_)), "{same_name}");
    let mut scene = Scene::quorate(2, 3);
    let named = replaced(&two, &["steps", "1", "name"], "package");
    assert!(matches!(refused(&mut scene, &named), PolicyError::Steps));
}

#[test]
fn a_name_that_could_be_a_path_is_refused() {
    for name in ["../rebuild", "a/b", "", ".x", "a..b", "a\u{0}", "\u{1b}[2J"] {
        let error = refused_with(&["inspect", "0", "name"], Some(Json::text(name)));
        assert!(matches!(error, PolicyError::Layout(_)), "{name:?}: {error}");
    }
}

#[test]
fn words_that_are_no_artifact_rule_are_refused() {
    for words in [
        &["PERMIT", "*"][..],
        &["ALLOW"],
        &["ALLOW", "*", "*"],
        &[],
        &["MATCH", "*", "WITH", "PRODUCTS", "FROM"],
        &["MATCH", "*", "WITH", "OUTPUTS", "FROM", "rebuild"],
        &["MATCH", "*", "OF", "PRODUCTS", "FROM", "rebuild"],
        &["MATCH", "*", "WITH", "PRODUCTS", "BY", "rebuild"],
        &["MATCH"],
    ] {
        let rule = Json::texts(words.iter().copied());
        let error = refused_with(&["steps", "0", "expected_products", "0"], Some(rule));
        assert!(
            matches!(error, PolicyError::Layout(_)),
            "{words:?}: {error}"
        );
    }
}

#[test]
fn rules_that_nobody_would_apply_are_refused() {
    let stricter = || Some(Json::texts(["DISALLOW", "*.udeb"]));
    for path in [
        &["steps", "0", "expected_materials", "0"][..],
        &["steps", "0", "expected_products", "0"],
        &["inspect", "0", "expected_materials", "0"],
        &["inspect", "0", "expected_products", "2"],
    ] {
        assert!(
            matches!(refused_with(path, stricter()), PolicyError::Rules),
            "{path:?}"
        );
    }
    let command = Some(Json::texts(["dpkg-buildpackage"]));
    assert!(matches!(
        refused_with(&["steps", "0", "expected_command"], command),
        PolicyError::Rules
    ));
    for (path, value) in [
        (&["inspect"][..], Json::Array(Vec::new())),
        (&["inspect", "0", "run"], Json::texts(["false"])),
        (&["inspect", "0", "name"], Json::text("untar")),
    ] {
        assert!(
            matches!(refused_with(path, Some(value)), PolicyError::Rules),
            "{path:?}"
        );
    }
    let mut scene = Scene::quorate(2, 3);
    let udebs = replaced(&scene.documents.terms_payload, &["artifacts"], "*.udeb");
    scene.documents = scene.documents.with_terms(&udebs, &scene.owners);
    assert_eq!(
        scene.refusal(),
        Some(("policy", "policy-refused")),
        "two documents, two patterns"
    );
}

#[test]
fn more_keys_than_the_limits_allow_are_refused() {
    let scene = Scene::of(2, 3);
    let layout = quorate::json::parse(&scene.documents.layout_payload, &scene.limits).unwrap();
    let with = |parties_max| {
        let limits = quorate::limits::Limits {
            parties_max,
            keys_max: 1,
            ..scene.limits
        };
        quorate::intoto::Layout::from_json(&layout, &limits)
    };
    assert!(with(3).is_ok());
    assert!(with(2).unwrap_err().to_string().contains("too many keys"));
}

#[test]
fn a_stranger_among_the_keys_that_no_step_lists_changes_nothing() {
    let mut scene = Scene::quorate(2, 3);
    let id = key_ids(&scene)[0].clone();
    let Ok(Json::Object(layout)) =
        quorate::json::parse(&scene.documents.layout_payload, &scene.limits)
    else {
        panic!("a layout is an object");
    };
    let Some(Json::Object(keys)) = layout.get("keys") else {
        panic!("a layout has keys");
    };
    let stranger = quorate_testkit::scenario::Party {
        name: "alice".to_owned(),
        keys: vec![ed25519("stranger")],
    };
    let key = keys.get(&id).cloned();
    let with_key = edited(&scene.documents.layout_payload, &["keys", "00ff"], key);
    let with_key = edited(&with_key, &["keys", "00ff", "keyid"], None);
    scene.documents = scene.documents.with_layout(&with_key, &scene.owners);
    scene.evidence.truncate(1);
    scene
        .evidence
        .push(stranger.statement(&quorate_testkit::scenario::Sample::catdoc()));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

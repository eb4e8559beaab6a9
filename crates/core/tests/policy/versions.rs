//! Versions of one policy: an older one than was seen is refused, and a release that is bound to one is judged by that one alone.

use std::num::NonZeroU64;

use quorate::json::Json;
use quorate::policy::{BoundRelease, Policy, PolicyError};
use quorate::time::Timestamp;
use quorate::verify::{Case, Tools, Verdict};
use quorate_testkit::scenario::{Sample, Scene, edited, refusal, without};

fn number(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).expect("no version is 0")
}

/// Quorate under version 2 of its policy.
fn second() -> Scene {
    let mut scene = Scene::with(2, 3, |draft| draft.more = "version = 2".to_owned());
    for party in 0..2 {
        scene.states(party, &Sample::catdoc());
    }
    scene
}

fn bound(version: &str, policy: u64) -> BoundRelease {
    BoundRelease {
        source: "catdoc".to_owned(),
        version: version.to_owned(),
        policy: number(policy),
    }
}

/// The verdict for a file that is bound so, at a time when the policy's own end has long passed.
fn judged(scene: &Scene, bound: BoundRelease) -> Verdict {
    let late = Timestamp::parse("2031-01-01T00:00:00Z").expect("a fixed time");
    let owners = scene.trust().for_release(bound);
    let tools = Tools::WITHOUT_OPENPGP;
    let (layout, terms) = (&scene.documents.layout, &scene.documents.terms);
    Case::open(layout, terms, &owners, &scene.evidence, late, &tools).judge(&scene.artifact, None)
}

#[test]
fn the_version_of_a_policy_is_read_and_said() {
    let scene = second();
    let verdict = scene.judge();
    assert!(verdict.is_quorate());
    let said = &verdict.report().answers()[0].reasons[0];
    assert!(said.to_string().contains("version 2"), "{said}");
    let json = String::from_utf8(said.to_json().to_text()).expect("UTF-8");
    assert!(json.contains("\"version\":2"), "{json}");
    assert_eq!(
        Scene::of(1, 1).case().policy().expect("in force").version(),
        number(1)
    );
}

#[test]
fn terms_without_a_version_or_with_version_0_are_refused() {
    for change in [None, Some(Json::number(0)), Some(Json::text("1"))] {
        let mut scene = Scene::quorate(2, 3);
        let terms = match change {
            None => without(&scene.documents.terms_payload, &["version"]),
            change => edited(&scene.documents.terms_payload, &["version"], change),
        };
        scene.documents = scene.documents.with_terms(&terms, &scene.owners);
        assert_eq!(scene.refusal(), Some(("policy", "policy-refused")));
    }
}

#[test]
fn a_policy_older_than_the_caller_has_seen_is_refused() {
    let scene = second();
    let open = |seen: u64| {
        let owners = scene.trust().with_version_min(number(seen));
        let (layout, terms) = (&scene.documents.layout, &scene.documents.terms);
        Policy::open(layout, terms, &owners, scene.at, &scene.limits)
    };
    assert!(open(2).is_ok());
    let error = open(3).expect_err("3 was seen");
    assert!(matches!(error, PolicyError::Older { .. }), "{error}");
    assert!(
        error.to_string().contains("version 2, and version 3"),
        "{error}"
    );
}

#[test]
fn a_bound_release_is_judged_by_its_version_of_the_policy_after_that_ones_end() {
    let scene = second();
    let verdict = judged(&scene, bound("1:0.95-6~deb12u1", 2));
    assert_eq!(refusal(&verdict), None, "{:?}", verdict.report().answers());
    let said = verdict.report().answers()[0].reasons[0].to_string();
    assert!(said.contains("for catdoc 1:0.95-6~deb12u1 alone"), "{said}");
}

#[test]
fn another_release_is_not_judged_by_the_policy_of_a_bound_one() {
    let scene = second();
    for other in [
        bound("0.95-7", 2),
        BoundRelease {
            source: "zlib".to_owned(),
            ..bound("1:0.95-6~deb12u1", 2)
        },
    ] {
        let verdict = judged(&scene, other);
        assert_eq!(refusal(&verdict), Some(("source", "not-bound")));
    }
}

#[test]
fn a_bound_release_is_judged_by_no_other_version() {
    let verdict = judged(&second(), bound("1:0.95-6~deb12u1", 1));
    assert_eq!(refusal(&verdict), Some(("policy", "policy-refused")));
}

#[test]
fn a_partys_time_is_read_and_has_an_order() {
    let lines = "valid_from = \"2026-01-01T00:00:00Z\"\nvalid_until = \"2027-01-01T00:00:00Z\"\n";
    let scene = Scene::with(1, 2, |draft| {
        draft
            .party_lines
            .insert("alice".to_owned(), lines.to_owned());
    });
    let case = scene.case();
    let parties = case.policy().expect("in force").parties();
    let until = parties[0].valid_until().map(|time| time.to_string());
    assert_eq!(until.as_deref(), Some("2027-01-01T00:00:00Z"));
    assert!(parties[0].valid_from().is_some() && parties[1].valid_until().is_none());
    let mut turned = Scene::of(1, 2);
    let mut terms = turned.documents.terms_payload.clone();
    for (member, time) in [
        ("validFrom", "2027-01-01T00:00:00Z"),
        ("validUntil", "2026-01-01T00:00:00Z"),
    ] {
        terms = edited(&terms, &["parties", "0", member], Some(Json::text(time)));
    }
    turned.documents = turned.documents.with_terms(&terms, &turned.owners);
    assert_eq!(turned.refusal(), Some(("policy", "policy-refused")));
}

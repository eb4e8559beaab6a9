//! A whole policy, `LAYOUT\nTERMS`, as a careless or hostile owner signs it: in force, it holds together and confirms nothing by itself.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::json::{Json, parse};
use quorate::policy::Policy;
use quorate_fuzz::LIMITS;
use quorate_testkit::scenario::{Documents, Scene};

static SCENE: LazyLock<Scene> = LazyLock::new(|| Scene::of(2, 3));

fuzz_target!(|bytes: &[u8]| {
    let at = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let (layout, terms) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let owners = &SCENE.owners;
    let mut documents = Documents::sign(layout, terms, owners);
    // Terms name their layout by its digest, which no fuzzer guesses.
    if matches!(parse(terms, &LIMITS), Ok(Json::Object(members)) if matches!(members.get("layout"), Some(Json::Object(_))))
    {
        documents = documents.with_layout(layout, owners);
    }
    let opened = Policy::open(
        &documents.layout,
        &documents.terms,
        &SCENE.trust(),
        SCENE.at,
        &LIMITS,
    );
    let Ok(policy) = opened else {
        return;
    };
    assert!(policy.threshold().get() <= policy.parties().len() && policy.expires() > SCENE.at);
    assert!(
        policy
            .parties()
            .iter()
            .all(|party| !party.keys().is_empty())
    );
    let keys = || policy.parties().iter().flat_map(|party| party.keys());
    let distinct: BTreeSet<_> = keys().map(|key| key.fingerprint()).collect();
    assert_eq!(distinct.len(), keys().count(), "a key votes for one party");
    let strangers = Scene {
        documents,
        ..Scene::of(2, 3)
    };
    assert!(!strangers.judge().is_quorate());
});

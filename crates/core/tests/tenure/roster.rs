//! A roster takes votes away, and gives none.

use quorate::key::SigningKey;
use quorate::policy::{Declared, Domain};
use quorate::tenure::{Listed, ListedKey, Struck};
use quorate::verify::Standing;
use quorate_testkit::scenario::{Sample, Scene, ed25519};

use super::statements::{rotation, time, witness};
use super::{AFTER, BEFORE, BUILT, LATER, key, states_by, struck};

pub(super) fn listed(name: &str, keys: &[&SigningKey]) -> Listed {
    let keys = keys.iter().map(|key| ListedKey {
        key: key.public().clone(),
        valid_from: time("2026-01-01T00:00:00Z"),
        valid_until: None,
        compromised_since: None,
    });
    Listed {
        name: name.to_owned(),
        declared: None,
        keys: keys.collect(),
    }
}

#[test]
fn a_roster_that_lists_the_keys_changes_nothing() {
    let mut scene = Scene::quorate(2, 3);
    let (alice, bob) = (key(&scene, 0), key(&scene, 1));
    scene.roster = vec![listed("alice", &[&alice]), listed("bob", &[&bob])];
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_party_that_left_keeps_what_it_said_while_it_was_trusted() {
    for (until, counts) in [(AFTER, true), (BUILT, false)] {
        let mut scene = Scene::quorate(2, 3);
        let alice = key(&scene, 0);
        scene.roster = vec![listed("alice", &[&alice])];
        scene.roster[0].keys[0].valid_until = Some(time(until));
        assert_eq!(scene.judge().is_quorate(), counts, "until {until}");
    }
}

#[test]
fn a_key_that_the_roster_calls_compromised_needs_witnesses() {
    let mut scene = Scene::quorate(2, 3);
    let (alice, vote) = (key(&scene, 0), scene.evidence[0].clone());
    scene.roster = vec![listed("alice", &[&alice])];
    scene.roster[0].keys[0].compromised_since = Some(time(LATER));
    assert!(!scene.judge().is_quorate());
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene.evidence.push(witness(&name, &by, AFTER, &[&vote]));
    }
    assert!(scene.judge().is_quorate());
}

#[test]
fn a_roster_knows_a_key_by_its_material_whatever_the_policy_calls_the_party() {
    let mut scene = Scene::quorate(2, 3);
    let alice = key(&scene, 0);
    scene.roster = vec![listed("alice-university", &[&alice])];
    scene.roster[0].keys[0].compromised_since = Some(time(BEFORE));
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_key_that_the_roster_does_not_list_for_its_party_is_struck() {
    let mut scene = Scene::quorate(2, 3);
    scene.roster = vec![listed("alice", &[&ed25519("alice's real key")])];
    assert_eq!(struck(&scene, 0), Some(Struck::Unlisted));
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_rogue_roster_gives_nobody_a_vote() {
    let mut scene = Scene::quorate(1, 3);
    scene.evidence.clear();
    let thief = ed25519("a thief");
    states_by(&mut scene, 0, &thief);
    let alice = key(&scene, 0);
    scene.roster = vec![listed("alice", &[&alice, &thief])];
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    assert_eq!(scene.standing(0), Standing::Absent);
}

#[test]
fn a_party_rotates_its_key_before_the_roster_lists_the_new_one() {
    let mut scene = Scene::of(2, 3);
    let (alice, new) = (key(&scene, 0), ed25519("alice again"));
    scene.roster = vec![listed("alice", &[&alice])];
    states_by(&mut scene, 0, &new);
    scene.states(1, &Sample::catdoc());
    scene
        .evidence
        .push(rotation("alice", (&alice, &new), BEFORE, &[&alice, &new]));
    assert_eq!(scene.refusal(), None);
    // What the roster says of the new one holds as well.
    scene.roster = vec![listed("alice", &[&alice, &new])];
    scene.roster[0].keys[1].valid_until = Some(time(BEFORE));
    assert!(!scene.judge().is_quorate());
}

/// The same, of that principal.
pub(super) fn of_principal(name: &str, keys: &[&SigningKey], principal: &str) -> Listed {
    let domain = Domain {
        hosting: "self".to_owned(),
        country: "DE".to_owned(),
        toolchain: "debian".to_owned(),
    };
    let declared = Declared::new(principal.to_owned(), domain).expect("plain words");
    Listed {
        declared: Some(declared),
        ..listed(name, keys)
    }
}

#[test]
fn witnesses_of_one_principal_are_one_witness() {
    for (principals, counts) in [
        (["alice", "bob", "carol"], true),
        (["alice", "acme", "acme"], false),
        (["acme", "acme", "carol"], false),
    ] {
        let mut scene = Scene::of(2, 4);
        scene.states(0, &Sample::catdoc());
        scene.states(3, &Sample::catdoc());
        let vote = scene.evidence[0].clone();
        for (party, principal) in principals.iter().enumerate() {
            let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
            scene.roster.push(of_principal(&name, &[&by], principal));
            scene.evidence.push(witness(&name, &by, AFTER, &[&vote]));
        }
        scene.roster[0].keys[0].compromised_since = Some(time(LATER));
        assert_eq!(scene.judge().is_quorate(), counts, "{principals:?}");
    }
}

#[test]
fn a_roster_that_lists_one_operator_as_three_parties_is_one_vote() {
    let mut scene = Scene::quorate(2, 3);
    for party in 0..3 {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene.roster.push(of_principal(&name, &[&by], "acme"));
    }
    assert_eq!(scene.refusal(), Some(("source", "not-diverse")));
}

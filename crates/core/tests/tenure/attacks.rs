//! What thieves, liars and other parties try.

use quorate::limits::Limits;
use quorate::tenure::Struck;
use quorate::verify::Standing;
use quorate_testkit::scenario::{Sample, Scene, ed25519};

use super::statements::{revocation, rotation, time, witness};
use super::{AFTER, BEFORE, LATER, key, states_by, struck};

/// The one reason why a document about keys changes nothing.
fn dropped(scene: &Scene) -> String {
    let dropped = scene.dropped();
    let [only] = dropped.as_slice() else {
        panic!("{dropped:?}");
    };
    only.clone()
}

#[test]
fn a_rotation_signed_only_by_the_new_key_changes_nothing() {
    let thief = ed25519("a thief");
    let mut scene = Scene::quorate(1, 3);
    let old = key(&scene, 0);
    scene.evidence.clear();
    states_by(&mut scene, 0, &thief);
    scene
        .evidence
        .push(rotation("alice", (&old, &thief), BEFORE, &[&thief]));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    assert!(
        scene
            .dropped()
            .contains(&"rotates a key of alice, and the old key did not sign it".to_owned()),
        "{:?}",
        scene.dropped()
    );
}

#[test]
fn a_rotation_to_a_key_whose_holder_did_not_sign_changes_nothing() {
    let mut scene = Scene::quorate(2, 3);
    let (alice, new) = (key(&scene, 0), ed25519("somebody's"));
    scene
        .evidence
        .push(rotation("alice", (&alice, &new), BEFORE, &[&alice]));
    assert_eq!(scene.refusal(), None, "alice's old key goes on");
    assert_eq!(
        dropped(&scene),
        "rotates a key of alice, and the new key did not sign it"
    );
}

#[test]
fn a_rotation_of_another_partys_key_changes_nothing() {
    let mut scene = Scene::quorate(2, 3);
    let (bob, new) = (key(&scene, 1), ed25519("bob again"));
    // Bob signs a rotation that calls his key alice's.
    scene
        .evidence
        .push(rotation("alice", (&bob, &new), BEFORE, &[&bob, &new]));
    assert_eq!(scene.refusal(), None);
    assert_eq!(dropped(&scene), "rotates a key that is none of alice's");
}

#[test]
fn of_two_rotations_of_one_key_none_speaks() {
    let mut scene = Scene::of(1, 3);
    let old = key(&scene, 0);
    let (own, thief) = (ed25519("alice again"), ed25519("a thief"));
    states_by(&mut scene, 0, &thief);
    states_by(&mut scene, 0, &own);
    scene.states(0, &Sample::catdoc());
    scene
        .evidence
        .push(rotation("alice", (&old, &own), BEFORE, &[&old, &own]));
    assert!(scene.judge().is_quorate());
    scene
        .evidence
        .push(rotation("alice", (&old, &thief), BEFORE, &[&old, &thief]));
    assert!(!scene.judge().is_quorate());
    assert_eq!(scene.standing(0), Standing::Struck);
}

#[test]
fn a_thief_cannot_rotate_a_key_that_is_known_to_be_stolen() {
    let mut scene = Scene::of(1, 3);
    let (stolen, thief) = (key(&scene, 0), ed25519("a thief"));
    states_by(&mut scene, 0, &thief);
    scene
        .evidence
        .push(revocation("alice", &stolen, LATER, &stolen));
    // Dated back to before the theft.
    scene.evidence.push(rotation(
        "alice",
        (&stolen, &thief),
        BEFORE,
        &[&stolen, &thief],
    ));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

#[test]
fn a_rotation_that_k_others_had_before_the_theft_still_holds() {
    let mut scene = Scene::of(2, 3);
    let (stolen, new) = (key(&scene, 0), ed25519("alice again"));
    states_by(&mut scene, 0, &new);
    scene.states(1, &Sample::catdoc());
    let honest = rotation("alice", (&stolen, &new), BEFORE, &[&stolen, &new]);
    let thief = ed25519("a thief");
    let false_one = rotation("alice", (&stolen, &thief), BEFORE, &[&stolen, &thief]);
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene.evidence.push(witness(&name, &by, AFTER, &[&honest]));
    }
    scene.evidence.extend([honest, false_one]);
    assert!(
        !scene.judge().is_quorate(),
        "two rotations, and no theft is known"
    );
    scene
        .evidence
        .push(revocation("alice", &stolen, LATER, &stolen));
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_revocation_of_somebody_else_changes_nothing() {
    let mut scene = Scene::quorate(2, 3);
    let (alice, bob, carol) = (key(&scene, 0), key(&scene, 1), key(&scene, 2));
    scene
        .evidence
        .push(revocation("alice", &alice, BEFORE, &carol));
    assert_eq!(scene.refusal(), None);
    assert_eq!(
        dropped(&scene),
        "revokes a key of alice, and neither that key nor another key of alice signed it"
    );
    // Not in her own name either.
    scene.evidence.pop();
    scene
        .evidence
        .push(revocation("carol", &bob, BEFORE, &carol));
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_replayed_revocation_does_not_reach_the_new_key() {
    let mut scene = Scene::of(1, 3);
    let (old, new) = (key(&scene, 0), ed25519("alice again"));
    states_by(&mut scene, 0, &new);
    scene
        .evidence
        .push(rotation("alice", (&old, &new), BEFORE, &[&old, &new]));
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        let seen = scene.evidence[1].clone();
        scene.evidence.push(witness(&name, &by, AFTER, &[&seen]));
    }
    let old_one = revocation("alice", &old, LATER, &old);
    for _ in 0..3 {
        scene.evidence.push(old_one.clone());
        assert_eq!(scene.refusal(), None);
    }
}

#[test]
fn nothing_undoes_a_revocation() {
    let mut scene = Scene::quorate(2, 2);
    let stolen = key(&scene, 0);
    scene
        .evidence
        .push(revocation("alice", &stolen, BEFORE, &stolen));
    assert!(!scene.judge().is_quorate());
    // A later one with a later date, a rotation to the same key, a policy that names it: as before.
    scene
        .evidence
        .push(revocation("alice", &stolen, LATER, &stolen));
    let other = ed25519("alice again");
    scene.evidence.push(rotation(
        "alice",
        (&stolen, &other),
        BEFORE,
        &[&stolen, &other],
    ));
    scene.evidence.push(rotation(
        "alice",
        (&other, &stolen),
        BEFORE,
        &[&stolen, &other],
    ));
    assert!(!scene.judge().is_quorate());
    match struck(&scene, 0) {
        Some(Struck::Compromised { since, .. }) => assert_eq!(since, time(BEFORE)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_thief_who_dates_a_revocation_far_ahead_takes_nothing_back() {
    let mut scene = Scene::quorate(2, 2);
    let stolen = key(&scene, 0);
    scene.evidence.push(revocation(
        "alice",
        &stolen,
        "2099-01-01T00:00:00Z",
        &stolen,
    ));
    assert!(
        !scene.judge().is_quorate(),
        "her own word needs witnesses now"
    );
    scene
        .evidence
        .push(revocation("alice", &stolen, BEFORE, &stolen));
    match struck(&scene, 0) {
        Some(Struck::Compromised { since, .. }) => assert_eq!(since, time(BEFORE)),
        other => panic!("{other:?}"),
    }
}

/// A scene with a stolen key, and a vote that its thief dated back.
fn dated_back() -> Scene {
    let mut scene = Scene::quorate(2, 3);
    let stolen = key(&scene, 0);
    scene
        .evidence
        .push(revocation("alice", &stolen, AFTER, &stolen));
    assert!(!scene.judge().is_quorate());
    scene
}

#[test]
fn witnesses_after_the_theft_show_nothing() {
    let mut scene = dated_back();
    let vote = scene.evidence[0].clone();
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene.evidence.push(witness(&name, &by, AFTER, &[&vote]));
    }
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_party_is_no_witness_of_itself_and_a_stranger_is_none() {
    let mut scene = dated_back();
    let vote = scene.evidence[0].clone();
    let (alice, bob) = (key(&scene, 0), key(&scene, 1));
    let stranger = ed25519("a stranger");
    scene.evidence.push(witness("bob", &bob, BEFORE, &[&vote]));
    scene
        .evidence
        .push(witness("alice", &alice, BEFORE, &[&vote]));
    scene
        .evidence
        .push(witness("carol", &stranger, BEFORE, &[&vote]));
    // One party with two words is one witness.
    scene
        .evidence
        .push(witness("bob", &bob, "2026-11-18T00:00:00Z", &[&vote]));
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_witness_whose_key_is_stolen_too_is_none() {
    let mut scene = dated_back();
    let vote = scene.evidence[0].clone();
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene.evidence.push(witness(&name, &by, BEFORE, &[&vote]));
    }
    assert!(scene.judge().is_quorate());
    let carol = key(&scene, 2);
    scene
        .evidence
        .push(revocation("carol", &carol, LATER, &carol));
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_witness_of_the_same_words_by_another_signature_shows_nothing() {
    let mut scene = dated_back();
    // Somebody had the words before, signed by another key: the thief signed them later.
    let mut other = Scene::of(2, 3);
    states_by(&mut other, 0, &ed25519("a stranger"));
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene
            .evidence
            .push(witness(&name, &by, BEFORE, &[&other.evidence[0]]));
    }
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_witness_from_the_future_is_none() {
    let mut scene = Scene::quorate(2, 3);
    let (stolen, vote) = (key(&scene, 0), scene.evidence[0].clone());
    scene.evidence.push(revocation(
        "alice",
        &stolen,
        "2026-12-02T00:00:00Z",
        &stolen,
    ));
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene
            .evidence
            .push(witness(&name, &by, "2026-12-01T00:00:00Z", &[&vote]));
    }
    assert!(!scene.judge().is_quorate());
    scene.at = time("2026-12-03T00:00:00Z");
    assert!(scene.judge().is_quorate());
}

#[test]
fn a_stolen_keys_lie_does_not_make_its_party_contradict_itself() {
    let mut scene = Scene::quorate(2, 3);
    let (stolen, vote) = (key(&scene, 0), scene.evidence[0].clone());
    for party in [1, 2] {
        let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
        scene.evidence.push(witness(&name, &by, AFTER, &[&vote]));
    }
    scene.states(0, &Sample::catdoc().bytes(*b"a lie"));
    assert!(!scene.judge().is_quorate(), "nobody knows of the theft yet");
    assert_eq!(scene.standing(0), Standing::Void);
    scene
        .evidence
        .push(revocation("alice", &stolen, LATER, &stolen));
    assert_eq!(scene.refusal(), None);
    assert_eq!(scene.standing(0), Standing::Confirms);
    assert!(matches!(
        struck(&scene, 0),
        Some(Struck::Compromised { .. })
    ));
}

#[test]
fn evidence_that_is_cut_off_is_refused_for_what_it_may_hide() {
    let mut scene = Scene::quorate(2, 3);
    let stolen = key(&scene, 0);
    scene
        .evidence
        .push(revocation("alice", &stolen, BEFORE, &stolen));
    scene.limits = Limits {
        evidence_count_max: 2,
        ..Limits::STANDARD
    };
    assert_eq!(scene.refusal(), Some(("rebuilt", "too-much-evidence")));
}

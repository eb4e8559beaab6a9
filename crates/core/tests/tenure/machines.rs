//! Machines: a party's own layout gives keys a voice, until its end, and no other party's.

use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::tenure::{MachineLayout, Struck};
use quorate::verify::Standing;
use quorate_testkit::scenario::{Sample, Scene, ed25519, evidence, replaced, signed};

use super::statements::{machines, revocation, rotation, time, witness};
use super::{AFTER, BEFORE, BUILT, LATER, key, states_by, struck};

const NEXT_YEAR: &str = "2027-06-01T00:00:00Z";

#[test]
fn a_machine_that_its_party_names_votes_for_it_without_asking_anyone() {
    let mut scene = Scene::of(1, 3);
    let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
    states_by(&mut scene, 0, &machine);
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    scene
        .evidence
        .push(machines(&[&machine], NEXT_YEAR, &alice));
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_party_with_many_machines_has_one_vote() {
    let mut scene = Scene::of(2, 3);
    let alice = key(&scene, 0);
    let (one, two) = (ed25519("machine one"), ed25519("machine two"));
    scene.states(0, &Sample::catdoc());
    states_by(&mut scene, 0, &one);
    states_by(&mut scene, 0, &two);
    scene
        .evidence
        .push(machines(&[&one, &two], NEXT_YEAR, &alice));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

#[test]
fn a_machine_is_out_when_its_layout_has_ended() {
    for (expires, counts) in [(AFTER, true), (BUILT, false), (BEFORE, false)] {
        let mut scene = Scene::of(1, 3);
        let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
        states_by(&mut scene, 0, &machine);
        scene.evidence.push(machines(&[&machine], expires, &alice));
        assert_eq!(scene.judge().is_quorate(), counts, "until {expires}");
    }
}

#[test]
fn a_layout_by_a_stranger_or_a_machine_names_no_machine() {
    let mut scene = Scene::of(1, 3);
    let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
    let (stranger, other) = (ed25519("a stranger"), ed25519("another machine"));
    states_by(&mut scene, 0, &other);
    scene
        .evidence
        .push(machines(&[&machine], NEXT_YEAR, &alice));
    scene
        .evidence
        .push(machines(&[&other], NEXT_YEAR, &stranger));
    scene
        .evidence
        .push(machines(&[&other], NEXT_YEAR, &machine));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

#[test]
fn a_machine_of_one_party_does_not_vote_for_another() {
    let mut scene = Scene::of(1, 3);
    let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
    states_by(&mut scene, 1, &machine);
    scene
        .evidence
        .push(machines(&[&machine], NEXT_YEAR, &alice));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

#[test]
fn one_machine_of_two_parties_is_no_two_votes() {
    let mut scene = Scene::of(2, 3);
    let machine = ed25519("a machine");
    for party in [0, 1] {
        let by = key(&scene, party);
        scene.evidence.push(machines(&[&machine], NEXT_YEAR, &by));
        states_by(&mut scene, party, &machine);
    }
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    assert_eq!(struck(&scene, 0), Some(Struck::SharedMachine { count: 2 }));
    assert_eq!(struck(&scene, 1), Some(Struck::SharedMachine { count: 2 }));
}

#[test]
fn a_party_that_lists_another_partys_machine_takes_no_vote_from_it() {
    let mut scene = Scene::of(1, 3);
    let machine = ed25519("a machine");
    let (alice, mallory) = (key(&scene, 0), key(&scene, 1));
    scene
        .evidence
        .push(machines(&[&machine], NEXT_YEAR, &alice));
    scene
        .evidence
        .push(machines(&[&machine, &alice], NEXT_YEAR, &mallory));
    states_by(&mut scene, 0, &machine);
    assert_eq!(scene.refusal(), None);
    assert_eq!(scene.standing(1), Standing::Absent);
}

#[test]
fn a_stolen_machine_is_taken_out_by_its_party_or_by_itself() {
    for by_party in [true, false] {
        let mut scene = Scene::of(1, 3);
        let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
        states_by(&mut scene, 0, &machine);
        scene
            .evidence
            .push(machines(&[&machine], NEXT_YEAR, &alice));
        let by = if by_party { &alice } else { &machine };
        scene
            .evidence
            .push(revocation("alice", &machine, BEFORE, by));
        assert!(!scene.judge().is_quorate());
        // Naming it again brings it not back.
        scene
            .evidence
            .push(machines(&[&machine], "2027-07-01T00:00:00Z", &alice));
        assert!(!scene.judge().is_quorate());
    }
}

#[test]
fn a_stolen_machine_cannot_revoke_its_partys_key() {
    let mut scene = Scene::quorate(1, 3);
    let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
    scene
        .evidence
        .push(machines(&[&machine], NEXT_YEAR, &alice));
    scene
        .evidence
        .push(revocation("alice", &alice, BEFORE, &machine));
    assert_eq!(scene.refusal(), None);
}

#[test]
fn machines_named_by_a_stolen_key_have_no_voice_unless_k_others_had_the_layout_before() {
    let mut scene = Scene::of(1, 3);
    let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
    states_by(&mut scene, 0, &machine);
    let layout = machines(&[&machine], NEXT_YEAR, &alice);
    scene.evidence.push(layout.clone());
    scene
        .evidence
        .push(revocation("alice", &alice, LATER, &alice));
    assert!(!scene.judge().is_quorate());
    let bob = key(&scene, 1);
    scene.evidence.push(witness("bob", &bob, AFTER, &[&layout]));
    assert!(scene.judge().is_quorate());
}

#[test]
fn machines_end_with_the_key_that_named_them() {
    let mut scene = Scene::of(1, 3);
    let (alice, machine) = (key(&scene, 0), ed25519("a machine"));
    let new = ed25519("alice again");
    states_by(&mut scene, 0, &machine);
    scene
        .evidence
        .push(machines(&[&machine], NEXT_YEAR, &alice));
    scene
        .evidence
        .push(rotation("alice", (&alice, &new), BEFORE, &[&alice, &new]));
    let until = time(BEFORE);
    assert_eq!(struck(&scene, 0), Some(Struck::TooLate { until }));
    scene.evidence.push(machines(&[&machine], NEXT_YEAR, &new));
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_layout_that_asks_for_more_than_machines_is_not_half_understood() {
    let (alice, machine) = (ed25519("alice 0"), ed25519("a machine"));
    let layout = MachineLayout {
        keys: vec![machine.public().clone()],
        expires: time(NEXT_YEAR),
    };
    let payload = String::from_utf8(layout.to_payload()).expect("text");
    let changes = [
        payload.replace("\"inspect\":[]", "\"inspect\":[{\"_type\":\"inspection\",\"name\":\"look\",\"run\":[\"true\"],\"expected_materials\":[],\"expected_products\":[]}]"),
        payload.replace("\"name\":\"rebuild\"", "\"name\":\"build\""),
        payload.replace("[\"ALLOW\",\"*\"]", "[\"DISALLOW\",\"*\"]"),
    ];
    for changed in changes {
        assert_ne!(changed, payload);
        let mut scene = Scene::of(1, 3);
        states_by(&mut scene, 0, &machine);
        let bytes = signed(PAYLOAD_TYPE_IN_TOTO, changed.as_bytes(), [&alice]);
        scene.evidence.push(evidence("machines", bytes));
        assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
        assert!(
            scene
                .dropped()
                .iter()
                .any(|why| why.contains("more than its machines")),
            "{:?}",
            scene.dropped()
        );
    }
    // The same, unchanged, counts.
    let mut scene = Scene::of(1, 3);
    states_by(&mut scene, 0, &machine);
    let same = replaced(payload.as_bytes(), &["readme"], "");
    let bytes = signed(PAYLOAD_TYPE_IN_TOTO, &same, [&alice]);
    scene.evidence.push(evidence("machines", bytes));
    assert_eq!(scene.refusal(), None);
}

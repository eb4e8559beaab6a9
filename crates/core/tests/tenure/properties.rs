//! What holds for everything that can be said about keys.

use proptest::prelude::*;
use quorate::limits::Limits;
use quorate::tenure::{KeyStatement, Revocation, Rotation, Witness};
use quorate_testkit::scenario::{Sample, Scene, ed25519};

use super::statements::{machines, revocation, rotation, time, witness};
use super::{AFTER, BEFORE, LATER, key, states_by};

/// A scene with something of every kind.
fn full() -> Scene {
    let mut scene = Scene::of(2, 3);
    let (alice, bob) = (key(&scene, 0), key(&scene, 1));
    let (again, thief) = (ed25519("alice again"), ed25519("a thief"));
    let machine = ed25519("a machine");
    for party in 0..3 {
        scene.states(party, &Sample::catdoc());
    }
    states_by(&mut scene, 0, &again);
    states_by(&mut scene, 0, &thief);
    states_by(&mut scene, 1, &machine);
    let vote = scene.evidence[0].clone();
    scene.evidence.extend([
        rotation("alice", (&alice, &again), BEFORE, &[&alice, &again]),
        rotation("alice", (&alice, &thief), AFTER, &[&alice, &thief]),
        machines(&[&machine], "2027-01-01T00:00:00Z", &bob),
        revocation("alice", &alice, LATER, &alice),
        witness("bob", &bob, AFTER, &[&vote]),
        witness("carol", &key(&scene, 2), AFTER, &[&vote]),
    ]);
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_what_is_said_does_not_matter(order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(), repeated in 0..12_usize) {
        let scene = full();
        let verdict = scene.judge().to_json().to_text();
        let mut shuffled = full();
        shuffled.evidence = order.iter().chain([&repeated]).map(|at| scene.evidence[*at].clone()).collect();
        prop_assert_eq!(String::from_utf8(shuffled.judge().to_json().to_text()), String::from_utf8(verdict));
    }

    #[test]
    fn a_revocation_never_lets_the_revoked_key_count(taken in prop::collection::btree_set(0..12_usize, 0..12), since in 0..3_usize) {
        let mut scene = full();
        let all = std::mem::take(&mut scene.evidence);
        scene.evidence = all.into_iter().enumerate().filter(|(at, _)| !taken.contains(at)).map(|(_, it)| it).collect();
        let bob = key(&scene, 1);
        let before = scene.standing(1);
        scene.evidence.push(revocation("bob", &bob, [BEFORE, AFTER, LATER][since], &bob));
        let after = scene.standing(1);
        let counted = before == quorate::verify::Standing::Confirms;
        prop_assert!(counted || after != quorate::verify::Standing::Confirms, "{:?} {:?}", before, after);
    }

    #[test]
    fn random_bytes_are_no_statement(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(KeyStatement::from_payload(&bytes, &Limits::STANDARD).is_err());
    }
}

#[test]
fn statements_are_read_as_they_are_written() {
    let (old, new) = (ed25519("old"), ed25519("new"));
    let statements = [
        KeyStatement::Rotation(Box::new(Rotation {
            party: "alice".to_owned(),
            old: old.public().clone(),
            new: new.public().clone(),
            at: time(AFTER),
        })),
        KeyStatement::Revocation(Box::new(Revocation {
            party: "alice".to_owned(),
            key: old.public().clone(),
            compromised_since: time(BEFORE),
            reason: "lost".to_owned(),
        })),
        KeyStatement::Witness(Witness {
            party: "alice".to_owned(),
            at: time(AFTER),
            signatures: [quorate::digest::Sha256::of(b"a signature")].into(),
        }),
    ];
    for statement in statements {
        let payload = statement.to_payload();
        let read = KeyStatement::from_payload(&payload, &Limits::STANDARD);
        assert_eq!(read.expect("our own"), statement);
        // An unknown member is a word that is not understood.
        let mut text = String::from_utf8(payload).expect("JSON");
        text = text.replacen('{', "{\"more\":1,", 1);
        assert!(KeyStatement::from_payload(text.as_bytes(), &Limits::STANDARD).is_err());
    }
}

//! What an attacker found in a trial, mended: floods, labels, names, dates, and keys that are out of force.

use quorate::attest::rebuild::Rebuild;
use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::key::{PublicKey, SigningKey};
use quorate::limits::Limits;
use quorate::tenure::{KeyStatement, MachineLayout, Rotation, Struck};
use quorate::verify::Standing;
use quorate_testkit::scenario::{Sample, Scene, ed25519, evidence, signed};

use super::roster::{listed, of_principal};
use super::statements::{machines, revocation, rotation, time, witness};
use super::{AFTER, BEFORE, LATER, key, states_by, struck};

/// The same key with another label.
fn labelled(key: &SigningKey, like: &SigningKey) -> PublicKey {
    key.public()
        .with_id(like.public().id())
        .expect("an id is a word")
}

#[test]
fn a_key_that_bears_another_keys_id_is_none_of_a_statement() {
    let (alice, thief) = (ed25519("alice 0"), ed25519("a thief"));
    let said = KeyStatement::Rotation(Box::new(Rotation {
        party: "alice".to_owned(),
        old: alice.public().clone(),
        new: labelled(&thief, &alice),
        at: time(BEFORE),
    }));
    let read = KeyStatement::from_payload(&said.to_payload(), &Limits::STANDARD);
    let refused = read.expect_err("a label that is not computed").to_string();
    assert!(
        refused.contains("not the one that is computed"),
        "{refused}"
    );
}

#[test]
fn a_layout_that_gives_a_machine_the_id_of_another_partys_hides_nobodys_vote() {
    let mut scene = Scene::of(2, 3);
    let (alice, bob) = (key(&scene, 0), key(&scene, 1));
    let (machine, other) = (ed25519("bob's machine"), ed25519("another"));
    scene.states(0, &Sample::catdoc());
    states_by(&mut scene, 1, &machine);
    scene
        .evidence
        .push(machines(&[&machine], "2027-06-01T00:00:00Z", &bob));
    assert_eq!(scene.refusal(), None);
    let layout = MachineLayout {
        keys: vec![labelled(&other, &machine)],
        expires: time("2027-06-01T00:00:00Z"),
    };
    let bytes = signed(PAYLOAD_TYPE_IN_TOTO, &layout.to_payload(), [&alice]);
    scene.evidence.push(evidence("relabelled", bytes));
    assert_eq!(scene.refusal(), None);
    assert!(
        scene.dropped()[0].contains("computed key ids"),
        "{:?}",
        scene.dropped()
    );
}

#[test]
fn a_flood_of_rotations_by_a_stolen_key_hides_no_revocation() {
    let mut scene = Scene::quorate(2, 3);
    let stolen = key(&scene, 0);
    for number in 0..300 {
        let next = ed25519(&format!("flood {number}"));
        scene.evidence.push(rotation(
            "alice",
            (&stolen, &next),
            BEFORE,
            &[&stolen, &next],
        ));
    }
    scene
        .evidence
        .push(revocation("alice", &stolen, BEFORE, &stolen));
    assert!(matches!(
        struck(&scene, 0),
        Some(Struck::Compromised { .. })
    ));
    assert!(!scene.judge().is_quorate());
    // Nor do they take votes of others.
    scene.states(2, &Sample::catdoc());
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_revocation_with_more_signatures_than_are_checked_refuses() {
    let mut scene = Scene::quorate(2, 3);
    let stolen = key(&scene, 0);
    let said = revocation("alice", &stolen, BEFORE, &stolen);
    let text = String::from_utf8(said.bytes.into_owned()).expect("JSON");
    let padding = "{\"sig\":\"AAAA\"},".repeat(9);
    let padded = text.replace("\"signatures\":[", &format!("\"signatures\":[{padding}"));
    assert_ne!(padded, text);
    scene.evidence.push(evidence("padded", padded.into_bytes()));
    assert!(struck(&scene, 0).is_some());
    scene.limits.signature_checks_max = 5;
    assert!(!scene.judge().is_quorate());
    assert!(
        scene
            .dropped()
            .iter()
            .any(|why| why.contains("more evidence than the limits allow")),
        "{:?}",
        scene.dropped()
    );
}

#[test]
fn a_party_that_is_not_trusted_yet_has_no_vote_whatever_date_it_writes() {
    let from = "2026-12-01T00:00:00Z";
    let mut scene = Scene::with(2, 3, |draft| {
        let line = format!("valid_from = {from:?}\n");
        draft.party_lines.insert("alice".to_owned(), line);
    });
    let mut later: Rebuild = scene.parties[0].rebuild(&Sample::catdoc());
    later.finished = time("2026-12-02T00:00:00Z");
    let vote = scene.parties[0].signs(0, &later.statement());
    scene.evidence.push(vote);
    scene.states(1, &Sample::catdoc());
    assert!(!scene.judge().is_quorate());
    let from = time(from);
    assert_eq!(struck(&scene, 0), Some(Struck::TooEarly { from }));
    // Nor have its machines, nor a key that it rotated to before.
    let (alice, machine, next) = (key(&scene, 0), ed25519("a machine"), ed25519("alice again"));
    states_by(&mut scene, 0, &machine);
    states_by(&mut scene, 0, &next);
    scene
        .evidence
        .push(machines(&[&machine], "2027-06-01T00:00:00Z", &alice));
    scene
        .evidence
        .push(rotation("alice", (&alice, &next), BEFORE, &[&alice, &next]));
    assert!(!scene.judge().is_quorate());
    scene.at = time("2026-12-03T00:00:00Z");
    scene.evidence.truncate(2);
    assert!(scene.judge().is_quorate());
}

#[test]
fn a_roster_that_calls_the_party_otherwise_strikes_what_its_keys_led_to() {
    let mut scene = Scene::of(2, 3);
    let (alice, next) = (key(&scene, 0), ed25519("alice again"));
    states_by(&mut scene, 0, &next);
    scene.states(1, &Sample::catdoc());
    scene
        .evidence
        .push(rotation("alice", (&alice, &next), BEFORE, &[&alice, &next]));
    scene.roster = vec![listed("university", &[&alice, &next])];
    assert_eq!(scene.refusal(), None);
    scene.roster[0].keys[1].compromised_since = Some(time(BEFORE));
    assert!(!scene.judge().is_quorate());
    // A key that the roster has with another party speaks for none.
    scene.roster = vec![listed("university", &[&alice]), listed("xeno", &[&next])];
    assert_eq!(struck(&scene, 0), Some(Struck::Unlisted));
}

#[test]
fn a_key_of_the_party_that_the_roster_has_elsewhere_or_not_at_all_never_counts() {
    let mut scene = Scene::quorate(2, 3);
    let alice = key(&scene, 0);
    let other = ed25519("alice's listed key");
    scene.roster = vec![listed("alice", &[&other]), listed("zeta", &[&alice])];
    assert_eq!(struck(&scene, 0), Some(Struck::Unlisted));
    let two = quorate_testkit::scenario::Party::with_keys("alice", 2);
    let parties = vec![two, quorate_testkit::scenario::Party::new("bob")];
    let mut scene = Scene::with_parties(2, parties, |_| ());
    let second = scene.parties[0].statement_by(1, &Sample::catdoc());
    scene.evidence.push(second);
    scene.states(1, &Sample::catdoc());
    assert_eq!(scene.refusal(), None);
    scene.roster = vec![listed("university", &[&ed25519("alice 0")])];
    assert_eq!(struck(&scene, 0), Some(Struck::Unlisted));
}

#[test]
fn two_witnesses_of_one_principal_are_one_though_policy_and_roster_each_declare_one_of_them() {
    let declare = |draft: &mut quorate_testkit::scenario::PolicyDraft| {
        draft.declare("bob", "acme", ["self", "DE", "debian"]);
    };
    for (principal, counts) in [("acme", false), ("carols", true)] {
        let mut scene = Scene::with(2, 4, declare);
        scene.states(0, &Sample::catdoc());
        scene.states(3, &Sample::catdoc());
        let (alice, carol, vote) = (key(&scene, 0), key(&scene, 2), scene.evidence[0].clone());
        scene.roster = vec![of_principal("carol", &[&carol], principal)];
        scene
            .evidence
            .push(revocation("alice", &alice, LATER, &alice));
        for party in [1, 2] {
            let (by, name) = (key(&scene, party), scene.parties[party].name.clone());
            scene.evidence.push(witness(&name, &by, AFTER, &[&vote]));
        }
        assert_eq!(scene.judge().is_quorate(), counts, "{principal}");
    }
}

#[test]
fn a_key_that_is_out_of_force_does_not_revoke_the_one_in_its_place() {
    let parties = vec![
        quorate_testkit::scenario::Party::with_keys("alice", 2),
        quorate_testkit::scenario::Party::new("bob"),
    ];
    let mut scene = Scene::with_parties(2, parties, |_| ());
    let second = scene.parties[0].statement_by(1, &Sample::catdoc());
    scene.evidence.push(second);
    scene.states(1, &Sample::catdoc());
    let (stolen, next) = (ed25519("alice 0"), ed25519("alice 1"));
    let revenge = revocation("alice", &next, "2000-01-01T00:00:00Z", &stolen);
    scene.evidence.push(revenge);
    assert!(!scene.judge().is_quorate(), "nobody knows of the theft yet");
    scene
        .evidence
        .push(revocation("alice", &stolen, BEFORE, &stolen));
    assert_eq!(scene.refusal(), None);
    assert!(
        scene.dropped()[0].contains("is not in force"),
        "{:?}",
        scene.dropped()
    );
    // The same when the roster says it, or when it was rotated away.
    scene.evidence.pop();
    let mut both = listed("alice", &[&stolen, &next]);
    both.keys[0].compromised_since = Some(time(BEFORE));
    scene.roster = vec![both];
    assert_eq!(scene.refusal(), None);
    scene.roster.clear();
    scene.evidence.push(rotation(
        "alice",
        (&stolen, &next),
        BEFORE,
        &[&stolen, &next],
    ));
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_machines_link_is_no_second_vote_for_who_lists_it_too() {
    let mut scene = Scene::of(2, 3);
    let (alice, bob, machine) = (key(&scene, 0), key(&scene, 1), ed25519("bob's machine"));
    scene.states(2, &Sample::catdoc());
    states_by(&mut scene, 1, &machine);
    let link = scene.parties[1].rebuild(&Sample::catdoc()).link();
    let bytes = signed(PAYLOAD_TYPE_IN_TOTO, &link, [&machine]);
    scene.evidence.push(evidence("a link", bytes));
    for by in [&alice, &bob] {
        scene
            .evidence
            .push(machines(&[&machine], "2027-06-01T00:00:00Z", by));
    }
    assert_eq!(scene.refusal(), None);
    assert_eq!(scene.standing(1), Standing::Confirms);
}

#[test]
fn a_rotated_key_has_the_rosters_end_of_its_own_and_not_of_the_old_one() {
    let mut scene = Scene::of(2, 3);
    let (alice, next) = (key(&scene, 0), ed25519("alice again"));
    states_by(&mut scene, 0, &next);
    scene.states(1, &Sample::catdoc());
    scene
        .evidence
        .push(rotation("alice", (&alice, &next), BEFORE, &[&alice, &next]));
    let mut both = listed("alice", &[&alice, &next]);
    both.keys[0].valid_until = Some(time(BEFORE));
    scene.roster = vec![both];
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_document_of_the_same_name_does_not_take_a_revocation_out_of_the_proof() {
    let mut scene = Scene::of(2, 3);
    for party in 0..3 {
        scene.states(party, &Sample::catdoc());
    }
    let stolen = key(&scene, 0);
    let mut genuine = revocation("alice", &stolen, BEFORE, &stolen);
    genuine.origin = "keys".to_owned();
    let mut idle = revocation("alice", &stolen, BEFORE, &key(&scene, 1));
    idle.origin = "keys".to_owned();
    scene.evidence.extend([genuine, idle]);
    let case = scene.case();
    let verdict = case.judge(&scene.artifact, None);
    assert!(case.origins_for(&verdict).contains(&"keys"));
}

//! Keys in time: rotation, revocation, witnesses, machines, and a roster that takes votes away.

mod attacks;
mod ends;
mod machines;
mod properties;
mod roster;
mod statements;
mod trial;

use quorate::key::SigningKey;
use quorate::tenure::Struck;
use quorate::verify::{Reason, Standing};
use quorate_testkit::scenario::{Sample, Scene, ed25519};
use statements::{revocation, rotation, time, witness};

/// Every build of a [`Sample`] was finished then.
const BUILT: &str = "2026-11-20T10:01:30Z";
const BEFORE: &str = "2026-11-19T00:00:00Z";
const AFTER: &str = "2026-11-21T00:00:00Z";
const LATER: &str = "2026-11-22T00:00:00Z";

/// The key of the party at that position.
fn key(scene: &Scene, party: usize) -> SigningKey {
    let name = &scene.parties[party].name;
    ed25519(&format!("{name} 0"))
}

/// A build by that party, signed by any key.
fn states_by(scene: &mut Scene, party: usize, key: &SigningKey) {
    use quorate_testkit::scenario::{evidence, signed};
    let statement = scene.parties[party].rebuild(&Sample::catdoc()).statement();
    let bytes = signed(quorate::envelope::PAYLOAD_TYPE_IN_TOTO, &statement, [key]);
    let name = format!("{} by {}", scene.parties[party].name, key.public().id());
    scene.evidence.push(evidence(&name, bytes));
}

/// Why the vote of the party at that position was struck.
fn struck(scene: &Scene, party: usize) -> Option<Struck> {
    let verdict = scene.judge();
    let name = scene.parties[party].name.as_str();
    let mut reasons = verdict.report().answers()[2].reasons.clone().into_iter();
    reasons.find_map(|reason| match reason {
        Reason::Struck { party, why, .. } if party == name => Some(why),
        _ => None,
    })
}

#[test]
fn after_a_rotation_the_new_key_speaks_for_the_party() {
    let mut scene = Scene::quorate(1, 3);
    let new = ed25519("alice again");
    let old = key(&scene, 0);
    scene.evidence.clear();
    states_by(&mut scene, 0, &new);
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    scene
        .evidence
        .push(rotation("alice", (&old, &new), BEFORE, &[&old, &new]));
    assert_eq!(scene.refusal(), None);
    assert_eq!(scene.standing(0), Standing::Confirms);
}

#[test]
fn a_key_that_was_rotated_away_keeps_what_it_signed_before_and_no_more() {
    let new = ed25519("alice again");
    for (at, counts) in [(AFTER, true), (BUILT, false), (BEFORE, false)] {
        let mut scene = Scene::quorate(2, 3);
        let old = key(&scene, 0);
        scene
            .evidence
            .push(rotation("alice", (&old, &new), at, &[&old, &new]));
        assert_eq!(scene.judge().is_quorate(), counts, "rotated at {at}");
        let why = struck(&scene, 0);
        let until = time(at);
        assert_eq!(why, (!counts).then_some(Struck::TooLate { until }));
    }
}

#[test]
fn a_new_key_does_not_speak_before_its_time() {
    let new = ed25519("alice again");
    let mut scene = Scene::of(1, 3);
    let old = key(&scene, 0);
    states_by(&mut scene, 0, &new);
    scene
        .evidence
        .push(rotation("alice", (&old, &new), AFTER, &[&old, &new]));
    assert!(!scene.judge().is_quorate());
    let from = time(AFTER);
    assert_eq!(struck(&scene, 0), Some(Struck::TooEarly { from }));
}

#[test]
fn rotations_follow_each_other() {
    let (second, third) = (ed25519("alice second"), ed25519("alice third"));
    let mut scene = Scene::of(1, 3);
    let first = key(&scene, 0);
    states_by(&mut scene, 0, &third);
    let one = rotation(
        "alice",
        (&first, &second),
        "2026-11-01T00:00:00Z",
        &[&first, &second],
    );
    let two = rotation("alice", (&second, &third), BEFORE, &[&second, &third]);
    // Whoever gathers evidence finds it in any order.
    scene.evidence.push(two);
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    scene.evidence.push(one);
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_vote_by_a_compromised_key_is_struck_and_the_rest_still_counts() {
    let mut scene = Scene::quorate(3, 3);
    let stolen = key(&scene, 0);
    scene
        .evidence
        .push(revocation("alice", &stolen, BEFORE, &stolen));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    assert_eq!(scene.standing(0), Standing::Struck);
    let mut scene = Scene::of(2, 3);
    for party in 0..3 {
        scene.states(party, &Sample::catdoc());
    }
    scene
        .evidence
        .push(revocation("alice", &stolen, BEFORE, &stolen));
    assert_eq!(scene.refusal(), None, "bob and carol are enough");
    let text = scene.judge().report().answers()[2]
        .reasons
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        text.contains("struck: the vote of alice for these bytes: its key is compromised since 2026-11-19T00:00:00Z"),
        "{text}"
    );
}

#[test]
fn what_a_compromised_key_signed_counts_when_k_others_had_it_before() {
    let mut scene = Scene::quorate(2, 3);
    let stolen = key(&scene, 0);
    let vote = scene.evidence[0].clone();
    // The thief can write any date: that it lies before the theft shows nothing.
    scene
        .evidence
        .push(revocation("alice", &stolen, LATER, &stolen));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    let (bob, carol) = (key(&scene, 1), key(&scene, 2));
    scene.evidence.push(witness("bob", &bob, AFTER, &[&vote]));
    assert!(!scene.judge().is_quorate(), "one witness of two needed");
    match struck(&scene, 0) {
        Some(Struck::Compromised {
            witnesses, needed, ..
        }) => assert_eq!((witnesses, needed), (vec!["bob".to_owned()], 2)),
        other => panic!("{other:?}"),
    }
    scene
        .evidence
        .push(witness("carol", &carol, AFTER, &[&vote]));
    assert_eq!(scene.refusal(), None);
    assert_eq!(struck(&scene, 0), None);
}

#[test]
fn a_vote_that_was_signed_too_late_by_its_own_date_counts_when_it_was_seen_in_time() {
    let mut scene = Scene::quorate(2, 3);
    let (old, new) = (key(&scene, 0), ed25519("alice again"));
    let vote = scene.evidence[0].clone();
    scene
        .evidence
        .push(rotation("alice", (&old, &new), BUILT, &[&old, &new]));
    // Alice and one other say that they had it before: who signed is no witness.
    scene
        .evidence
        .push(witness("alice", &old, BEFORE, &[&vote]));
    let bob = key(&scene, 1);
    scene.evidence.push(witness("bob", &bob, BEFORE, &[&vote]));
    assert!(!scene.judge().is_quorate());
    // Both others had it before: its own date was wrong.
    for party in [1, 2] {
        let by = key(&scene, party);
        let name = scene.parties[party].name.clone();
        scene.evidence.push(witness(&name, &by, BEFORE, &[&vote]));
    }
    assert!(scene.judge().is_quorate());
}

#[test]
fn a_proof_holds_what_was_said_about_keys_and_leads_to_the_same() {
    let mut scene = Scene::quorate(2, 3);
    let stolen = key(&scene, 0);
    let vote = scene.evidence[0].clone();
    for party in [1, 2] {
        let by = key(&scene, party);
        let name = scene.parties[party].name.clone();
        scene.evidence.push(witness(&name, &by, AFTER, &[&vote]));
    }
    scene
        .evidence
        .push(revocation("alice", &stolen, LATER, &stolen));
    let other = Scene::quorate(1, 1).evidence.remove(0);
    let bob = key(&scene, 1);
    let beside = evidence_of_nothing(&scene, &other);
    scene.evidence.push(witness("bob", &bob, BUILT, &[&beside]));
    let case = scene.case();
    let verdict = case.judge(&scene.artifact, None);
    let origins = case.origins_for(&verdict);
    let needed = ["revocation of alice", "bob saw at 2026-11-21", "carol saw"];
    for start in needed {
        let found = origins.iter().filter(|it| it.starts_with(start)).count();
        assert_eq!(found, 1, "{start} in {origins:?}");
    }
    let idle = format!("bob saw at {BUILT}");
    assert!(!origins.contains(&idle.as_str()), "{origins:?}");
    let kept: Vec<_> = scene
        .evidence
        .iter()
        .filter(|it| origins.contains(&it.origin.as_str()))
        .cloned()
        .collect();
    scene.evidence = kept;
    assert_eq!(scene.refusal(), None);
    assert!(scene.judge_proof(&scene.proof()).is_quorate());
}

/// The same statement by a key that is nobody's.
fn evidence_of_nothing(
    scene: &Scene,
    like: &quorate::verify::Evidence<'_>,
) -> quorate::verify::Evidence<'static> {
    use quorate_testkit::scenario::{evidence, signed};
    let statement = scene.parties[0].rebuild(&Sample::catdoc()).statement();
    let stranger = ed25519("a stranger");
    let bytes = signed(
        quorate::envelope::PAYLOAD_TYPE_IN_TOTO,
        &statement,
        [&stranger],
    );
    evidence(&format!("{} by a stranger", like.origin), bytes)
}

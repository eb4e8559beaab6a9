//! `environment = "same"`: results count together only from equal build roots and packages.

use quorate::verify::Standing;
use quorate_testkit::scenario::{Sample, Scene};

fn scene(threshold: usize, parties: usize, on_dissent: &str) -> Scene {
    Scene::with(threshold, parties, |draft| {
        draft.environment = Some("same".to_owned());
        draft.on_dissent = Some(on_dissent.to_owned());
    })
}

fn of(environment: &str) -> Sample {
    Sample::catdoc().environment(environment)
}

#[test]
fn equal_environments_count_together() {
    let mut scene = scene(2, 2, "report");
    scene.states(0, &of("one"));
    scene.states(1, &of("one"));
    assert_eq!(scene.refusal(), None);
}

#[test]
fn different_environments_do_not_count_together() {
    let mut scene = scene(2, 2, "report");
    scene.states(0, &of("one"));
    scene.states(1, &of("two"));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    let standings = [scene.standing(0), scene.standing(1)];
    assert!(standings.contains(&Standing::Confirms));
    assert!(
        standings
            .iter()
            .any(|s| matches!(s, Standing::OtherEnvironment { .. }))
    );
}

#[test]
fn one_package_of_another_build_makes_another_environment() {
    let mut scene = scene(2, 2, "report");
    scene.states(0, &of("one"));
    let mut rebuild = scene.parties[1].rebuild(&of("one"));
    rebuild.packages[1].sha256 = quorate::digest::Sha256::of(b"another libc");
    let statement = scene.parties[1].signs(0, &rebuild.statement());
    scene.evidence.push(statement);
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

#[test]
fn a_party_with_two_environments_has_one_vote_in_each() {
    let mut scene = scene(2, 3, "report");
    scene.states(0, &of("one"));
    scene.states(0, &of("two"));
    assert_eq!(
        scene.refusal(),
        Some(("source", "source-too-few")),
        "one party is one vote"
    );
    scene.states(1, &of("one"));
    assert_eq!(scene.refusal(), None);
    let mut other = self::scene(2, 3, "report");
    other.states(0, &of("one"));
    other.states(0, &of("two"));
    other.states(1, &of("two"));
    assert_eq!(other.refusal(), None);
}

#[test]
fn two_results_from_one_environment_are_void() {
    let mut scene = scene(1, 1, "report");
    scene.states(0, &of("one"));
    scene.states(0, &of("one").bytes("other"));
    assert_eq!(scene.standing(0), Standing::Void);
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

#[test]
fn two_results_from_two_environments_are_two_results() {
    let mut scene = scene(1, 1, "report");
    scene.states(0, &of("one"));
    scene.states(0, &of("two").bytes("other"));
    assert_eq!(scene.standing(0), Standing::Confirms);
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_dissenter_cannot_hide_behind_a_second_environment() {
    // Which of its environments a party is asked about must not hang on how their digests happen to sort: each order occurs here.
    for (own, second) in [("a", "b"), ("b", "a")] {
        let mut scene = scene(2, 3, "refuse");
        scene.states(0, &of(own));
        scene.states(1, &of(own));
        assert_eq!(scene.refusal(), None);
        scene.states(2, &of(second).bytes("other"));
        assert_eq!(scene.refusal(), None, "nothing to compare");
        scene.states(2, &of(own).bytes("other"));
        assert_eq!(
            scene.refusal(),
            Some(("rebuilt", "dissent-refuses")),
            "{own} {second}"
        );
        assert!(matches!(scene.standing(2), Standing::Dissents { .. }));
    }
}

#[test]
fn environments_cannot_be_made_to_look_the_same_by_a_line_end_in_a_name() {
    let mut scene = scene(1, 1, "report");
    let mut rebuild = scene.parties[0].rebuild(&of("one"));
    rebuild.packages[0].name = "gcc\nlibc6".to_owned();
    let statement = scene.parties[0].signs(0, &rebuild.statement());
    scene.evidence.push(statement);
    assert!(
        scene.dropped()[0].contains("printable"),
        "{:?}",
        scene.dropped()
    );
}

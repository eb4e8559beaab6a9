//! Verdicts: the right bytes, the right identity, six answers; and the property that each change of evidence has.

use quorate::verify::{
    ArtifactState, Evidence, Expected, Identity, Outcome, RoleInForce, Standing, Verdict,
};
use quorate_testkit::scenario::{Documents, Sample, Scene, refusal};

const CATDOC: &str = "catdoc=1:0.95-6~deb12u1:amd64";

fn outcomes(verdict: &Verdict) -> Vec<&'static str> {
    let answers = verdict.report().answers().iter();
    answers.map(|answer| answer.outcome.name()).collect()
}

#[test]
fn six_questions_are_answered_in_order() {
    let verdict = Scene::quorate(2, 3).judge();
    let questions = verdict.report().answers().iter().map(|a| a.question.name());
    let names: Vec<_> = questions.collect();
    assert_eq!(
        names,
        ["policy", "source", "rebuilt", "bytes", "after", "public"]
    );
    assert_eq!(
        outcomes(&verdict),
        ["yes", "yes", "yes", "yes", "not asked", "not asked"]
    );
}

#[test]
fn roles_that_lead_to_the_policy_are_named_and_change_no_answer() {
    let role = |name: &str| RoleInForce {
        role: name.to_owned(),
        version: 3,
        signers: vec!["maria".to_owned(), "omar".to_owned()],
        expires: quorate::time::Timestamp::from_unix_seconds(0).expect("1970 has four digits"),
    };
    for (scene, word) in [(Scene::quorate(2, 3), "yes"), (Scene::of(2, 3), "no")] {
        let roles = vec![vec![role("proj-demo")], vec![role("root"), role("targets")]];
        let verdict = scene
            .case()
            .vouched_for_by(roles)
            .judge(&scene.artifact, None);
        assert_eq!(outcomes(&verdict)[2], word);
        let reasons = &verdict.report().answers()[0].reasons;
        let said: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        assert_eq!(
            said[1..],
            [
                "proj-demo 3, signed by maria and omar, until 1970-01-01T00:00:00Z",
                "root 3, signed by maria and omar, until 1970-01-01T00:00:00Z; targets 3, signed by maria and omar, until 1970-01-01T00:00:00Z",
            ]
        );
    }
}

#[test]
fn one_flipped_bit_in_the_artifact_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    let good = Sample::catdoc().artifact().to_vec();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        scene.hold(&bytes);
        // The file name says what it should have been: k parties agree, and this is not it.
        assert_eq!(scene.refusal(), Some(("bytes", "other-bytes")), "bit {bit}");
    }
    for bytes in [
        &good[1..],
        &good[..good.len() - 1],
        &[&good[..], b"\0"].concat(),
        b"",
    ] {
        scene.hold(bytes);
        assert_eq!(scene.refusal(), Some(("bytes", "other-bytes")));
    }
}

#[test]
fn a_name_never_leads_to_a_yes() {
    let mut scene = Scene::quorate(2, 3);
    for name in [
        "",
        "catdoc",
        "../../etc/passwd",
        "x.exe",
        "catdoc.deb.sig",
        "\u{1b}[2J",
        "é",
    ] {
        name.clone_into(&mut scene.artifact.name);
        assert_eq!(
            scene.refusal(),
            None,
            "{name:?}: right bytes under any name"
        );
    }
    scene.artifact.name = Sample::catdoc().file_name();
    scene.hold(b"malware");
    assert_eq!(scene.refusal(), Some(("bytes", "other-bytes")));
}

#[test]
fn a_file_of_an_unknown_type_is_judged_all_the_same() {
    let mut scene = Scene::quorate(2, 3);
    for (name, bytes) in [("x.zip", "PK"), ("x", ""), ("x.deb.bak", "#!/bin/sh")] {
        name.clone_into(&mut scene.artifact.name);
        scene.hold(bytes.as_bytes());
        let verdict = scene.judge();
        assert_eq!(outcomes(&verdict)[..4], ["yes", "no", "no", "no"], "{name}");
    }
    let mut odd = Scene::of(1, 1);
    let sample = Sample::catdoc().extension("odd");
    odd.states(0, &sample);
    assert_eq!(odd.refusal(), None);
}

#[test]
fn a_file_that_could_not_be_read_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    scene.artifact.state = ArtifactState::Unusable("a pipe".to_owned());
    let verdict = scene.judge();
    assert_eq!(outcomes(&verdict)[3], "no");
    assert!(!verdict.is_quorate());
    scene.expect(CATDOC);
    assert_eq!(scene.refusal(), Some(("bytes", "unusable-file")));
}

#[test]
fn the_version_that_was_asked_for_is_the_one_that_was_rebuilt() {
    let mut scene = Scene::quorate(2, 3);
    for right in [CATDOC, "catdoc=1:0.95-6~deb12u1"] {
        scene.expect(right);
        assert_eq!(scene.refusal(), None, "{right}");
    }
}

#[test]
fn an_older_version_in_the_place_of_the_newer_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    scene.expect("catdoc=1:0.95-7:amd64");
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    let verdict = scene.judge();
    assert_eq!(
        verdict.report().answers()[3].reasons[0].code(),
        "unknown-identity"
    );
    assert!(matches!(scene.standing(0), Standing::OtherIdentity(_)));
}

#[test]
fn another_architecture_or_package_in_the_place_of_the_right_one_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    for wrong in [
        "catdoc=1:0.95-6~deb12u1:arm64",
        "xlsx2csv=1:0.95-6~deb12u1:amd64",
        "catdoc=0.95-6~deb12u1",
    ] {
        scene.expect(wrong);
        assert_eq!(
            scene.refusal().map(|(question, _)| question),
            Some("source"),
            "{wrong}"
        );
    }
}

#[test]
fn a_statement_for_another_version_with_equal_bytes_does_not_count() {
    let mut scene = Scene::of(2, 2);
    scene.expect(CATDOC);
    scene.states(0, &Sample::catdoc());
    for other in [
        Sample::catdoc().version("1:0.95-5"),
        Sample::catdoc().architecture("arm64"),
        Sample::catdoc().binary_version("1:0.95-6~deb12u1+b1"),
        Sample::catdoc().source("catdoc2"),
    ] {
        scene.evidence.truncate(1);
        scene.states(1, &other);
        assert_eq!(
            scene.refusal(),
            Some(("source", "source-too-few")),
            "{}",
            other.identity()
        );
        assert!(matches!(scene.standing(1), Standing::OtherIdentity(_)));
    }
}

#[test]
fn statements_for_different_versions_do_not_add_up_without_an_expectation_either() {
    let mut scene = Scene::of(2, 2);
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc().version("1:0.95-5"));
    assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
}

#[test]
fn the_same_bytes_under_two_identities_need_an_expectation() {
    let mut scene = Scene::of(1, 2);
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc().version("1:0.95-5"));
    assert_eq!(scene.refusal(), Some(("rebuilt", "ambiguous-identity")));
    scene.expect(CATDOC);
    assert_eq!(scene.refusal(), None);
    scene.expect("catdoc=1:0.95-5");
    assert_eq!(scene.refusal(), None);
}

/// The sample's package, as another source is said to build it.
fn from_another_source(scene: &Scene, party: usize, bytes: &[u8]) -> Vec<Evidence<'static>> {
    let version = Sample::catdoc()
        .version("1:0.95-5")
        .binary_version("1:0.95-6~deb12u1")
        .bytes(bytes);
    let mut fork =
        scene.parties[party].rebuild(&Sample::catdoc().source("catdoc-fork").bytes(bytes));
    fork.products[0].package = "catdoc".to_owned();
    let by_version = scene.parties[party].statement(&version);
    let by_name = scene.parties[party].signs(0, &fork.statement());
    vec![by_version, by_name]
}

#[test]
fn a_party_that_builds_one_package_from_two_sources_contradicts_itself() {
    for other in from_another_source(&Scene::of(1, 1), 0, Sample::catdoc().artifact()) {
        let mut scene = Scene::of(1, 1);
        scene.states(0, &Sample::catdoc());
        scene.evidence.push(other);
        assert_eq!(scene.standing(0), Standing::Void);
        assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    }
}

#[test]
fn who_builds_the_package_from_another_source_dissents_and_does_not_count_as_silent() {
    for bytes in [Sample::catdoc().artifact().to_vec(), b"other".to_vec()] {
        for other in from_another_source(&Scene::of(2, 3), 2, &bytes) {
            for on_dissent in ["report", "refuse"] {
                let mut scene = Scene::with(2, 3, |draft| {
                    draft.on_dissent = Some(on_dissent.to_owned());
                });
                scene.expect(CATDOC);
                scene.states(0, &Sample::catdoc());
                scene.states(1, &Sample::catdoc());
                scene.evidence.push(other.clone());
                assert!(matches!(scene.standing(2), Standing::OtherSource { .. }));
                let refusal = (on_dissent == "refuse").then_some(("rebuilt", "dissent-refuses"));
                assert_eq!(scene.refusal(), refusal);
            }
        }
    }
}

#[test]
fn equal_bytes_from_two_sources_do_not_add_up() {
    for other in from_another_source(&Scene::of(2, 2), 1, Sample::catdoc().artifact()) {
        let mut scene = Scene::of(2, 2);
        scene.expect(CATDOC);
        scene.states(0, &Sample::catdoc());
        scene.evidence.push(other);
        assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
    }
}

#[test]
fn an_expectation_without_architecture_that_two_builds_fill_is_ambiguous_for_equal_bytes_alone() {
    let mut scene = Scene::of(1, 2);
    scene.expect("catdoc=1:0.95-6~deb12u1");
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc().architecture("arm64").bytes("arm"));
    assert_eq!(scene.refusal(), None);
    scene.evidence.pop();
    scene.states(1, &Sample::catdoc().architecture("arm64"));
    assert_eq!(scene.refusal(), Some(("rebuilt", "ambiguous-identity")));
}

#[test]
fn two_outputs_of_one_identity_with_different_bytes_make_a_statement_void() {
    let mut scene = Scene::of(1, 1);
    let mut rebuild = scene.parties[0].rebuild(&Sample::catdoc());
    let mut second = rebuild.products[0].clone();
    second.name = "catdoc_again.deb".to_owned();
    second.digests = quorate::digest::Digests::of(b"other");
    rebuild.products.push(second);
    let statement = scene.parties[0].signs(0, &rebuild.statement());
    scene.evidence.push(statement);
    assert_eq!(scene.standing(0), Standing::Void);
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_refused_policy_answers_nothing_else() {
    let mut scene = Scene::quorate(2, 3);
    scene.documents = Documents::sign(b"{}", b"{}", &[]);
    let verdict = scene.judge();
    assert_eq!(
        outcomes(&verdict),
        ["no", "no", "no", "no", "not asked", "not asked"]
    );
    assert!(verdict.report().tally().is_none());
    assert!(scene.case().claims().claims().is_empty());
}

#[test]
fn a_thousand_identities_for_one_file_are_counted_in_time() {
    // One lying party may say that its file is two thousand packages at once, in many statements.
    let mut scene = Scene::quorate(2, 3);
    let liar = &scene.parties[2];
    let mut rebuild = liar.rebuild(&Sample::catdoc());
    let product = rebuild.products[0].clone();
    for part in 0..4 {
        rebuild.products = (0..2_000)
            .map(|at| {
                let mut product = product.clone();
                product.package = format!("lie-{part}-{at}");
                product.name = format!("{}.deb", product.package);
                product
            })
            .collect();
        let lie = liar.signs(0, &rebuild.statement());
        scene.evidence.push(lie);
    }
    assert_eq!(scene.refusal(), None);
}

#[test]
fn a_verdict_as_json_says_what_the_report_says() {
    let mut scene = Scene::quorate(2, 3);
    scene.expect(CATDOC);
    let text = |scene: &Scene| String::from_utf8(scene.judge().to_json().to_text()).unwrap();
    let yes = text(&scene);
    for part in [
        r#""format":"quorate-verdict/1""#,
        r#""verdict":"quorate""#,
        r#""expected":"catdoc=1:0.95-6~deb12u1:amd64""#,
        r#"{"name":"alice","standing":"confirmed"}"#,
        r#"{"name":"carol","standing":"absent"}"#,
    ] {
        assert!(yes.contains(part), "{part} in {yes}");
    }
    scene.hold(b"malware");
    let no = text(&scene);
    assert!(
        no.contains(r#""verdict":"refused""#) && no.contains(r#""code":"other-bytes""#),
        "{no}"
    );
}

#[test]
fn every_refusal_has_a_question_that_is_answered_no() {
    let mut scene = Scene::of(2, 3);
    for party in 0..3 {
        assert_ne!(refusal(&scene.judge()), Some(("none", "none")));
        scene.states(party, &Sample::catdoc().bytes(party.to_string()));
    }
    let verdict = scene.judge();
    assert!(
        verdict
            .report()
            .answers()
            .iter()
            .any(|answer| answer.outcome == Outcome::No)
    );
}

#[test]
fn an_expectation_admits_its_own_identity_alone() {
    let identity = Identity {
        package: "catdoc".to_owned(),
        version: "1:0.95-6~deb12u1".to_owned(),
        architecture: "amd64".to_owned(),
    };
    assert_eq!(identity.to_string(), CATDOC);
    let admits = |text: &str| Expected::parse(text).unwrap().admits(&identity);
    assert!(admits(CATDOC) && admits("catdoc=1:0.95-6~deb12u1"));
    for other in [
        "catdoc=1:0.95-6~deb12u1:arm64",
        "catdoc=1:0.95-6",
        "catdoc=0.95-6~deb12u1",
        "catdo=1:0.95-6~deb12u1",
    ] {
        assert!(!admits(other), "{other}");
    }
}

//! `quorate verify --json`: exactly what `docs/spec/verdict.md` says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::collections::BTreeSet;

use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate_testkit::scenario::{Party, Sample, signed, without};
use serde_json::{Value, json};
use stage::{DEB, Stage, VERIFY};

const SPEC: &str = include_str!("../../../docs/spec/verdict.md");

/// What `verify --json` prints with more options.
fn answered(stage: &Stage, options: &str) -> Value {
    let ran = stage.run(&VERIFY.replace("verify ", &format!("verify --json {options} ")));
    assert_eq!(ran.stderr, "", "JSON holds all that there is to say");
    let answer: Value = serde_json::from_str(&ran.stdout).expect("one JSON document");
    let verdicts = answer["verdicts"].as_array().unwrap();
    let quorate = verdicts
        .iter()
        .all(|verdict| verdict["verdict"] == "quorate");
    assert_eq!(ran.code, i32::from(!quorate), "{answer:#}");
    answer
}

fn members(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

fn codes(answer: &Value) -> BTreeSet<String> {
    let verdicts = answer["verdicts"].as_array().unwrap().iter();
    let answers = verdicts.flat_map(|verdict| verdict["answers"].as_array().unwrap());
    let reasons = answers.flat_map(|answer| answer["reasons"].as_array().unwrap());
    reasons
        .map(|reason| reason["code"].as_str().unwrap().to_owned())
        .collect()
}

/// The codes of the specification's table, in which each stands between backticks in the first column of three.
fn documented_codes() -> BTreeSet<String> {
    let rows = SPEC
        .lines()
        .skip_while(|line| !line.starts_with("| code |"))
        .skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).expect("a code").to_owned())
        .collect()
}

#[test]
fn the_object_has_the_documented_members() {
    let stage = Stage::quorate();
    stage.write("evidence/broken.json", "{}");
    stage.write("evidence/junk", "junk");
    let answer = answered(
        &stage,
        "--at 2026-11-24T02:06:00Z --as catdoc=1:0.95-6~deb12u1",
    );
    assert_eq!(members(&answer), ["at", "format", "notCounted", "verdicts"]);
    assert_eq!(answer["format"], "quorate-verify/1");
    assert_eq!(answer["at"], "2026-11-24T02:06:00Z");
    let dropped = answer["notCounted"].as_array().unwrap();
    assert_eq!(dropped.len(), 2);
    assert!(
        dropped
            .iter()
            .all(|one| members(one) == ["origin", "reason"])
    );
    let verdict = &answer["verdicts"][0];
    assert_eq!(
        members(verdict),
        [
            "answers", "artifact", "expected", "format", "identity", "parties", "verdict"
        ]
    );
    assert_eq!(verdict["format"], "quorate-verdict/1");
    assert_eq!(verdict["verdict"], "quorate");
    assert_eq!(members(&verdict["artifact"]), ["name", "sha256"]);
    assert_eq!(verdict["artifact"]["name"], DEB);
    assert_eq!(verdict["expected"], "catdoc=1:0.95-6~deb12u1");
    assert_eq!(verdict["identity"], "catdoc=1:0.95-6~deb12u1:amd64");
}

#[test]
fn the_six_answers_come_in_their_order_with_their_reasons() {
    let stage = Stage::quorate();
    let answer = answered(&stage, "");
    let answers = answer["verdicts"][0]["answers"].as_array().unwrap();
    let said: Vec<_> = answers
        .iter()
        .map(|answer| {
            assert_eq!(members(answer), ["answer", "question", "reasons"]);
            (
                answer["question"].as_str().unwrap(),
                answer["answer"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("policy", "yes"),
            ("source", "yes"),
            ("rebuilt", "yes"),
            ("bytes", "yes"),
            ("after", "not asked"),
            ("public", "not asked"),
        ]
    );
    let absent = &answers[2]["reasons"][1];
    assert_eq!(members(absent), ["code", "party", "text"]);
    assert_eq!(
        (&absent["code"], &absent["party"]),
        (&json!("absent"), &json!("carol"))
    );
    stage.write(DEB, "other bytes");
    let answer = answered(&stage, "");
    let other = &answer["verdicts"][0]["answers"][3]["reasons"][0];
    assert_eq!(members(other), ["code", "next", "text"]);
}

#[test]
fn every_party_stands_somewhere() {
    let stage = Stage::quorate();
    stage.says("carol", &Sample::catdoc().bytes("other bytes"));
    let answer = answered(&stage, "");
    let expected = json!([
        {"name": "alice", "standing": "confirmed"},
        {"name": "bob", "standing": "confirmed"},
        {"name": "carol", "standing": "contradicted"},
    ]);
    assert_eq!(answer["verdicts"][0]["parties"], expected);
}

#[test]
fn what_could_not_be_taken_has_no_digest_and_what_nobody_states_no_identity() {
    let stage = Stage::of(2);
    let options = "evidence";
    let ran = stage.run(
        &VERIFY
            .replace("verify ", "verify --json ")
            .replace(DEB, options),
    );
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let verdict = &answer["verdicts"][0];
    assert_eq!(verdict["artifact"]["sha256"], Value::Null);
    assert_eq!(verdict["identity"], Value::Null);
    assert_eq!(verdict["expected"], Value::Null);
}

#[test]
fn several_files_are_one_document() {
    let stage = Stage::quorate();
    stage.write("other.deb", "other bytes");
    let ran = stage.run(&format!(
        "{} other.deb",
        VERIFY.replace("verify ", "verify --json ")
    ));
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let verdicts = answer["verdicts"].as_array().unwrap();
    let said: Vec<_> = verdicts
        .iter()
        .map(|verdict| verdict["verdict"].as_str())
        .collect();
    assert_eq!(
        (ran.code, said),
        (1, vec![Some("quorate"), Some("refused")])
    );
}

#[test]
fn every_code_of_a_policy_for_packages_is_used_and_documented() {
    let mut used = BTreeSet::new();
    used.extend(codes(&answered(&Stage::quorate(), "")));
    used.extend(codes(&answered(&Stage::of(2), "")));
    used.extend(codes(&answered(&Stage::of(2), "--as catdoc=1")));
    used.extend(codes(&answered(
        &Stage::quorate(),
        "--at 2999-01-01T00:00:00Z",
    )));
    let unusable = Stage::quorate();
    std::fs::remove_file(unusable.path(DEB)).unwrap();
    std::os::unix::fs::symlink("demo.layout", unusable.path(DEB)).unwrap();
    used.extend(codes(&answered(&unusable, "")));
    let other_bytes = Stage::quorate();
    other_bytes.write(DEB, "other bytes");
    used.extend(codes(&answered(&other_bytes, "")));
    let one_alone = Stage::of(2);
    one_alone.says("alice", &Sample::catdoc());
    used.extend(codes(&answered(&one_alone, "")));
    used.extend(codes_of_third_parties());
    used.extend(codes(&answered(&ambiguous(), "")));
    let documented = documented_codes();
    assert!(used.is_subset(&documented), "{used:?}");
    // The others are said of git tags, later steps and files that are looked into: `crates/core/tests/reasons.rs`.
    assert_eq!(used.len(), 22);
}

/// What can be said of a third party beside two that agree.
fn codes_of_third_parties() -> BTreeSet<String> {
    let carol = Party::new("carol");
    let sample = Sample::catdoc();
    let weak = without(
        &carol.rebuild(&sample).link(),
        &["environment", "statement"],
    );
    let says = |sample: &Sample| carol.statement(sample).bytes.into_owned();
    let said = [
        vec![says(&sample.clone().bytes("other"))],
        vec![says(&sample.clone().source_bytes("other"))],
        vec![says(&sample.clone().environment("trixie"))],
        vec![says(&sample), says(&sample.clone().bytes("other"))],
        vec![says(&sample.clone().version("1:0.95-7"))],
        vec![signed(PAYLOAD_TYPE_IN_TOTO, &weak, &carol.keys)],
    ];
    let mut codes_said = BTreeSet::new();
    for documents in said {
        let stage = Stage::quorate_with(|text| {
            text.replace("on_dissent = \"report\"", "on_dissent = \"refuse\"")
                .replace("environment = \"any\"", "environment = \"same\"")
        });
        for (number, document) in documents.iter().enumerate() {
            stage.write(&format!("evidence/carol.{number}"), document);
        }
        codes_said.extend(codes(&answered(&stage, "")));
    }
    codes_said
}

/// Two parties state the same bytes under two versions.
fn ambiguous() -> Stage {
    let stage = Stage::quorate();
    for name in ["alice", "bob"] {
        let again = Party::new(name).statement(&Sample::catdoc().version("1:0.95-7"));
        stage.write(&format!("evidence/{name}.again"), &again.bytes);
    }
    stage
}

#[test]
fn a_proof_that_is_none_is_an_object_with_the_reason() {
    let stage = Stage::quorate();
    for (proof, reason) in [
        ("", "cut short"),
        ("{}\n", "_type"),
        (
            "{\"_type\":\"https://quorate.dev/proof/v9\",\"evidence\":0}\n",
            "update quorate",
        ),
    ] {
        stage.write("demo.proof", proof);
        let ran = stage.run(&format!(
            "verify --json {DEB} --proof demo.proof --owner owner.pub"
        ));
        assert_eq!(ran.code, 1, "{ran:#?}");
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["verdicts"], json!([]));
        assert!(
            answer["refusal"].as_str().unwrap().contains(reason),
            "{answer}"
        );
    }
}

//! Reasons: each has one code, which `docs/spec/verdict.md` lists, and a text that names what it is about.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use quorate::digest::Sha256;
use quorate::policy::{Asked, Aspect, BoundRelease, Shortfall};
use quorate::tenure::Struck;
use quorate::time::Timestamp;
use quorate::verify::{Expected, Identity, Reason, RoleInForce, TagObject};

fn sha256() -> Sha256 {
    Sha256::of(b"bytes")
}

fn text(word: &str) -> String {
    word.to_owned()
}

fn parties() -> Vec<String> {
    vec![text("alpha"), text("beta")]
}

fn party() -> String {
    text("gamma")
}

fn step() -> String {
    text("localise")
}

fn time() -> Timestamp {
    Timestamp::parse("2026-11-24T00:00:00Z").unwrap()
}

fn identity() -> Identity {
    Identity {
        package: text("catdoc"),
        version: text("1"),
        architecture: text("amd64"),
    }
}

fn tag_object(parties: Vec<String>) -> TagObject {
    TagObject {
        parties,
        signed: true,
    }
}

fn all() -> Vec<Reason> {
    [of_sources(), of_votes(), of_files(), of_steps()].concat()
}

fn of_sources() -> Vec<Reason> {
    vec![
        Reason::PolicyInForce {
            policy: text("demo"),
            version: NonZeroU64::MIN,
            bound: None,
            signed_by: 1,
            owners: 1,
            expires: time(),
        },
        Reason::PolicyRefused {
            problem: text("expired"),
        },
        Reason::RolesInForce {
            roles: vec![RoleInForce {
                role: text("proj-demo"),
                version: 2,
                signers: parties(),
                expires: time(),
            }],
        },
        Reason::NotJudged,
        Reason::NotBound {
            bound: BoundRelease {
                source: text("catdoc"),
                version: text("1"),
                policy: NonZeroU64::MIN,
            },
            built: text("catdoc 2"),
        },
        Reason::SourceEqual {
            name: text("catdoc"),
            version: text("1"),
            source: sha256(),
            parties: parties(),
        },
        Reason::SourceSigned {
            release: text("v1.0"),
            signers: vec![text("maria")],
            witnessed: time(),
            witnesses: parties(),
        },
        Reason::TagBuilt {
            commit: "ab".repeat(20),
            identity: sha256(),
            parties: parties(),
        },
        Reason::SourceUnsigned {
            release: text("v1.0"),
            problem: text("the tag is not signed"),
        },
        Reason::SourceOther {
            built: text("a fork"),
            wanted: text("the project"),
        },
        Reason::MovedTag {
            tag: text("v1.0"),
            objects: vec![
                ("ab".repeat(20), tag_object(parties())),
                ("cd".repeat(20), tag_object(vec![party()])),
            ],
        },
        Reason::SourceTooFew { have: 1, needed: 2 },
    ]
}

fn of_votes() -> Vec<Reason> {
    vec![
        Reason::QuorumOfFiles {
            files: 2,
            parties: parties(),
            needed: 2,
            total: 3,
        },
        Reason::Quorum {
            parties: parties(),
            form: None,
            needed: 2,
            total: 3,
        },
        Reason::NoQuorum {
            parties: vec![party()],
            needed: 2,
            total: 3,
        },
        Reason::NotDiverse {
            parties: parties(),
            total: 3,
            shortfall: Shortfall {
                rule: Asked::AtLeast,
                by: Aspect::Hosting,
                have: 1,
                needed: 2,
                undeclared: vec![party()],
            },
        },
        Reason::Dissent {
            party: party(),
            sha256: sha256(),
        },
        Reason::OtherSource {
            party: party(),
            sha256: sha256(),
        },
        Reason::OtherEnvironment { party: party() },
        Reason::Void { party: party() },
        Reason::OtherIdentity {
            party: party(),
            identity: identity(),
        },
        Reason::Weak { party: party() },
        Reason::Struck {
            party: party(),
            sha256: sha256(),
            is_artifact: true,
            why: Struck::TooLate { until: time() },
        },
        Reason::TooMuchEvidence,
        Reason::Absent { party: party() },
        Reason::DissentRefuses { parties: parties() },
        Reason::Ambiguous {
            identities: vec![identity()],
        },
    ]
}

fn of_files() -> Vec<Reason> {
    vec![
        Reason::SameBytes {
            product: text("catdoc.deb"),
            sha256: sha256(),
            parties: parties(),
        },
        Reason::NoProduct {
            product: text("catdoc.deb"),
            parties: vec![party()],
        },
        Reason::OtherBytes {
            product: text("catdoc.deb"),
            stated: sha256(),
            found: sha256(),
        },
        Reason::UnknownBytes {
            found: sha256(),
            artifacts: text("*.deb"),
        },
        Reason::UnknownIdentity {
            expected: Expected::parse("catdoc=1").unwrap(),
        },
        Reason::FromStep {
            step: step(),
            product: text("catdoc.deb"),
            parties: parties(),
            sha256: sha256(),
        },
        Reason::NotFromStep {
            step: step(),
            found: sha256(),
        },
        Reason::SignatureOnly {
            format: "pe",
            product: text("hello.exe"),
            parties: parties(),
            sha256: sha256(),
            regions: vec![text("certificate table")],
        },
        Reason::StabilisedEqual {
            normaliser: "quorate-stabilise-tar/1",
            product: text("hello.tar"),
            parties: parties(),
            sha256: sha256(),
            regions: vec![text("times of 3 members")],
        },
        Reason::Unusable {
            problem: text("a pipe"),
        },
    ]
}

fn of_steps() -> Vec<Reason> {
    vec![
        Reason::StepTooFew {
            step: step(),
            parties: vec![party()],
            needed: 2,
        },
        Reason::StepHeld {
            step: step(),
            parties: parties(),
            needed: 1,
            took: 3,
        },
        Reason::StepBroken {
            step: step(),
            parties: parties(),
            list: "products",
            rule: text("DISALLOW *"),
            count: 5,
            files: vec![text("bin/hello")],
        },
        Reason::OtherRelease {
            expected: Expected::parse("catdoc=1").unwrap(),
            identities: vec![identity()],
        },
        Reason::StepTookUnconfirmed {
            step: step(),
            file: text("bin/hello"),
            needed: 2,
        },
        Reason::OtherForm {
            problem: text("not a tar to go by: it is empty"),
        },
        Reason::StepReplaced {
            step: step(),
            parties: parties(),
            file: text("bin/hello"),
        },
        Reason::StepTookNothing {
            step: step(),
            parties: parties(),
        },
        Reason::StepOutOfWork { step: step() },
        Reason::MembersEqual {
            files: 3,
            format: "deb",
        },
        Reason::MemberRefused {
            member: text("bin/hello"),
            problem: text("it occurs twice"),
        },
        Reason::NoMembers,
    ]
}

#[test]
fn the_documented_codes_are_all_that_there_are_and_each_reason_has_its_own() {
    let page = include_str!("../../../docs/spec/verdict.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let words = rows.filter_map(|row| row.split_once("` | "));
    // The table of codes is the one whose second column names questions.
    let questions = ["policy", "source", "rebuilt", "bytes", "after", "others"];
    let documented: BTreeSet<&str> = words
        .filter(|(_, rest)| questions.iter().any(|question| rest.starts_with(question)))
        .map(|(code, _)| code)
        .collect();
    let reasons = all();
    let codes: BTreeSet<&str> = reasons.iter().map(Reason::code).collect();
    assert_eq!(codes.len(), reasons.len());
    assert_eq!(codes, documented);
}

#[test]
fn every_reason_reads_as_a_sentence_and_not_as_its_code() {
    for reason in all() {
        let text = reason.to_string();
        assert!(text.contains(' ') && text != reason.code(), "{text}");
        assert!(reason.to_json().to_text().len() > 20);
    }
}

#[test]
fn what_refuses_a_file_says_what_to_do() {
    for reason in all() {
        let refuses = [
            "refused",
            "unknown",
            "unsigned",
            "moved",
            "broken",
            "other-bytes",
            "source-other",
            "not-bound",
            "not-diverse",
        ];
        if refuses.iter().any(|word| reason.code().contains(word))
            && reason.code() != "dissent-refuses"
        {
            assert!(reason.next_step().is_some(), "{}", reason.code());
        }
    }
}

//! `quorate prove`: one file, made only of a yes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::os::unix::fs::{PermissionsExt as _, symlink};

use quorate_testkit::scenario::{Party, Sample};
use stage::{DEB, Stage};

const PROVE: &str = "prove catdoc_0.95-6~deb12u1_amd64.deb --policy demo.layout --evidence evidence --out demo.proof";

#[test]
fn a_proof_is_made_of_a_yes() {
    let stage = Stage::quorate();
    let ran = stage.run(PROVE);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2 documents of evidence"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("verifiers say with --owner whom they trust")
    );
    let proof = String::from_utf8(stage.read("demo.proof")).unwrap();
    let header = "{\"_type\":\"https://quorate.dev/proof/v1\",\"evidence\":2}\n";
    assert!(proof.starts_with(header) && proof.lines().count() == 5);
}

#[test]
fn no_proof_is_made_of_a_no() {
    let stage = Stage::of(2);
    stage.says("alice", &Sample::catdoc());
    let ran = stage.run(PROVE);
    ran.refused("no proof was written: the verdict is no");
    ran.refused("1 of 2 needed parties");
    assert!(!stage.exists("demo.proof"));
}

#[test]
fn a_no_leaves_the_earlier_proof_as_it_was() {
    let stage = Stage::quorate();
    stage.write("demo.proof", "earlier");
    stage.write(DEB, "other bytes");
    stage.run(PROVE).refused("4 bytes    no");
    assert_eq!(stage.read("demo.proof"), b"earlier");
    stage.write(DEB, Sample::catdoc().artifact());
    stage.ok(PROVE);
    assert!(stage.read("demo.proof").starts_with(b"{\"_type\""));
    assert!(
        stage
            .names()
            .iter()
            .all(|name| !name.starts_with(".quorate"))
    );
}

#[test]
fn one_no_among_several_files_makes_no_proof() {
    let stage = Stage::quorate();
    stage.write("other.deb", "other bytes");
    stage
        .run(&PROVE.replace("prove ", "prove other.deb "))
        .refused("other.deb: REFUSED");
    assert!(!stage.exists("demo.proof"));
}

#[test]
fn dissent_is_packed_too() {
    let stage = Stage::quorate();
    stage.says("carol", &Sample::catdoc().bytes("other bytes"));
    let ran = stage.run(PROVE);
    assert!(
        ran.stderr.contains("3 documents of evidence"),
        "{}",
        ran.stderr
    );
    let proven = stage.ok(&format!(
        "verify {DEB} --proof demo.proof --owner owner.pub"
    ));
    assert!(
        proven.contains("carol got other bytes from the same source"),
        "{proven}"
    );
}

#[test]
fn what_a_party_says_twice_is_packed_once_and_what_is_about_other_files_not_at_all() {
    let stage = Stage::quorate();
    let alice = Party::new("alice");
    stage.write("evidence/again.link", &alice.link(&Sample::catdoc()).bytes);
    stage.write(
        "evidence/other.json",
        &alice
            .statement(&Sample::catdoc().source("antiword").bytes("other"))
            .bytes,
    );
    stage.write("evidence/readme.txt", "no evidence");
    let ran = stage.run(PROVE);
    assert!(
        ran.stderr.contains("2 documents of evidence"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_proof_is_the_same_whatever_the_order_of_the_evidence() {
    let stage = Stage::quorate();
    stage.ok(&PROVE.replace(
        "--evidence evidence",
        "--evidence evidence/alice.json evidence/bob.json",
    ));
    let proof = stage.read("demo.proof");
    stage.ok(&PROVE.replace(
        "--evidence evidence",
        "--evidence evidence/bob.json --evidence evidence/alice.json",
    ));
    assert_eq!(stage.read("demo.proof"), proof);
}

#[test]
fn a_maker_who_does_not_trust_the_owners_makes_no_proof() {
    let stage = Stage::quorate();
    stage
        .run(&format!("{PROVE} --owner alice.pub"))
        .refused("0 of 1 needed owners signed");
    assert!(!stage.exists("demo.proof"));
    let ran = stage.run(&format!("{PROVE} --owner owner.pub"));
    assert!(
        ran.code == 0 && !ran.stderr.contains("names for itself"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_policy_past_its_time_makes_no_proof() {
    let stage = Stage::quorate();
    stage
        .run(&format!("{PROVE} --at 2999-01-01T00:00:00Z"))
        .refused("it expired at");
}

#[test]
fn a_broken_statement_is_named_when_the_verdict_is_no() {
    let stage = Stage::of(2);
    stage.says("alice", &Sample::catdoc());
    stage.write("evidence/bob.json", "{\"payload\": \"cut");
    stage.run(PROVE).refused("not counted: evidence/bob.json: ");
}

#[test]
fn what_cannot_be_read_or_written_is_no_refusal() {
    let stage = Stage::quorate();
    for (from, to, reason) in [
        ("demo.layout", "missing.layout", "missing.layout"),
        (
            "--evidence evidence",
            "--evidence missing",
            "evidence missing: ",
        ),
        ("prove ", "prove missing.deb ", "missing.deb: "),
        ("demo.proof", "missing/demo.proof", "missing/demo.proof: "),
        ("demo.proof", "evidence", "evidence: "),
        ("--out demo.proof", "", "--out <PROOF>"),
    ] {
        stage.run(&PROVE.replace(from, to)).unable(reason);
    }
    assert!(
        !stage.exists("evidence.new"),
        "something is left of the attempt"
    );
}

#[test]
fn nothing_is_written_through_a_link_or_a_pipe_that_somebody_laid_out() {
    let stage = Stage::quorate();
    stage.write("victim", "precious");
    symlink("victim", stage.path("demo.proof.new")).unwrap();
    symlink("victim", stage.path("demo.proof")).unwrap();
    stage.shell("mkfifo", &["root.layout.new"]);
    std::fs::create_dir(stage.path("pages")).unwrap();
    symlink("../victim", stage.path("pages/quorate.1")).unwrap();
    stage.ok(PROVE);
    stage.ok("layout new root.layout --expires-in 30d");
    stage.ok("man pages");
    assert_eq!(stage.read("victim"), b"precious");
    for written in ["demo.proof", "pages/quorate.1", "root.layout"] {
        let metadata = stage.path(written).symlink_metadata().unwrap();
        assert!(metadata.is_file(), "{written}");
        // As a plain write makes it: readable for all whom the umask lets.
        assert_ne!(metadata.permissions().mode() & 0o044, 0, "{written}");
    }
}

//! `quorate verify`: yes only for the bytes that enough parties got; no by exit code 1; 2 when there was nothing to judge.

mod stage;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use quorate_testkit::scenario::{Party, Sample, ed25519, flipped};
use stage::{DEB, PARTIES, Stage, VERIFY};

/// `verify` of the proof alone.
const VERIFY_PROOF: &str =
    "verify catdoc_0.95-6~deb12u1_amd64.deb --proof demo.proof --owner owner.pub";

#[test]
fn what_two_of_three_parties_rebuilt_is_quorate() {
    let stage = Stage::quorate();
    let ran = stage.run(VERIFY);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:#?}");
    assert!(
        ran.stdout
            .contains("2 of 3 parties got the same bytes (2 needed): alice, bob")
    );
}

#[test]
fn the_proof_alone_leads_to_the_same_verdict_now_and_at_a_given_time() {
    let stage = Stage::quorate();
    let verdict = stage.ok(VERIFY);
    stage.prove();
    let elsewhere = Stage::empty();
    elsewhere.copy(&stage, &[DEB, "demo.proof", "owner.pub"]);
    assert_eq!(elsewhere.ok(VERIFY_PROOF), verdict);
    assert_eq!(
        elsewhere.ok(&format!("{VERIFY_PROOF} --at 2026-11-24T02:06:00Z")),
        verdict
    );
    elsewhere
        .run(&format!("{VERIFY_PROOF} --at 2999-01-01T00:00:00Z"))
        .refused("it expired at");
    assert_eq!(
        elsewhere.names(),
        [DEB, "demo.proof", "owner.pub"],
        "verifying writes nothing"
    );
}

#[test]
fn one_flipped_bit_anywhere_in_the_file_is_refused() {
    let stage = Stage::quorate();
    let whole = Sample::catdoc().artifact().to_vec();
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        stage.write(DEB, &bytes);
        stage.run(VERIFY).refused("4 bytes    no");
    }
    stage.write(DEB, [&whole[..], b"\n"].concat());
    stage.run(VERIFY).refused("4 bytes    no");
    stage.write(DEB, "");
    stage.run(VERIFY).refused("4 bytes    no");
}

#[test]
fn another_identity_than_the_demanded_one_is_refused() {
    let stage = Stage::quorate();
    let demanding = |identity: &str| {
        stage.run(&format!(
            "verify --as {identity} {}",
            &VERIFY["verify ".len()..]
        ))
    };
    for right in ["catdoc=1:0.95-6~deb12u1:amd64", "catdoc=1:0.95-6~deb12u1"] {
        assert_eq!(demanding(right).code, 0, "{right}");
    }
    for wrong in [
        "catdoc=1:0.95-6~deb12u2:amd64",
        "catdoc=0.95-6~deb12u1:amd64",
        "catdoc=1:0.95-6~deb12u1:arm64",
        "antiword=1:0.95-6~deb12u1:amd64",
    ] {
        demanding(wrong).refused(&format!("no party states anything about {wrong}"));
    }
    demanding("catdoc").unable("expected NAME=VERSION or NAME=VERSION:ARCH");
}

#[test]
fn an_older_quorate_package_in_place_of_the_demanded_one_is_refused() {
    let stage = Stage::quorate();
    let older = Sample::catdoc().version("1:0.95-5").bytes("older bytes");
    for name in ["alice", "bob"] {
        stage.write(
            &format!("evidence/{name}.older"),
            &Party::new(name).statement(&older).bytes,
        );
    }
    stage.write(DEB, older.artifact());
    stage.ok(VERIFY);
    let ran = stage.run(&VERIFY.replace("verify ", "verify --as catdoc=1:0.95-6~deb12u1 "));
    ran.refused("the file is not the catdoc_0.95-6~deb12u1_amd64.deb that was rebuilt");
}

#[test]
fn where_there_is_nothing_to_judge_there_is_no_answer() {
    let stage = Stage::quorate();
    stage.prove();
    stage.write("garbage.pub", "garbage");
    for (from, to, reason) in [
        (DEB, "missing.deb", "missing.deb: No such file"),
        (DEB, "", "<FILE>"),
        (
            "demo.layout",
            "missing.layout",
            "missing.layout: No such file",
        ),
        ("--policy demo.layout", "", "--policy <LAYOUT>"),
        ("--evidence evidence", "", "--evidence <DIR>"),
        (
            "--evidence evidence",
            "--evidence missing",
            "evidence missing: No such file",
        ),
        ("--owner owner.pub", "", "--owner <KEY>"),
        ("owner.pub", "missing.pub", "missing.pub: No such file"),
        ("owner.pub", "garbage.pub", "garbage.pub: not a public key"),
        (
            "owner.pub",
            "owner.key",
            "owner.key: a private key where the public one belongs",
        ),
        ("owner.pub", "owner.pub --owners-needed 0", "at least one"),
        (
            "owner.pub",
            "owner.pub --owners-needed 2",
            "2 of 1 distinct owners' keys",
        ),
        ("owner.pub", "owner.pub --at yesterday", "yesterday"),
        (
            "owner.pub",
            "owner.pub --at 2026-02-30T00:00:00Z",
            "2026-02-30",
        ),
        (
            "owner.pub",
            "owner.pub --proof demo.proof",
            "cannot be used with",
        ),
        (
            "-- ",
            "--as catdoc=1 -- owner.pub ",
            "hint: verify the files one by one",
        ),
    ] {
        stage.run(&VERIFY.replacen(from, to, 1)).unable(reason);
    }
    stage
        .run(&VERIFY_PROOF.replace("demo.proof", "missing.proof"))
        .unable("missing.proof: No such file");
    stage.run("verify").unable("Usage: quorate verify");
}

#[test]
fn a_layout_without_its_terms_is_explained() {
    let stage = Stage::quorate();
    fs::remove_file(stage.path("demo.terms")).unwrap();
    let ran = stage.run(VERIFY);
    ran.unable("demo.terms: No such file");
    ran.unable("hint: a policy is two files that stay together: NAME.layout and NAME.terms");
}

#[test]
fn a_policy_that_is_not_in_force_is_refused_whatever_the_evidence() {
    let stage = Stage::quorate();
    let (layout, terms) = (stage.read("demo.layout"), stage.read("demo.terms"));
    stage
        .run(&VERIFY.replace("owner.pub", "alice.pub"))
        .refused("1 policy   no");
    stage
        .run(&VERIFY.replace(" -- ", " --at 2999-01-01T00:00:00Z -- "))
        .refused("1 policy   no");
    stage
        .run(&VERIFY.replace("owner.pub", "owner.pub --owner bob.pub"))
        .refused("1 of 2 needed owners");
    for (name, bytes, reason) in [
        (
            "demo.layout",
            flipped(&layout, 800),
            "0 of 1 needed owners signed the layout",
        ),
        (
            "demo.terms",
            flipped(&terms, 800),
            "0 of 1 needed owners signed the terms",
        ),
        ("demo.layout", terms.clone(), "the layout has payload type"),
        ("demo.terms", layout.clone(), "the terms has payload type"),
        (
            "demo.layout",
            Vec::new(),
            "the layout is not a signed document",
        ),
        (
            "demo.terms",
            b"[]".to_vec(),
            "the terms is not a signed document",
        ),
    ] {
        stage.write("demo.layout", &layout);
        stage.write("demo.terms", &terms);
        stage.write(name, bytes);
        let ran = stage.run(VERIFY);
        ran.refused(reason);
        ran.refused("→ get the current policy from its owners");
    }
}

#[test]
fn a_compiled_policy_that_nobody_signed_is_refused() {
    let stage = Stage::quorate();
    stage.ok("policy compile policy.toml");
    stage.run(VERIFY).refused("0 of 1 needed owners signed");
}

#[test]
fn terms_of_an_earlier_layout_are_refused() {
    let stage = Stage::quorate();
    let terms = stage.read("demo.terms");
    stage.policy(1, |text| text);
    stage.ok("policy compile policy.toml --force");
    stage.ok("policy sign demo.layout --key owner.key");
    stage.write("demo.terms", terms);
    stage
        .run(VERIFY)
        .refused("the terms belong to another layout");
}

#[test]
fn one_of_two_owners_cannot_put_a_policy_in_force() {
    let stage = Stage::quorate_with(|text| {
        text.replace("needed = 1", "needed = 2")
            .replace("\"owner.pub\"", "\"owner.pub\", \"second.pub\"")
    });
    stage.run(VERIFY).refused("1 of 2 needed owners signed");
    stage.ok("policy sign demo.layout --key second.key");
    stage.ok(VERIFY);
}

#[test]
fn dissent_is_reported_or_vetoes_as_the_policy_says() {
    for (mode, code) in [("report", 0), ("refuse", 1)] {
        let stage = Stage::quorate_with(|text| {
            text.replace(
                "on_dissent = \"report\"",
                &format!("on_dissent = \"{mode}\""),
            )
        });
        assert_eq!(stage.run(VERIFY).code, 0, "without dissent");
        stage.says("carol", &Sample::catdoc().bytes("other bytes"));
        let ran = stage.run(VERIFY);
        assert_eq!(ran.code, code, "{ran:#?}");
        assert!(
            ran.stdout
                .contains("carol got other bytes from the same source")
        );
    }
}

#[test]
fn a_symbolic_link_is_refused_although_it_leads_to_the_product() {
    let stage = Stage::quorate();
    fs::rename(stage.path(DEB), stage.path("real.deb")).unwrap();
    symlink("real.deb", stage.path(DEB)).unwrap();
    stage.run(VERIFY).refused("it is a symbolic link");
}

#[test]
fn a_folder_and_a_pipe_are_refused_without_waiting() {
    let stage = Stage::quorate();
    stage
        .run(&VERIFY.replace(DEB, "evidence"))
        .refused("it is not a regular file");
    stage.shell("mkfifo", &["pipe"]);
    stage
        .run(&VERIFY.replace(DEB, "pipe"))
        .refused("it is not a regular file");
}

#[test]
fn a_file_is_judged_by_its_bytes_whatever_its_name() {
    let stage = Stage::quorate();
    for name in [
        b"-x.deb".as_slice(),
        b"a b.deb",
        b"\xff\xfe.deb",
        b"no ending",
        "ü€😀".as_bytes(),
    ] {
        let name = std::ffi::OsStr::from_bytes(name);
        fs::copy(stage.path(DEB), stage.path(name)).unwrap();
        let words = VERIFY.split_whitespace().map(std::ffi::OsStr::new);
        let words: Vec<_> = words
            .map(|word| if word == DEB { name } else { word })
            .collect();
        let ran = stage.run_with(words);
        assert_eq!(ran.code, 0, "{name:?}: {ran:#?}");
    }
}

#[test]
fn every_file_is_answered_and_one_no_is_a_no() {
    let stage = Stage::quorate();
    stage.write("other.deb", "other bytes");
    let ran = stage.run(&format!("{VERIFY} other.deb"));
    ran.refused("other.deb: REFUSED");
    ran.refused(&format!("{DEB}: QUORATE"));
}

#[test]
fn junk_among_the_evidence_is_named_and_harmless() {
    let stage = Stage::quorate();
    stage.write("evidence/build.log", "no JSON");
    stage.write("evidence/broken.json", "{\"payload\": ");
    symlink("/dev/zero", stage.path("evidence/endless")).unwrap();
    stage.write(
        "evidence/stranger.json",
        &Party::new("stranger").statement(&Sample::catdoc()).bytes,
    );
    let ran = stage.run(VERIFY);
    assert_eq!(ran.code, 0, "{ran:#?}");
    for said in [
        "not counted: evidence/broken.json: ",
        "not counted: evidence/stranger.json: ",
        "no evidence: 2 other files, such as evidence/build.log",
    ] {
        assert!(
            ran.stderr.contains(said),
            "{said:?} is not in {}",
            ran.stderr
        );
    }
}

#[test]
fn a_stranger_and_a_forger_do_not_make_the_quorum() {
    let stage = Stage::of(2);
    stage.says("alice", &Sample::catdoc());
    stage.says("stranger", &Sample::catdoc());
    let forged = flipped(&Party::new("bob").statement(&Sample::catdoc()).bytes, 99);
    stage.write("evidence/bob.json", forged);
    stage
        .run(VERIFY)
        .refused("only 1 of 3 parties got the same bytes (2 needed): alice");
}

#[test]
fn one_party_with_two_keys_has_one_vote() {
    let stage = Stage::with(2, |text| {
        text.replace("\"carol.pub\"", "\"carol.pub\", \"machine.pub\"")
    });
    let carol = Party::with_keys("carol", 2);
    stage.write(
        "evidence/0",
        &carol.statement_by(0, &Sample::catdoc()).bytes,
    );
    stage.write(
        "evidence/1",
        &carol.statement_by(1, &Sample::catdoc()).bytes,
    );
    stage
        .run(VERIFY)
        .refused("only 1 of 3 parties got the same bytes (2 needed): carol");
}

#[test]
fn evidence_may_be_files_a_bundle_and_links() {
    let stage = Stage::of(2);
    let [alice, bob, _] = PARTIES.map(Party::new);
    stage.write("alice.link", &alice.link(&Sample::catdoc()).bytes);
    stage.write("bob.link", &bob.old_link(&Sample::catdoc()).bytes);
    stage.ok(&VERIFY.replace(
        "--evidence evidence",
        "--evidence alice.link --evidence bob.link",
    ));
    let lines = [
        alice.statement(&Sample::catdoc()),
        bob.statement(&Sample::catdoc()),
    ];
    stage.write(
        "all.jsonl",
        lines.map(|line| line.bytes.into_owned()).concat(),
    );
    stage.ok(&VERIFY.replace("--evidence evidence", "--evidence all.jsonl"));
}

#[test]
fn a_proof_that_is_not_whole_or_newer_is_refused() {
    let stage = Stage::quorate();
    stage.prove();
    let proof = stage.read("demo.proof");
    let text = String::from_utf8(proof.clone()).unwrap();
    let cut = "the proof is cut short or padded; get it again";
    for (bytes, reason) in [
        (
            text.replace("/proof/v1", "/proof/v2"),
            "newer than this program; update quorate",
        ),
        (text.replace("/proof/v1", "/poem/v1"), "is not a proof"),
        (text.trim_end().to_owned(), cut),
        (text[..text.len() / 2].to_owned(), cut),
        (format!("{text}\n"), cut),
        (
            text.lines()
                .take(2)
                .map(|line| format!("{line}\n"))
                .collect(),
            cut,
        ),
        (String::new(), cut),
        ("{}\n".to_owned(), "_type"),
        ("no proof\n".to_owned(), "not strict JSON"),
        (
            text.replacen("\"evidence\":2", "\"evidence\":2,\"x\":1", 1),
            "\"x\"",
        ),
    ] {
        stage.write("demo.proof", bytes);
        let ran = stage.run(VERIFY_PROOF);
        ran.refused(reason);
        assert_eq!(ran.stdout, "", "a proof that cannot be read has no verdict");
    }
}

#[test]
fn whoever_takes_a_statement_out_of_a_proof_takes_its_vote_out() {
    let stage = Stage::quorate();
    stage.prove();
    let text = String::from_utf8(stage.read("demo.proof")).unwrap();
    let fewer: String = text
        .lines()
        .take(4)
        .map(|line| format!("{line}\n"))
        .collect();
    stage.write(
        "demo.proof",
        fewer.replace("\"evidence\":2", "\"evidence\":1"),
    );
    stage.run(VERIFY_PROOF).refused("only 1 of 3 parties");
}

#[test]
fn a_policy_of_a_stranger_inside_a_proof_is_refused() {
    let stage = Stage::quorate();
    stage.key("owner", &ed25519("mallory"));
    stage.policy(2, |text| text);
    stage.ok("policy compile policy.toml --force");
    stage.ok("policy sign demo.layout --key owner.key");
    stage.prove();
    stage.key("owner", &ed25519("owner 0"));
    stage
        .run(VERIFY_PROOF)
        .refused("0 of 1 needed owners signed");
}

#[test]
fn one_owner_s_key_in_two_files_is_one_owner() {
    let stage = Stage::quorate();
    stage.write("copy.pub", stage.read("owner.pub"));
    let answer = stage.ok(&VERIFY.replace("--owner ", "--owner copy.pub --owner "));
    assert!(
        answer.contains("signed by 1 of 1 trusted owners"),
        "{answer}"
    );
    let ran = stage.run(&VERIFY.replace("--owner ", "--owners-needed 2 --owner copy.pub --owner "));
    ran.unable("2 of 1 distinct owners' keys");
}

#[test]
fn files_of_one_name_are_told_apart_by_their_paths() {
    let stage = Stage::quorate();
    std::fs::create_dir(stage.path("other")).unwrap();
    stage.write(&format!("other/{DEB}"), "other bytes");
    let ran = stage.run(&format!("{VERIFY} other/{DEB}"));
    ran.refused(&format!("other/{DEB}: REFUSED"));
    assert!(
        ran.stdout.starts_with(&format!("{DEB}: QUORATE")),
        "{ran:#?}"
    );
}

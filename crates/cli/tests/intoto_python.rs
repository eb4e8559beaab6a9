//! The stock `in-toto-verify` and `quorate verify` over the same policy, links and file, with both verdicts side by side.
//!
//! Where they differ the difference is meant, and `docs/spec/policy.md` lists it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::fs;
use std::process::Command;

use quorate_testkit::scenario::{Party, Sample};
use stage::python::python_tools;
use stage::{DEB, Ran, Stage};

/// `verify` of the links, as far as the name of the owner's key.
const VERIFY: &str = "verify delivered/catdoc_0.95-6~deb12u1_amd64.deb --policy demo.layout --evidence links --owner";

#[derive(Debug, PartialEq, Eq)]
enum Says {
    Yes,
    No,
}

use Says::{No, Yes};

/// A policy and a folder with the delivered file; no links yet.
fn scene(change: impl FnOnce(String) -> String) -> Stage {
    let stage = Stage::with(2, change);
    fs::create_dir(stage.path("links")).unwrap();
    fs::create_dir(stage.path("delivered")).unwrap();
    deliver(&stage, DEB, Sample::catdoc().artifact());
    stage
}

/// The same with the links of those parties.
fn linked(parties: &[&str]) -> Stage {
    let stage = scene(|text| text);
    for party in parties {
        link(&stage, &Party::new(party), &Sample::catdoc());
    }
    stage
}

fn deliver(stage: &Stage, name: &str, bytes: &[u8]) {
    stage.write(&format!("delivered/{name}"), bytes);
}

/// Writes a party's link under the name that in-toto looks for.
fn link(stage: &Stage, party: &Party, sample: &Sample) {
    let name = link_name(party.keys[0].public().id());
    stage.write(&name, &party.link(sample).bytes);
}

fn link_name(key_id: &str) -> String {
    format!("links/rebuild.{}.link", &key_id[..8])
}

/// Demands both verdicts, and these words in what each program says.
fn compare(stage: &Stage, python: (Says, &str), quorate: (Says, &str)) {
    compare_under(stage, "owner.pub", python, quorate);
}

fn compare_under(stage: &Stage, owner: &str, python: (Says, &str), quorate: (Says, &str)) {
    let verdict = |ran: &Ran| match ran.code {
        0 => Yes,
        1 => No,
        _ => panic!("neither yes nor no: {ran:#?}"),
    };
    // in-toto-verify leaves a file in the folder that it judges, so it comes second.
    for (ran, expected) in [
        (stage.run(&format!("{VERIFY} {owner}")), quorate),
        (in_toto_verify(stage, owner), python),
    ] {
        assert_eq!(verdict(&ran), expected.0, "{ran:#?}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            said.contains(expected.1),
            "{:?} is not in {said}",
            expected.1
        );
    }
}

fn in_toto_verify(stage: &Stage, owner: &str) -> Ran {
    let mut command = Command::new(python_tools().join("bin/in-toto-verify"));
    command.current_dir(stage.path("delivered"));
    command.args(["--layout", "../demo.layout", "--link-dir", "../links"]);
    command.args(["--verification-keys", &format!("../{owner}")]);
    Ran::of(command.output().unwrap())
}

#[test]
fn the_same_bytes_by_two_or_three_parties_are_accepted_by_both() {
    for parties in [&["alice", "bob"][..], &["alice", "bob", "carol"]] {
        compare(&linked(parties), (Yes, ""), (Yes, "QUORATE"));
    }
}

#[test]
fn a_build_with_further_outputs_is_accepted_by_both() {
    let stage = scene(|text| text);
    let sample = Sample::catdoc().output("catdoc-dbgsym", "symbols");
    for party in ["alice", "bob"] {
        link(&stage, &Party::new(party), &sample);
    }
    compare(&stage, (Yes, ""), (Yes, "QUORATE"));
}

#[test]
fn one_flipped_bit_in_the_package_is_refused_by_both() {
    let stage = linked(&["alice", "bob"]);
    let mut bytes = Sample::catdoc().artifact().to_vec();
    bytes[9] ^= 1;
    deliver(&stage, DEB, &bytes);
    compare(&stage, (No, "DISALLOW *"), (No, "4 bytes    no"));
}

#[test]
fn one_link_of_two_is_refused_by_both() {
    compare(
        &linked(&["alice"]),
        (No, "requires '2' link metadata"),
        (No, "only 1 of 3 parties"),
    );
}

#[test]
fn no_link_at_all_is_refused_by_both() {
    compare(
        &linked(&[]),
        (No, "requires '2' link metadata"),
        (No, "no party states these bytes"),
    );
}

#[test]
fn two_links_that_differ_are_refused_by_both() {
    let stage = linked(&["alice"]);
    link(
        &stage,
        &Party::new("bob"),
        &Sample::catdoc().bytes("other bytes"),
    );
    compare(
        &stage,
        (No, "differ"),
        (No, "bob got other bytes from the same source"),
    );
}

#[test]
fn two_links_from_different_sources_are_refused_by_both() {
    let stage = linked(&["alice"]);
    link(
        &stage,
        &Party::new("bob"),
        &Sample::catdoc().source_bytes("other source"),
    );
    compare(
        &stage,
        (No, "differ"),
        (No, "built another source under this name and version"),
    );
}

#[test]
fn a_stranger_under_its_own_name_is_refused_by_both() {
    let stage = linked(&["alice", "stranger"]);
    compare(
        &stage,
        (No, "requires '2' link metadata"),
        (No, "only 1 of 3 parties"),
    );
}

#[test]
fn a_stranger_under_a_partys_name_is_refused_by_both() {
    let stage = linked(&["alice"]);
    let name = link_name(Party::new("bob").keys[0].public().id());
    stage.write(&name, &Party::new("stranger").link(&Sample::catdoc()).bytes);
    compare(
        &stage,
        (No, "requires at least '2' links"),
        (No, "only 1 of 3 parties"),
    );
}

#[test]
fn an_expired_layout_is_refused_by_both() {
    let stage = scene(|text| text.replace("2999-01-01", "2020-06-01"));
    for party in ["alice", "bob"] {
        link(&stage, &Party::new(party), &Sample::catdoc());
    }
    compare(&stage, (No, "expired"), (No, "it expired at 2020-06-01"));
}

#[test]
fn another_owners_key_is_refused_by_both() {
    let stage = linked(&["alice", "bob"]);
    compare_under(
        &stage,
        "second.pub",
        (No, "ignature"),
        (No, "0 of 1 needed owners signed"),
    );
}

#[test]
fn a_layout_that_nobody_signed_is_refused_by_both() {
    let stage = linked(&["alice", "bob"]);
    stage.ok("policy compile policy.toml");
    compare(
        &stage,
        (No, "ignature"),
        (No, "0 of 1 needed owners signed"),
    );
}

#[test]
fn meant_difference_a_dissenter_beside_a_quorum_is_named_by_us_and_refused_by_python() {
    let stage = linked(&["alice", "bob"]);
    link(
        &stage,
        &Party::new("carol"),
        &Sample::catdoc().bytes("other bytes"),
    );
    compare(
        &stage,
        (No, "differ"),
        (Yes, "carol got other bytes from the same source"),
    );
}

#[test]
fn meant_difference_one_party_with_two_keys_is_one_vote_for_us_and_two_for_python() {
    let stage = scene(|text| text.replace("\"carol.pub\"", "\"carol.pub\", \"machine.pub\""));
    let carol = Party::with_keys("carol", 2);
    let payload = carol.rebuild(&Sample::catdoc()).link();
    for (at, key) in carol.keys.iter().enumerate() {
        stage.write(
            &link_name(key.public().id()),
            &carol.signs(at, &payload).bytes,
        );
    }
    compare(
        &stage,
        (Yes, ""),
        (
            No,
            "only 1 of 3 parties got the same bytes (2 needed): carol",
        ),
    );
}

#[test]
fn meant_difference_another_output_that_differs_matters_to_python_alone() {
    let stage = linked(&["alice"]);
    link(
        &stage,
        &Party::new("alice"),
        &Sample::catdoc().output("catdoc-dbgsym", "symbols"),
    );
    link(
        &stage,
        &Party::new("bob"),
        &Sample::catdoc().output("catdoc-dbgsym", "other symbols"),
    );
    compare(&stage, (No, "differ"), (Yes, "QUORATE"));
}

#[test]
fn meant_difference_a_renamed_package_is_the_same_bytes_to_us_and_another_file_to_python() {
    let stage = linked(&["alice", "bob"]);
    fs::rename(
        stage.path(format!("delivered/{DEB}")),
        stage.path("delivered/renamed.deb"),
    )
    .unwrap();
    let ran = stage.run(&format!("{VERIFY} owner.pub").replace(DEB, "renamed.deb"));
    assert_eq!(ran.code, 0, "{ran:#?}");
    let ran = in_toto_verify(&stage, "owner.pub");
    assert_eq!(ran.code, 1, "{ran:#?}");
}

#[test]
fn the_ids_of_our_keys_are_those_that_python_computes() {
    let stage = Stage::keys();
    stage.ok("key new fresh");
    let code = "import sys\nfrom securesystemslib.signer import SSlibKey\n\
        from cryptography.hazmat.primitives.serialization import load_pem_public_key as load\n\
        print(SSlibKey.from_crypto(load(open(sys.argv[1], 'rb').read())).keyid)";
    let python = python_tools().join("bin/python");
    for file in ["alice.pub", "fresh.pub"] {
        let id = stage.shell(python.to_str().unwrap(), &["-c", code, file]);
        assert!(
            stage
                .ok(&format!("key show {file}"))
                .contains(id.trim_end()),
            "{file}"
        );
    }
}

#[test]
fn documents_signed_by_python_are_in_force() {
    let stage = linked(&["alice", "bob"]);
    stage.ok("policy compile policy.toml");
    let code = "import json, sys\nfrom securesystemslib.dsse import Envelope\n\
        from securesystemslib.signer import CryptoSigner\n\
        from cryptography.hazmat.primitives.serialization import load_pem_private_key as load\n\
        signer = CryptoSigner(load(open('owner.key', 'rb').read(), None))\n\
        for name in sys.argv[1:]:\n    \
            envelope = Envelope.from_dict(json.load(open(name)))\n    \
            envelope.sign(signer)\n    \
            json.dump(envelope.to_dict(), open(name, 'w'))";
    let python = python_tools().join("bin/python");
    stage.shell(
        python.to_str().unwrap(),
        &["-c", code, "demo.layout", "demo.terms"],
    );
    compare(&stage, (Yes, ""), (Yes, "QUORATE"));
}

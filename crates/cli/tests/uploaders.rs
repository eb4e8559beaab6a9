//! Policies that ask who signed a Debian source package, with real signatures of gpg and of a developer of Debian.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::io::Write as _;
use std::process::{Command, Stdio};

use quorate_testkit::scenario::Sample;
use stage::{DEB, Stage, VERIFY};
use tempfile::TempDir;

/// The source control file of catdoc 1:0.95-6~deb12u1 as Debian 12 has it.
const CATDOC_DSC: &[u8] = include_bytes!("catdoc.dsc");

/// The fingerprint of its signer's certificate begins so.
const CATDOC_SIGNER: &str = "04a4407cb9142c23030c17ae789d6f057fd863fe";

/// A key ring of gpg. Its agent ends with it.
struct Ring(TempDir);

impl Drop for Ring {
    fn drop(&mut self) {
        let kill = self.command("gpgconf", &["--kill", "all"]).status();
        drop(kill);
    }
}

impl Ring {
    fn new() -> Self {
        // A socket's path is at most 107 bytes long: the folder stands in the system's, not in the build's.
        let ring = Self(tempfile::Builder::new().prefix("qu").tempdir().unwrap());
        for name in ["maria", "olga"] {
            ring.gpg(&["--quick-gen-key", name, "ed25519", "sign", "0"], b"");
        }
        ring
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env("GNUPGHOME", self.0.path()).args(arguments);
        command
    }

    /// Runs gpg as of the beginning of 2026, before the builds of these tests.
    fn gpg(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let fixed = [
            "--batch",
            "--quiet",
            "--no-tty",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
        ];
        let mut child = self
            .command("gpg", &fixed)
            .args(["--faked-system-time", "20260101T000000!"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("gpg is one of debian-packages.txt");
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        output.stdout
    }

    fn certificate(&self, name: &str) -> Vec<u8> {
        self.gpg(&["--armor", "--export", name], b"")
    }

    /// The sample, whose source control file that key signed.
    fn signed(&self, name: &str) -> Sample {
        let frame = String::from_utf8(Sample::catdoc().dsc()).unwrap();
        let (_, rest) = frame.split_once("\n\n").unwrap();
        let (text, _) = rest.split_once("\n-----BEGIN").unwrap();
        let clear = self.gpg(&["--local-user", name, "--clear-sign"], text.as_bytes());
        Sample::catdoc().described_by(clear)
    }
}

/// Two of three parties built `sample`; the policy asks for a signature by a certificate in one of `files`.
fn asking(files: &[(&str, Vec<u8>)], sample: &Sample) -> Stage {
    let stage = Stage::keys();
    for (name, bytes) in files {
        stage.write(name, bytes);
    }
    let names: Vec<_> = files.iter().map(|(name, _)| format!("{name:?}")).collect();
    asking_for(stage, &names.join(", "), sample)
}

fn asking_for(stage: Stage, uploaders: &str, sample: &Sample) -> Stage {
    let table = format!("\n[source]\nkind = \"debian\"\nuploaders = [{uploaders}]\n");
    stage.policy(2, |text| text + &table);
    stage.ok("policy compile policy.toml --at 2026-01-01T00:00:00Z");
    stage.ok("policy sign demo.layout --key owner.key");
    stage.write(DEB, sample.artifact());
    stage.says("alice", sample);
    stage.says("bob", sample);
    stage
}

fn certificates_in(stage: &Stage, name: &str) -> usize {
    let text = String::from_utf8(stage.read(name)).unwrap();
    text.matches("openpgp-certificate/v1").count()
}

#[test]
fn a_source_package_by_a_named_uploader_is_quorate_and_says_who() {
    let ring = Ring::new();
    let stage = asking(
        &[("maria.asc", ring.certificate("maria"))],
        &ring.signed("maria"),
    );
    let said = stage.ok(VERIFY);
    assert!(
        said.contains("the .dsc of catdoc 1:0.95-6~deb12u1, signed by"),
        "{said}"
    );
}

#[test]
fn a_source_package_by_nobody_who_is_named_is_refused() {
    let ring = Ring::new();
    let files = [("maria.asc", ring.certificate("maria"))];
    let by_olga = asking(&files, &ring.signed("olga"));
    by_olga.run(VERIFY).refused("2 source   no");
    // The frame has a signature that nobody made.
    let by_nobody = asking(&files, &Sample::catdoc());
    by_nobody.run(VERIFY).refused("2 source   no");
}

#[test]
fn a_real_source_package_is_signed_by_one_of_all_developers_of_debian() {
    let sample = Sample::catdoc().described_by(CATDOC_DSC);
    let keyring = "\"/usr/share/keyrings/debian-keyring.gpg\"";
    let stage = asking_for(Stage::keys(), keyring, &sample);
    let said = stage.ok(VERIFY);
    assert!(said.contains(CATDOC_SIGNER), "{said}");
    assert!(certificates_in(&stage, "demo.certificates") > 500);
    // Of all of them, the proof needs the signer's.
    stage.prove();
    assert_eq!(certificates_in(&stage, "demo.proof"), 1);
    let said = stage.ok(&format!(
        "verify {DEB} --proof demo.proof --owner owner.pub"
    ));
    assert!(said.contains(CATDOC_SIGNER), "{said}");
    // By the other developers alone, it is nobody's.
    let text = String::from_utf8(stage.read("demo.certificates")).unwrap();
    let proof = String::from_utf8(stage.read("demo.proof")).unwrap();
    let others: Vec<&str> = text.lines().filter(|line| !proof.contains(line)).collect();
    assert_eq!(others.len() + 1, text.lines().count());
    stage.write("demo.certificates", others.join("\n"));
    stage
        .run(VERIFY)
        .refused("is missing: keep the policy's .certificates file beside its layout");
}

#[test]
fn no_proof_leaves_out_the_copy_of_a_certificate_that_revokes_it() {
    let ring = Ring::new();
    let (old, sample) = (ring.certificate("maria"), ring.signed("maria"));
    let id = ring.gpg(&["--with-colons", "--list-keys", "maria"], b"");
    let id = String::from_utf8(id).unwrap();
    let id = id
        .lines()
        .find_map(|line| line.strip_prefix("fpr:::::::::"));
    let id = id.unwrap().trim_end_matches(':').to_owned();
    let file = ring.0.path().join(format!("openpgp-revocs.d/{id}.rev"));
    // gpg puts a colon before the armour, so that nobody imports it by accident.
    let revocation = std::fs::read_to_string(file)
        .unwrap()
        .replace(":-----BEGIN", "-----BEGIN");
    ring.gpg(&["--import"], revocation.as_bytes());
    let files = [("old.asc", old), ("new.asc", ring.certificate("maria"))];
    let stage = asking(&files, &sample);
    assert_eq!(certificates_in(&stage, "demo.certificates"), 1);
    stage.run(VERIFY).refused("revoked");
}

//! A key ring of the real gpg that a test has for itself.
#![allow(dead_code, reason = "each test uses some of it")]

use std::process::{Command, Output, Stdio};

use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_openpgp::{SignatureRefusal, Signer, signers};
use tempfile::TempDir;

/// When the keys of these tests are made.
pub(crate) const MADE: i64 = 1_700_000_000;
pub(crate) const DAY: i64 = 86_400;

/// A key ring that nobody else uses. Its agent ends with it.
pub(crate) struct Ring(pub(crate) TempDir);

impl Drop for Ring {
    fn drop(&mut self) {
        let ended = Command::new("gpgconf")
            .env("GNUPGHOME", self.0.path())
            .args(["--kill", "all"])
            .status();
        drop(ended);
    }
}

impl Ring {
    pub(crate) fn new() -> Self {
        // A socket's path is at most 107 bytes long: the folder stands in the system's, not in the build's.
        Self(tempfile::Builder::new().prefix("qg").tempdir().unwrap())
    }

    /// Runs gpg as of a time; the time stands still while it runs.
    pub(crate) fn gpg_at(&self, seconds: i64, arguments: &[&str], input: &[u8]) -> Output {
        use std::io::Write;
        let mut child = Command::new("gpg")
            .env("GNUPGHOME", self.0.path())
            .env("LC_ALL", "C")
            .args([
                "--batch",
                "--quiet",
                "--no-tty",
                "--pinentry-mode",
                "loopback",
            ])
            .args(["--passphrase", "", "--trust-model", "always"])
            .args(["--faked-system-time", &format!("{seconds}!")])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gpg is one of debian-packages.txt");
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }

    pub(crate) fn gpg(&self, arguments: &[&str]) -> Vec<u8> {
        self.gpg_with(arguments, b"")
    }

    pub(crate) fn gpg_with(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let ran = self.gpg_at(MADE, arguments, input);
        let talk = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "gpg {arguments:?}: {talk}");
        ran.stdout
    }

    /// Makes a key and returns its fingerprint.
    pub(crate) fn key(&self, algorithm: &str, usage: &str, expires: &str) -> String {
        self.key_of("a@example.org", algorithm, usage, expires)
    }

    /// Makes another key for somebody and returns its fingerprint.
    pub(crate) fn key_of(&self, user: &str, algorithm: &str, usage: &str, expires: &str) -> String {
        self.gpg(&["--quick-generate-key", user, algorithm, usage, expires]);
        self.fingerprints_of(&[user])[0].clone()
    }

    pub(crate) fn fingerprints(&self) -> Vec<String> {
        self.fingerprints_of(&[])
    }

    /// The fingerprints of the main key and the subkeys of these users.
    pub(crate) fn fingerprints_of(&self, users: &[&str]) -> Vec<String> {
        let list = ["--list-keys", "--with-colons", "--with-subkey-fingerprint"];
        let listed = self.gpg(&[&list[..], users].concat());
        String::from_utf8(listed)
            .unwrap()
            .lines()
            .filter_map(|line| line.strip_prefix("fpr:::::::::"))
            .map(|rest| rest.trim_end_matches(':').to_lowercase())
            .collect()
    }

    pub(crate) fn export(&self) -> Vec<u8> {
        self.gpg(&["--export"])
    }

    /// Signs as of a time and returns what gpg wrote.
    pub(crate) fn sign_at(&self, seconds: i64, arguments: &[&str], message: &[u8]) -> Vec<u8> {
        let ran = self.gpg_at(seconds, arguments, message);
        let talk = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "gpg {arguments:?}: {talk}");
        ran.stdout
    }

    /// What `gpg --verify` says of a detached signature at a time: its words for it, and whether it ends with success.
    pub(crate) fn verify_at(
        &self,
        seconds: i64,
        signature: &[u8],
        message: &[u8],
    ) -> (String, bool) {
        let (sig, file) = (self.0.path().join("t.sig"), self.0.path().join("t.txt"));
        std::fs::write(&sig, signature).unwrap();
        std::fs::write(&file, message).unwrap();
        let (sig, file) = (sig.to_str().unwrap(), file.to_str().unwrap());
        let ran = self.gpg_at(seconds, &["--status-fd", "1", "--verify", sig, file], b"");
        let said = String::from_utf8(ran.stdout).unwrap();
        let words = [
            "GOODSIG",
            "EXPSIG",
            "EXPKEYSIG",
            "REVKEYSIG",
            "BADSIG",
            "ERRSIG",
        ];
        let verdicts: Vec<&str> = said
            .lines()
            .filter_map(|line| line.split(' ').nth(1))
            .filter(|word| words.contains(word))
            .collect();
        (verdicts.join(" "), ran.status.success())
    }

    /// Revokes the key with gpg's number for a reason: 0 none, 1 compromised, 2 superseded, 3 no longer used.
    pub(crate) fn revoke_at(&self, seconds: i64, id: &str, subkey: Option<u8>, reason: u8) {
        let which = subkey.map_or(String::new(), |number| format!("key {number}\n"));
        let answers = format!("{which}revkey\ny\n{reason}\n\ny\nsave\n");
        let edit = ["--command-fd", "0", "--yes", "--edit-key", id];
        self.sign_at(seconds, &edit, answers.as_bytes());
    }
}

pub(crate) const MESSAGE: &[u8] = b"object 0\n";

pub(crate) fn day(days: i64) -> Timestamp {
    Timestamp::from_unix_seconds(MADE + days * DAY).unwrap()
}

pub(crate) fn check(
    certificates: &[Vec<u8>],
    signature: &[u8],
    days: i64,
) -> Result<Vec<Signer>, SignatureRefusal> {
    signers(
        certificates,
        signature,
        MESSAGE,
        day(days),
        &Limits::STANDARD,
    )
}

/// A detached signature made that many days after the keys.
pub(crate) fn sign(ring: &Ring, days: i64, users: &[&str]) -> Vec<u8> {
    let mut arguments = vec!["--armor", "--digest-algo", "SHA512"];
    for user in users {
        arguments.extend(["--local-user", user]);
    }
    arguments.push("--detach-sign");
    ring.sign_at(MADE + days * DAY, &arguments, MESSAGE)
}

/// What gpg says of the signature at a time, which it ends with success.
pub(crate) fn gpg_says(ring: &Ring, seconds: i64, signature: &[u8]) -> String {
    let (said, ended_well) = ring.verify_at(seconds, signature, MESSAGE);
    assert!(ended_well, "{said}");
    said
}

/// The first word of a refusal's debug form, which is its variant.
pub(crate) fn word(result: &Result<Vec<Signer>, SignatureRefusal>) -> String {
    match result {
        Ok(signers) => format!("{} signed", signers.len()),
        Err(refusal) => {
            let debug = format!("{refusal:?}");
            debug
                .split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap()
                .to_owned()
        }
    }
}

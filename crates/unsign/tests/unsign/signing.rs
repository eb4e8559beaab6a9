//! The real signers, in a folder of their own, and what they are given.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use quorate::digest::Sha256;
use quorate_unsign::{Limits, SignatureFormat, UnsignError, Unsigned, unsigned};
use tempfile::TempDir;

/// A folder that is home, key ring and temporary folder of what runs in it.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        // A socket's path is at most 107 bytes long: the folder stands in the system's, not in the build's.
        Self(tempfile::Builder::new().prefix("qu").tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).unwrap()
    }

    /// Runs a program of debian-packages.txt with arguments that have no spaces.
    pub(crate) fn run(&self, line: &str) {
        let words: Vec<_> = line.split_whitespace().collect();
        self.run_words(&words);
    }

    pub(crate) fn run_words(&self, words: &[&str]) {
        let ran = Command::new(words[0])
            .args(&words[1..])
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("GNUPGHOME", self.path())
            .env("TMPDIR", self.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{}, of debian-packages.txt: {error}", words[0]));
        let talk = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{words:?}: {talk}");
    }

    /// Makes a key and a certificate: `NAME.key`, `NAME.pk8` and `NAME.crt`.
    pub(crate) fn certificate(&self, name: &str, algorithm: &str) {
        self.run(&format!(
            "openssl req -x509 -newkey {algorithm} -nodes -days 3650 -subj /CN={name} -keyout {name}.key -out {name}.crt"
        ));
        self.run(&format!(
            "openssl pkcs8 -topk8 -nocrypt -in {name}.key -outform DER -out {name}.pk8"
        ));
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // An agent that gpg started ends with its key ring.
        let ended = Command::new("gpgconf")
            .env("GNUPGHOME", self.path())
            .args(["--kill", "all"])
            .status();
        drop(ended);
    }
}

/// Takes the signature out of a file in memory, within the limits of the programs.
pub(crate) fn taken_out(bytes: &[u8], format: SignatureFormat) -> Result<Unsigned, UnsignError> {
    unsigned(&mut Cursor::new(bytes), format, &Limits::STANDARD)
}

/// Whether the file is the product and a signature.
pub(crate) fn is_product(signed: &[u8], product: &[u8], format: SignatureFormat) -> bool {
    let unsigned = taken_out(signed, format).unwrap_or_else(|refusal| panic!("{refusal}"));
    let Some(found) = unsigned.as_product(&Sha256::of(product)) else {
        return false;
    };
    assert_eq!(found.size, product.len() as u64);
    true
}

/// The refusal in words. The file must be refused.
pub(crate) fn refusal(bytes: &[u8], format: SignatureFormat) -> String {
    match taken_out(bytes, format) {
        Ok(accepted) => panic!("accepted: {accepted:?}"),
        Err(refusal) => refusal.to_string(),
    }
}

/// The bytes with one in the middle of another value.
pub(crate) fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[at] ^= 1;
    flipped
}

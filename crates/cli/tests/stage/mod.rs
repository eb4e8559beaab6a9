//! A folder of its own in which the real program runs, with keys and evidence of parties from the testkit and a policy that
//! the program itself made.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each file of tests is a program that uses another part of it"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

pub mod layouts;
pub mod python;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use quorate::key::SigningKey;
use quorate_testkit::scenario::{Party, Sample, ed25519};
use tempfile::TempDir;

/// The file name of [`Sample::catdoc`]'s package.
pub const DEB: &str = "catdoc_0.95-6~deb12u1_amd64.deb";

/// `verify` with all that it needs, as far as the name of the file.
pub const VERIFY: &str = "verify --policy demo.layout --evidence evidence --owner owner.pub -- catdoc_0.95-6~deb12u1_amd64.deb";

/// The parties of every policy here, in its order.
pub const PARTIES: [&str; 3] = ["alice", "bob", "carol"];

/// A scratch folder. Paths are relative to it.
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    /// Nothing at all.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// Keys of the owner and of three parties, of a `second` owner and of carol's second `machine`, and an empty folder
    /// `evidence`.
    pub fn keys() -> Self {
        let stage = Self::empty();
        stage.key("owner", &ed25519("owner 0"));
        stage.key("second", &ed25519("owner 1"));
        stage.key("machine", &Party::with_keys("carol", 2).keys[1]);
        for name in PARTIES {
            stage.key(name, &Party::new(name).keys[0]);
        }
        fs::create_dir(stage.path("evidence")).unwrap();
        stage
    }

    /// A signed policy, `threshold` of three, made by the program; the sample's package; no evidence yet.
    pub fn of(threshold: usize) -> Self {
        Self::with(threshold, |text| text)
    }

    /// The same, after `change` has changed `policy.toml`.
    pub fn with(threshold: usize, change: impl FnOnce(String) -> String) -> Self {
        let stage = Self::keys();
        stage.policy(threshold, change);
        stage.ok("policy compile policy.toml --at 2020-01-01T00:00:00Z");
        stage.ok("policy sign demo.layout --key owner.key");
        stage.write(DEB, Sample::catdoc().artifact());
        stage
    }

    /// Two of three, and alice and bob state the sample: quorate as it stands.
    pub fn quorate() -> Self {
        Self::quorate_with(|text| text)
    }

    /// The same, after `change` has changed `policy.toml`.
    pub fn quorate_with(change: impl FnOnce(String) -> String) -> Self {
        let stage = Self::with(2, change);
        stage.says("alice", &Sample::catdoc());
        stage.says("bob", &Sample::catdoc());
        stage
    }

    /// Writes `policy.toml`, as `policy new` makes it and `change` changes it.
    pub fn policy(&self, threshold: usize, change: impl FnOnce(String) -> String) {
        let parties = PARTIES.map(|name| format!("--party {name}={name}.pub"));
        let text = self.ok(&format!(
            "policy new demo --owner owner.pub {} --threshold {threshold} --expires 2999-01-01T00:00:00Z",
            parties.join(" ")
        ));
        self.write("policy.toml", change(text));
    }

    /// Writes `NAME.key` and `NAME.pub`.
    pub fn key(&self, name: &str, key: &SigningKey) {
        self.write(&format!("{name}.key"), key.to_pem().unwrap());
        self.write(&format!("{name}.pub"), key.public().to_pem());
    }

    /// Adds what that party states of that build to the evidence.
    pub fn says(&self, party: &str, sample: &Sample) {
        let statement = Party::new(party).statement(sample);
        self.write(&format!("evidence/{party}.json"), &statement.bytes);
    }

    /// Packs the evidence into `demo.proof`.
    pub fn prove(&self) {
        self.ok(&format!(
            "prove {DEB} --policy demo.layout --evidence evidence --out demo.proof"
        ));
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    /// Names in the folder, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Copies files of another stage.
    pub fn copy(&self, from: &Self, names: &[&str]) {
        for name in names {
            fs::copy(from.path(name), self.path(name)).unwrap();
        }
    }

    /// The program, to be given arguments; it inherits nothing that changes what it prints.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.current_dir(self.folder.path());
        command.env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    /// Runs the program with these words.
    pub fn run(&self, words: &str) -> Ran {
        self.run_with(words.split_whitespace())
    }

    /// Runs the program with these arguments.
    pub fn run_with(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
        Ran::of(self.program().args(arguments).output().unwrap())
    }

    /// Runs the program, which must say yes; its answer.
    pub fn ok(&self, words: &str) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{words}\n{}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs any other program, which must succeed; what it prints.
    pub fn shell(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path());
        let ran = Ran::of(command.stdin(Stdio::null()).output().unwrap());
        assert_eq!(ran.code, 0, "{program} {arguments:?}\n{}", ran.stderr);
        ran.stdout
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Self {
            code: output.status.code().expect("the program was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Demands a refusal: exit code 1, and the reason in what was printed.
    pub fn refused(&self, reason: &str) {
        assert_eq!(self.code, 1, "{self:#?}");
        let said = self.stdout.contains(reason) || self.stderr.contains(reason);
        assert!(said, "{reason:?} is not in {self:#?}");
    }

    /// Demands that nothing was judged: exit code 2, no answer, and the reason on stderr.
    pub fn unable(&self, reason: &str) {
        assert_eq!(self.code, 2, "{self:#?}");
        assert_eq!(self.stdout, "", "an answer without a judgement");
        assert!(
            self.stderr.contains(reason),
            "{reason:?} is not in {self:#?}"
        );
    }
}

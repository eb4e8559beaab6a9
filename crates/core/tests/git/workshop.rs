//! Programs in a temporary folder of their own: git and ssh-keygen make what the tests judge.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "inputs are made by real programs, in files"
)]
#![allow(dead_code, reason = "each test program uses its part")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder that programs take for their home; it goes with the value.
pub(crate) struct Workshop(tempfile::TempDir);

impl Workshop {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }

    /// Runs a program in a folder of the workshop, without the environment of whoever runs the tests.
    pub(crate) fn start(&self, folder: &str, program: &str, args: &[&str], stdin: &[u8]) -> Output {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.path(folder));
        command.env_clear().env("HOME", self.0.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs([
            ("LC_ALL", "C"),
            ("TZ", "UTC"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "A. U. Thor"),
            ("GIT_AUTHOR_EMAIL", "author@example.org"),
            ("GIT_AUTHOR_DATE", "1700000000 +0100"),
            ("GIT_COMMITTER_NAME", "A. U. Thor"),
            ("GIT_COMMITTER_EMAIL", "author@example.org"),
            ("GIT_COMMITTER_DATE", "1700000000 +0100"),
        ]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        // A program that reads nothing closes the pipe, which is its business.
        let _closed = child.stdin.take().expect("a pipe").write_all(stdin);
        child.wait_with_output().expect("an end")
    }

    /// Runs a program that must succeed, and gives what it printed.
    pub(crate) fn run(&self, folder: &str, program: &str, args: &[&str]) -> Vec<u8> {
        let output = self.start(folder, program, args, b"");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {said}");
        output.stdout
    }

    /// The first line that a program printed.
    pub(crate) fn word(&self, folder: &str, program: &str, args: &[&str]) -> String {
        let printed = String::from_utf8(self.run(folder, program, args)).expect("text");
        printed.trim_end().to_owned()
    }

    /// Makes a key pair in the files NAME and NAME.pub, and gives the public line without its comment.
    pub(crate) fn ssh_key(&self, name: &str, kind: &[&str]) -> String {
        let path = self.path(name);
        let file = path.to_str().expect("a plain path");
        let args = [&["-q", "-N", "", "-C", "", "-f", file, "-t"], kind].concat();
        self.run(".", "ssh-keygen", &args);
        let line = String::from_utf8(self.read(&format!("{name}.pub"))).expect("text");
        line.trim_end().to_owned()
    }

    /// A signature as ssh-keygen makes it; `options` are such as `-Ohashalg=sha256`.
    pub(crate) fn ssh_sign(
        &self,
        key: &str,
        namespace: &str,
        message: &[u8],
        options: &[&str],
    ) -> Vec<u8> {
        let path = self.path(key);
        let file = path.to_str().expect("a plain path");
        let args = [&["-q", "-Y", "sign", "-f", file, "-n", namespace], options].concat();
        let output = self.start(".", "ssh-keygen", &args, message);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ssh-keygen {args:?}: {said}");
        output.stdout
    }
}

/// The folder of this crate's fixtures.
pub(crate) fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
}

pub(crate) fn fixture(name: &str) -> Option<Vec<u8>> {
    std::fs::read(fixtures().join(name)).ok()
}

//! A folder in which real tools make pairs of files.

use std::fs::{self, File};
use std::io::Cursor;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use quorate_diff::{
    ArchiveDiff, Confidence, Difference, Limits, MemberDiff, Names, Report, compare, text,
};
use tempfile::TempDir;

pub(crate) struct Workshop(TempDir);

impl Workshop {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a script in the folder, with nothing of the caller's surroundings.
    pub(crate) fn sh(&self, script: &str) {
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.0.path())
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {talk}");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Compares the files `a` and `b` with that ending.
    pub(crate) fn compare(&self, ending: &str) -> Report {
        let open = |name: &str| File::open(self.path(&format!("{name}{ending}"))).unwrap();
        compare(open("a"), open("b"), &Limits::STANDARD).unwrap()
    }
}

/// Compares bytes.
pub(crate) fn of(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> Report {
    compare(
        Cursor::new(a.as_ref()),
        Cursor::new(b.as_ref()),
        &Limits::STANDARD,
    )
    .unwrap()
}

pub(crate) fn difference(report: &Report) -> &Difference {
    report.difference.as_ref().unwrap()
}

pub(crate) fn archive(report: &Report) -> &ArchiveDiff {
    let page = shown(report);
    let archive = difference(report).archive.as_ref();
    archive.unwrap_or_else(|| panic!("no archives: {page}"))
}

pub(crate) fn member<'a>(archive: &'a ArchiveDiff, name: &str) -> &'a MemberDiff {
    let found = archive.members.items.iter().find(|m| m.name == name);
    found.unwrap_or_else(|| panic!("{name} is not among {:?}", archive.members))
}

/// Kinds and confidence of all causes.
pub(crate) fn causes(report: &Report) -> Vec<(&'static str, Confidence)> {
    let causes = report.causes();
    causes
        .iter()
        .map(|c| (c.kind.name(), c.confidence))
        .collect()
}

pub(crate) fn kinds(report: &Report) -> Vec<&'static str> {
    causes(report).into_iter().map(|(kind, _)| kind).collect()
}

pub(crate) fn shown(report: &Report) -> String {
    text(report, Names { a: "a", b: "b" })
}

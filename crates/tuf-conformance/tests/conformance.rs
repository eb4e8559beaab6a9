//! Cases after those of the public conformance suite, against repositories that python-tuf makes, over http.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its stage has failed"
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program that stands for "any TUF repository".
const PACKAGES: [&str; 2] = ["tuf==6.0.0", "securesystemslib[crypto]==1.3.1"];

/// The Python with python-tuf that the tests of `crates/trust` use, too, made by whoever comes first.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tuf-python");
    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let ready = folder.join("ready");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&ready).ok().as_ref() != Some(&wanted) {
        let place = folder.to_str().unwrap();
        succeed(Command::new("python3").args(["-m", "venv", "--clear", place]));
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        succeed(pip.args(PACKAGES));
        fs::write(&ready, wanted).unwrap();
    }
    folder.join("bin/python3")
}

fn succeed(command: &mut Command) -> String {
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{command:?}\n{said}{told}");
    said
}

#[test]
fn our_client_does_what_the_public_suite_asks_of_a_client() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut command = Command::new(python());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(folder.join("play.py"));
    command.arg(env!("CARGO_BIN_EXE_quorate-tuf-conformance"));
    let said = succeed(&mut command);
    assert!(said.contains(" hold"), "{said}");
}

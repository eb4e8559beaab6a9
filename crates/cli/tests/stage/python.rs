//! The stock in-toto tools: one virtual environment for all tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::Ran;

/// The programs that stand for "any in-toto verifier".
const PACKAGES: [&str; 2] = ["in-toto==3.1.0", "securesystemslib[crypto]==1.6.0"];

/// The virtual environment with the stock tools, made once and kept beside the other products of the build.
pub fn python_tools() -> &'static Path {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("in-toto-python");
        let lock = File::create(folder.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let ready = folder.join("ready");
        // What was installed is what was asked for, or it is made anew.
        let wanted = PACKAGES.join("\n");
        if fs::read_to_string(&ready).ok().as_ref() != Some(&wanted) {
            let place = folder.to_str().unwrap();
            succeed("python3", &["-m", "venv", "--clear", place]);
            let pip = folder.join("bin/pip");
            let options = ["install", "--quiet", "--disable-pip-version-check"];
            succeed(pip.to_str().unwrap(), &[&options[..], &PACKAGES].concat());
            fs::write(&ready, wanted).unwrap();
        }
        folder
    })
}

fn succeed(program: &str, arguments: &[&str]) {
    let ran = Ran::of(Command::new(program).args(arguments).output().unwrap());
    assert_eq!(
        ran.code, 0,
        "{program} {arguments:?}: {}{}",
        ran.stdout, ran.stderr
    );
}

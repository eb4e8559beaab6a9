//! A user without rights.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Lab, PROGRAM, succeed};

/// Somebody, made for one test when it is run by root.
pub struct Somebody(String);

impl Somebody {
    /// Somebody for the test file `of`.
    pub fn new(of: &str) -> Self {
        let name = format!("quorate-{of}{}", std::process::id());
        succeed(Command::new("useradd").args(["--create-home", &name]));
        Self(name)
    }

    /// The program under test, run by them in a laboratory that is theirs from now on.
    pub fn program(&self, lab: &Lab) -> Command {
        let program = lab.path("quorate-rebuild");
        fs::copy(PROGRAM, &program).unwrap();
        self.owns(&lab.path(""));
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &self.0, "--regid", &self.0, "--clear-groups"]);
        command.args(["env", "HOME=/nonexistent"]);
        command.arg(&program);
        command
    }

    fn owns(&self, path: &Path) {
        succeed(
            Command::new("chown")
                .arg("-R")
                .arg(format!("{0}:{0}", self.0))
                .arg(path),
        );
    }
}

impl Drop for Somebody {
    fn drop(&mut self) {
        succeed(
            Command::new("userdel")
                .args(["--remove", &self.0])
                .stderr(Stdio::null()),
        );
    }
}

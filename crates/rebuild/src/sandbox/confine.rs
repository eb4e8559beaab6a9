//! The namespaces of the whole build process: mounts and processes that end with it, whoever started it.

use std::process::Command;

use crate::error::RebuildError;
use crate::tool;

/// How the build process gets the rights over its own namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confinement {
    /// The caller is root.
    Root,
    /// The caller is anybody; a user namespace maps its subordinate ids.
    UserNamespace,
}

impl Confinement {
    /// What the caller's user id asks for.
    pub(crate) fn of_caller() -> Self {
        if rustix::process::geteuid().is_root() {
            Self::Root
        } else {
            Self::UserNamespace
        }
    }

    /// Tries once whether this host allows it, so that a refusal comes before the work.
    pub(crate) fn is_possible(self) -> Result<(), RebuildError> {
        let ran = tool::run(namespaces(self).arg("true"))?;
        if ran.status.success() {
            Ok(())
        } else {
            Err(RebuildError::Namespaces {
                detail: ran.reason(),
            })
        }
    }

    /// Runs `program` with the rights to remove what the build left, whoever owns it.
    pub(crate) fn caretaker(self, program: &str) -> Command {
        match self {
            Self::Root => tool::tool(program),
            Self::UserNamespace => {
                let mut command = tool::tool("unshare");
                command.args(["--user", "--map-auto", "--map-root-user", program]);
                command
            }
        }
    }
}

/// A command line that makes the namespaces; the program to run in them follows.
///
/// The program is the first process of its process namespace: when it ends, the kernel ends all others in it and the mounts go.
pub(crate) fn namespaces(confinement: Confinement) -> Command {
    let mut command = tool::tool("unshare");
    if confinement == Confinement::UserNamespace {
        command.args(["--user", "--map-auto", "--map-root-user"]);
    }
    command.args([
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--fork",
        "--kill-child=KILL",
        "--mount-proc",
    ]);
    command
}

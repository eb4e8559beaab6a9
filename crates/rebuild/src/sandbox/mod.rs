//! The sandbox: the one place where programs run that came from an archive or from a source package.
//!
//! **Enters:** an unpacked root, the folders that may be seen, a command.
//! **Leaves:** an exit status and what the command wrote into those folders.
//! **Never:** network, host files, the host's processes, a way to gain rights.
//!
//! **Architecture Invariant:** every command of a foreign package or source is started through [`Sandbox`], and after
//! [`end_everything`] no process is left that any of them started.

mod cgroup;
mod confine;
mod host;
mod place;
mod reap;
pub(crate) mod watch;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use cgroup::Cgroup;
pub(crate) use confine::{Confinement, namespaces};
pub(crate) use host::{HostSandbox, Reach, give};
pub(crate) use place::folder_in;
pub(crate) use reap::end_everything;

use crate::error::RebuildError;
use crate::protocol::BuildLimits;
use crate::tool;

/// The user inside the sandbox. Within the range that Debian leaves to no package, and inside every mapped range.
pub(crate) const BUILDER_ID: u32 = 59_999;
/// What a program of the sandbox may answer when it is asked a question.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// The control files of the largest package in Debian have a few MB.
const SCRATCH_BYTES_MAX: &str = "67108864";
/// Seconds after which a question goes unanswered.
const ANSWER_SECONDS_MAX: &str = "60";
/// Installing packages changes owners and runs scripts in the root; nothing here reaches beyond it.
const INSTALLER_CAPABILITIES: [&str; 9] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];
/// What it takes to become the builder; all gone once it is.
const BECOMING_CAPABILITIES: [&str; 3] = ["CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID"];

/// Who runs a command in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The root user of the build root, which can write to it: installs signed packages.
    Installer,
    /// A user without any right, for whom the root is read-only: handles the source package.
    Builder,
}

/// A sandbox, not started yet.
pub(crate) struct Sandbox<'a> {
    root: &'a Path,
    role: Role,
    binds: Vec<(&'static str, PathBuf, PathBuf)>,
    variables: Vec<(String, String)>,
    scratch: bool,
    folder: Option<PathBuf>,
    limits: BuildLimits,
    cgroup: Option<&'a Cgroup>,
}

impl<'a> Sandbox<'a> {
    /// A sandbox over `root` that sees nothing else.
    pub(crate) fn new(root: &'a Path, role: Role, limits: BuildLimits) -> Self {
        let (binds, variables) = (Vec::new(), Vec::new());
        Self {
            root,
            role,
            binds,
            variables,
            scratch: false,
            folder: None,
            limits,
            cgroup: None,
        }
    }

    /// Shows a folder or file of the host, not to be changed.
    pub(crate) fn showing(mut self, from: &Path, to: &Path) -> Self {
        self.binds
            .push(("--ro-bind", from.to_path_buf(), to.to_path_buf()));
        self
    }

    /// Gives a folder of the host, to be written to.
    pub(crate) fn giving(mut self, from: &Path, to: &Path) -> Self {
        self.binds
            .push(("--bind", from.to_path_buf(), to.to_path_buf()));
        self
    }

    /// Gives a small folder in memory as `/tmp`.
    pub(crate) const fn with_scratch(mut self) -> Self {
        self.scratch = true;
        self
    }

    /// Sets a variable; there are no others.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts in this folder of the sandbox.
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_path_buf());
        self
    }

    /// Counts memory and processes of all of it together.
    pub(crate) const fn within(mut self, cgroup: Option<&'a Cgroup>) -> Self {
        self.cgroup = cgroup;
        self
    }

    /// The command line that runs `program` in this sandbox.
    pub(crate) fn command(&self, program: &[&str]) -> Result<Command, RebuildError> {
        let mut command = match self.cgroup {
            Some(cgroup) => cgroup.entering()?,
            None => tool::tool("prlimit"),
        };
        self.limit(&mut command);
        command.arg("bwrap");
        self.separate(&mut command);
        self.show(&mut command);
        command.arg("--clearenv");
        for (name, value) in &self.variables {
            command.args(["--setenv", name, value]);
        }
        let folder = self.folder.as_deref().unwrap_or_else(|| Path::new("/"));
        command.arg("--chdir").arg(folder);
        if self.role == Role::Builder {
            let (user, group) = (
                format!("--reuid={BUILDER_ID}"),
                format!("--regid={BUILDER_ID}"),
            );
            command.args(["setpriv", &user, &group, "--clear-groups"]);
            command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
        }
        // The umask is part of the environment and has no variable.
        command.args(["sh", "-c", "umask 022; exec \"$@\"", "sh"]);
        command.args(program);
        Ok(command)
    }

    /// Namespaces and rights.
    fn separate(&self, command: &mut Command) {
        command.args(["--unshare-ipc", "--unshare-pid", "--unshare-net"]);
        command.args([
            "--unshare-uts",
            "--unshare-cgroup-try",
            "--hostname",
            "builder",
        ]);
        command.args(["--die-with-parent", "--new-session", "--cap-drop", "ALL"]);
        let capabilities: &[&str] = match self.role {
            Role::Installer => &INSTALLER_CAPABILITIES,
            Role::Builder => &BECOMING_CAPABILITIES,
        };
        for capability in capabilities {
            command.args(["--cap-add", capability]);
        }
    }

    /// Everything that can be seen.
    fn show(&self, command: &mut Command) {
        let root = match self.role {
            Role::Installer => "--bind",
            Role::Builder => "--ro-bind",
        };
        command.arg(root).arg(self.root).arg("/");
        command.args(["--dev", "/dev", "--proc", "/proc"]);
        let shared_memory_bytes_max = (self.limits.memory_bytes_max / 2).to_string();
        command.args([
            "--perms",
            "1777",
            "--size",
            &shared_memory_bytes_max,
            "--tmpfs",
            "/dev/shm",
        ]);
        if self.scratch {
            command.args([
                "--perms",
                "1777",
                "--size",
                SCRATCH_BYTES_MAX,
                "--tmpfs",
                "/tmp",
            ]);
        }
        for (kind, from, to) in &self.binds {
            command.arg(kind).arg(from).arg(to);
        }
    }

    /// What `program` answers, in a few lines at most.
    pub(crate) fn ask(&self, program: &[&str]) -> Result<String, RebuildError> {
        use std::io::Read as _;
        let mut command =
            self.command(&[&["timeout", "--signal=KILL", ANSWER_SECONDS_MAX], program].concat())?;
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(RebuildError::io("start", Path::new("bwrap")))?;
        let mut answer = String::new();
        let read = match child.stdout.take() {
            Some(pipe) => pipe.take(ANSWER_BYTES_MAX).read_to_string(&mut answer),
            None => Ok(0),
        };
        let status = child
            .wait()
            .map_err(RebuildError::io("run", Path::new("bwrap")))?;
        match read {
            Ok(_) if status.success() => Ok(answer),
            _ => Err(RebuildError::OutputsRefused(format!(
                "{} failed: {status}",
                program.join(" ")
            ))),
        }
    }

    fn limit(&self, command: &mut Command) {
        command.arg("--core=0");
        // Installing is the work of signed packages, for which the limits of the build were not meant.
        if self.role == Role::Builder {
            command.arg(format!("--fsize={}", self.limits.output_bytes_max));
            command.arg(format!("--nproc={}", self.limits.processes_max));
            command.arg(format!("--data={}", self.limits.memory_bytes_max));
        }
    }
}

/// Makes the builder known in the root and lets it write to `folders`.
pub(crate) fn admit_builder(root: &Path, folders: &[&Path]) -> Result<(), RebuildError> {
    let user = format!("builder:x:{BUILDER_ID}:{BUILDER_ID}::/sbuild-nonexistent:/bin/sh\n");
    place::append_to_etc(root, "passwd", &user)?;
    place::append_to_etc(root, "group", &format!("builder:x:{BUILDER_ID}:\n"))?;
    let hosts = "127.0.0.1 localhost builder\n::1 localhost\n";
    place::append_to_etc(root, "hosts", hosts)?;
    for folder in folders {
        std::os::unix::fs::chown(folder, Some(BUILDER_ID), Some(BUILDER_ID))
            .map_err(RebuildError::io("give", folder))?;
    }
    Ok(())
}

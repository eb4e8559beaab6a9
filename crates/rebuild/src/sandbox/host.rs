//! The host's own `git` in a sandbox: it reads what strangers wrote, so it sees programs, one folder, and at most the network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{BECOMING_CAPABILITIES, BUILDER_ID};
use crate::error::RebuildError;
use crate::protocol::BuildLimits;
use crate::tool;

/// Where a host keeps programs and libraries beside `/usr`.
const PROGRAM_FOLDERS: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// What the loader needs.
const LOADER_FILES: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];
/// What it takes to find a host and to check its certificate.
const NETWORK_FILES: [&str; 7] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
];

/// How far a program of the host reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only what it is shown, as a user without rights.
    Nothing,
    /// The network, as a user without rights.
    Network,
    /// Only what it is shown, as the caller, who can read their own folder.
    CallersFolder,
}

/// A sandbox of one command, not started yet.
pub(crate) struct HostSandbox {
    reach: Reach,
    binds: Vec<(&'static str, PathBuf, &'static str)>,
    variables: BTreeMap<String, String>,
}

impl HostSandbox {
    /// A sandbox that shows the host's programs and nothing else.
    pub(crate) const fn new(reach: Reach) -> Self {
        Self {
            reach,
            binds: Vec::new(),
            variables: BTreeMap::new(),
        }
    }

    /// Shows a file or folder, not to be changed.
    pub(crate) fn showing(mut self, from: &Path, to: &'static str) -> Self {
        self.binds.push(("--ro-bind", from.to_path_buf(), to));
        self
    }

    /// Gives a folder, to be written to.
    pub(crate) fn giving(mut self, from: &Path, to: &'static str) -> Self {
        self.binds.push(("--bind", from.to_path_buf(), to));
        self
    }

    /// Sets a variable. It is on no command line, because a proxy's address may hold a password.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The command line that runs `program` in this sandbox.
    pub(crate) fn command(&self, program: &[&str], limits: &BuildLimits) -> Command {
        let mut command = tool::tool("prlimit");
        command.envs(&self.variables);
        command.arg("--core=0");
        // Twice, so that whoever watches sees that it was too much, and not only that the program died of it.
        let bytes_max = limits.output_bytes_max.saturating_mul(2);
        command.arg(format!("--fsize={bytes_max}"));
        command.arg(format!("--data={}", limits.memory_bytes_max));
        command.arg("bwrap");
        self.separate(&mut command);
        self.show(&mut command);
        if self.reach != Reach::CallersFolder {
            let (user, group) = (
                format!("--reuid={BUILDER_ID}"),
                format!("--regid={BUILDER_ID}"),
            );
            command.args(["setpriv", &user, &group, "--clear-groups"]);
            command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
        }
        command.args(["sh", "-c", "umask 022; exec \"$@\"", "sh"]);
        command.args(program);
        command
    }

    fn separate(&self, command: &mut Command) {
        command.args(["--unshare-ipc", "--unshare-pid", "--unshare-uts"]);
        command.args(["--unshare-cgroup-try", "--die-with-parent", "--new-session"]);
        command.args(["--cap-drop", "ALL"]);
        if self.reach != Reach::Network {
            command.arg("--unshare-net");
        }
        let capabilities: &[&str] = match self.reach {
            Reach::Nothing | Reach::Network => &BECOMING_CAPABILITIES,
            // Root may read anybody's repository; whoever else calls has this only over files that are theirs.
            Reach::CallersFolder => &["CAP_DAC_READ_SEARCH"],
        };
        for capability in capabilities {
            command.args(["--cap-add", capability]);
        }
    }

    fn show(&self, command: &mut Command) {
        command.args(["--ro-bind", "/usr", "/usr"]);
        for folder in PROGRAM_FOLDERS {
            match std::fs::read_link(folder) {
                Ok(target) => command.arg("--symlink").arg(target).arg(folder),
                Err(_) => command.args(["--ro-bind-try", folder, folder]),
            };
        }
        // Folders that are made on the way to a file are closed to others, and who runs here may be one of them.
        for folder in ["/etc", "/etc/ssl"] {
            command.args(["--perms", "0755", "--dir", folder]);
        }
        let network: &[&str] = match self.reach {
            Reach::Network => &NETWORK_FILES,
            Reach::Nothing | Reach::CallersFolder => &[],
        };
        for path in LOADER_FILES.iter().chain(network) {
            command.args(["--ro-bind-try", path, path]);
        }
        // No `/proc`: nothing that is run here needs it.
        command.args(["--dev", "/dev"]);
        for (kind, from, to) in &self.binds {
            command.arg(kind).arg(from).arg(to);
        }
        // What is left of the root is in memory, and nobody is to fill that.
        command.args(["--remount-ro", "/", "--chdir", "/"]);
    }
}

/// Gives a folder to the user without rights, when that is who will write to it.
pub(crate) fn give(folder: &Path, reach: Reach) -> Result<(), RebuildError> {
    if reach == Reach::CallersFolder {
        return Ok(());
    }
    std::os::unix::fs::chown(folder, Some(BUILDER_ID), Some(BUILDER_ID))
        .map_err(RebuildError::io("give", folder))
}

//! Limits on a whole tree of processes, where the host lets us set them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::RebuildError;
use crate::protocol::BuildLimits;
use crate::tool;

const MOUNT: &str = "/sys/fs/cgroup";

/// Groups of the kernel that count what the build uses; gone when this value is.
pub(crate) struct Cgroup {
    folders: Vec<PathBuf>,
    /// True when memory of all processes together is limited.
    pub(crate) limits_memory: bool,
}

impl Cgroup {
    /// Makes the groups of one run, with as many limits as this host allows.
    pub(crate) fn make(invocation: &str, limits: &BuildLimits) -> Self {
        let name = format!("quorate-{invocation}");
        let mount = Path::new(MOUNT);
        let (memory, processes) = (
            limits.memory_bytes_max.to_string(),
            limits.processes_max.to_string(),
        );
        let mut group = Self {
            folders: Vec::new(),
            limits_memory: false,
        };
        if mount.join("cgroup.controllers").exists() {
            let folder = mount.join(&name);
            if fs::create_dir(&folder).is_ok() {
                group.folders.push(folder.clone());
                group.limits_memory = fs::write(folder.join("memory.max"), memory).is_ok();
                drop(fs::write(folder.join("memory.swap.max"), "0"));
                drop(fs::write(folder.join("pids.max"), processes));
            }
            return group;
        }
        let folder = mount.join("memory").join(&name);
        if fs::create_dir(&folder).is_ok() {
            group.limits_memory = fs::write(folder.join("memory.limit_in_bytes"), memory).is_ok();
            group.folders.push(folder);
        }
        let folder = mount.join("pids").join(&name);
        if fs::create_dir(&folder).is_ok() {
            // Without this group the number is still limited, per user.
            drop(fs::write(folder.join("pids.max"), processes));
            group.folders.push(folder);
        }
        group
    }

    /// A command line that joins the groups and then becomes `prlimit`, whose arguments follow.
    pub(super) fn entering(&self) -> Result<Command, RebuildError> {
        let mut command = tool::tool("sh");
        let script = r#"while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec prlimit "$@""#;
        command.args(["-c", script, "sh"]);
        for folder in &self.folders {
            command.arg(folder.join("cgroup.procs"));
        }
        command.arg("--");
        Ok(command)
    }

    /// True when the kernel ended a process because all of them together used too much memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let killed = |file: &str| {
            let texts = self
                .folders
                .iter()
                .filter_map(|folder| fs::read_to_string(folder.join(file)).ok());
            let counts = texts.flat_map(|text| {
                text.lines()
                    .filter_map(|line| line.strip_prefix("oom_kill ")?.parse::<u64>().ok())
                    .collect::<Vec<_>>()
            });
            counts.sum::<u64>() > 0
        };
        killed("memory.events") || killed("memory.oom_control")
    }

    /// Removes what a run left that was ended by force. False when a group is still there, because its last
    /// processes are just ending.
    pub(crate) fn remove_leftover(invocation: &str) -> bool {
        let folders = ["", "memory", "pids"].map(|part| {
            Path::new(MOUNT)
                .join(part)
                .join(format!("quorate-{invocation}"))
        });
        folders
            .iter()
            .all(|folder| !folder.exists() || fs::remove_dir(folder).is_ok())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in &self.folders {
            drop(fs::remove_dir(folder));
        }
    }
}

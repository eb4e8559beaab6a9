//! The system's git, with nobody's configuration but the repository's own, of which nothing runs.

use std::path::Path;
use std::process::{Command, Stdio};

/// A git that works in `folder`, not started yet and without arguments.
///
/// Of the caller's environment it gets `PATH` alone. It asks nothing, locks nothing, fetches nothing, searches no folder further up,
/// and runs no file system monitor and no hook.
pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
    command.envs([
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("LC_ALL", "C"),
    ]);
    if let Some(around) = folder.parent() {
        command.env("GIT_CEILING_DIRECTORIES", around);
    }
    command.args([
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
    ]);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

//! A command in bubblewrap: the host read-only, no network, no other process, no capability, only the copy to write to.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::intoto::chain::Ending;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// How an inspection is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confinement {
    /// In the sandbox, without network.
    Sandbox,
    /// In the sandbox, with the host's network.
    SandboxWithNetwork,
    /// With all that the user may do. Only ever by an option that says so.
    DangerousNone,
}

impl std::fmt::Display for Confinement {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Sandbox => "in a sandbox without network",
            Self::SandboxWithNetwork => "in a sandbox with network",
            Self::DangerousNone => "WITHOUT A SANDBOX",
        })
    }
}

impl Confinement {
    /// Whether commands can be run so on this machine: what to ask when one failed, since the sandbox ends with 1 when it can't begin.
    ///
    /// # Errors
    /// Why not, and what to do.
    pub(crate) fn works(self) -> Result<(), String> {
        if self == Self::DangerousNone {
            return Ok(());
        }
        let nowhere = std::env::temp_dir();
        let mut trial = self.command(&["true".to_owned()], &nowhere, &nowhere);
        let outcome = trial
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output();
        let hint = "install bubblewrap, or choose --inspections match, which runs nothing";
        match outcome {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!(
                "no sandbox: {}; {hint}",
                String::from_utf8_lossy(&output.stderr).trim()
            )),
            Err(error) => Err(format!("no sandbox: bwrap: {error}; {hint}")),
        }
    }

    /// `words` to be run in `place`, which the command sees as `seen_as`.
    pub(crate) fn command(self, words: &[String], place: &Path, seen_as: &Path) -> Command {
        if self == Self::DangerousNone {
            let mut command = Command::new(&words[0]);
            command
                .args(&words[1..])
                .current_dir(place)
                .process_group(0);
            return command;
        }
        let mut command = Command::new("bwrap");
        command.args(["--unshare-all", "--die-with-parent", "--new-session"]);
        if self == Self::SandboxWithNetwork {
            command.arg("--share-net");
        }
        // Sockets of other programs stand in these folders, and a read-only view of a socket can be talked to.
        command.args(["--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev"]);
        command.args(["--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]);
        if let Some(home) = std::env::home_dir().filter(|home| is_hidden(home)) {
            command.arg("--tmpfs").arg(&home);
            for program_folder in below(&home) {
                command
                    .arg("--ro-bind")
                    .args([&program_folder, &program_folder]);
            }
        }
        command.arg("--bind").args([place, seen_as]);
        command.arg("--chdir").arg(seen_as);
        command.args(["--clearenv", "--setenv", "LC_ALL", "C.UTF-8"]);
        command.args(["--setenv", "HOME", "/tmp", "--setenv", "PATH"]);
        command.arg(path_variable()).arg("--").args(words);
        command
    }
}

fn path_variable() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())
}

/// A home that is the whole file system cannot be hidden.
fn is_hidden(home: &Path) -> bool {
    home.is_absolute() && home.parent().is_some() && home.is_dir()
}

/// The folders of `home` in which programs of the search path stand, such as `~/.cargo`.
fn below(home: &Path) -> Vec<PathBuf> {
    let variable = path_variable();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&variable)
        .filter_map(|folder| {
            let first = folder.strip_prefix(home).ok()?.components().next()?;
            Some(home.join(first)).filter(|folder| folder.is_dir())
        })
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// Runs a command to its end, or for as long as it may; what it prints goes to stderr, since stdout is for the verdict.
///
/// # Errors
/// Why it could not be started or waited for.
pub(super) fn run(mut command: Command, timeout: Option<Duration>) -> Result<Ending, String> {
    let unable = |error: std::io::Error| format!("its command could not be run: {error}");
    let child = command
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .spawn();
    let mut child = child.map_err(unable)?;
    if has_ended(&child, timeout).map_err(unable)? {
        let status = child.wait().map_err(unable)?;
        return Ok(status.code().map_or(Ending::Killed, Ending::Returned));
    }
    end(&mut child);
    let seconds = timeout.unwrap_or_default().as_secs();
    Err(format!(
        "its command ran for more than {seconds} s and was ended; --inspection-timeout gives it more"
    ))
}

/// Waits until the command has ended, at most for `timeout`.
fn has_ended(child: &Child, timeout: Option<Duration>) -> std::io::Result<bool> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // More than can be told to the kernel is as long as it takes.
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], left.as_ref()) {
            Ok(ended) => return Ok(ended > 0),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Ends the command and what it started: in the sandbox all of it ends with its first process, else its group does.
fn end(child: &mut Child) {
    // A group that has ended meanwhile is what is wanted.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    drop(child.kill());
    drop(child.wait());
}

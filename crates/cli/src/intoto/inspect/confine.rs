//! A command in bubblewrap: the host read-only, no network, no other process, no capability, only the copy to write to.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quorate::intoto::chain::Ending;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::said::Said;

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

/// How often to look for a signal to us; what the command does is seen at once.
const LOOK: Duration = Duration::from_millis(100);

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
        let mut command = Command::new(bubblewrap());
        command.args(["--unshare-all", "--die-with-parent", "--new-session"]);
        if self == Self::SandboxWithNetwork {
            command.arg("--share-net");
        }
        // Sockets of other programs stand in these folders, and a read-only view of a socket can be talked to.
        command.args(["--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev"]);
        command.args(["--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]);
        let hidden = hidden_folders();
        for folder in &hidden {
            command.arg("--tmpfs").arg(folder);
        }
        // Programs may stand there; only their folders are shown, and nothing that stands beside them.
        let is_hidden = |folder: &Path| hidden.iter().any(|hidden| folder.starts_with(hidden));
        let (own, mut path): (Vec<_>, Vec<_>) = search_path().partition(|folder| is_hidden(folder));
        // A home in the search path would show all that was hidden.
        let shows_a_home = |folder: &Path| hidden.iter().any(|hidden| hidden.starts_with(folder));
        for folder in own.iter().filter(|folder| folder.is_dir()) {
            let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            if !shows_a_home(folder) && !shows_a_home(&real) {
                command.arg("--ro-bind").args([folder, folder]);
            }
        }
        // Last, because what such a program needs beside its folder is not there.
        path.extend(own);
        command.arg("--bind").args([place, seen_as]);
        command.arg("--chdir").arg(seen_as);
        command.args(["--clearenv", "--setenv", "LC_ALL", "C.UTF-8"]);
        command.args(["--setenv", "HOME", "/tmp", "--setenv", "PATH"]);
        command.arg(std::env::join_paths(path).unwrap_or_default());
        command.arg("--").args(words);
        command
    }
}

/// The folders of the search path. One that depends on where we are could lead to what was delivered.
fn search_path() -> impl Iterator<Item = PathBuf> {
    let variable =
        std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let folders: Vec<PathBuf> = std::env::split_paths(&variable).collect();
    folders.into_iter().filter(|folder| folder.is_absolute())
}

fn bubblewrap() -> PathBuf {
    let found = search_path().map(|folder| folder.join("bwrap"));
    let mut found = found.filter(|program| program.is_file());
    found.next().unwrap_or_else(|| "/usr/bin/bwrap".into())
}

/// Folders that hold what is the user's own, or sockets: homes, by whatever name, and folders for temporary files. `/tmp` and `/run` are
/// hidden always.
fn hidden_folders() -> Vec<PathBuf> {
    let home = std::env::home_dir();
    let real_home = home.as_ref().and_then(|home| home.canonicalize().ok());
    let known = ["/home", "/root", "/var/tmp"].map(PathBuf::from);
    let mut folders: Vec<PathBuf> = home.into_iter().chain(real_home).chain(known).collect();
    // A home that is the whole file system cannot be hidden.
    folders.retain(|folder| {
        folder.is_absolute() && folder.parent().is_some() && folder.is_dir() && !folder.is_symlink()
    });
    folders.sort();
    folders.dedup();
    folders
}

/// Runs a command to its end, or for as long as it may. It gets a pipe instead of our own output, which may be a terminal or a log that it
/// could write to as it likes; each line of what it says goes to `say`.
///
/// # Errors
/// Why it could not be started or waited for.
pub(super) fn run(
    mut command: Command,
    timeout: Option<Duration>,
    interrupted: &AtomicBool,
    say: &dyn Fn(&str),
) -> Result<Ending, String> {
    let unable = |error: std::io::Error| format!("its command could not be run: {error}");
    let (pipe, writer) = std::io::pipe().map_err(unable)?;
    let second = writer.try_clone().map_err(unable)?;
    command.stdin(Stdio::null()).stdout(writer).stderr(second);
    // Whoever started us may have left files or folders open, through which a command would get out of its sandbox.
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let child = command.spawn();
    // The other ends of the pipe are in there.
    drop(command);
    let mut child = child.map_err(unable)?;
    let mut said = Said::new(pipe, say).map_err(unable)?;
    if has_ended(&child, timeout, interrupted, &mut said).map_err(unable)? {
        said.rest();
        let status = child.wait().map_err(unable)?;
        return Ok(status.code().map_or(Ending::Killed, Ending::Returned));
    }
    end(&mut child);
    said.rest();
    if interrupted.load(Ordering::Relaxed) {
        return Err("its command was ended, because a signal asked us to stop".to_owned());
    }
    let seconds = timeout.unwrap_or_default().as_secs();
    Err(format!(
        "its command ran for more than {seconds} s and was ended; --inspection-timeout gives it more"
    ))
}

/// Waits until the command has ended, at most for `timeout`, or until we are asked to stop; listens meanwhile.
fn has_ended(
    child: &Child,
    timeout: Option<Duration>,
    interrupted: &AtomicBool,
    said: &mut Said<'_>,
) -> std::io::Result<bool> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) || interrupted.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let wait = Timespec::try_from(left.unwrap_or(LOOK).min(LOOK)).ok();
        let mut waited = vec![PollFd::new(&process, PollFlags::IN)];
        waited.extend(said.source().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        match poll(&mut waited, wait.as_ref()) {
            Ok(_) if !waited[0].revents().is_empty() => return Ok(true),
            Ok(_) | Err(Errno::INTR) => said.listen(),
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

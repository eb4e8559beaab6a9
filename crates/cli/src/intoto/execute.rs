//! Runs a step's command: its output passed on and, when wanted, kept; killed with all it started when its time is up.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quorate::json::Json;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::error::CommandError;

/// Bytes of each stream that a link keeps. A verifier reads links of 16 MiB, and text can be three times as long in them.
const KEPT_BYTES_MAX: usize = 1 << 20;
/// What a pipe holds at most (pipe(7): `pipe-max-size`): more cannot be left in it when the command has ended.
const PIPE_BYTES_MAX: usize = 1 << 20;
/// How often to look for a signal to us, or for the end of the command where the kernel cannot say it.
const TICK: Duration = Duration::from_millis(50);

/// How a command is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// What happens to its output beside being passed on.
    pub(super) streams: Streams,
    /// Where its stdout is passed on to.
    pub(super) stdout: Onward,
    /// When it is killed.
    pub(super) timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Streams {
    /// Nothing.
    PassOn,
    /// It is kept.
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onward {
    Stdout,
    /// Stdout is for our own answer.
    Stderr,
}

/// How a command ended, and what it wrote.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Its exit code; the negative number of the signal that killed it.
    pub(super) return_value: i32,
    stdout: Kept,
    stderr: Kept,
}

/// What is kept of a stream.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    omitted_bytes: u64,
}

/// Runs the command to its end.
pub(super) fn execute(words: &[String], manner: Manner) -> Result<Ended, CommandError> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| CommandError::unable("no command"))?;
    let mut command = Command::new(program);
    command.args(arguments);
    let failed = |error: std::io::Error| CommandError::unable(format!("{program}: {error}"));
    if manner.streams == Streams::Keep {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    } else if manner.stdout == Onward::Stderr {
        let stderr = std::io::stderr().as_fd().try_clone_to_owned();
        command.stdout(stderr.map_err(failed)?);
    }
    if manner.timeout.is_some() {
        // All that it starts can then be killed with it. Such a group cannot read from our terminal.
        command.process_group(0);
        if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
            command.stdin(Stdio::null());
        }
    }
    let stop = manner.timeout.map(|_| Stop::on_signals()).transpose();
    let stop = stop.map_err(failed)?;
    let child = command.spawn().map_err(|error| {
        failed(error)
            .hint("nothing was run and no link was written; is it installed and executable?")
    })?;
    let mut watch = Watch::of(child, manner, stop).map_err(failed)?;
    let status = watch.until_it_ends(program)?;
    let [stdout, stderr] = watch.streams.map(|stream| stream.map(|stream| stream.kept));
    Ok(Ended {
        return_value: status
            .code()
            .or_else(|| status.signal().map(|signal| -signal))
            .unwrap_or(-1),
        stdout: stdout.unwrap_or_default(),
        stderr: stderr.unwrap_or_default(),
    })
}

impl Ended {
    /// The by-products of a link, and what must be said about them.
    pub(super) fn byproducts(&self) -> (Json<'static>, Vec<String>) {
        let mut members = vec![("return-value".to_owned(), Json::number(self.return_value))];
        let mut warnings = Vec::new();
        for (name, kept) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let (text, was_text) = kept.text();
            members.push((name.to_owned(), Json::text(text)));
            if !was_text {
                members.push((format!("{name}-replaced"), Json::Bool(true)));
                warnings.push(format!(
                    "the command's {name} is not UTF-8: in the link U+FFFD stands for what is not"
                ));
            }
            if kept.omitted_bytes > 0 {
                let omitted = Json::number(kept.omitted_bytes);
                members.push((format!("{name}-omitted-bytes"), omitted));
                warnings.push(format!(
                    "the link holds the first {KEPT_BYTES_MAX} bytes of the command's {name} and says so; {} are left out",
                    kept.omitted_bytes
                ));
            }
        }
        (Json::object(members), warnings)
    }
}

impl Kept {
    /// The text, and whether it stands for all the bytes.
    fn text(&self) -> (String, bool) {
        let whole = match std::str::from_utf8(&self.bytes) {
            // The limit may have cut a character in two, which is no fault of the command's.
            Err(error) if self.omitted_bytes > 0 && error.error_len().is_none() => {
                &self.bytes[..error.valid_up_to()]
            }
            _ => &self.bytes,
        };
        match std::str::from_utf8(whole) {
            Ok(text) => (text.to_owned(), true),
            Err(_) => (String::from_utf8_lossy(whole).into_owned(), false),
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        let room = KEPT_BYTES_MAX - self.bytes.len();
        let (kept, omitted) = bytes.split_at(room.min(bytes.len()));
        self.bytes.extend_from_slice(kept);
        self.omitted_bytes += omitted.len() as u64;
    }
}

/// A stream of the command that is passed on and kept.
struct Stream {
    source: File,
    onward: OwnedFd,
    kept: Kept,
    is_open: bool,
}

impl Stream {
    fn new(source: impl Into<OwnedFd>, onward: OwnedFd) -> std::io::Result<Self> {
        let source = File::from(source.into());
        rustix::io::ioctl_fionbio(&source, true)?;
        Ok(Self {
            source,
            onward,
            kept: Kept::default(),
            is_open: true,
        })
    }

    /// Takes what is there now; how much that was.
    fn pump(&mut self) -> std::io::Result<usize> {
        let mut chunk = [0; 64 * 1024];
        let count = match (&self.source).read(&mut chunk) {
            Ok(0) => {
                self.is_open = false;
                0
            }
            Ok(count) => count,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                0
            }
            Err(error) => return Err(error),
        };
        self.kept.add(&chunk[..count]);
        self.pass_on(&chunk[..count]);
        Ok(count)
    }

    fn pass_on(&self, bytes: &[u8]) {
        // Whoever reads our output may have gone; the link keeps it all the same.
        if let Ok(onward) = self.onward.try_clone() {
            let written = File::from(onward).write_all(bytes);
            drop(written);
        }
    }
}

/// Set when a signal asks this program to end.
struct Stop(Arc<AtomicBool>);

impl Stop {
    fn on_signals() -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [
            signal_hook::consts::SIGINT,
            signal_hook::consts::SIGTERM,
            signal_hook::consts::SIGHUP,
        ] {
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
        Ok(Self(stop))
    }
}

struct Watch {
    child: Child,
    /// Readable when the command has ended.
    ended: Option<OwnedFd>,
    streams: [Option<Stream>; 2],
    deadline: Option<(Instant, Duration)>,
    stop: Option<Stop>,
}

impl Watch {
    fn of(mut child: Child, manner: Manner, stop: Option<Stop>) -> std::io::Result<Self> {
        let onward = match manner.stdout {
            Onward::Stdout => std::io::stdout().as_fd().try_clone_to_owned()?,
            Onward::Stderr => std::io::stderr().as_fd().try_clone_to_owned()?,
        };
        let stdout = child.stdout.take();
        let stdout = stdout
            .map(|source| Stream::new(source, onward))
            .transpose()?;
        let onward = std::io::stderr().as_fd().try_clone_to_owned()?;
        let stderr = child.stderr.take();
        let stderr = stderr
            .map(|source| Stream::new(source, onward))
            .transpose()?;
        Ok(Self {
            ended: pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).ok(),
            child,
            streams: [stdout, stderr],
            deadline: manner.timeout.map(|time| (Instant::now() + time, time)),
            stop,
        })
    }

    fn until_it_ends(&mut self, program: &str) -> Result<ExitStatus, CommandError> {
        let failed = |error: std::io::Error| CommandError::unable(format!("{program}: {error}"));
        loop {
            if let Some(status) = self.child.try_wait().map_err(failed)? {
                self.drain().map_err(failed)?;
                return Ok(status);
            }
            if let Some(reason) = self.must_die() {
                self.kill();
                return Err(CommandError::unable(format!("{program}: killed, with all that it started, {reason}"))
                    .hint("no link was written; --run-timeout sets another time, and without it there is none"));
            }
            self.wait().map_err(failed)?;
        }
    }

    fn must_die(&self) -> Option<String> {
        if self
            .stop
            .as_ref()
            .is_some_and(|stop| stop.0.load(Ordering::Relaxed))
        {
            return Some("because a signal ended this program".to_owned());
        }
        let (deadline, time) = self.deadline?;
        (Instant::now() >= deadline)
            .then(|| format!("after the {} seconds of --run-timeout", time.as_secs()))
    }

    fn kill(&mut self) {
        // What is gone already needs no killing.
        kill_process_group(Pid::from_child(&self.child), Signal::KILL).ok();
        let ended = self.child.wait();
        drop(ended);
    }

    /// Waits until something can be read, the command ends, or it is time to look around; passes on what there is.
    fn wait(&mut self) -> std::io::Result<()> {
        let mut waited: Vec<PollFd<'_>> = Vec::new();
        let open = self
            .streams
            .iter()
            .flatten()
            .filter(|stream| stream.is_open);
        waited.extend(open.map(|stream| PollFd::new(&stream.source, PollFlags::IN)));
        waited.extend(
            self.ended
                .as_ref()
                .map(|ended| PollFd::new(ended, PollFlags::IN)),
        );
        let timed = self.ended.is_none() || self.deadline.is_some();
        let tick = Timespec {
            tv_sec: 0,
            tv_nsec: TICK.subsec_nanos().into(),
        };
        match poll(&mut waited, timed.then_some(&tick)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for stream in self
            .streams
            .iter_mut()
            .flatten()
            .filter(|stream| stream.is_open)
        {
            stream.pump()?;
        }
        Ok(())
    }

    /// Takes what the command left in its pipes. What goes on running in the background is not waited for.
    fn drain(&mut self) -> std::io::Result<()> {
        for stream in self.streams.iter_mut().flatten() {
            let mut taken = 0;
            while stream.is_open && taken < PIPE_BYTES_MAX {
                match stream.pump()? {
                    0 => break,
                    count => taken += count,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES_MAX, Kept};

    #[test]
    fn a_character_that_the_limit_cut_in_two_is_left_out() {
        let mut kept = Kept::default();
        kept.add(&vec![b'a'; KEPT_BYTES_MAX - 1]);
        kept.add("é".as_bytes());
        let (text, was_text) = kept.text();
        assert!(was_text);
        assert_eq!(text.len(), KEPT_BYTES_MAX - 1);
        assert_eq!(kept.omitted_bytes, 1);
    }

    #[test]
    fn bytes_that_are_no_text_are_said_to_be_replaced() {
        let mut kept = Kept::default();
        kept.add(b"a\xffb");
        assert_eq!(kept.text(), ("a\u{fffd}b".to_owned(), false));
    }
}

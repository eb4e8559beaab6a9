//! One run of a whole program: its times and how it ended, or its largest memory.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::Cost;

/// How often the memory of a running program is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// A program that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// What the run took, from starting the program to its end.
    pub cost: Cost,
    /// How it ended.
    pub status: ExitStatus,
}

/// Runs `command` to its end, without output.
///
/// # Errors
/// When it cannot be started or waited for.
pub fn run(command: &mut Command) -> io::Result<Finished> {
    let started = Instant::now();
    let mut child = start(command)?;
    // The child stays a zombie for a moment, so that the kernel's account of it can still be read.
    has_ended(&child, WaitIdOptions::empty())?;
    let wall = started.elapsed();
    let processor = processor_time(child.id()).unwrap_or_default();
    Ok(Finished {
        cost: Cost { wall, processor },
        status: child.wait()?,
    })
}

/// Runs `command` to its end, without output, and returns the most bytes of memory that it had in use at one time.
///
/// It does not see what happens in the last few milliseconds, so the program must run for longer.
///
/// # Errors
/// When it cannot be started or waited for.
pub fn memory_peak_of(command: &mut Command) -> io::Result<u64> {
    let mut child = start(command)?;
    let mut peak_bytes = 0;
    while !has_ended(&child, WaitIdOptions::NOHANG)? {
        peak_bytes = memory_peak(child.id()).unwrap_or(peak_bytes);
        std::thread::sleep(LOOK);
    }
    child.wait()?;
    Ok(peak_bytes)
}

fn start(command: &mut Command) -> io::Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// The program of that name that was built beside the running benchmark.
///
/// # Errors
/// When it is not there.
pub fn program(name: &str) -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.ancestors().nth(2).unwrap_or(&own);
    let path = folder.join(name);
    if path.is_file() {
        return Ok(path);
    }
    let missing = format!(
        "{}: missing; `crates/bench/run` builds it first",
        path.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, missing))
}

fn has_ended(child: &Child, options: WaitIdOptions) -> io::Result<bool> {
    let pid = Pid::from_child(child);
    let options = options | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(pid), options)?.is_some())
}

/// The first thread's time, which is exact, or that of all threads in hundredths of a second, whichever is larger.
fn processor_time(pid: u32) -> Option<Duration> {
    let first = first_thread_time(pid)?;
    Some(first.max(all_threads_time(pid).unwrap_or_default()))
}

/// proc(5), `schedstat`: nanoseconds on a processor first.
fn first_thread_time(pid: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    let nanoseconds = text.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// proc(5), `stat`: `utime` and `stime` are the 14th and 15th value, the second being a name in brackets; 100 ticks a second.
fn all_threads_time(pid: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let values = text.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let ticks = values.take(2).map(|value| value.parse::<u64>().ok());
    let ticks = ticks.sum::<Option<u64>>()?;
    Some(Duration::from_millis(10 * ticks))
}

/// proc(5), `status`: `VmHWM` is the peak of the resident set.
fn memory_peak(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

//! The end of everything that a build started.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

use crate::error::RebuildError;

/// The kernel needs a moment to end a process.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(1);

/// Kills and reaps until this process is alone in its process namespace.
///
/// The build process is the first of its namespace, so that whatever escaped its parents has become its child.
pub(crate) fn end_everything() -> Result<(), RebuildError> {
    if std::process::id() != 1 {
        // Without an own process namespace there would be others to kill.
        return Err(RebuildError::PhaseLost {
            phase: "build",
            detail: "not in a process namespace".into(),
        });
    }
    loop {
        let others = others()?;
        if others.is_empty() {
            return Ok(());
        }
        for process in others {
            // It may have ended by itself in between.
            let _ = kill_process(process, Signal::KILL);
        }
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        std::thread::sleep(BETWEEN_ROUNDS);
    }
}

fn others() -> Result<Vec<Pid>, RebuildError> {
    let proc = Path::new("/proc");
    let entries = std::fs::read_dir(proc).map_err(RebuildError::io("list", proc))?;
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    Ok(numbers
        .filter(|number| *number != 1)
        .filter_map(Pid::from_raw)
        .collect())
}

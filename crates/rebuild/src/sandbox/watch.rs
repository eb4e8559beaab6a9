//! Watching a running build: its log, its time and what it writes. The first limit that it passes ends it.

use std::fs::{self, File};
use std::io::{PipeReader, Read, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::RebuildError;
use crate::protocol::BuildLimits;

/// How often time and exit are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How often, at most, the written files are counted; large trees are counted less often.
const COUNTING_PAUSE: Duration = Duration::from_millis(500);
/// A build is ended before it takes the last of the disk from everybody else.
const DISK_FREE_BYTES_MIN: u64 = 256 << 20;
/// Enough of the log's end to see why a build failed.
const TAIL_BYTES_MAX: usize = 8 << 10;
/// Lines of the log that are shown.
const TAIL_LINES_MAX: usize = 25;

/// How a watched build ended.
pub(crate) struct Watched {
    /// Its status, when it ended by itself.
    pub(crate) end: Result<ExitStatus, RebuildError>,
    /// The last lines of the log.
    pub(crate) tail: Vec<String>,
}

/// What a build is held to.
pub(crate) struct Watch<'a> {
    /// The limits.
    pub(crate) limits: BuildLimits,
    /// The folders that the build can write to, all on one file system.
    pub(crate) written: &'a [PathBuf],
    /// Where the compressed log goes.
    pub(crate) log: &'a Log,
    /// What the time is counted from.
    started: Instant,
}

/// A compressed log of one or more commands: each appends to it.
pub(crate) struct Log {
    path: PathBuf,
    bytes: Arc<AtomicU64>,
}

impl Log {
    /// A log that goes to `path`.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            bytes: Arc::default(),
        }
    }

    /// Adds a line of ours.
    pub(crate) fn note(&self, line: &str) -> Result<(), RebuildError> {
        let frame = zstd::encode_all(format!("{line}\n").as_bytes(), 3)
            .map_err(RebuildError::io("write", &self.path))?;
        self.open()?
            .write_all(&frame)
            .map_err(RebuildError::io("write", &self.path))
    }

    /// The end of the file. Compressed pieces one behind the other are read as one.
    fn open(&self) -> Result<File, RebuildError> {
        let mut options = File::options();
        options
            .create(true)
            .append(true)
            .open(&self.path)
            .map_err(RebuildError::io("open", &self.path))
    }
}

impl<'a> Watch<'a> {
    /// A watch whose time begins now.
    pub(crate) fn new(limits: BuildLimits, written: &'a [PathBuf], log: &'a Log) -> Self {
        Self {
            limits,
            written,
            log,
            started: Instant::now(),
        }
    }

    /// Runs `command` to its end or to the first limit.
    pub(crate) fn run(&self, command: &mut Command) -> Result<Watched, RebuildError> {
        let pipe =
            std::io::pipe().and_then(|(reader, writer)| Ok((reader, writer.try_clone()?, writer)));
        let (reader, errors, output) =
            pipe.map_err(RebuildError::io("make a pipe for", &self.log.path))?;
        let mut child = command
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(RebuildError::io("start", Path::new("bwrap")))?;
        // The command holds the pipe's other end; without this the log would never end.
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let logged = Arc::clone(&self.log.bytes);
        let log = LogWriter {
            path: self.log.path.clone(),
            file: self.log.open()?,
            bytes: Arc::clone(&logged),
            bytes_max: self.limits.output_bytes_max,
        };
        let writer = std::thread::spawn(move || log.write(reader));
        let end = self.wait(&mut child, &logged);
        // The build is over, so whatever still holds the log open is killed, and the writer sees its end.
        super::end_everything()?;
        let tail = writer.join().map_err(|_| RebuildError::PhaseLost {
            phase: "log",
            detail: "panicked".into(),
        })??;
        Ok(Watched {
            end,
            tail: last_lines(&tail),
        })
    }

    fn wait(&self, child: &mut Child, logged: &AtomicU64) -> Result<ExitStatus, RebuildError> {
        let mut next_count = Instant::now() + COUNTING_PAUSE;
        loop {
            if let Some(status) = child
                .try_wait()
                .map_err(RebuildError::io("wait for", Path::new("bwrap")))?
            {
                return Ok(status);
            }
            if self.started.elapsed() > Duration::from_secs(self.limits.seconds_max) {
                return stop(child, format!("{} seconds", self.limits.seconds_max));
            }
            if logged.load(Ordering::Relaxed) > self.limits.output_bytes_max {
                return stop(
                    child,
                    format!("{} bytes of log", self.limits.output_bytes_max),
                );
            }
            if Instant::now() >= next_count {
                let counting = Instant::now();
                if let Some(reason) = self.too_much_written(logged.load(Ordering::Relaxed)) {
                    return stop(child, reason);
                }
                next_count = Instant::now() + COUNTING_PAUSE.max(counting.elapsed() * 10);
            }
            std::thread::sleep(TICK);
        }
    }

    /// The limit that is passed by what is written now. A command can end before it was looked at.
    pub(crate) fn excess(&self) -> Option<String> {
        self.too_much_written(self.log.bytes.load(Ordering::Relaxed))
    }

    fn too_much_written(&self, logged: u64) -> Option<String> {
        let disk = self
            .written
            .first()
            .and_then(|folder| rustix::fs::statvfs(folder).ok());
        if disk.is_some_and(|disk| {
            disk.f_bavail * disk.f_frsize
                < DISK_FREE_BYTES_MIN.min(disk.f_blocks * disk.f_frsize / 20)
        }) {
            return Some("the disk is nearly full".into());
        }
        let written: u64 = self
            .written
            .iter()
            .map(|folder| bytes_below(folder))
            .sum::<u64>()
            + bytes_unlinked();
        let over = written + logged > self.limits.output_bytes_max;
        over.then(|| format!("{} bytes of files and log", self.limits.output_bytes_max))
    }
}

fn stop(child: &mut Child, reason: String) -> Result<ExitStatus, RebuildError> {
    // It may have ended just now, which changes nothing: it was over the limit.
    drop(child.kill());
    drop(child.wait());
    Err(RebuildError::LimitHit(reason))
}

/// Bytes on disk below a folder, without following a symbolic link.
fn bytes_below(folder: &Path) -> u64 {
    let mut sum = 0;
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        // What vanishes while we count is not counted.
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            sum += metadata.blocks() * 512;
            if metadata.is_dir() {
                open.push(entry.path());
            }
        }
    }
    sum
}

/// Bytes of files that some process of our namespace holds open and that have no name any more.
fn bytes_unlinked() -> u64 {
    let mut sizes = std::collections::BTreeMap::new();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in
        processes.filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok())
    {
        for handle in fs::read_dir(process.path().join("fd"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let Ok(metadata) = fs::metadata(handle.path()) else {
                continue;
            };
            if metadata.is_file() && metadata.nlink() == 0 {
                sizes.insert((metadata.dev(), metadata.ino()), metadata.blocks() * 512);
            }
        }
    }
    sizes.values().sum()
}

/// Takes the log off the build's hands and stores it compressed.
struct LogWriter {
    path: PathBuf,
    file: File,
    bytes: Arc<AtomicU64>,
    bytes_max: u64,
}

impl LogWriter {
    fn write(self, mut pipe: PipeReader) -> Result<Vec<u8>, RebuildError> {
        let path = self.path;
        let io = || RebuildError::io("write", &path);
        let mut encoder = zstd::Encoder::new(self.file, 3).map_err(io())?;
        let (mut buffer, mut tail) = (vec![0; 1 << 16], Vec::new());
        loop {
            let length = pipe.read(&mut buffer).map_err(io())?;
            if length == 0 {
                break;
            }
            let so_far = self.bytes.fetch_add(length as u64, Ordering::Relaxed);
            if so_far <= self.bytes_max {
                encoder.write_all(&buffer[..length]).map_err(io())?;
            }
            tail.extend_from_slice(&buffer[..length]);
            let surplus = tail.len().saturating_sub(TAIL_BYTES_MAX);
            tail.drain(..surplus);
        }
        let file = encoder.finish().map_err(io())?;
        file.sync_all().map_err(io())?;
        Ok(tail)
    }
}

fn last_lines(tail: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(tail);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES_MAX)..]
        .iter()
        .map(|line| crate::tool::printable(line))
        .collect()
}

//! Files → SHA-256, on all processors, each file from one open descriptor and noticing when it changes meanwhile.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use quorate::digest::{Sha256, Sha256Stream};
use rustix::fs::{CWD, FileType, Mode, OFlags, Stat};

use crate::error::RecordError;
use crate::walk::{Found, io};

/// Large enough that system calls cost nothing beside hashing, small enough to stay in the processor's cache.
const CHUNK_BYTES: usize = 256 * 1024;
/// Kernels copy into a buffer that begins with a page up to twice as fast as into one that begins a few bytes after.
const PAGE_BYTES: usize = 4096;
/// More would wait for the same disk and the same table of open files.
const THREADS_MAX: usize = 64;

/// Hashes all files, in their order. Threads take the next file each, so that a large one holds up nobody.
pub(crate) fn all(
    files: &[Found],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Sha256>, RecordError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(files.len()).min(THREADS_MAX);
    let next = AtomicUsize::new(0);
    let work = || take(files, &next, progress);
    let parts = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut parts = vec![work()];
        for other in others {
            match other.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let mut digests = Vec::new();
    for part in parts {
        digests.append(&mut part?);
    }
    digests.sort_unstable_by_key(|(at, _)| *at);
    Ok(digests.into_iter().map(|(_, digest)| digest).collect())
}

/// What one thread does until no file is left, or one cannot be hashed.
fn take(
    files: &[Found],
    next: &AtomicUsize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<(usize, Sha256)>, RecordError> {
    let mut memory = vec![0; CHUNK_BYTES + PAGE_BYTES];
    let begin = memory.as_ptr().align_offset(PAGE_BYTES).min(PAGE_BYTES);
    let chunk = &mut memory[begin..begin + CHUNK_BYTES];
    let mut digests = Vec::new();
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(at) else {
            return Ok(digests);
        };
        match one(&file.path, chunk, progress) {
            Ok(digest) => digests.push((at, digest)),
            Err(error) => {
                // The others need not go on.
                next.store(files.len(), Ordering::Relaxed);
                return Err(error);
            }
        }
    }
}

/// Hashes a regular file, also through symbolic links.
fn one(
    path: &Path,
    chunk: &mut [u8],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Sha256, RecordError> {
    let failed = |errno: rustix::io::Errno| io(path, errno.into());
    // What was a file a moment ago may be a pipe now: it is opened without waiting for its other end.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(rustix::fs::openat(CWD, path, flags, Mode::empty()).map_err(failed)?);
    let before = rustix::fs::fstat(&file).map_err(failed)?;
    if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
        return Err(RecordError::Changed(path.to_owned()));
    }
    let stated_size = u64::try_from(before.st_size).unwrap_or(0);
    let (digest, size) =
        stream(&file, stated_size, chunk, progress).map_err(|error| io(path, error))?;
    let after = rustix::fs::fstat(&file).map_err(failed)?;
    if size == stated_size && is_same(&before, &after) {
        Ok(digest)
    } else {
        Err(RecordError::Changed(path.to_owned()))
    }
}

/// Hashes as many bytes as the file had when it was opened, or fewer when it ends before. What somebody adds meanwhile shows in its
/// size and times.
fn stream(
    mut file: impl Read,
    stated_size: u64,
    chunk: &mut [u8],
    progress: &(dyn Fn(u64) + Sync),
) -> std::io::Result<(Sha256, u64)> {
    let mut stream = Sha256Stream::default();
    let mut size = 0;
    loop {
        let left = usize::try_from(stated_size - size).unwrap_or(usize::MAX);
        let wanted = match left.min(chunk.len()) {
            0 if stated_size > 0 => break,
            // Files that a kernel makes up say that they are empty, and are not.
            0 => 1,
            wanted => wanted,
        };
        match file.read(&mut chunk[..wanted]) {
            Ok(0) => break,
            Ok(count) => {
                stream.update(&chunk[..count]);
                size += count as u64;
                progress(count as u64);
                if size > stated_size {
                    break;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((stream.finish(), size))
}

/// Every write to a file moves its change time, and so does another file that takes its name.
fn is_same(a: &Stat, b: &Stat) -> bool {
    let identity = |stat: &Stat| {
        (
            stat.st_dev,
            stat.st_ino,
            stat.st_size,
            stat.st_mtime,
            stat.st_mtime_nsec,
            stat.st_ctime,
            stat.st_ctime_nsec,
        )
    };
    identity(a) == identity(b)
}

//! The file in hand → its digest, from one open file, noticing when it changes meanwhile.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek as _};
use std::path::Path;

use quorate::digest::{Sha256, Sha256Stream};
use quorate::verify::{Artifact, ArtifactState, View};
use rustix::fs::{AtFlags, CWD, OFlags, Stat};

use crate::open::{OpenError, open_regular};

/// Large enough that system calls cost nothing beside hashing, small enough to stay in the processor's cache.
const CHUNK_BYTES: usize = 256 * 1024;

/// Hashes the file at `path` and calls `progress` with the number of bytes read so far.
///
/// A symbolic link, anything but a regular file, and a file that changes while it is read become an unusable artifact, which
/// the verdict refuses. It does not promise that nobody changes the file afterwards.
///
/// # Errors
/// [`ArtifactError`] when there is nothing to judge: no such file, or it cannot be read.
pub fn read_artifact(path: &Path, progress: impl FnMut(u64)) -> Result<Artifact, ArtifactError> {
    read_artifact_with(path, progress, |_| View::Whole)
}

/// As [`read_artifact`]; then `look` reads the same open file again, from its start. What it finds is about the bytes that were hashed:
/// a change in between makes the artifact unusable.
///
/// # Errors
/// As there.
pub fn read_artifact_with(
    path: &Path,
    progress: impl FnMut(u64),
    look: impl FnOnce(&mut File) -> View,
) -> Result<Artifact, ArtifactError> {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let (state, view) = match open_regular(path, OFlags::NOFOLLOW) {
        Ok(file) => read_unchanged(path, file, progress, look).map_err(|source| ArtifactError {
            path: path.to_owned(),
            source,
        })?,
        Err(OpenError::Io(source)) => {
            return Err(ArtifactError {
                path: path.to_owned(),
                source,
            });
        }
        Err(refusal) => {
            let problem = format!("{name}: {refusal}");
            (ArtifactState::Unusable(problem), View::Whole)
        }
    };
    Ok(Artifact { name, state, view })
}

fn read_unchanged(
    path: &Path,
    mut file: File,
    progress: impl FnMut(u64),
    look: impl FnOnce(&mut File) -> View,
) -> std::io::Result<(ArtifactState, View)> {
    let before = rustix::fs::fstat(&file)?;
    let stated_size = u64::try_from(before.st_size).unwrap_or(0);
    // A file that somebody keeps writing to would never end: one byte more than it had says enough.
    let (sha256, size) = hash((&file).take(stated_size.saturating_add(1)), progress)?;
    file.rewind()?;
    let view = look(&mut file);
    let after = rustix::fs::fstat(&file)?;
    let named = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).ok();
    let same = size == stated_size
        && is_same(&before, &after)
        && named.is_some_and(|named| is_same(&before, &named));
    let state = if same {
        ArtifactState::Read(sha256)
    } else {
        ArtifactState::Unusable("the file changed while it was read".to_owned())
    };
    Ok((state, view))
}

fn hash(mut file: impl Read, mut progress: impl FnMut(u64)) -> std::io::Result<(Sha256, u64)> {
    let mut stream = Sha256Stream::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size = 0;
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok((stream.finish(), size)),
            Ok(count) => {
                stream.update(&chunk[..count]);
                size += count as u64;
                progress(size);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Every write to a file moves its change time.
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

/// A file that could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct ArtifactError {
    /// The file.
    pub path: std::path::PathBuf,
    /// What the system says.
    pub source: std::io::Error,
}

//! Opening files that somebody else may have prepared.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags};

/// Opens a regular file for reading. A pipe or device is refused without waiting for it; `NOFOLLOW` when links must not count.
pub(crate) fn open_regular(path: &Path, flags: OFlags) -> Result<File, OpenError> {
    let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = rustix::fs::openat(CWD, path, flags, Mode::empty());
    let fd = opened.map_err(|errno| match errno {
        rustix::io::Errno::LOOP => OpenError::SymbolicLink,
        errno => OpenError::Io(errno.into()),
    })?;
    let stat = rustix::fs::fstat(&fd).map_err(|errno| OpenError::Io(errno.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(OpenError::NotRegular);
    }
    Ok(File::from(fd))
}

/// Opens a file that the user named, to be read from any place. A link is followed, as the user named it; a folder, pipe or device is
/// refused without waiting for it.
///
/// # Errors
/// [`PathError`] when it cannot be opened or is no regular file.
pub fn open_file(path: &Path) -> Result<File, PathError> {
    open_regular(path, OFlags::empty()).map_err(|source| PathError {
        path: path.to_owned(),
        source,
    })
}

/// Reads a whole file that the user named (a policy, a key, a proof), of at most `bytes_max` bytes.
///
/// # Errors
/// [`PathError`] when it cannot be read or is larger.
pub fn read_bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, PathError> {
    let read = || {
        let file = open_regular(path, OFlags::empty())?;
        let mut bytes = Vec::new();
        let size = stated_size(&file);
        read_into(&mut bytes, file, size, bytes_max).map(|()| bytes)
    };
    read().map_err(|source| PathError {
        path: path.to_owned(),
        source,
    })
}

/// The size that the system has for a file: a promise of nobody's, which files in memory of the kernel do not keep.
pub(crate) fn stated_size(file: &File) -> u64 {
    file.metadata().map_or(0, |found| found.len())
}

/// Reads all of `file` into the empty `bytes`; when that fails they hold what was read until then. What is stated to be too large is
/// not read at all.
pub(crate) fn read_into(
    bytes: &mut Vec<u8>,
    file: impl Read,
    stated_size: u64,
    bytes_max: usize,
) -> Result<(), OpenError> {
    let too_large = OpenError::TooLarge { bytes_max };
    let Some(size) = usize::try_from(stated_size)
        .ok()
        .filter(|size| *size <= bytes_max)
    else {
        return Err(too_large);
    };
    // The size is only where to begin: what is read is bounded by itself.
    bytes.reserve_exact(size + 1);
    // One byte more than allowed tells a file that is too large from one that just fits.
    file.take(bytes_max as u64 + 1)
        .read_to_end(bytes)
        .map_err(OpenError::Io)?;
    if bytes.len() > bytes_max {
        return Err(too_large);
    }
    Ok(())
}

/// A file that could not be read, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct PathError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: OpenError,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A symbolic link where the file itself is wanted.
    #[error(
        "it is a symbolic link, which can point elsewhere a moment later; give the file itself"
    )]
    SymbolicLink,
    /// A folder, pipe, socket or device.
    #[error("it is not a regular file")]
    NotRegular,
    /// Larger than its kind may be.
    #[error("it is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// The system says no.
    #[error("{0}")]
    Io(std::io::Error),
}

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

/// Reads a whole file that the user named (a policy, a key, a proof), of at most `bytes_max` bytes.
///
/// # Errors
/// [`PathError`] when it cannot be read or is larger.
pub fn read_bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, PathError> {
    let read = || {
        let file = open_regular(path, OFlags::empty())?;
        read_at_most(file, bytes_max)
    };
    read().map_err(|source| PathError {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn read_at_most(file: File, bytes_max: usize) -> Result<Vec<u8>, OpenError> {
    // The size is only where to begin: what is read is bounded by itself.
    let size = file.metadata().map_or(0, |found| found.len());
    let size = usize::try_from(size).map_or(bytes_max, |size| size.min(bytes_max));
    let mut bytes = Vec::with_capacity(size + 1);
    // One byte more than allowed tells a file that is too large from one that just fits.
    file.take(bytes_max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(OpenError::Io)?;
    if bytes.len() > bytes_max {
        Err(OpenError::TooLarge { bytes_max })
    } else {
        Ok(bytes)
    }
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

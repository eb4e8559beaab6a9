//! How files come from a repository: bounded by length and time, whoever serves them.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

/// Which part of a repository a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// `metadata/`
    Metadata,
    /// `targets/`
    Targets,
}

/// A file that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'n> {
    /// Where it is.
    pub tree: Tree,
    /// Its name below that, relative, parts separated by `/`, none of them `..`. Names of metadata have a role's name as [`crate::metadata::RoleName::encoded`]
    /// gives it, in files and in URLs; those of targets are not escaped.
    pub name: &'n str,
    /// Bytes that it may have.
    pub bytes_max: usize,
    /// Seconds that it may take.
    pub seconds_max: u64,
}

/// Whoever brings files from a repository.
pub trait Fetch {
    /// Brings a file; `None` where the repository does not have it.
    ///
    /// # Errors
    /// [`FetchError`] when it is longer or takes longer than the request allows, or cannot be read.
    fn fetch(&mut self, request: &Request<'_>) -> Result<Option<Vec<u8>>, FetchError>;

    /// Seconds that all fetches of this value took together, for the limit of a whole update.
    fn seconds_spent(&self) -> u64;
}

/// Why a file does not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// More bytes than the file may have.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// Not there in time.
    #[error("not complete after {0} seconds")]
    TooSlow(u64),
    /// It comes so slowly that whoever serves it may hold us up on purpose.
    #[error("fewer than {bytes_min} bytes came within {seconds} seconds")]
    Stalled {
        /// Bytes that had to come.
        bytes_min: u64,
        /// Seconds within which they had to.
        seconds: u64,
    },
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// A repository in a folder of this machine.
#[derive(Debug)]
pub struct FolderFetch {
    folder: PathBuf,
    spent: Duration,
}

/// Bytes that are read between two looks at the time.
const PIECE_BYTES: u64 = 65_536;

impl FolderFetch {
    /// Reads from a folder with `metadata/` and `targets/`.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            spent: Duration::ZERO,
        }
    }

    /// Reads from a `file:///…` URL of such a folder; `%` escapes are not read, and no host is.
    ///
    /// # Errors
    /// [`FetchError::Unreadable`] for anything else.
    pub fn from_url(url: &str) -> Result<Self, FetchError> {
        match url.strip_prefix("file://") {
            Some(path) if path.starts_with('/') && !path.contains('%') => {
                Ok(Self::new(Path::new(path)))
            }
            _ => Err(FetchError::Unreadable(format!(
                "{url:?} is not of the form file:///PATH without escapes"
            ))),
        }
    }
}

impl Fetch for FolderFetch {
    fn fetch(&mut self, request: &Request<'_>) -> Result<Option<Vec<u8>>, FetchError> {
        let begun = Instant::now();
        let tree = match request.tree {
            Tree::Metadata => "metadata",
            Tree::Targets => "targets",
        };
        let found = read(&self.folder.join(tree).join(request.name), request, begun);
        self.spent += begun.elapsed();
        found
    }

    fn seconds_spent(&self) -> u64 {
        self.spent.as_secs()
    }
}

fn read(path: &Path, request: &Request<'_>, begun: Instant) -> Result<Option<Vec<u8>>, FetchError> {
    let unreadable = |error: std::io::Error| FetchError::Unreadable(error.to_string());
    // Opening a pipe would wait for whoever writes to it.
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(FetchError::Unreadable("not a regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    loop {
        if begun.elapsed() >= Duration::from_secs(request.seconds_max) {
            return Err(FetchError::TooSlow(request.seconds_max));
        }
        let before = bytes.len();
        (&mut file)
            .take(PIECE_BYTES)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() > request.bytes_max {
            return Err(FetchError::TooLong(request.bytes_max));
        }
        if bytes.len() == before {
            return Ok(Some(bytes));
        }
    }
}

//! A folder whose files are replaced whole: what a crash leaves behind is the old file or the new one.
//!
//! **Enters:** names of our own making, bytes.
//! **Leaves:** the same bytes, flushed and renamed into place; a lock that ends with the process.
//! **Never:** a name from metadata as it stands; a link followed inside of the folder; a pipe or device opened.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The beginning of the names of files that are being written.
const UNFINISHED: &str = ".unfinished-";
/// The file that is locked; it stays empty.
const LOCK: &str = ".lock";

/// What to do when another process holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBusy {
    /// Wait until it ends.
    Wait,
    /// Refuse at once.
    Refuse,
}

/// Something that is about to happen to a file. Between two of them a process can be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The bytes go to a file beside the named one.
    Write(String),
    /// The file beside takes the place of the named one.
    Rename(String),
    /// The named file or folder is removed.
    Remove(String),
    /// Everything is done.
    Done,
}

type Observer = Box<dyn FnMut(&Step)>;

/// A folder that this process works on.
pub struct Disk {
    folder: PathBuf,
    observer: Option<Observer>,
    unfinished: u32,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Disk({})", self.folder.display())
    }
}

/// The lock on a folder; it ends when this value or the process does.
#[derive(Debug)]
pub struct Locked(#[expect(dead_code, reason = "held, not read")] File);

impl Disk {
    /// Takes a folder, which is made with its parents where it is missing.
    ///
    /// # Errors
    /// [`DiskError`] when it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, DiskError> {
        fs::create_dir_all(folder).map_err(|source| DiskError::io(folder, source))?;
        Ok(Self {
            folder: folder.to_owned(),
            observer: None,
            unfinished: 0,
        })
    }

    /// Calls `observer` before each step: to show progress, or to test what a crash leaves behind.
    pub fn observe(&mut self, observer: impl FnMut(&Step) + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Tells the observer that everything is done.
    pub fn done(&mut self) {
        self.tell(&Step::Done);
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Locks the folder against other processes, and removes what killed ones left unfinished.
    ///
    /// # Errors
    /// [`DiskError::Busy`] when another holds it and `busy` says not to wait.
    pub fn lock(&mut self, busy: OnBusy) -> Result<Locked, DiskError> {
        let path = self.folder.join(LOCK);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK))
            .open(&path)
            .map_err(|source| DiskError::io(&path, source))?;
        let taken = match busy {
            OnBusy::Wait => file.lock(),
            OnBusy::Refuse => match file.try_lock() {
                Ok(()) => Ok(()),
                Err(TryLockError::Error(error)) => Err(error),
                Err(TryLockError::WouldBlock) => {
                    return Err(DiskError::Busy(self.folder.clone()));
                }
            },
        };
        taken.map_err(|source| DiskError::io(&path, source))?;
        self.sweep()?;
        Ok(Locked(file))
    }

    /// Unfinished files stand directly in the folder.
    fn sweep(&mut self) -> Result<(), DiskError> {
        for name in self.names("")? {
            if name.starts_with(UNFINISHED) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// The names in a folder inside, sorted; none where it is missing.
    ///
    /// # Errors
    /// [`DiskError`] when it cannot be read or a name is not UTF-8.
    pub fn names(&self, inside: &str) -> Result<Vec<String>, DiskError> {
        let path = self.folder.join(inside);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(DiskError::io(&path, source)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| DiskError::io(&path, source))?;
            let name = entry.file_name().into_string();
            names.push(name.map_err(|_| DiskError::Kind(entry.path()))?);
        }
        names.sort();
        Ok(names)
    }

    /// The file's bytes; `None` where there is none.
    ///
    /// # Errors
    /// [`DiskError`] when it is no regular file, larger than `bytes_max`, or cannot be read.
    pub fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, DiskError> {
        read_file(&self.folder.join(name), OFlags::NOFOLLOW, bytes_max)
    }

    /// Replaces the file, or makes it with its folders. When this returns, the bytes are on the disk.
    ///
    /// # Errors
    /// [`DiskError`]; then the file is what it was.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.tell(&Step::Write(name.to_owned()));
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder).to_owned();
        fs::create_dir_all(&parent).map_err(|source| DiskError::io(&parent, source))?;
        self.unfinished = self.unfinished.wrapping_add(1);
        let unfinished = self.folder.join(format!(
            "{UNFINISHED}{}-{}",
            std::process::id(),
            self.unfinished
        ));
        let written = write_new(&unfinished, bytes);
        if let Err(source) = written {
            drop(fs::remove_file(&unfinished));
            return Err(DiskError::io(&unfinished, source));
        }
        self.tell(&Step::Rename(name.to_owned()));
        fs::rename(&unfinished, &path).map_err(|source| DiskError::io(&path, source))?;
        flush_folder(&parent)
    }

    /// Removes a file, or a folder with the files in it; nothing to remove is no error.
    ///
    /// # Errors
    /// [`DiskError`] when it cannot be removed.
    pub fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        self.tell(&Step::Remove(name.to_owned()));
        let path = self.folder.join(name);
        let removed = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(DiskError::io(&path, error))
            }
            _ => Ok(()),
        }
    }

    fn tell(&mut self, step: &Step) {
        if let Some(observer) = &mut self.observer {
            observer(step);
        }
    }
}

fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

/// Reads a regular file up to a limit. Opening does not block, so that a pipe in its place is refused and not waited for.
pub(crate) fn read_file(
    path: &Path,
    extra: OFlags,
    bytes_max: usize,
) -> Result<Option<Vec<u8>>, DiskError> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags(extra | OFlags::NONBLOCK))
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DiskError::io(path, source)),
    };
    let found = file
        .metadata()
        .map_err(|source| DiskError::io(path, source))?;
    if !found.is_file() {
        return Err(DiskError::Kind(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let mut bounded = file.take((bytes_max as u64).saturating_add(1));
    bounded
        .read_to_end(&mut bytes)
        .map_err(|source| DiskError::io(path, source))?;
    if bytes.len() > bytes_max {
        return Err(DiskError::TooLong {
            path: path.to_owned(),
            bytes_max,
        });
    }
    Ok(Some(bytes))
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .custom_flags(flags(OFlags::NOFOLLOW))
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A rename is on the disk when its folder is.
fn flush_folder(folder: &Path) -> Result<(), DiskError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| DiskError::io(folder, source))
}

/// Why a file could not be read or replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No regular file, or a name that is not UTF-8.
    #[error("{}: not a regular file with a name in UTF-8", .0.display())]
    Kind(PathBuf),
    /// Longer than what may be read.
    #[error("{}: longer than {bytes_max} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Another process works on the folder.
    #[error("{}: another process works on it; try again when it has ended", .0.display())]
    Busy(PathBuf),
}

impl DiskError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

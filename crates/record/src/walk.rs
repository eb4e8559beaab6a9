//! A path → the files to be hashed, with the names that they will have.

use std::fs::{FileType, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::{RecordError, Warning};
use crate::exclude::Excludes;

/// A link with this many artifacts would have a quarter of a gibibyte.
const ENTRIES_MAX: usize = 2_000_000;

/// A file to be hashed.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The normal path by which the user would name it.
    pub(crate) name: String,
}

/// Looks for files below paths. Folders are followed through symbolic links, but not into themselves.
pub(crate) struct Walk<'a> {
    pub(crate) base: &'a Path,
    pub(crate) excludes: &'a Excludes,
    pub(crate) found: Vec<Found>,
    pub(crate) warnings: Vec<Warning>,
    /// The one folder that links may lead to, without links in its own path.
    inside: Option<PathBuf>,
    entries: usize,
}

/// A folder and the folders through which the walk came to it.
struct Ancestry {
    device: u64,
    inode: u64,
    around: Option<Rc<Self>>,
}

struct Folder {
    path: PathBuf,
    /// Empty for the base folder itself.
    name: String,
    ancestry: Rc<Ancestry>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(base: &'a Path, excludes: &'a Excludes) -> Self {
        Self {
            base,
            excludes,
            found: Vec::new(),
            warnings: Vec::new(),
            inside: None,
            entries: 0,
        }
    }

    /// Makes a symbolic link that leads out of the base folder an error.
    pub(crate) fn stay_inside(&mut self) -> Result<(), RecordError> {
        let base = self.base.canonicalize();
        self.inside = Some(base.map_err(|error| io(self.base, error))?);
        Ok(())
    }

    /// Looks where a link leads before anything behind it is looked at.
    fn leads_inside(&self, link: &Path) -> Result<(), RecordError> {
        let Some(inside) = &self.inside else {
            return Ok(());
        };
        match link.canonicalize() {
            Ok(target) if !target.starts_with(inside) => {
                Err(RecordError::LeadsOut(link.to_owned()))
            }
            // What leads nowhere is a warning, as everywhere.
            _ => Ok(()),
        }
    }

    /// Takes in one normal path that the user gave.
    pub(crate) fn take(&mut self, name: &str) -> Result<(), RecordError> {
        if self.excludes.excludes(Path::new(name)) {
            self.warnings.push(Warning::Excluded(name.to_owned()));
            return Ok(());
        }
        let path = self.base.join(name);
        let Some(metadata) = self.metadata(&path, name)? else {
            return Ok(());
        };
        if metadata.is_file() {
            let name = name.to_owned();
            self.found.push(Found { path, name });
        } else if metadata.is_dir() && self.excludes.prunes(Path::new(name)) {
            self.warnings.push(Warning::Excluded(name.to_owned()));
        } else if metadata.is_dir() {
            let before = self.found.len();
            self.folder(path, if name == "." { "" } else { name }, &metadata)?;
            if self.found.len() == before {
                self.warnings.push(Warning::Empty(name.to_owned()));
            }
        } else {
            self.warnings.push(Warning::Special(name.to_owned()));
        }
        Ok(())
    }

    /// What is there in the end, through symbolic links; `None` with a warning when that is nothing.
    fn metadata(&mut self, path: &Path, name: &str) -> Result<Option<Metadata>, RecordError> {
        let error = match std::fs::metadata(path) {
            Ok(metadata) => return Ok(Some(metadata)),
            Err(error) => error,
        };
        // ELOOP: links that lead to each other lead nowhere.
        let nowhere = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
            || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        if !nowhere {
            return Err(io(path, error));
        }
        let warning = match std::fs::symlink_metadata(path) {
            Ok(link) if link.is_symlink() => Warning::BrokenLink(name.to_owned()),
            _ => Warning::Nothing(name.to_owned()),
        };
        self.warnings.push(warning);
        Ok(None)
    }

    fn folder(
        &mut self,
        path: PathBuf,
        name: &str,
        metadata: &Metadata,
    ) -> Result<(), RecordError> {
        let mut waiting = vec![Folder {
            path,
            name: name.to_owned(),
            ancestry: Rc::new(Ancestry::of(metadata, None)),
        }];
        while let Some(folder) = waiting.pop() {
            let entries = std::fs::read_dir(&folder.path);
            for entry in entries.map_err(|error| io(&folder.path, error))? {
                let entry = entry.map_err(|error| io(&folder.path, error))?;
                self.entries += 1;
                if self.entries > ENTRIES_MAX {
                    return Err(RecordError::TooMany(ENTRIES_MAX));
                }
                waiting.extend(self.entry(&folder, &entry)?);
            }
        }
        Ok(())
    }

    /// One entry of a folder; the folder to be walked, if it is one.
    fn entry(
        &mut self,
        folder: &Folder,
        entry: &std::fs::DirEntry,
    ) -> Result<Option<Folder>, RecordError> {
        let file_name = entry.file_name();
        let Some(name) = file_name.to_str() else {
            return self.unnameable(folder, entry);
        };
        let name = join(&folder.name, name);
        let own = entry
            .file_type()
            .map_err(|error| io(&entry.path(), error))?;
        let excluded = if own.is_dir() {
            self.excludes.prunes(Path::new(&name))
        } else {
            self.excludes.excludes_file(Path::new(&name))
        };
        if excluded {
            return Ok(None);
        }
        let path = entry.path();
        if own.is_file() {
            self.found.push(Found { path, name });
            return Ok(None);
        }
        if !own.is_dir() && !own.is_symlink() {
            self.warnings.push(Warning::Special(name));
            return Ok(None);
        }
        if own.is_symlink() {
            self.leads_inside(&path)?;
        }
        let Some(metadata) = self.metadata(&path, &name)? else {
            return Ok(None);
        };
        Ok(self.target(folder, path, name, own, &metadata))
    }

    /// What lies behind a folder's entry that is a folder or a symbolic link.
    fn target(
        &mut self,
        folder: &Folder,
        path: PathBuf,
        name: String,
        own: FileType,
        metadata: &Metadata,
    ) -> Option<Folder> {
        if metadata.is_file() {
            self.found.push(Found { path, name });
        } else if !metadata.is_dir() {
            self.warnings.push(Warning::Special(name));
        } else if own.is_symlink() && self.excludes.prunes(Path::new(&name)) {
            return None;
        } else if own.is_symlink() && folder.ancestry.holds(metadata) {
            self.warnings.push(Warning::Loop(name));
        } else {
            let ancestry = Ancestry::of(metadata, Some(Rc::clone(&folder.ancestry)));
            return Some(Folder {
                path,
                name,
                ancestry: Rc::new(ancestry),
            });
        }
        None
    }

    /// A name that no link can hold is an error unless a pattern leaves it out.
    fn unnameable(
        &self,
        folder: &Folder,
        entry: &std::fs::DirEntry,
    ) -> Result<Option<Folder>, RecordError> {
        let path = Path::new(&folder.name).join(entry.file_name());
        if self.excludes.excludes_file(&path) || self.excludes.prunes(&path) {
            return Ok(None);
        }
        Err(RecordError::NotUtf8 {
            folder: folder.path.clone(),
            name: entry.file_name(),
        })
    }
}

impl Ancestry {
    fn of(metadata: &Metadata, around: Option<Rc<Self>>) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            around,
        }
    }

    fn holds(&self, metadata: &Metadata) -> bool {
        let mut next = Some(self);
        while let Some(folder) = next {
            if (folder.device, folder.inode) == (metadata.dev(), metadata.ino()) {
                return true;
            }
            next = folder.around.as_deref();
        }
        false
    }
}

impl Drop for Ancestry {
    /// A deep chain is let go of link by link: dropping it recursively could use up the stack.
    fn drop(&mut self) {
        let mut next = self.around.take();
        while let Some(mut ancestry) = next.and_then(Rc::into_inner) {
            next = ancestry.around.take();
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    let separator = if folder.is_empty() || folder.ends_with('/') {
        ""
    } else {
        "/"
    };
    [folder, separator, name].concat()
}

pub(crate) fn io(path: &Path, source: std::io::Error) -> RecordError {
    RecordError::Io {
        path: path.to_owned(),
        source,
    }
}

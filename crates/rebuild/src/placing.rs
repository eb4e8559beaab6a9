//! Files placed below one folder: each complete on disk under a temporary name before any gets its own.
//!
//! **Architecture Invariant:** everything is opened relative to the folder, one part of the path after the other, and no part
//! may be a link. Whatever stands in the folder, nothing is written elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use quorate::digest::Digests;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::digest_file::copy_and_digest;
use crate::error::RebuildError;

/// How the name ends under which a file is written. It is hidden, too.
pub(crate) const TEMPORARY_SUFFIX: &str = ".quorate-new";

/// Files that are complete, and the names that they will have.
pub(crate) struct Placing {
    out: PathBuf,
    folders: BTreeMap<String, OwnedFd>,
    /// Folder, temporary name, name.
    pending: Vec<(String, String, String)>,
}

impl Placing {
    /// Begins to place files below `out`, which is a folder and no link to one.
    ///
    /// # Errors
    /// [`RebuildError::Io`] when it is not.
    pub(crate) fn below(out: &Path) -> Result<Self, RebuildError> {
        let opened = rustix::fs::open(out, folder_flags(), Mode::empty());
        let opened = opened.map_err(|error| RebuildError::io("open", out)(error.into()))?;
        Ok(Self {
            out: out.to_path_buf(),
            folders: BTreeMap::from([(String::new(), opened)]),
            pending: Vec::new(),
        })
    }

    /// Copies a file to `path` below the folder and compares it with what the statement says, in one pass.
    ///
    /// # Errors
    /// [`RebuildError::SigningRefused`] when it is something else, [`RebuildError::Io`] when a part of the path is a link or no
    /// folder.
    pub(crate) fn copy(
        &mut self,
        from: &Path,
        path: &str,
        expected: &(Digests, u64),
    ) -> Result<(), RebuildError> {
        let mut input = File::open(from).map_err(RebuildError::io("open", from))?;
        let mut output = self.create(path)?;
        let to = self.out.join(path);
        let found =
            copy_and_digest(&mut input, &mut output).map_err(RebuildError::io("write", &to))?;
        output.sync_all().map_err(RebuildError::io("write", &to))?;
        if found == *expected {
            return Ok(());
        }
        Err(RebuildError::SigningRefused(format!(
            "{} is not what the statement says",
            from.display()
        )))
    }

    /// Writes `bytes` to `path` below the folder.
    ///
    /// # Errors
    /// [`RebuildError::Io`], also when a part of the path is a link or no folder.
    pub(crate) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), RebuildError> {
        let mut output = self.create(path)?;
        let to = self.out.join(path);
        output
            .write_all(bytes)
            .map_err(RebuildError::io("write", &to))?;
        output.sync_all().map_err(RebuildError::io("write", &to))
    }

    /// Gives every file its name, in the order in which they were made. What had such a name before is replaced; a link is
    /// replaced, too, and not followed.
    ///
    /// # Errors
    /// [`RebuildError::Io`].
    pub(crate) fn finish(mut self) -> Result<(), RebuildError> {
        for (folder, temporary, name) in &self.pending {
            let io = |error: Errno| {
                RebuildError::io("rename", &self.out.join(folder).join(temporary))(error.into())
            };
            let place = self.folders.get(folder).ok_or_else(|| io(Errno::NOENT))?;
            rustix::fs::renameat(place, temporary.as_str(), place, name.as_str()).map_err(io)?;
        }
        self.pending.clear();
        for (folder, place) in &self.folders {
            rustix::fs::fsync(place)
                .map_err(|error| RebuildError::io("write", &self.out.join(folder))(error.into()))?;
        }
        Ok(())
    }

    fn create(&mut self, path: &str) -> Result<File, RebuildError> {
        let to = self.out.join(path);
        let io = |error: Errno| RebuildError::io("create", &to)(error.into());
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name.is_empty() || name == "." || name == ".." {
            return Err(io(Errno::INVAL));
        }
        let temporary = format!(".{name}{TEMPORARY_SUFFIX}");
        let place = self.folder(folder)?;
        // One of an earlier run that was ended by force.
        let _ = rustix::fs::unlinkat(place, temporary.as_str(), AtFlags::empty());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o666);
        let file = rustix::fs::openat(place, temporary.as_str(), flags, mode).map_err(io)?;
        self.pending
            .push((folder.to_owned(), temporary, name.to_owned()));
        Ok(File::from(file))
    }

    /// The folder `path` below the first one, made where it is missing.
    fn folder(&mut self, path: &str) -> Result<&OwnedFd, RebuildError> {
        let io = |error: Errno, at: &str| {
            let place = self.out.join(at);
            RebuildError::io("open the folder", &place)(error.into())
        };
        let mut known = String::new();
        for part in path.split('/').filter(|_| !path.is_empty()) {
            let at = match &*known {
                "" => part.to_owned(),
                known => format!("{known}/{part}"),
            };
            if part.is_empty() || part == "." || part == ".." {
                return Err(io(Errno::INVAL, path));
            }
            if !self.folders.contains_key(&at) {
                let parent = self.folders.get(&known);
                let parent = parent.ok_or_else(|| io(Errno::NOENT, path))?;
                match rustix::fs::mkdirat(parent, part, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(io(error, &at)),
                }
                let opened = rustix::fs::openat(parent, part, folder_flags(), Mode::empty());
                let opened = opened.map_err(|error| io(error, &at))?;
                self.folders.insert(at.clone(), opened);
            }
            known = at;
        }
        self.folders
            .get(&known)
            .ok_or_else(|| io(Errno::NOENT, path))
    }
}

impl Drop for Placing {
    fn drop(&mut self) {
        for (folder, temporary, _) in &self.pending {
            if let Some(place) = self.folders.get(folder) {
                let _ = rustix::fs::unlinkat(place, temporary.as_str(), AtFlags::empty());
            }
        }
    }
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::Placing;

    #[test]
    fn files_get_their_names_all_at_the_end_and_with_their_folders() {
        let out = tempfile::tempdir().unwrap();
        let mut placing = Placing::below(out.path()).unwrap();
        placing.write("usr/bin/hello", b"a").unwrap();
        placing.write("b", b"b").unwrap();
        assert!(!out.path().join("usr/bin/hello").exists());
        placing.finish().unwrap();
        assert_eq!(fs::read(out.path().join("usr/bin/hello")).unwrap(), b"a");
        assert_eq!(fs::read(out.path().join("b")).unwrap(), b"b");
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_left_of_what_was_not_finished() {
        let out = tempfile::tempdir().unwrap();
        let mut placing = Placing::below(out.path()).unwrap();
        placing.write("b", b"b").unwrap();
        drop(placing);
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_path_that_leaves_the_output_folder_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        fs::create_dir(&out).unwrap();
        let mut placing = Placing::below(&out).unwrap();
        for path in [
            "../a",
            "a/../../b",
            "/etc/x",
            "a//b",
            "",
            ".",
            "..",
            "a/.",
            "a/",
        ] {
            assert!(placing.write(path, b"x").is_err(), "{path:?}");
        }
        placing.finish().unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_in_the_output_folder_is_not_followed() {
        let (out, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(elsewhere.path(), out.path().join("usr")).unwrap();
        symlink(elsewhere.path().join("b"), out.path().join("b")).unwrap();
        symlink(
            elsewhere.path().join("c"),
            out.path().join(".b.quorate-new"),
        )
        .unwrap();
        let mut placing = Placing::below(out.path()).unwrap();
        assert!(placing.write("usr/bin/hello", b"x").is_err());
        assert!(placing.write("usr/hello", b"x").is_err());
        placing.write("b", b"x").unwrap();
        placing.finish().unwrap();
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        assert!(out.path().join("b").is_file() && !out.path().join("b").is_symlink());
        let link = elsewhere.path().join("link");
        symlink(out.path(), &link).unwrap();
        assert!(Placing::below(&link).is_err());
    }
}

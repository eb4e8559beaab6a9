//! What builders publish → their lists of digests and signatures, by the layout of Bitcoin Core's guix.sigs.

use std::path::{Path, PathBuf};

use quorate::limits::Limits;
use rustix::fs::OFlags;

use crate::folder::{FolderError, Junk};
use crate::open::{OpenError, open_regular, read_into, stated_size};

/// The lists that a builder may publish for a release: before and after others' signatures are put into the files.
const LISTS: [&str; 2] = ["noncodesigned.SHA256SUMS", "all.SHA256SUMS"];
/// What stands behind a list's name in its signature's.
const SIGNATURE: &str = ".asc";
/// How files of certificates end.
const CERTIFICATES: [&str; 4] = ["asc", "gpg", "key", "pgp"];
/// Bytes of a file of certificates: all developers of Debian together have 28.5 MB.
const CERTIFICATES_BYTES_MAX: usize = 64 << 20;

/// A list as a builder published it. Nothing is checked.
#[derive(Debug)]
pub struct PublishedList {
    /// The name of the builder's folder.
    pub builder: String,
    /// The list's file name.
    pub name: String,
    /// The list, or why it cannot be read.
    pub list: Result<Vec<u8>, String>,
    /// The detached signature, or why it cannot be read.
    pub signature: Result<Vec<u8>, String>,
}

/// What lay in a folder of builders.
#[derive(Debug, Default)]
pub struct PublishedLists {
    /// The lists in the order of builders.
    pub lists: Vec<PublishedList>,
    /// What is none, and why.
    pub junk: Vec<Junk>,
}

/// Reads `BUILDER/{noncodesigned,all}.SHA256SUMS` and the signatures beside them, `….asc`. Symbolic links are not followed.
///
/// # Errors
/// [`FolderError`] when a folder cannot be listed, or there are more files or bytes than the limits on evidence allow: builders
/// who are silently missing would look absent.
pub fn published_lists(folder: &Path, limits: &Limits) -> Result<PublishedLists, FolderError> {
    let mut found = PublishedLists::default();
    let mut budget = Budget {
        bytes_left: limits.evidence_bytes_max,
        files_left: limits.evidence_count_max,
    };
    for (name, path) in entries(folder)? {
        let is_folder = path
            .symlink_metadata()
            .is_ok_and(|metadata| metadata.is_dir());
        match name {
            Some(builder) if is_folder => found.take_builder(&builder, &path, &mut budget)?,
            _ => found.reject(path, "not a builder's folder"),
        }
    }
    Ok(found)
}

/// Reads the files in a folder that end as files of OpenPGP certificates do, by their names. Symbolic links among them are
/// followed: whose keys they are is the word of whoever names the folder.
///
/// # Errors
/// [`FolderError`] when the folder or one of them cannot be read: a revocation might be in it.
pub fn certificate_files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, FolderError> {
    let mut found = Vec::new();
    let mut bytes_left = CERTIFICATES_BYTES_MAX;
    for (name, path) in entries(folder)? {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let (Some(name), true) = (
            name,
            extension.is_some_and(|end| CERTIFICATES.contains(&end)),
        ) else {
            continue;
        };
        let bytes = read(&path, OFlags::empty(), bytes_left).map_err(|error| FolderError {
            path: path.clone(),
            source: std::io::Error::other(error.to_string()),
        })?;
        bytes_left = bytes_left.saturating_sub(bytes.len());
        found.push((name, bytes));
    }
    Ok(found)
}

/// What a folder has, in the order of its names; no name when it is not Unicode.
fn entries(folder: &Path) -> Result<Vec<(Option<String>, PathBuf)>, FolderError> {
    let failed = |source| FolderError {
        path: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        found.push((entry.file_name().into_string().ok(), entry.path()));
    }
    found.sort();
    Ok(found)
}

/// What may still be read.
struct Budget {
    bytes_left: usize,
    files_left: usize,
}

impl Budget {
    fn read(&mut self, path: &Path) -> Result<Result<Vec<u8>, String>, FolderError> {
        let spent = |what: &str| FolderError {
            path: path.to_owned(),
            source: std::io::Error::other(what.to_owned()),
        };
        self.files_left = self
            .files_left
            .checked_sub(1)
            .ok_or_else(|| spent("more files than one reading takes"))?;
        match read(path, OFlags::NOFOLLOW, self.bytes_left) {
            Ok(bytes) => {
                self.bytes_left = self.bytes_left.saturating_sub(bytes.len());
                Ok(Ok(bytes))
            }
            Err(OpenError::TooLarge { .. }) => Err(spent("more bytes than one reading takes")),
            Err(error) => Ok(Err(error.to_string())),
        }
    }
}

fn read(path: &Path, flags: OFlags, bytes_max: usize) -> Result<Vec<u8>, OpenError> {
    let file = open_regular(path, flags)?;
    let mut bytes = Vec::new();
    let size = stated_size(&file);
    read_into(&mut bytes, file, size, bytes_max).map(|()| bytes)
}

impl PublishedLists {
    fn take_builder(
        &mut self,
        builder: &str,
        folder: &Path,
        budget: &mut Budget,
    ) -> Result<(), FolderError> {
        let files = entries(folder)?;
        let has = |wanted: &str| {
            files
                .iter()
                .any(|(name, _)| name.as_deref() == Some(wanted))
        };
        for (name, path) in &files {
            let name = name.as_deref().unwrap_or_default();
            if LISTS.contains(&name) {
                let signature = folder.join(format!("{name}{SIGNATURE}"));
                self.lists.push(PublishedList {
                    builder: builder.to_owned(),
                    name: name.to_owned(),
                    list: budget.read(path)?,
                    signature: if has(&format!("{name}{SIGNATURE}")) {
                        budget.read(&signature)?
                    } else {
                        Err("there is no signature beside it".to_owned())
                    },
                });
                continue;
            }
            let signed = name.strip_suffix(SIGNATURE);
            if !signed.is_some_and(|list| LISTS.contains(&list) && has(list)) {
                self.reject(
                    path.clone(),
                    "not a list of digests of a known name, nor its signature",
                );
            }
        }
        Ok(())
    }

    fn reject(&mut self, path: PathBuf, reason: &str) {
        let reason = reason.to_owned();
        self.junk.push(Junk { path, reason });
    }
}

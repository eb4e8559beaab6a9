//! Folders and files → evidence. Whatever envelopes lie there count; names mean nothing; junk is reported and costs nothing else.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use quorate::limits::Limits;
use quorate::verify::Evidence;
use rustix::fs::OFlags;

use crate::open::{OpenError, open_regular, read_into, stated_size};

/// Evidence is laid out by people: a party, a package, a version; deeper is a mistake or a trap.
const FOLDER_DEPTH_MAX: usize = 8;

/// What lay in the given places.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Documents that may be evidence.
    pub evidence: Vec<Evidence<'static>>,
    /// What cannot be.
    pub junk: Vec<Junk>,
}

/// A file that cannot be evidence.
#[derive(Debug)]
pub struct Junk {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// Reads every file in the given files and folders, in the order of their names.
///
/// A file holds one document, or one document a line. Links and other special files inside folders are junk.
///
/// # Errors
/// [`FolderError`] when a path that the user gave cannot be read at all: evidence that is silently missing would look absent. And when
/// there is more than the limits allow: what is left unread may be a revocation, which somebody wants to hide under a heap.
pub fn gather(paths: &[PathBuf], limits: &Limits) -> Result<Gathered, FolderError> {
    let mut gathered = Gathered::default();
    let mut budget = Budget {
        bytes_left: limits.evidence_bytes_max,
        files_left: limits.evidence_count_max,
    };
    for path in paths {
        let failed = |source| FolderError {
            path: path.clone(),
            source,
        };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            gather_folder(path, &mut gathered, &mut budget, limits).map_err(failed)?;
        } else {
            gathered
                .take_file(path, OFlags::empty(), &mut budget, limits)
                .map_err(failed)?;
        }
    }
    Ok(gathered)
}

struct Budget {
    bytes_left: usize,
    files_left: usize,
}

impl Budget {
    /// Reads within what is left. What was read is spent, also when it comes to nothing: else junk could be read without end.
    fn read(
        &mut self,
        file: impl Read,
        stated_size: u64,
        bytes_max: usize,
    ) -> Result<Vec<u8>, OpenError> {
        let mut bytes = Vec::new();
        let bytes_max = bytes_max.min(self.bytes_left);
        let outcome = read_into(&mut bytes, file, stated_size, bytes_max);
        self.bytes_left = self.bytes_left.saturating_sub(bytes.len());
        outcome.map(|()| bytes)
    }
}

/// Breadth first, so that a deep trap does not hide what lies beside it.
fn gather_folder(
    top: &Path,
    gathered: &mut Gathered,
    budget: &mut Budget,
    limits: &Limits,
) -> std::io::Result<()> {
    let mut folders = VecDeque::from([(top.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop_front() {
        let mut entries: Vec<_> = match std::fs::read_dir(&folder) {
            Ok(entries) => entries.collect::<Result<_, _>>()?,
            Err(error) if depth == 0 => return Err(error),
            Err(error) => {
                gathered.junk.push(Junk {
                    path: folder,
                    reason: error.to_string(),
                });
                continue;
            }
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            match entry.file_type()? {
                kind if kind.is_dir() && depth < FOLDER_DEPTH_MAX => {
                    folders.push_back((entry.path(), depth + 1))
                }
                kind if kind.is_dir() => gathered.junk.push(Junk {
                    path: entry.path(),
                    reason: format!("deeper than {FOLDER_DEPTH_MAX} folders"),
                }),
                _ => gathered.take_file(&entry.path(), OFlags::NOFOLLOW, budget, limits)?,
            }
        }
    }
    Ok(())
}

impl Gathered {
    fn take_file(
        &mut self,
        path: &Path,
        flags: OFlags,
        budget: &mut Budget,
        limits: &Limits,
    ) -> std::io::Result<()> {
        match read_document(path, flags, budget, limits) {
            Ok(bytes) => self.take_documents(path, bytes),
            Err(Unread::Spent) => {
                return Err(std::io::Error::other(
                    "more evidence than one verification reads, and what is left unread may take votes away; give only the evidence for this package",
                ));
            }
            Err(Unread::Junk(reason)) => self.junk.push(Junk {
                path: path.to_owned(),
                reason,
            }),
        }
        Ok(())
    }

    fn take_documents(&mut self, path: &Path, bytes: Vec<u8>) {
        let origin = path.display().to_string();
        let lines: Vec<&[u8]> = bytes
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
            .collect();
        // A document that is spread over lines has a first line that does not end its object.
        let one_a_line = lines.len() > 1
            && lines
                .iter()
                .all(|line| line.starts_with(b"{") && line.ends_with(b"}"));
        if one_a_line {
            let line = |(index, line): (usize, &&[u8])| Evidence {
                origin: format!("{origin}, line {}", index + 1),
                bytes: Cow::Owned(line.to_vec()),
            };
            self.evidence.extend(lines.iter().enumerate().map(line));
        } else {
            self.evidence.push(Evidence {
                origin,
                bytes: Cow::Owned(bytes),
            });
        }
    }
}

fn read_document(
    path: &Path,
    flags: OFlags,
    budget: &mut Budget,
    limits: &Limits,
) -> Result<Vec<u8>, Unread> {
    let junk = |error: &dyn std::fmt::Display| Unread::Junk(error.to_string());
    budget.files_left = budget.files_left.checked_sub(1).ok_or(Unread::Spent)?;
    let mut file = open_regular(path, flags).map_err(|error| junk(&error))?;
    // Most of what is no evidence, packages and logs, is told by its first bytes and need not be read.
    let mut first = [0; 64];
    let count = file.read(&mut first).map_err(|error| junk(&error))?;
    if !first[..count].trim_ascii_start().starts_with(b"{") {
        return Err(junk(&"not a JSON document"));
    }
    file.rewind().map_err(|error| junk(&error))?;
    let size = stated_size(&file);
    let left = budget.bytes_left;
    budget
        .read(file, size, limits.proof_bytes_max)
        .map_err(|error| match error {
            // One that alone is too large hides nothing; one that is too large for what is left does.
            OpenError::TooLarge { bytes_max } if bytes_max == left => Unread::Spent,
            error => junk(&error),
        })
}

/// Why a file is no evidence.
enum Unread {
    Junk(String),
    /// Nothing may be read any more.
    Spent,
}

/// A path that the user gave and that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("evidence {}: {source}", path.display())]
pub struct FolderError {
    /// The path.
    pub path: PathBuf,
    /// What the system says.
    pub source: std::io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grows_past_the_limit_is_charged_with_what_was_read() {
        let mut budget = Budget {
            bytes_left: 1_000,
            files_left: 1,
        };
        let endless = || std::io::repeat(b'{');
        assert!(budget.read(endless(), 1, 299).is_err());
        assert_eq!(budget.bytes_left, 700);
        // What is stated to be too large is not read.
        assert!(budget.read(endless(), 300, 299).is_err());
        assert_eq!(budget.bytes_left, 700);
        for _ in 0..10 {
            assert!(budget.read(endless(), 1, 299).is_err());
        }
        assert_eq!(budget.bytes_left, 0);
    }
}

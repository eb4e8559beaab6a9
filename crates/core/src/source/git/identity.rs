//! The identity of a whole source tree: SHA-256 over a text that no two trees share (docs/spec/source-identity.md).

use std::collections::BTreeMap;

use super::header::printable;
use super::name::entry_name_fault;
use super::{EntryMode, ObjectId};
use crate::digest::{Sha256, Sha256Stream};
use crate::limits::Limits;

/// The first line of the text: its name and version.
const FIRST_LINE: &str = "quorate-source-tree/v1\n";

/// What stands at one path of a source tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceEntry {
    /// A file.
    File {
        /// Its bytes' number.
        size: u64,
        /// SHA-256 of its bytes.
        sha256: Sha256,
    },
    /// A file that may be executed.
    Executable {
        /// Its bytes' number.
        size: u64,
        /// SHA-256 of its bytes.
        sha256: Sha256,
    },
    /// A symbolic link.
    Symlink {
        /// The number of bytes of its target's name.
        size: u64,
        /// SHA-256 of its target's name.
        sha256: Sha256,
    },
    /// A commit of another repository, laid out below the path.
    Submodule {
        /// The commit's id.
        commit: ObjectId,
        /// The identity of the commit's tree, computed by the same rule.
        tree: Sha256,
    },
}

/// Collects what a source tree holds and gives its identity.
///
/// ```text
/// quorate-source-tree/v1
/// 100644 6 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03 9:README.md
/// 160000 3fce3b5bb0236da2df6d99672afb8a719642eca7 e3b0…b855 3:sub
/// ```
#[derive(Clone, Debug)]
pub struct TreeIdentity<'l> {
    entries: BTreeMap<Vec<u8>, SourceEntry>,
    bytes: u64,
    path_bytes: usize,
    limits: &'l Limits,
}

impl<'l> TreeIdentity<'l> {
    /// An empty tree, to be filled within `limits`.
    pub const fn new(limits: &'l Limits) -> Self {
        Self {
            entries: BTreeMap::new(),
            bytes: 0,
            path_bytes: 0,
            limits,
        }
    }

    /// Adds what stands at `path`: names with `/` between them, relative to the tree's root. The order does not matter.
    ///
    /// # Errors
    /// [`IdentityError`] when the path was added before, has a part that [`super::parse_tree`] would refuse, or a limit is passed:
    /// `source_entries_max`, `source_bytes_max`, `source_path_bytes_max`, `source_paths_bytes_max`.
    pub fn push(&mut self, path: &[u8], entry: SourceEntry) -> Result<(), IdentityError> {
        if path.len() > self.limits.source_path_bytes_max {
            return Err(IdentityError::LongPath(self.limits.source_path_bytes_max));
        }
        for part in path.split(|byte| *byte == b'/') {
            if let Some(fault) = entry_name_fault(part) {
                let path = printable(path);
                return Err(IdentityError::Path { path, fault });
            }
        }
        if self.entries.len() >= self.limits.source_entries_max {
            return Err(IdentityError::TooMany(self.limits.source_entries_max));
        }
        let bytes = self.bytes.saturating_add(entry.size());
        if bytes > self.limits.source_bytes_max {
            return Err(IdentityError::TooLarge(self.limits.source_bytes_max));
        }
        let path_bytes = self.path_bytes.saturating_add(path.len());
        if path_bytes > self.limits.source_paths_bytes_max {
            return Err(IdentityError::LongPaths(self.limits.source_paths_bytes_max));
        }
        if self.entries.contains_key(path) {
            return Err(IdentityError::Twice(printable(path)));
        }
        (self.bytes, self.path_bytes) = (bytes, path_bytes);
        self.entries.insert(path.to_vec(), entry);
        Ok(())
    }

    /// The identity of the tree that was put in.
    ///
    /// # Errors
    /// [`IdentityError`] when nothing was, or when something stands below what is no folder.
    pub fn finish(self) -> Result<Sha256, IdentityError> {
        if self.entries.is_empty() {
            return Err(IdentityError::Empty);
        }
        let mut hash = Sha256Stream::default();
        hash.update(FIRST_LINE.as_bytes());
        for (path, entry) in &self.entries {
            if let Some(parent) = self.entry_above(path) {
                let (path, above) = (printable(path), printable(parent));
                return Err(IdentityError::BelowAFile { path, above });
            }
            hash.update(format!("{} {}:", entry.words(), path.len()).as_bytes());
            hash.update(path);
            hash.update(b"\n");
        }
        Ok(hash.finish())
    }

    /// An entry at one of the folders that lead to `path`.
    fn entry_above<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let mut above = slashes.filter_map(|(at, _)| path.get(..at));
        above.find(|folder| self.entries.contains_key(*folder))
    }
}

impl SourceEntry {
    /// What counts against the limit on bytes; a submodule met it by itself.
    const fn size(&self) -> u64 {
        match self {
            Self::File { size, .. }
            | Self::Executable { size, .. }
            | Self::Symlink { size, .. } => *size,
            Self::Submodule { .. } => 0,
        }
    }

    /// The line's words in front of the path.
    fn words(&self) -> String {
        let blob = |mode: EntryMode, size, sha256| format!("{} {size} {sha256}", mode.octal());
        match self {
            Self::File { size, sha256 } => blob(EntryMode::File, size, sha256),
            Self::Executable { size, sha256 } => blob(EntryMode::Executable, size, sha256),
            Self::Symlink { size, sha256 } => blob(EntryMode::Symlink, size, sha256),
            Self::Submodule { commit, tree } => {
                format!("{} {commit} {tree}", EntryMode::Submodule.octal())
            }
        }
    }
}

/// Why a tree has no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A source without files is none.
    #[error("the source tree is empty")]
    Empty,
    /// A part of a path that can't be laid out safely.
    #[error("the path {path:?} has {fault}")]
    Path {
        /// The path as it can be printed.
        path: String,
        /// What is wrong with one of its parts.
        fault: &'static str,
    },
    /// One path, two entries.
    #[error("the path {0:?} stands twice in the source tree")]
    Twice(String),
    /// A path that leads through what is no folder.
    #[error("the path {path:?} leads through {above:?}, which is no folder")]
    BelowAFile {
        /// The path as it can be printed.
        path: String,
        /// The entry in its way.
        above: String,
    },
    /// More entries than the limit.
    #[error("the source tree has more than {0} entries")]
    TooMany(usize),
    /// More bytes than the limit.
    #[error("the source tree has more than {0} bytes")]
    TooLarge(u64),
    /// A longer path than the limit.
    #[error("a path of the source tree has more than {0} bytes")]
    LongPath(usize),
    /// More bytes of all paths than the limit.
    #[error("the paths of the source tree have more than {0} bytes together")]
    LongPaths(usize),
}

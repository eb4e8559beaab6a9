//! A whole tree, read and hashed again: its identity.

use quorate::digest::Sha256;
use quorate::limits::Limits;
use quorate::source::git::{
    EntryMode, ObjectId, ObjectKind, SourceEntry, TreeIdentity, is_lfs_pointer, parse_tree,
};

use crate::{GitError, Objects};

/// What a tree of one folder may have: 100,000 entries of long names.
const TREE_BYTES_MAX: u64 = 32 << 20;
/// A pointer of git LFS is shorter.
const POINTER_BYTES_MAX: u64 = 1 << 10;
/// Folders within folders; `PATH_MAX` allows half as many.
const DEPTH_MAX: usize = 1_000;

/// What a tree holds, with its identity (`docs/spec/source-identity.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTree {
    /// The identity.
    pub identity: Sha256,
    /// How many files and links it has.
    pub files: usize,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Paths of `.gitattributes` files: what they ask for is never applied.
    pub attributes: Vec<String>,
}

/// A file to be read: where it stands and as what.
struct File {
    path: Vec<u8>,
    mode: EntryMode,
    id: ObjectId,
}

impl SourceTree {
    /// Reads the tree `id` with everything below it through `objects`; `progress` is told the bytes read so far.
    ///
    /// # Errors
    /// [`GitError`] when an object is missing or is not what its id says, for LFS pointers, and for submodules, whose objects
    /// are in other repositories.
    pub fn read(
        objects: &mut Objects,
        id: ObjectId,
        limits: &Limits,
        mut progress: impl FnMut(u64),
    ) -> Result<Self, GitError> {
        let files = files(objects, id, limits)?;
        let mut identity = TreeIdentity::new(limits);
        let mut bytes = 0;
        let mut attributes = Vec::new();
        let ids: Vec<ObjectId> = files.iter().map(|file| file.id).collect();
        let bytes_max = limits.source_bytes_max;
        objects.for_each(
            &ids,
            ObjectKind::Blob,
            bytes_max,
            POINTER_BYTES_MAX,
            |at, copied, start| {
                let File { path, mode, .. } = &files[at];
                let (size, sha256) = (copied.size, copied.sha256);
                if copied.size <= POINTER_BYTES_MAX && is_lfs_pointer(start) {
                    return Err(GitError::Lfs(printable(path)));
                }
                if path.rsplit(|byte| *byte == b'/').next() == Some(b".gitattributes") {
                    attributes.push(printable(path));
                }
                let entry = match mode {
                    EntryMode::Executable => SourceEntry::Executable { size, sha256 },
                    EntryMode::Symlink => SourceEntry::Symlink { size, sha256 },
                    _ => SourceEntry::File { size, sha256 },
                };
                identity.push(path, entry)?;
                bytes += size;
                progress(bytes);
                Ok(())
            },
        )?;
        Ok(Self {
            identity: identity.finish()?,
            files: files.len(),
            bytes,
            attributes,
        })
    }
}

/// All files below a tree, one level of folders after the other.
fn files(objects: &mut Objects, id: ObjectId, limits: &Limits) -> Result<Vec<File>, GitError> {
    let format = objects.format();
    let mut files = Vec::new();
    let mut level = vec![(Vec::new(), id)];
    for _ in 0..DEPTH_MAX {
        if level.is_empty() {
            return Ok(files);
        }
        let ids: Vec<ObjectId> = level.iter().map(|(_, id)| *id).collect();
        let mut below = Vec::new();
        objects.for_each(
            &ids,
            ObjectKind::Tree,
            TREE_BYTES_MAX,
            TREE_BYTES_MAX,
            |at, _, content| {
                for entry in parse_tree(content, format)? {
                    let mut path = level[at].0.clone();
                    if !path.is_empty() {
                        path.push(b'/');
                    }
                    path.extend(entry.name);
                    if path.len() > limits.source_path_bytes_max
                        || files.len() + below.len() >= limits.source_entries_max
                    {
                        // The identity refuses it, with the reason.
                        let problem = format!(
                            "a tree of too many or too long names at {:?}",
                            printable(&path)
                        );
                        return Err(GitError::Repository(problem));
                    }
                    match entry.mode {
                        EntryMode::Folder => below.push((path, entry.id)),
                        EntryMode::Submodule => return Err(GitError::Submodule(printable(&path))),
                        mode => files.push(File {
                            path,
                            mode,
                            id: entry.id,
                        }),
                    }
                }
                Ok(())
            },
        )?;
        level = below;
    }
    Err(GitError::Repository("folders nested too deep".to_owned()))
}

fn printable(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

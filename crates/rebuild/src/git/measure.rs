//! How much a tree comes to on disk, before anything of it is written.
//!
//! A tree of a few kB can have a thousand million paths, because one object may stand at many of them. Here each object is looked at once,
//! however often it is met, so that the answer takes as long as the repository is large and not as long as the tree is.

use std::collections::BTreeMap;

use quorate::source::git::{EntryMode, ObjectId, ObjectKind, parse_tree};
use quorate_git::{Objects, Sizes};

use super::layout::{DEPTH_MAX, Left, TREE_BYTES_MAX};
use super::refused;
use crate::error::RebuildError;

/// What is below one tree, submodules left out.
#[derive(Clone, Copy, Default)]
struct Extent {
    entries: usize,
    bytes: u64,
}

/// Measures trees of one repository.
pub(super) struct Measure<'a> {
    /// Its trees.
    pub(super) objects: &'a mut Objects,
    /// The sizes of its files, as git tells them. They are compared with the files when these are laid out.
    pub(super) sizes: &'a mut Sizes,
    /// What may still be laid out.
    pub(super) left: &'a Left,
}

impl Measure<'_> {
    /// Demands that `tree` is no more than may still be laid out.
    ///
    /// # Errors
    /// [`RebuildError::SourceRefused`] when it is more, too deep, or an object is missing or malformed.
    pub(super) fn demand_room(self, tree: &ObjectId) -> Result<(), RebuildError> {
        let mut walk = Walk {
            measure: self,
            trees: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        walk.tree(tree, 0).map(drop)
    }
}

struct Walk<'a> {
    measure: Measure<'a>,
    trees: BTreeMap<ObjectId, Extent>,
    files: BTreeMap<ObjectId, u64>,
}

impl Walk<'_> {
    fn tree(&mut self, id: &ObjectId, depth: usize) -> Result<Extent, RebuildError> {
        if let Some(known) = self.trees.get(id) {
            return Ok(*known);
        }
        if depth > DEPTH_MAX {
            return Err(refused(format!(
                "more than {DEPTH_MAX} folders in one another"
            )));
        }
        let objects = &mut *self.measure.objects;
        let content = objects.read_kind(id, ObjectKind::Tree, TREE_BYTES_MAX)?;
        let entries = parse_tree(&content, objects.format());
        let entries = entries.map_err(|error| refused(format!("{id}: {error}")))?;
        let mut extent = Extent::default();
        for entry in entries {
            let below = match entry.mode {
                EntryMode::Folder => self.tree(&entry.id, depth.saturating_add(1))?,
                EntryMode::Submodule => Extent::default(),
                EntryMode::Symlink | EntryMode::File | EntryMode::Executable => Extent {
                    entries: 0,
                    bytes: self.file(&entry.id)?,
                },
            };
            extent.entries = extent
                .entries
                .saturating_add(below.entries)
                .saturating_add(1);
            extent.bytes = extent.bytes.saturating_add(below.bytes);
            self.demand(extent)?;
        }
        self.trees.insert(*id, extent);
        Ok(extent)
    }

    fn file(&mut self, id: &ObjectId) -> Result<u64, RebuildError> {
        if let Some(known) = self.files.get(id) {
            return Ok(*known);
        }
        let size = self.measure.sizes.size(id)?;
        self.files.insert(*id, size);
        Ok(size)
    }

    fn demand(&self, extent: Extent) -> Result<(), RebuildError> {
        let left = self.measure.left;
        if extent.entries > left.entries {
            return Err(refused(format!(
                "too many files and folders: a source may have at most {}",
                left.entries
            )));
        }
        if extent.bytes > left.bytes {
            return Err(refused(format!(
                "its files have too many bytes: there may be at most {} more (--output-bytes-max)",
                left.bytes
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use quorate::limits::Limits;
    use quorate::source::git::{ObjectFormat, ObjectId, TreeIdentity};
    use quorate::time::Timestamp;
    use quorate_git::{Objects, Sizes};

    use super::super::layout::{Layout, Left};

    fn git(folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(arguments);
        command
    }

    fn answer(folder: &Path, arguments: &[&str], input: &str) -> String {
        let mut command = git(folder, arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Folders in one another, each of which has the next one `width` times; the last has one file `width` times.
    fn bomb(folder: &Path, file: &str, width: usize, depth: usize) -> ObjectId {
        let mut id = answer(folder, &["hash-object", "-w", "--stdin"], file);
        let mut kind = "100644 blob";
        for _ in 0..depth {
            let entries: String = (0..width)
                .map(|at| format!("{kind} {id}\tentry{at}\n"))
                .collect();
            id = answer(folder, &["mktree"], &entries);
            kind = "040000 tree";
        }
        ObjectId::parse(&id).unwrap()
    }

    /// Why the bomb is not laid out; nothing of it may be.
    fn why(file: &str, width: usize, depth: usize, bytes_max: u64) -> String {
        let scratch = tempfile::tempdir().unwrap();
        let (repository, folder) = (scratch.path().join("git"), scratch.path().join("tree"));
        fs::create_dir(&repository).unwrap();
        fs::create_dir(&folder).unwrap();
        answer(&repository, &["init", "--quiet", "--bare"], "");
        let tree = bomb(&repository, file, width, depth);
        let mut batch = git(&repository, &["cat-file", "--batch"]);
        let mut check = git(&repository, &["cat-file", "--batch-check"]);
        let limits = Limits::STANDARD;
        let mut left = Left {
            bytes: bytes_max,
            entries: limits.source_entries_max,
        };
        let layout = Layout {
            objects: &mut Objects::open(&mut batch, ObjectFormat::Sha1).unwrap(),
            sizes: &mut Sizes::open(&mut check, ObjectFormat::Sha1).unwrap(),
            folder: &folder,
            time: Timestamp::from_unix_seconds(0).unwrap(),
            identity: &mut TreeIdentity::new(&super::super::layout::LIMITS),
            left: &mut left,
            wanted: None,
        };
        let error = layout.lay_out(&tree).err().unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "{error}");
        error.to_string()
    }

    #[test]
    fn a_thousand_million_paths_in_a_few_kilobytes_are_refused_before_one_is_written() {
        let why = why("x", 10, 9, u64::MAX);
        assert!(why.contains("too many files and folders"), "{why}");
    }

    #[test]
    fn one_object_at_many_paths_counts_each_time_before_one_is_written() {
        let why = why(&"x".repeat(10_000), 10, 3, 9_999_999);
        assert!(why.contains("too many bytes"), "{why}");
    }
}

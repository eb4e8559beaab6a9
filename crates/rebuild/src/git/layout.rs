//! A tree laid out on disk from its objects: what git stores and nothing else. No filter, no attribute, no name but the tree's.
//!
//! Every folder that is written into was made here a moment before, by a call that fails when anything is there: so no path
//! leads through a symbolic link, whatever the tree says.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use quorate::limits::Limits;
use quorate::source::git::{
    EntryMode, ObjectId, ObjectKind, SourceEntry, TreeEntry, TreeIdentity, is_lfs_pointer,
    parse_tree,
};
use quorate::time::Timestamp;
use quorate_git::{Objects, Sizes};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

use super::measure::Measure;
use super::refused;
use crate::error::RebuildError;
use crate::sandbox::BUILDER_ID;

/// A folder with 100,000 entries has less.
pub(super) const TREE_BYTES_MAX: u64 = 16 << 20;
/// Folders in one another; the deepest that are known have about 30.
pub(super) const DEPTH_MAX: usize = 100;
/// A link's target as Linux takes it.
const TARGET_BYTES_MAX: u64 = 4_095;
/// What is kept of a file to look at: `.gitmodules`, `.gitattributes`, the recipe.
const KEPT_BYTES_MAX: usize = (1 << 20) + 1;
/// Enough to see whether a file is a pointer to another.
const HEAD_BYTES: usize = 64;
/// Attributes by which git would write other bytes than it stores, or `git archive` others than a checkout.
const ATTRIBUTES: [&str; 6] = [
    "filter",
    "ident",
    "working-tree-encoding",
    "eol",
    "export-ignore",
    "export-subst",
];

/// Lays out the tree of one repository, without its submodules.
pub(super) struct Layout<'a> {
    /// Its objects.
    pub(super) objects: &'a mut Objects,
    /// The sizes of its objects.
    pub(super) sizes: &'a mut Sizes,
    /// The folder that the tree's root becomes. It is there and empty.
    pub(super) folder: &'a Path,
    /// The time that everything gets.
    pub(super) time: Timestamp,
    /// Collects what is laid out.
    pub(super) identity: &'a mut TreeIdentity<'static>,
    /// What may still be laid out, all repositories together.
    pub(super) left: &'a mut Left,
    /// The path of a file whose content is wanted.
    pub(super) wanted: Option<&'a str>,
}

/// How much may still be laid out.
pub(super) struct Left {
    /// Bytes of files.
    pub(super) bytes: u64,
    /// Files, folders and links.
    pub(super) entries: usize,
}

/// What was met on the way.
#[derive(Default)]
pub(super) struct Found {
    /// The submodules' paths and commits.
    pub(super) submodules: Vec<(Vec<u8>, ObjectId)>,
    /// The content of `.gitmodules`.
    pub(super) modules: Option<Vec<u8>>,
    /// The content of the wanted file.
    pub(super) wanted: Option<Vec<u8>>,
    /// Files of attributes that git would obey, with the first such attribute.
    pub(super) attributes: Vec<(Vec<u8>, &'static str)>,
    /// Every folder below the root, parents first.
    pub(super) folders: Vec<PathBuf>,
    /// Files and links.
    pub(super) files: usize,
}

impl Layout<'_> {
    /// Lays out `tree`.
    ///
    /// # Errors
    /// [`RebuildError::SourceRefused`] for an object that is missing, malformed or not what its id names, a Git LFS pointer, a
    /// file that can't be laid out as it is, or more than may be laid out.
    pub(super) fn lay_out(mut self, tree: &ObjectId) -> Result<Found, RebuildError> {
        let measure = Measure {
            objects: self.objects,
            sizes: self.sizes,
            left: self.left,
        };
        measure.demand_room(tree)?;
        let mut found = Found::default();
        self.folder_of(tree, &[], 0, &mut found)?;
        Ok(found)
    }

    fn folder_of(
        &mut self,
        tree: &ObjectId,
        path: &[u8],
        depth: usize,
        found: &mut Found,
    ) -> Result<(), RebuildError> {
        if depth > DEPTH_MAX {
            return Err(refused(format!(
                "more than {DEPTH_MAX} folders in one another"
            )));
        }
        let content = self
            .objects
            .read_kind(tree, ObjectKind::Tree, TREE_BYTES_MAX)?;
        let entries = parse_tree(&content, self.objects.format());
        let entries = entries.map_err(|error| refused(format!("{}: {error}", shown(path))))?;
        self.left.entries = self
            .left
            .entries
            .checked_sub(entries.len())
            .ok_or_else(|| refused("too many files and folders"))?;
        for entry in entries {
            self.entry(&entry, &below(path, &entry.name), depth, found)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        entry: &TreeEntry,
        path: &[u8],
        depth: usize,
        found: &mut Found,
    ) -> Result<(), RebuildError> {
        let place = self.folder.join(OsStr::from_bytes(path));
        match entry.mode {
            EntryMode::Folder => {
                make_folder(&place)?;
                found.folders.push(place);
                return self.folder_of(&entry.id, path, depth.saturating_add(1), found);
            }
            EntryMode::Submodule => {
                make_folder(&place)?;
                found.folders.push(place);
                found.submodules.push((path.to_vec(), entry.id));
                return Ok(());
            }
            EntryMode::Symlink => {
                let laid = self.link(&entry.id, path, &place)?;
                self.push(path, laid)?;
            }
            EntryMode::File | EntryMode::Executable => {
                let laid = self.file(entry, path, &place, found)?;
                self.push(path, laid)?;
            }
        }
        date(&place, self.time)?;
        found.files = found.files.saturating_add(1);
        Ok(())
    }

    fn push(&mut self, path: &[u8], entry: SourceEntry) -> Result<(), RebuildError> {
        let pushed = self.identity.push(path, entry);
        pushed.map_err(|error| refused(error.to_string()))
    }

    fn link(
        &mut self,
        id: &ObjectId,
        path: &[u8],
        place: &Path,
    ) -> Result<SourceEntry, RebuildError> {
        let mut target = Vec::new();
        let (kind, size, sha256) = self.objects.copy(id, TARGET_BYTES_MAX, &mut target)?;
        if kind != ObjectKind::Blob || target.is_empty() || target.contains(&0) {
            return Err(refused(format!("{}: a link without a target", shown(path))));
        }
        symlink(OsStr::from_bytes(&target), place).map_err(RebuildError::io("create", place))?;
        lchown(place, Some(BUILDER_ID), Some(BUILDER_ID))
            .map_err(RebuildError::io("give", place))?;
        Ok(SourceEntry::Symlink { size, sha256 })
    }

    fn file(
        &mut self,
        entry: &TreeEntry,
        path: &[u8],
        place: &Path,
        found: &mut Found,
    ) -> Result<SourceEntry, RebuildError> {
        let is_attributes = entry.name == b".gitattributes";
        let is_wanted = self.wanted.is_some_and(|wanted| wanted.as_bytes() == path);
        let is_modules = path == b".gitmodules";
        let keep = match is_attributes || is_wanted || is_modules {
            true => KEPT_BYTES_MAX,
            false => HEAD_BYTES,
        };
        let file = File::create_new(place).map_err(RebuildError::io("create", place))?;
        let mut both = Both {
            file,
            kept: Vec::new(),
            keep,
        };
        let (kind, size, sha256) = self.objects.copy(&entry.id, self.left.bytes, &mut both)?;
        if kind != ObjectKind::Blob {
            return Err(refused(format!(
                "{}: a {kind} where a file must be",
                shown(path)
            )));
        }
        if is_lfs_pointer(&both.kept) {
            return Err(refused(format!(
                "{}: a Git LFS pointer, whose content is not in the repository",
                shown(path)
            )));
        }
        self.left.bytes = self.left.bytes.saturating_sub(size);
        finish(&both.file, place, entry.mode)?;
        if let (true, Some(attribute)) = (is_attributes, obeyed(&both.kept)) {
            found.attributes.push((path.to_vec(), attribute));
        }
        if is_modules {
            found.modules = Some(both.kept.clone());
        }
        if is_wanted {
            found.wanted = Some(both.kept);
        }
        Ok(match entry.mode {
            EntryMode::Executable => SourceEntry::Executable { size, sha256 },
            _ => SourceEntry::File { size, sha256 },
        })
    }
}

/// Gives the folders their time, which they lost whenever something was put into them, and to the builder.
pub(super) fn settle(folders: &[PathBuf], time: Timestamp) -> Result<(), RebuildError> {
    for folder in folders.iter().rev() {
        date(folder, time)?;
    }
    Ok(())
}

/// Makes a folder, or fails when anything is there.
pub(super) fn make_folder(place: &Path) -> Result<(), RebuildError> {
    fs::create_dir(place).map_err(RebuildError::io("create", place))?;
    fs::set_permissions(place, fs::Permissions::from_mode(0o755))
        .map_err(RebuildError::io("give", place))?;
    lchown(place, Some(BUILDER_ID), Some(BUILDER_ID)).map_err(RebuildError::io("give", place))
}

/// A path as it can be printed.
pub(super) fn shown(path: &[u8]) -> String {
    match path {
        [] => "the tree".to_owned(),
        path => crate::tool::printable(&String::from_utf8_lossy(path)),
    }
}

fn below(path: &[u8], name: &[u8]) -> Vec<u8> {
    match path {
        [] => name.to_vec(),
        path => [path, b"/", name].concat(),
    }
}

fn finish(file: &File, place: &Path, mode: EntryMode) -> Result<(), RebuildError> {
    let mode = match mode {
        EntryMode::Executable => 0o755,
        _ => 0o644,
    };
    // The builder first: giving a file away could take bits of its mode.
    std::os::unix::fs::fchown(file, Some(BUILDER_ID), Some(BUILDER_ID))
        .and_then(|()| file.set_permissions(fs::Permissions::from_mode(mode)))
        .map_err(RebuildError::io("give", place))
}

/// Sets the times of what is at `place`, and not of what it may lead to.
fn date(place: &Path, time: Timestamp) -> Result<(), RebuildError> {
    let time = Timespec {
        tv_sec: time.unix_seconds(),
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, place, &times, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|error| RebuildError::io("date", place)(error.into()))
}

/// The first attribute in a file of attributes that we do not obey and git would.
fn obeyed(content: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(content);
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    // The first word is a pattern.
    let mut words = lines.flat_map(|line| line.split_whitespace().skip(1));
    words.find_map(|word| {
        let name = word.split('=').next().unwrap_or_default();
        ATTRIBUTES.into_iter().find(|attribute| *attribute == name)
    })
}

/// Writes a file and keeps its first bytes.
struct Both {
    file: File,
    kept: Vec<u8>,
    keep: usize,
}

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        let room = self.keep.saturating_sub(self.kept.len());
        let kept = bytes.get(..written.min(room)).unwrap_or_default();
        self.kept.extend_from_slice(kept);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// What one tree is held to, in the library's own terms.
pub(super) static LIMITS: Limits = Limits::STANDARD;

#[cfg(test)]
mod tests {
    use super::{below, obeyed};

    #[test]
    fn attributes_that_change_bytes_are_seen() {
        for (text, found) in [
            ("*.bin filter=lfs diff=lfs -text\n", Some("filter")),
            ("# *.c ident\n*.c text\n", None),
            ("*.c -text\n a ident\n", Some("ident")),
            ("export-subst text\n", None),
            ("a export-subst\n", Some("export-subst")),
            ("a eol=crlf", Some("eol")),
            ("a -filter\n", None),
            ("", None),
        ] {
            assert_eq!(obeyed(text.as_bytes()), found, "{text:?}");
        }
    }

    #[test]
    fn a_path_is_names_between_slashes() {
        assert_eq!(below(&[], b"a"), b"a");
        assert_eq!(below(b"a", b"b"), b"a/b");
    }
}

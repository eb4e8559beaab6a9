//! Folders as git stores them.

use std::collections::BTreeSet;

use super::header::printable;
use super::name::entry_name_fault;
use super::{ObjectFormat, ObjectId};

/// What an entry of a folder is: the five modes that git writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryMode {
    /// `100644`: a file.
    File,
    /// `100755`: a file that may be executed.
    Executable,
    /// `120000`: a symbolic link, whose blob is its target.
    Symlink,
    /// `40000`: a folder.
    Folder,
    /// `160000`: a commit of another repository, a submodule.
    Submodule,
}

impl EntryMode {
    const ALL: [(Self, &'static str); 5] = [
        (Self::File, "100644"),
        (Self::Executable, "100755"),
        (Self::Symlink, "120000"),
        (Self::Folder, "40000"),
        (Self::Submodule, "160000"),
    ];

    /// The mode as git writes it in trees, in octal.
    pub fn octal(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(mode, _)| *mode == self)
            .map_or("", |(_, octal)| octal)
    }

    fn from_octal(octal: &[u8]) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| known.as_bytes() == octal)
            .map(|(mode, _)| *mode)
    }
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// What it is.
    pub mode: EntryMode,
    /// Its name in the folder, in no promised encoding. It is one path component and none that a file system takes for `.git`.
    pub name: Vec<u8>,
    /// The object that it is.
    pub id: ObjectId,
}

/// Reads the content of a tree object: the entries of one folder, in git's order.
///
/// Time is `n log n` and memory linear in the bytes; whoever reads bounds them.
///
/// # Errors
/// [`TreeError`] when it has no entry (git writes an empty tree only for a whole source without files), or an entry with another
/// mode, a name that can't be laid out safely, an order that is not git's, or the name of another entry.
pub fn parse_tree(bytes: &[u8], format: ObjectFormat) -> Result<Vec<TreeEntry>, TreeError> {
    let mut entries: Vec<TreeEntry> = Vec::new();
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let raw = Raw::split(rest, format).ok_or(TreeError {
            entry: entries.len() + 1,
            name: String::new(),
            fault: TreeFault::CutShort,
        })?;
        let refused = |fault| TreeError {
            entry: entries.len() + 1,
            name: printable(raw.name),
            fault,
        };
        let entry = raw.read().map_err(refused)?;
        if !names.insert(raw.name) {
            return Err(refused(TreeFault::Duplicate));
        }
        if entries.last().is_some_and(|last| !is_before(last, &entry)) {
            return Err(refused(TreeFault::Order));
        }
        entries.push(entry);
        rest = raw.rest;
    }
    if entries.is_empty() {
        return Err(TreeError {
            entry: 0,
            name: String::new(),
            fault: TreeFault::Empty,
        });
    }
    Ok(entries)
}

/// Writes entries as git does, in the order in which they are given: the inverse of [`parse_tree`] for what that gives.
pub fn write_tree(entries: &[TreeEntry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(entry.mode.octal().as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&entry.name);
        bytes.push(0);
        bytes.extend_from_slice(entry.id.as_bytes());
    }
    bytes
}

/// Git compares a folder as if its name ended in a slash (`base_name_compare` in read-cache.c).
fn is_before(one: &TreeEntry, two: &TreeEntry) -> bool {
    fn compared(entry: &TreeEntry) -> impl Iterator<Item = &u8> {
        let slash = (entry.mode == EntryMode::Folder).then_some(&b'/');
        entry.name.iter().chain(slash)
    }
    compared(one).lt(compared(two))
}

/// `MODE SPACE NAME NUL ID`, and what follows.
struct Raw<'a> {
    mode: &'a [u8],
    name: &'a [u8],
    id: Option<ObjectId>,
    rest: &'a [u8],
}

impl<'a> Raw<'a> {
    fn split(bytes: &'a [u8], format: ObjectFormat) -> Option<Self> {
        let nul = bytes.iter().position(|byte| *byte == 0)?;
        let (words, rest) = bytes.split_at_checked(nul)?;
        let space = words.iter().position(|byte| *byte == b' ')?;
        let (mode, name) = words.split_at_checked(space)?;
        let (id, rest) = rest.get(1..)?.split_at_checked(format.id_bytes())?;
        Some(Self {
            mode,
            name: name.get(1..)?,
            id: ObjectId::from_bytes(format, id),
            rest,
        })
    }

    fn read(&self) -> Result<TreeEntry, TreeFault> {
        let mode = EntryMode::from_octal(self.mode).ok_or_else(|| mode_fault(self.mode))?;
        match entry_name_fault(self.name) {
            Some(fault) => Err(TreeFault::Name(fault)),
            None => Ok(TreeEntry {
                mode,
                name: self.name.to_vec(),
                id: self.id.ok_or(TreeFault::CutShort)?,
            }),
        }
    }
}

/// Why a mode is none of the five.
fn mode_fault(mode: &[u8]) -> TreeFault {
    match mode {
        b"100664" => TreeFault::Mode("100664: group-writable files are of git before 2005"),
        [b'0', ..] => TreeFault::Mode("padded with a zero: the same folder would have two ids"),
        _ => TreeFault::Mode("none of 100644, 100755, 120000, 40000 and 160000"),
    }
}

/// Which entry of a folder is at fault, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry} of the tree{}: {fault}", shown(.name))]
pub struct TreeError {
    /// Its place, from 1; 0 when the whole tree is at fault.
    pub entry: usize,
    /// Its name as it can be printed; empty when it has none.
    pub name: String,
    /// What is wrong.
    pub fault: TreeFault,
}

fn shown(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!(" ({name})"),
    }
}

/// Why an entry, or a tree, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeFault {
    /// The bytes end within it.
    #[error("the tree ends within it, or it is none")]
    CutShort,
    /// A mode that git does not write.
    #[error("its mode is {0}")]
    Mode(&'static str),
    /// A name that can't be laid out safely.
    #[error("it has {0}")]
    Name(&'static str),
    /// Not behind the entry before it: the same folder would have two ids.
    #[error("it is not in git's order")]
    Order,
    /// Another entry has its name.
    #[error("another entry has its name")]
    Duplicate,
    /// A tree without entries.
    #[error("the tree is empty")]
    Empty,
}

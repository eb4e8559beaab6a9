//! Members and lists of them.

use quorate::digest::Sha256;

use crate::Format;

/// One member of an archive as its header has it, and the digest of its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name with `/` between its parts, without a leading `./` and, for folders, without a trailing `/`. The folder that an archive
    /// calls `./` is called `.`.
    pub name: String,
    /// What it is, and where a link leads.
    pub kind: MemberKind,
    /// Permission bits, at most 0o7777. 0 where a zip has none.
    pub mode: u32,
    /// To whom the archive says it belongs.
    pub owner: Owner,
    /// Seconds since 1970, rounded down, where the archive says it. A zip without an extended timestamp has local time, which is
    /// read as UTC.
    pub modified: Option<i64>,
    /// Bytes of contents; 0 for everything that is no file.
    pub size: u64,
    /// Digest of the contents; `None` for everything that is no file, and before the contents were read.
    pub sha256: Option<Sha256>,
}

/// What a member is. Devices, pipes, sparse files and the like have no kind: archives with them are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A file with contents.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Symlink {
        /// The target as written. It is data: nothing follows it.
        target: String,
    },
    /// Another name of an earlier file.
    Hardlink {
        /// The [`Member::name`] of that file.
        target: String,
    },
}

impl MemberKind {
    /// Returns the kind in one word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Folder => "folder",
            Self::Symlink { .. } => "symlink",
            Self::Hardlink { .. } => "hardlink",
        }
    }
}

/// The owner of a member as the archive says it, by number and by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The user's number; `None` where the archive has none.
    pub uid: Option<u64>,
    /// The group's number; `None` where the archive has none.
    pub gid: Option<u64>,
    /// The user's name, or empty.
    pub user: String,
    /// The group's name, or empty.
    pub group: String,
}

/// All members of one archive, which was read to its end without a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// As what it was read.
    pub format: Format,
    /// The members in the order of the archive.
    pub members: Vec<Member>,
    /// Digest of all bytes of the archive itself.
    pub whole: Sha256,
    /// Digest of the signing block of an Android package, where [`crate::SigningBlock::Allow`] let one stand.
    pub signing_block: Option<Sha256>,
}

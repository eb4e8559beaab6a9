//! What holds for members whatever the container: every member passes here on its way to the visitor.

use quorate::digest::Sha256Stream;

use crate::error::{LimitFault, SizeFault, shown};
use crate::names::{Backslash, Node, Refused, Tree, climbs, normal};
use crate::source::Source;
use crate::visit::{Contents, Visitor};
use crate::{ArchiveError, Limits, Member, MemberKind, NameFault, Owner};

/// A member as its container has it.
pub(crate) struct Entry<'e> {
    pub(crate) name: &'e [u8],
    pub(crate) kind: EntryKind<'e>,
    pub(crate) mode: u32,
    pub(crate) owner: Owner,
    pub(crate) modified: Option<i64>,
    pub(crate) size: u64,
}

/// The kind, with a link's target as the container has it.
#[derive(Clone, Copy)]
pub(crate) enum EntryKind<'e> {
    File,
    Folder,
    Symlink(&'e [u8]),
    Hardlink(&'e [u8]),
}

/// Where in the list the members of a container go, and what its unpacker allows.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// A first part of all names, or empty.
    folder: &'static str,
    backslash: Backslash,
    absolute_symlinks: bool,
}

impl Place {
    /// An archive by itself.
    pub(crate) const WHOLE: Self = Self {
        folder: "",
        backslash: Backslash::Refused,
        absolute_symlinks: false,
    };
    /// The control.tar of a Debian package.
    pub(crate) const DEB_CONTROL: Self = Self {
        folder: "control",
        ..Self::WHOLE
    };
    /// The data.tar of a Debian package: it is unpacked at `/`, where absolute links are as good as others.
    pub(crate) const DEB_DATA: Self = Self {
        folder: "data",
        backslash: Backslash::Letter,
        absolute_symlinks: true,
    };

    fn full(self, name: String) -> String {
        match (self.folder, &*name) {
            ("", _) => name,
            (folder, ".") => folder.to_owned(),
            (folder, _) => format!("{folder}/{name}"),
        }
    }
}

/// The list in the making.
pub(crate) struct Listing<'l> {
    pub(crate) limits: &'l Limits,
    pub(crate) place: Place,
    visitor: &'l mut dyn Visitor,
    tree: Tree,
    names_bytes: u64,
    contents_bytes: u64,
}

impl<'l> Listing<'l> {
    pub(crate) fn new(limits: &'l Limits, visitor: &'l mut dyn Visitor) -> Self {
        Self {
            limits,
            place: Place::WHOLE,
            visitor,
            tree: Tree::new(limits.members_max),
            names_bytes: 0,
            contents_bytes: 0,
        }
    }

    /// Takes in a member and, for a file, its contents: `contents` to its end. Says how many bytes these were; whether that is what
    /// the container says is for the caller to see to.
    pub(crate) fn add(
        &mut self,
        entry: Entry<'_>,
        contents: &mut dyn Source,
    ) -> Result<u64, ArchiveError> {
        let mut member = self.member(entry)?;
        let wanted = self.visitor.member(&member);
        let mut size = 0u64;
        if member.kind == MemberKind::File {
            let mut hash = Sha256Stream::default();
            loop {
                let chunk = contents.fill()?;
                let count = chunk.len();
                if count == 0 {
                    break;
                }
                hash.update(chunk);
                if wanted == Contents::Wanted {
                    self.visitor.data(chunk);
                }
                contents.consume(count);
                size = size.saturating_add(count as u64);
            }
            member.size = size;
            member.sha256 = Some(hash.finish());
        }
        self.visitor.end(&member);
        Ok(size)
    }

    /// Takes in a member and returns it, for the visitor's [`Visitor::member`], before its contents are read.
    fn member(&mut self, entry: Entry<'_>) -> Result<Member, ArchiveError> {
        let raw = entry.name;
        let named = |fault| ArchiveError::Name {
            member: shown(raw),
            fault,
        };
        let is_folder = matches!(entry.kind, EntryKind::Folder);
        let bytes_max = self.limits.name_bytes_max;
        let short = normal(raw, is_folder, self.place.backslash, bytes_max).map_err(named)?;
        let kind = self.kind(&short, entry.kind).map_err(named)?;
        let owner = &entry.owner;
        if [&owner.user, &owner.group]
            .into_iter()
            .any(|name| !is_text(name, bytes_max))
        {
            return Err(named(NameFault::Owner));
        }
        if entry.size > 0 && kind != MemberKind::File {
            let (kind, size) = (kind.word(), entry.size);
            return Err(ArchiveError::Size {
                member: shown(raw),
                fault: SizeFault::Contents { kind, size },
            });
        }
        let member = Member {
            name: self.place.full(short),
            kind,
            mode: entry.mode,
            owner: entry.owner,
            modified: entry.modified,
            size: entry.size,
            sha256: None,
        };
        self.count(&member)?;
        let node = match member.kind {
            MemberKind::File => Node::File,
            MemberKind::Folder => Node::Folder,
            MemberKind::Symlink { .. } => Node::Symlink,
            MemberKind::Hardlink { .. } => Node::Hardlink,
        };
        match self.tree.insert(&member.name, node) {
            Ok(()) => Ok(member),
            Err(Refused::Name(fault)) => Err(named(fault)),
            Err(Refused::Limit(fault)) => Err(fault.into()),
        }
    }

    fn kind(&self, name: &str, kind: EntryKind<'_>) -> Result<MemberKind, NameFault> {
        let target = match kind {
            EntryKind::File => return Ok(MemberKind::File),
            EntryKind::Folder => return Ok(MemberKind::Folder),
            EntryKind::Symlink(target) | EntryKind::Hardlink(target) => target,
        };
        let (bytes, max) = (target.len(), self.limits.name_bytes_max);
        if bytes > max {
            return Err(NameFault::TargetTooLong { bytes, max });
        }
        let text = str::from_utf8(target).map_err(|_| NameFault::TargetText)?;
        if text.is_empty() {
            return Err(NameFault::NoTarget);
        }
        if !is_text(text, max) {
            return Err(NameFault::TargetText);
        }
        let target = text.to_owned();
        if matches!(kind, EntryKind::Hardlink(_)) {
            let full = normal(text.as_bytes(), false, self.place.backslash, max)
                .map(|short| self.place.full(short))
                .ok();
            return match full {
                Some(full) if self.tree.kind_of(&full) == Some(Node::File) => {
                    Ok(MemberKind::Hardlink { target: full })
                }
                _ => Err(NameFault::HardlinkTarget { target }),
            };
        }
        if text.starts_with('/') {
            return match self.place.absolute_symlinks {
                true => Ok(MemberKind::Symlink { target }),
                false => Err(NameFault::AbsoluteTarget { target }),
            };
        }
        if climbs(name, text) {
            return Err(NameFault::ClimbingTarget { target });
        }
        Ok(MemberKind::Symlink { target })
    }

    fn count(&mut self, member: &Member) -> Result<(), LimitFault> {
        let target = match &member.kind {
            MemberKind::File | MemberKind::Folder => 0,
            MemberKind::Symlink { target } | MemberKind::Hardlink { target } => target.len(),
        };
        let owner = &member.owner;
        let names = [
            member.name.len(),
            target,
            owner.user.len(),
            owner.group.len(),
        ];
        for bytes in names {
            self.names_bytes = self.names_bytes.saturating_add(bytes as u64);
        }
        if self.names_bytes > self.limits.names_bytes_max {
            return Err(LimitFault::Names(self.limits.names_bytes_max));
        }
        self.contents_bytes = self.contents_bytes.saturating_add(member.size);
        if self.contents_bytes > self.limits.unpacked_bytes_max {
            return Err(LimitFault::Unpacked(self.limits.unpacked_bytes_max));
        }
        Ok(())
    }
}

fn is_text(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max && !text.chars().any(char::is_control)
}

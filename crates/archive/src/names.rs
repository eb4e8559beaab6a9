//! Names of members: one spelling, one meaning, one place in the tree.

use std::collections::HashMap;

use crate::error::LimitFault;

/// What is wrong with a name, or with where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameFault {
    /// No name at all.
    #[error("the name is empty")]
    Empty,
    /// Longer than [`crate::Limits::name_bytes_max`].
    #[error("the name has {bytes} bytes, more than {max}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Not UTF-8: what is shown would not be what is there.
    #[error("the name is not UTF-8")]
    NotUtf8,
    /// NUL, a line break or another control character.
    #[error("the name has a control character")]
    Control,
    /// A backslash, which is a separator on other systems.
    #[error("the name has a backslash, which some readers take for a slash")]
    Backslash,
    /// Begins with `/`.
    #[error("the name is absolute")]
    Absolute,
    /// Has a part `..`.
    #[error("the name climbs out by `..`")]
    Climbing,
    /// Has a part `.` that is not the first.
    #[error("the name has a part `.`")]
    Dot,
    /// Has `//`.
    #[error("the name has `//`")]
    DoubleSlash,
    /// Something that is no folder has a name that ends in `/`.
    #[error("the name ends in `/` and the member is no folder")]
    TrailingSlash,
    /// The folder `.` is claimed by something that is no folder.
    #[error("the name means the archive's own folder and the member is no folder")]
    Root,
    /// Two members have the name.
    #[error("a second member of this name")]
    Duplicate,
    /// A file or link has the name of a folder in which other members are.
    #[error("both a folder with members in it and something else")]
    FileAndFolder,
    /// The member would be written through a link.
    #[error("below the symbolic link {link}")]
    BelowSymlink {
        /// The link's name.
        link: String,
    },
    /// A link without a target.
    #[error("a link without a target")]
    NoTarget,
    /// The target is too long.
    #[error("the link's target has {bytes} bytes, more than {max}")]
    TargetTooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The target has a control character or is not UTF-8.
    #[error("the link's target has a control character or is not UTF-8")]
    TargetText,
    /// The target of a symbolic link is absolute.
    #[error("leads to the absolute path {target}")]
    AbsoluteTarget {
        /// The target.
        target: String,
    },
    /// The target of a symbolic link climbs out of the archive.
    #[error("leads out of the archive, to {target}")]
    ClimbingTarget {
        /// The target.
        target: String,
    },
    /// The target of a hard link is no earlier file of the archive.
    #[error("a hard link to {target}, which is no earlier file of the archive")]
    HardlinkTarget {
        /// The target.
        target: String,
    },
    /// The owner's name has a control character, is not UTF-8 or is too long.
    #[error("the owner's name has a control character, is not UTF-8 or is too long")]
    Owner,
}

/// Whether a name may have a backslash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backslash {
    Refused,
    /// Debian packages are unpacked by dpkg on Debian alone, and systemd's have names with `\x2d`.
    Letter,
}

/// Brings a name into its one spelling, or says why there is none. The archive's own folder is `.`.
pub(crate) fn normal(
    raw: &[u8],
    is_folder: bool,
    backslash: Backslash,
    bytes_max: usize,
) -> Result<String, NameFault> {
    if raw.len() > bytes_max {
        return Err(NameFault::TooLong {
            bytes: raw.len(),
            max: bytes_max,
        });
    }
    let name = str::from_utf8(raw).map_err(|_| NameFault::NotUtf8)?;
    if name.chars().any(char::is_control) {
        return Err(NameFault::Control);
    }
    if backslash == Backslash::Refused && name.contains('\\') {
        return Err(NameFault::Backslash);
    }
    match name {
        "" => return Err(NameFault::Empty),
        "." | "./" if is_folder => return Ok(".".to_owned()),
        "." | "./" => return Err(NameFault::Root),
        _ if name.starts_with('/') => return Err(NameFault::Absolute),
        _ => {}
    }
    let name = name.strip_prefix("./").unwrap_or(name);
    let name = match name.strip_suffix('/') {
        Some(_) if !is_folder => return Err(NameFault::TrailingSlash),
        Some(shorter) => shorter,
        None => name,
    };
    for part in name.split('/') {
        match part {
            "" => return Err(NameFault::DoubleSlash),
            "." => return Err(NameFault::Dot),
            ".." => return Err(NameFault::Climbing),
            _ => {}
        }
    }
    Ok(name.to_owned())
}

/// Says whether a relative link in the folder of `name` climbs above the archive's own folder, by counting parts and following nothing.
pub(crate) fn climbs(name: &str, target: &str) -> bool {
    let mut depth = name.matches('/').count();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return true,
            },
            _ => depth = depth.saturating_add(1),
        }
    }
    false
}

/// What is at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Only named as a part of other names.
    Implied,
    Folder,
    File,
    Symlink,
    Hardlink,
}

/// All names so far, one entry for each folder and member, so that a prefix is stored once.
pub(crate) struct Tree {
    /// Parent's number and last part → own number and kind.
    nodes: HashMap<Box<[u8]>, (u32, Node)>,
    nodes_max: u64,
}

/// Why a name has no place.
pub(crate) enum Refused {
    Name(NameFault),
    Limit(LimitFault),
}

impl Tree {
    pub(crate) fn new(nodes_max: u64) -> Self {
        // The number of a node has 32 bits.
        let nodes_max = nodes_max.min(u64::from(u32::MAX - 1));
        Self {
            nodes: HashMap::new(),
            nodes_max,
        }
    }

    /// Puts a member into the tree.
    pub(crate) fn insert(&mut self, name: &str, kind: Node) -> Result<(), Refused> {
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
        let mut parent = ROOT;
        let mut end = 0;
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            end += part.len();
            parent = match self.get(parent, part) {
                Some((number, Node::Folder | Node::Implied)) => number,
                Some((_, Node::File | Node::Hardlink)) => {
                    return Err(Refused::Name(NameFault::FileAndFolder));
                }
                Some((_, Node::Symlink)) => {
                    let link = folder.get(..end).unwrap_or(folder).to_owned();
                    return Err(Refused::Name(NameFault::BelowSymlink { link }));
                }
                None => self.add(parent, part, Node::Implied)?,
            };
            end += 1;
        }
        match self.get(parent, last) {
            None => self.add(parent, last, kind).map(drop),
            Some((number, Node::Implied)) if kind == Node::Folder => {
                self.nodes.insert(key(parent, last), (number, kind));
                Ok(())
            }
            Some((_, Node::Implied)) => Err(Refused::Name(NameFault::FileAndFolder)),
            Some(_) => Err(Refused::Name(NameFault::Duplicate)),
        }
    }

    /// Says what is at a name.
    pub(crate) fn kind_of(&self, name: &str) -> Option<Node> {
        let (mut parent, mut kind) = (ROOT, None);
        for part in name.split('/') {
            let (number, found) = self.get(parent, part)?;
            (parent, kind) = (number, Some(found));
        }
        kind
    }

    fn get(&self, parent: u32, part: &str) -> Option<(u32, Node)> {
        self.nodes.get(&*key(parent, part)).copied()
    }

    fn add(&mut self, parent: u32, part: &str, kind: Node) -> Result<u32, Refused> {
        let count = self.nodes.len() as u64;
        let number = u32::try_from(count + 1).ok();
        match number {
            Some(number) if count < self.nodes_max => {
                self.nodes.insert(key(parent, part), (number, kind));
                Ok(number)
            }
            _ => Err(Refused::Limit(LimitFault::Members(self.nodes_max))),
        }
    }
}

const ROOT: u32 = 0;

fn key(parent: u32, part: &str) -> Box<[u8]> {
    [&parent.to_le_bytes(), part.as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::{Backslash, NameFault, Node, Refused, Tree, climbs, normal};

    fn of(name: &str) -> Result<String, NameFault> {
        normal(name.as_bytes(), name.ends_with('/'), Backslash::Refused, 20)
    }

    #[test]
    fn a_name_has_one_spelling() {
        assert_eq!(of("a/b"), Ok("a/b".into()));
        assert_eq!(of("./a/b"), Ok("a/b".into()));
        assert_eq!(of("./a/"), Ok("a".into()));
        assert_eq!(of("./"), Ok(".".into()));
        assert_eq!(of("..a/b.."), Ok("..a/b..".into()));
    }

    #[test]
    fn every_other_spelling_is_refused_with_its_reason() {
        let cases = [
            ("", NameFault::Empty),
            ("/a", NameFault::Absolute),
            ("//a", NameFault::Absolute),
            ("../a", NameFault::Climbing),
            ("a/../b", NameFault::Climbing),
            ("a/..", NameFault::Climbing),
            ("a//b", NameFault::DoubleSlash),
            (".//a", NameFault::DoubleSlash),
            ("a//", NameFault::DoubleSlash),
            ("././a", NameFault::Dot),
            ("a/./b", NameFault::Dot),
            ("a/.", NameFault::Dot),
            (".", NameFault::Root),
            ("a\\b", NameFault::Backslash),
            ("a\nb", NameFault::Control),
            ("a\0b", NameFault::Control),
            ("a\u{9b}b", NameFault::Control),
            (
                "012345678901234567890",
                NameFault::TooLong { bytes: 21, max: 20 },
            ),
        ];
        for (name, fault) in cases {
            assert_eq!(of(name), Err(fault), "{name:?}");
        }
        let fault = normal(b"a/", false, Backslash::Refused, 20);
        assert_eq!(fault, Err(NameFault::TrailingSlash));
        let fault = normal(b"\xff", false, Backslash::Refused, 20);
        assert_eq!(fault, Err(NameFault::NotUtf8));
        let name = normal(b"a\\x2db", false, Backslash::Letter, 20);
        assert_eq!(name, Ok("a\\x2db".into()));
    }

    #[test]
    fn a_target_climbs_when_it_leaves_the_archive_at_any_point() {
        assert!(!climbs("a/b/c", "../../d"));
        assert!(!climbs("a", "b/../c"));
        assert!(climbs("a", ".."));
        assert!(climbs("a/b", "../../a/b"));
        assert!(climbs("a/b", "./..//../x"));
    }

    #[test]
    fn names_have_one_place_each() {
        let mut tree = Tree::new(100);
        let mut fault = |name, kind| match tree.insert(name, kind) {
            Ok(()) => None,
            Err(Refused::Name(fault)) => Some(fault),
            Err(Refused::Limit(_)) => panic!("no limit is reached"),
        };
        assert_eq!(fault("a/b/c", Node::File), None);
        assert_eq!(fault("a/b", Node::Folder), None);
        assert_eq!(fault("a/b", Node::Folder), Some(NameFault::Duplicate));
        assert_eq!(fault("a/b/c", Node::File), Some(NameFault::Duplicate));
        assert_eq!(fault("a", Node::Symlink), Some(NameFault::FileAndFolder));
        assert_eq!(fault("a/b/c/d", Node::File), Some(NameFault::FileAndFolder));
        assert_eq!(fault("a/l", Node::Symlink), None);
        let link = "a/l".to_owned();
        assert_eq!(
            fault("a/l/x/y", Node::File),
            Some(NameFault::BelowSymlink { link })
        );
        assert_eq!(tree.kind_of("a/b/c"), Some(Node::File));
        assert_eq!(tree.kind_of("b"), None);
    }

    #[test]
    fn implied_folders_count() {
        let mut tree = Tree::new(3);
        assert!(tree.insert("a/b/c", Node::File).is_ok());
        assert!(matches!(
            tree.insert("d", Node::File),
            Err(Refused::Limit(_))
        ));
    }
}

//! Why nothing was recorded, and what was passed over although something was.

use std::ffi::OsString;
use std::path::PathBuf;

/// Why artifacts could not be recorded. Nothing is recorded in part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A name that cannot stand in JSON.
    #[error("the file name {name:?} in {} is not UTF-8, which a link cannot hold; rename it or exclude it", folder.display())]
    NotUtf8 {
        /// The folder.
        folder: PathBuf,
        /// The name; `{:?}` escapes it.
        name: OsString,
    },
    /// A name that readers of links refuse.
    #[error(
        "{0:?} cannot be an artifact's name: empty, or with an empty, `.` or `..` part; use --base-path or --lstrip-paths"
    )]
    Name(String),
    /// Two files would have one name.
    #[error("{first:?} and {second:?} would both be recorded as {name:?}; change --lstrip-paths")]
    Duplicate {
        /// The name.
        name: String,
        /// The file that has it.
        first: String,
        /// The file that would get it, too.
        second: String,
    },
    /// Two prefixes of which one begins with the other.
    #[error(
        "the prefixes {0:?} and {1:?} overlap, so that it would be chance which is stripped; keep one"
    )]
    PrefixOverlap(String, String),
    /// A pattern that cannot be read.
    #[error("the exclude pattern {pattern:?} cannot be read: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that was written to or replaced while it was hashed.
    #[error("{}: changed while it was hashed; record when nothing writes to it", .0.display())]
    Changed(PathBuf),
    /// A file or folder that cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `dir:` of something else.
    #[error("{}: not a folder, which `dir:` records", .0.display())]
    NotFolder(PathBuf),
    /// A line break in a name would let one listing stand for two folders.
    #[error("{0:?}: a line break in a name, which `dir:` cannot list")]
    LineBreak(String),
    /// Git has no such commit, or there is no repository.
    #[error("{uri}: {problem}")]
    Git {
        /// The artifact as it was named.
        uri: String,
        /// What git says.
        problem: String,
    },
    /// More entries than a link could hold by far: most likely links that multiply.
    #[error(
        "more than {0} files and folders; symbolic links that lead to each other multiply them"
    )]
    TooMany(usize),
    /// A symbolic link that leads out of the one folder that was to be recorded.
    #[error("{}: leads out of the folder", .0.display())]
    LeadsOut(PathBuf),
}

/// Something that was named or found and is not in the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Warning {
    /// A path at which there is nothing.
    Nothing(String),
    /// A path that an exclude pattern matches.
    Excluded(String),
    /// A folder in which there is nothing to record.
    Empty(String),
    /// A symbolic link that leads nowhere.
    BrokenLink(String),
    /// A pipe, socket or device.
    Special(String),
    /// A symbolic link that leads to a folder it lies in.
    Loop(String),
    /// An exclude pattern that matched nothing.
    UnusedExclude(String),
    /// A prefix that no name begins with.
    UnusedPrefix(String),
    /// A git work tree with changes that the commit does not have.
    Dirty(String),
}

impl std::fmt::Display for Warning {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing(path) => write!(out, "{path:?}: nothing there, nothing recorded"),
            Self::Excluded(path) => {
                write!(out, "{path:?}: excluded by a pattern, nothing recorded")
            }
            Self::Empty(path) => write!(out, "{path:?}: no file in it, nothing recorded"),
            Self::BrokenLink(path) => {
                write!(
                    out,
                    "{path:?}: a symbolic link that leads nowhere, not recorded"
                )
            }
            Self::Special(path) => write!(out, "{path:?}: a pipe, socket or device, not recorded"),
            Self::Loop(path) => write!(
                out,
                "{path:?}: a symbolic link to a folder around it, not followed"
            ),
            Self::UnusedExclude(pattern) => {
                write!(out, "the exclude pattern {pattern:?} matched nothing")
            }
            Self::UnusedPrefix(prefix) => {
                write!(
                    out,
                    "no name begins with the prefix {prefix:?}, nothing stripped"
                )
            }
            Self::Dirty(uri) => write!(
                out,
                "{uri}: the work tree has changes; the commit that was recorded does not have them"
            ),
        }
    }
}

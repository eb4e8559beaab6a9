//! Commits: which tree was released. History is no matter of ours, and nor is what a commit's author says of themselves.

use super::header::{Header, id};
use super::{ObjectFormat, ObjectId};

/// A commit.
///
/// ```text
/// tree 4f7b5d9c0e4aafd4b31f0dc24ec4f05e5e4bd5a5
/// parent 411fb0278820bbf81ac825b24823f31bed55190e
/// author A U Thor <author@example.com> 1112911993 -0700
/// committer C O Mitter <committer@example.com> 1112911993 -0700
///
/// The message.
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit<'a> {
    /// The folder that was committed.
    pub tree: ObjectId,
    /// The commits before it, in their order.
    pub parents: Vec<ObjectId>,
    /// The `author` line's value, which is not read: nothing is decided by it.
    pub author: &'a [u8],
    /// The `committer` line's value, which is not read either.
    pub committer: &'a [u8],
    /// Every other header with its value, continuation lines as they stand: `gpgsig`, `encoding`, `mergetag` and whatever else tools
    /// write. They are part of the id and mean nothing here.
    pub extra: Vec<ExtraHeader<'a>>,
    /// The message.
    pub message: &'a [u8],
}

/// A header that means nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtraHeader<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value, with continuation lines and the space in front of each.
    pub value: &'a [u8],
}

impl<'a> Commit<'a> {
    /// Reads the content of a commit object: `tree`, any number of `parent`, `author` and `committer`, in this order, none of them
    /// again after it, an empty line, the message. Time and memory are linear in the bytes; whoever reads bounds them.
    ///
    /// # Errors
    /// [`CommitError`] for anything else.
    pub fn parse(bytes: &'a [u8], format: ObjectFormat) -> Result<Self, CommitError> {
        if bytes.contains(&0) {
            return Err(CommitError::Nul);
        }
        let mut header = Header::new(bytes);
        let missing = |header: &Header<'_>, key| CommitError::Header {
            expected: key,
            found: header.next_key(),
        };
        let of_format = |value| id(value, format).ok_or(CommitError::ObjectId { format });
        let tree = header
            .value("tree")
            .ok_or_else(|| missing(&header, "tree"))?;
        let tree = of_format(tree)?;
        let mut parents = Vec::new();
        while let Some(parent) = header.value("parent") {
            parents.push(of_format(parent)?);
        }
        let mut person = |key| header.value(key).ok_or_else(|| missing(&header, key));
        let author = person("author")?;
        let committer = person("committer")?;
        let extra = extra(&mut header)?;
        Ok(Self {
            tree,
            parents,
            author,
            committer,
            extra,
            message: header.end().ok_or(CommitError::NoMessage)?,
        })
    }
}

/// The headers behind `committer`.
fn extra<'a>(header: &mut Header<'a>) -> Result<Vec<ExtraHeader<'a>>, CommitError> {
    const ONCE: [&[u8]; 4] = [b"tree", b"parent", b"author", b"committer"];
    let mut extra = Vec::new();
    while !header.is_at_end() {
        let key = header.next_key();
        let (name, value) = header.any().ok_or(CommitError::NoMessage)?;
        if ONCE.contains(&name) {
            return Err(CommitError::Again(key));
        }
        extra.push(ExtraHeader { name, value });
    }
    Ok(extra)
}

/// Why bytes are no commit that means one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// A NUL byte, behind which readers in C see nothing.
    #[error("the commit has a NUL byte")]
    Nul,
    /// A header is missing or out of order.
    #[error("the commit has {found:?} where its header {expected:?} must be")]
    Header {
        /// The header that must come next.
        expected: &'static str,
        /// What comes instead.
        found: String,
    },
    /// `tree` or `parent` is no id of the repository's format.
    #[error("the commit's tree or parent is no {format} id")]
    ObjectId {
        /// The repository's format.
        format: ObjectFormat,
    },
    /// One of the four headers stands a second time, or late.
    #[error("the commit has its header {0:?} again")]
    Again(String),
    /// No empty line after the headers, or a line among them that is none.
    #[error("the commit's headers do not end in an empty line")]
    NoMessage,
}

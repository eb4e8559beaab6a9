//! Why something of a repository cannot be had.

use quorate::source::git::{CommitError, IdentityError, ObjectId, ObjectKind, TreeError};

/// Why something of a repository cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// git could not be started.
    #[error("git could not be started: {0}")]
    Start(std::io::Error),
    /// No repository, or git refuses it.
    #[error("not a repository that git reads: {0}")]
    Repository(String),
    /// There is no such tag.
    #[error("there is no tag {0:?}")]
    NoTag(String),
    /// A name that no tag has.
    #[error("{0:?} cannot be a tag's name")]
    TagName(String),
    /// git ended before it had answered.
    #[error("git ended while it was asked for {0}")]
    Ended(ObjectId),
    /// The object is not there.
    #[error("the object {0} is not in the repository")]
    Missing(ObjectId),
    /// The object is larger than what is taken.
    #[error("the {kind} {id} has {size} bytes, and at most {bytes_max} are taken")]
    TooLarge {
        /// The object.
        id: ObjectId,
        /// What it is.
        kind: ObjectKind,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        bytes_max: u64,
    },
    /// The object is something else.
    #[error("{id} is a {found} where a {wanted} must be")]
    Kind {
        /// The object.
        id: ObjectId,
        /// What it is.
        found: ObjectKind,
        /// What it must be.
        wanted: ObjectKind,
    },
    /// The bytes do not have the id, or the id has a collision.
    #[error("the {kind} {id}: {problem}")]
    Id {
        /// The object.
        id: ObjectId,
        /// What it is said to be.
        kind: ObjectKind,
        /// What is wrong.
        problem: String,
    },
    /// The bytes could not be passed on.
    #[error("could not pass on the source: {0}")]
    Write(std::io::Error),
    /// A malformed commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A malformed tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A tree without an identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A pointer of git LFS in the place of a file.
    #[error(
        "{0:?} is a pointer of git LFS: the file itself is not in the repository, and no signature covers it"
    )]
    Lfs(String),
    /// A submodule, whose tree is not at hand.
    #[error("{0:?} is a submodule: its tree is in another repository")]
    Submodule(String),
}

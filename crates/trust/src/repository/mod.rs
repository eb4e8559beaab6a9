//! The repository side: what changes, who signs it, and in which order it becomes visible.
//!
//! **Enters:** the repository's own files, changes, files that holders signed elsewhere, keys of the online roles.
//! **Leaves:** unsigned files with what would change in words; or the files to write, in an order in which no client is ever misled.
//! **Never:** an offline key; a file that is not signed by enough holders, or whose version does not follow.
//!
//! Everything is a pure function over bytes, except [`Folder`], which reads and writes them.

mod bins;
mod change;
mod describe;
mod earlier;
mod edit;
mod folder;
mod history;
mod medium;
mod prepare;
mod publish;
mod restore;
mod review;
mod state;

use crate::disk::DiskError;
use crate::metadata::{
    MetadataError, Mismatch, NameError, RoleName, SignError, TooFewSignatures, Version,
};
use quorate::time::Timestamp;

pub use bins::Bins;
pub use change::{Change, Delegate, Founding, Holders, RoleChange, RootChange};
pub use describe::{describe_role, describe_root};
pub use edit::{
    Expiries, PolicyFiles, Rotated, bins_of, delegate, is_of_project, put_naming, put_party,
    put_policy, put_releases, renew, role_of, roles_of, rotate,
};
pub use folder::{Ceremony, Folder, TakeBack};
pub use history::Edition;
pub use prepare::{Prepared, prepare};
pub use publish::{Online, Publication, Renew, publish, refresh};
pub use review::{Before, Pending, Quorum, Review, review};
pub use state::Repository;

pub use crate::metadata::sign;

/// Why a repository cannot be read or changed so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// A medium's folder that holds something else.
    #[error("{}: a repository is there that is not for media; name an empty folder, or that of an older medium", .0.display())]
    Occupied(std::path::PathBuf),
    /// A file that is no metadata of its kind.
    #[error("{name}: {source}")]
    Metadata {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: MetadataError,
    },
    /// A role or root that too few holders signed.
    #[error("{name}: {source}")]
    Signatures {
        /// The file.
        name: String,
        /// Who is missing.
        source: TooFewSignatures,
    },
    /// A file that is not what another one says about it.
    #[error("{name}: {source}")]
    Mismatch {
        /// The file.
        name: String,
        /// How it differs.
        source: Mismatch,
    },
    /// A file that another one names.
    #[error("{0} is missing")]
    Missing(String),
    /// A version that does not follow the one before it.
    #[error("{name}: version {found}, and {expected} follows what is published")]
    Version {
        /// The file.
        name: String,
        /// What should be there.
        expected: Version,
        /// What is there.
        found: Version,
    },
    /// A file that was prepared before others were published.
    #[error(
        "{name}: version {found}, and {expected} follows what is published: prepared from an older state of the repository; prepare it anew"
    )]
    Stale {
        /// The file.
        name: String,
        /// What should be there.
        expected: Version,
        /// What is there.
        found: Version,
    },
    /// No version follows the last one.
    #[error("{0}: no version follows its last one; delegate to a role of another name")]
    LastVersion(String),
    /// A root of that version is published already, and clients may have it.
    #[error(
        "{name} is published already with other bytes: prepared from an older state of the repository; prepare it anew"
    )]
    Published {
        /// The file.
        name: String,
    },
    /// A role would be expired when it is published.
    #[error("{name} expires {expires}, which is not after {at}")]
    Expired {
        /// The file.
        name: String,
        /// When it expires.
        expires: Timestamp,
        /// When it would be published.
        at: Timestamp,
    },
    /// Nothing of the repository is published and no root is to be.
    #[error(
        "the repository is empty: its first change has a root, targets and all delegated roles"
    )]
    Empty,
    /// A role that nobody delegates to.
    #[error("{0}: no role delegates to it")]
    NobodyDelegates(RoleName),
    /// A delegation to a role without a file.
    #[error("{0} is delegated to and has no file; its holders sign one first, which may be empty")]
    RoleWithoutFile(RoleName),
    /// A role to change that is not there.
    #[error("{delegator} does not delegate to {role}")]
    NotDelegated {
        /// Who would delegate.
        delegator: RoleName,
        /// To whom.
        role: RoleName,
    },
    /// A target to remove that is not there.
    #[error("{role} has no target {path}")]
    NoTarget {
        /// The role.
        role: RoleName,
        /// The target's path.
        path: String,
    },
    /// A file in the ceremony that belongs to nothing.
    #[error("{0} belongs to no change; take it out of the ceremony")]
    Stray(String),
    /// A roster that forgets a theft.
    #[error(
        "the roster takes a compromise back: {0}; nothing undoes a revocation, so leave what is published in the entry; only where thieves of the roster's keys wrote it, publish with --take-back"
    )]
    TakenBack(String),
    /// An online role needs other keys than those given.
    #[error("the keys given are not enough for {role}: {source}")]
    OnlineKeys {
        /// The role.
        role: &'static str,
        /// Who is missing.
        source: TooFewSignatures,
    },
    /// Hash bins of another number.
    #[error("{0} bits of hash: bins take 4, 8 or 12")]
    Bins(u8),
    /// Nothing to put projects into.
    #[error("targets delegates to no hash bin, so that no project has a place")]
    NoBins,
    /// A project that nobody has, or several have.
    #[error(
        "no single role has the paths of project {0}; give them to its owners with `quorate trust delegate`"
    )]
    NoProject(String),
    /// A name that metadata cannot have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A roster that does not hold.
    #[error("the roster: {0}")]
    Roster(#[from] crate::roster::RosterError),
    /// Naming rules that do not hold.
    #[error("naming.json: {0}")]
    Naming(#[from] crate::naming::NamingError),
    /// A signature that cannot be made.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A file that cannot be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl RepositoryError {
    fn metadata(name: &str) -> impl Fn(MetadataError) -> Self {
        move |source| Self::Metadata {
            name: name.to_owned(),
            source,
        }
    }

    fn signatures(name: &str) -> impl Fn(TooFewSignatures) -> Self {
        move |source| Self::Signatures {
            name: name.to_owned(),
            source,
        }
    }
}

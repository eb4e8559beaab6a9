//! Why nothing is trusted, or not this.

use quorate::time::Timestamp;

use super::FetchError;
use crate::disk::DiskError;
use crate::metadata::{MetadataError, Mismatch, RoleName, TargetPath, TooFewSignatures, Version};
use crate::naming::NamingError;
use crate::project::NotAProject;
use crate::releases::ReleasesError;
use crate::roster::RosterError;

/// A refusal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The pinned root is not where the pin's digest says.
    #[error("no root with the pinned digest: the repository's {0} is another file")]
    Pin(String),
    /// A file that does not come.
    #[error("{name}: {source}")]
    Fetch {
        /// The file.
        name: String,
        /// Why.
        source: FetchError,
    },
    /// A file that the repository does not have.
    #[error("{0}: the repository does not have it")]
    Missing(String),
    /// Something that is only known from the repository, and nobody may ask it.
    #[error("{0} is not in the local store; update from the repository first")]
    NotStored(String),
    /// A file that is no metadata of its kind.
    #[error("{name}: {source}")]
    Metadata {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: MetadataError,
    },
    /// Too few of those who hold the role signed.
    #[error("{name}: {source}")]
    Signatures {
        /// The file.
        name: String,
        /// Who is missing.
        source: TooFewSignatures,
    },
    /// A root that does not follow the one before it.
    #[error("root: version {found} where {expected} follows")]
    RootJump {
        /// The version that follows.
        expected: Version,
        /// The version of the file.
        found: Version,
    },
    /// More new roots than one update walks.
    #[error("more than {0} new roots; pin a newer root")]
    TooManyRoots(u32),
    /// A role that is not in force any more.
    #[error("{role} version {version} expired {expires}, and it is {time}{}", floor_note(.by_floor))]
    Expired {
        /// The role.
        role: String,
        /// Its version.
        version: Version,
        /// When it expired.
        expires: Timestamp,
        /// The time of the update.
        time: Timestamp,
        /// Whether that is the time floor of the store, which the caller's time is behind.
        by_floor: bool,
    },
    /// A timestamp for media where nobody said that one is expected.
    #[error(
        "timestamp version {version} is for a medium that is carried to machines without a network, and lasts until {expires}"
    )]
    Medium {
        /// Its version.
        version: Version,
        /// When it expires.
        expires: Timestamp,
    },
    /// An older version than one that was seen.
    #[error("{role}: version {offered} is offered, and {seen} was seen before")]
    Rollback {
        /// The role.
        role: String,
        /// The version that was seen.
        seen: Version,
        /// The version that is offered.
        offered: Version,
    },
    /// A snapshot without a role that was in one before.
    #[error("the snapshot no longer has {0}, which it had before")]
    Vanished(RoleName),
    /// A file that is not the one that another names.
    #[error("{name}: {source}")]
    Mismatch {
        /// The file.
        name: String,
        /// How it differs.
        source: Mismatch,
    },
    /// A file of another version than the one that another file names.
    #[error("{name}: version {found} in a file that is said to have {said}")]
    OtherVersion {
        /// The file.
        name: String,
        /// What is said.
        said: Version,
        /// What is there.
        found: Version,
    },
    /// A role that is delegated to, and not in the snapshot.
    #[error("{0} is delegated to, and the snapshot does not have it")]
    NotInSnapshot(RoleName),
    /// More delegations than one look-up follows.
    #[error("more than {roles_max} roles would be asked for {path}")]
    TooManyRoles {
        /// The target.
        path: TargetPath,
        /// The limit.
        roles_max: usize,
    },
    /// Nobody who may vouches for the file.
    #[error("no role that may vouches for {0}")]
    NoTarget(TargetPath),
    /// Another role than the one that may vouches for the file.
    #[error("{path}: {found} vouches for it, and {expected} should")]
    OtherRole {
        /// The target.
        path: TargetPath,
        /// Who vouches for it.
        found: RoleName,
        /// Who may.
        expected: RoleName,
    },
    /// The roster is none.
    #[error("the roster: {0}")]
    Roster(RosterError),
    /// The naming rules are none, or name no project.
    #[error("naming.json: {0}")]
    Naming(NamingError),
    /// What a project says of its bound releases cannot be read.
    #[error("releases.json: {0}")]
    Releases(ReleasesError),
    /// A name that no project can have.
    #[error(transparent)]
    NotAProject(#[from] NotAProject),
    /// A target file above the limit.
    #[error("{path}: {length} bytes are said, and {bytes_max} may be")]
    TargetTooLarge {
        /// The target.
        path: TargetPath,
        /// What the role says.
        length: u64,
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// The update takes too long.
    #[error("{name}: the update has taken its {seconds_max} seconds")]
    TimeSpent {
        /// The file that would come next.
        name: String,
        /// The limit in seconds.
        seconds_max: u64,
    },
    /// The time floor is no time.
    #[error(
        "the time floor in the store is damaged: put the date of the last update there, or make the store anew"
    )]
    Floor,
    /// The store cannot be read or written.
    #[error("the store: {0}")]
    Store(#[from] DiskError),
}

fn floor_note(by_floor: &bool) -> &'static str {
    match by_floor {
        true => " by the time floor of the store, which the clock is behind",
        false => "",
    }
}

impl TrustError {
    pub(super) fn metadata(name: &str) -> impl Fn(MetadataError) -> Self {
        move |source| Self::Metadata {
            name: name.to_owned(),
            source,
        }
    }

    pub(super) fn signatures(name: &str) -> impl Fn(TooFewSignatures) -> Self {
        move |source| Self::Signatures {
            name: name.to_owned(),
            source,
        }
    }

    pub(super) fn mismatch(name: &str) -> impl Fn(Mismatch) -> Self {
        move |source| Self::Mismatch {
            name: name.to_owned(),
            source,
        }
    }
}

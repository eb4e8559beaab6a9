//! The client: follows a repository from a pinned root, and says which target files are vouched for now.
//!
//! **Enters:** a pin, a fixed time, what a [`Fetch`] brings, what a [`Shelf`] kept; limits before all of it.
//! **Leaves:** [`Status`] and [`Target`]s, or a refusal. What was verified is on the shelf, in an order that survives a crash.
//! **Never:** trust on first use; a second look at the clock; a file of the shelf believed for lying there.
//!
//! [`Trusted`] judges and is pure. [`Workflow`] walks the specification's §5 over two seams. [`Client`] is both on a folder.

mod fetch;
mod folder;
mod known;
mod lookup;
mod refusal;
mod shelf;
mod trusted;
mod workflow;

use quorate::digest::Sha256;
use quorate::json::Json;
use quorate::time::Timestamp;

pub use fetch::{Fetch, FetchError, FolderFetch, Request, Tree};
pub use folder::Client;
pub use known::ProjectPolicy;
pub use refusal::TrustError;
pub use shelf::{MemoryShelf, Shelf};
pub use trusted::{Accepted, Trusted};
pub use workflow::Workflow;

use crate::metadata::{RoleName, TargetPath, Version};

/// Whoever answers what is trusted now.
pub trait TrustClient {
    /// Brings everything up to date from a repository, at the time `now`.
    ///
    /// # Errors
    /// [`TrustError`]; then the newest state that was verified before stays in force until it expires.
    fn update(&mut self, fetch: &mut dyn Fetch, now: Timestamp) -> Result<Status, TrustError>;

    /// What is trusted without asking anybody, at the time `now`.
    ///
    /// # Errors
    /// [`TrustError`] when nothing was brought up to date yet, or something has expired.
    fn status(&mut self, now: Timestamp) -> Result<Status, TrustError>;

    /// The target file of that path; what is on the shelf is not fetched. Without `fetch` only the shelf is asked.
    ///
    /// # Errors
    /// [`TrustError`]; [`TrustError::NoTarget`] when nobody who may vouches for such a file.
    fn target(
        &mut self,
        path: &TargetPath,
        fetch: Option<&mut dyn Fetch>,
        now: Timestamp,
    ) -> Result<Target, TrustError>;
}

/// The root from which a client starts. It comes from outside of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// The root file itself.
    Root(Vec<u8>),
    /// The SHA-256 of the root file of that version, which may come from anywhere.
    Digest {
        /// Its version.
        version: Version,
        /// Its digest.
        sha256: Sha256,
    },
}

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The time by which everything was judged: the caller's, or the time floor where the clock is behind it.
    pub time: Timestamp,
    /// Whether the caller's time was behind the floor.
    pub clock_is_behind: bool,
    /// Root, timestamp, snapshot, `targets`, and the delegated roles that were looked at.
    pub roles: Vec<RoleStatus>,
    /// What lay on the shelf and does not count, with the reason. It was passed over.
    pub passed_over: Vec<String>,
}

/// One role in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleStatus {
    /// Its name.
    pub role: String,
    /// Its version.
    pub version: Version,
    /// The first second at which it no longer counts.
    pub expires: Timestamp,
    /// The ids of the keys that signed.
    pub signed_by: Vec<String>,
}

/// A target file that is vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its path.
    pub path: TargetPath,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The role that vouches for it.
    pub role: RoleName,
    /// The version of that role's file.
    pub role_version: Version,
    /// What the role adds to it.
    pub custom: Option<Json<'static>>,
}

//! What a party says in a signed document: the rebuild statement and the in-toto link, read and written.
//!
//! **Enters:** the JSON of an opened envelope; or a [`rebuild::Rebuild`] that a rebuilder fills in.
//! **Leaves:** a [`rebuild::Rebuild`] or a [`WeakLink`]; or the payloads to sign.
//! **Never:** an opinion about whether what it says is true or equal to anything.

mod debian;
pub mod git;
mod link;
pub mod rebuild;
mod statement;

pub(crate) use git::{is_output_path, is_repository};
pub use link::{Attestation, WeakLink};
pub use statement::is_party_name;

use crate::json::{JsonError, ShapeError};
use crate::source::DscError;

/// Why a signed payload is not a statement that can count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// The payload type or `_type` is of another format.
    #[error("{0:?} is not a rebuild statement or link")]
    Type(String),
    /// One of our formats in a version that this program does not know.
    #[error("{0:?} is newer than this program; update quorate")]
    Newer(String),
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// JSON of another form.
    #[error("malformed statement: {0}")]
    Shape(#[from] ShapeError),
    /// The source description does not hold together.
    #[error("the source is not bound: {0}")]
    Source(&'static str),
    /// The `.dsc` cannot be read.
    #[error(transparent)]
    Dsc(#[from] DscError),
    /// A git object cannot be read.
    #[error("git: {0}")]
    Git(String),
    /// The link contradicts the statement that it carries.
    #[error("the link's {0} are not those of the statement it carries")]
    LinkDiffers(&'static str),
}

//! TUF 1.0.34 metadata, read strictly and written in one form.
//!
//! **Enters:** bytes of any origin, with [`TrustLimits`]; or roles of our own making.
//! **Leaves:** [`Received`] metadata, which nobody vouches for, and from it [`Authentic`] metadata, which enough holders signed.
//! **Never:** a role's content before its signatures were checked, except under a name that says so; a file, a clock.

mod authentic;
mod key;
mod name;
mod root;
mod snapshot;
mod targets;
mod write;

use quorate::json::{self, Json, JsonError, Members, Object, ShapeError, canonical};
use quorate::key::KeyError;
use quorate::time::Timestamp;

pub use authentic::{Authentic, TooFewSignatures};
pub(crate) use key::computed_id;
pub use key::{KeySet, RoleKeys};
pub use name::{NameError, RoleName, TargetPath, TopRole};
pub use root::Root;
pub use snapshot::{FileMeta, Hashes, Mismatch, Snapshot, TimestampRole};
pub use targets::{DelegatedRole, Delegations, Scope, TargetFile, Targets};
pub use write::{SignError, Signer, SignerError, sign, unsigned};

use crate::limits::TrustLimits;

/// The version of the specification that is written; readers take any 1.x.
pub const SPEC_VERSION: &str = "1.0.34";

/// A file's version: at least 1 (specification §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a role's first file.
    pub const FIRST: Self = Self(1);

    /// A version from a number; `None` for 0.
    pub fn new(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The version after this one; `None` after the last that a file can have.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        Self::new(json::integer(value)?).ok_or_else(|| ShapeError::new("a version is at least 1"))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// What every role's content has, and how it is read and written.
pub trait Role: Sized + sealed::Sealed {
    /// The `_type` that the file must have.
    const TYPE: &'static str;

    /// The bytes that such a file may have.
    fn bytes_max(limits: &TrustLimits) -> usize;

    /// Reads the content; the members that all roles share were read before.
    ///
    /// # Errors
    /// [`MetadataError`] for the first thing that is not of the role's form.
    fn read(
        common: Common,
        members: &Object<'_>,
        limits: &TrustLimits,
    ) -> Result<Self, MetadataError>;

    /// The members that only this role has, for writing.
    fn own_members(&self) -> Vec<(&'static str, Json<'static>)>;

    /// The members that all roles share.
    fn common(&self) -> Common;
}

mod sealed {
    #[expect(
        unnameable_types,
        reason = "that nobody can name it is what keeps other types from being roles"
    )]
    pub trait Sealed {}
    impl Sealed for super::Root {}
    impl Sealed for super::Targets {}
    impl Sealed for super::Snapshot {}
    impl Sealed for super::TimestampRole {}
}

/// The members that all roles share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// The file's version.
    pub version: Version,
    /// The first second at which the file no longer counts.
    pub expires: Timestamp,
}

impl Common {
    fn read(members: &Object<'_>) -> Result<Self, MetadataError> {
        let spec = members.read("spec_version", json::string)?;
        // §4.3: another major version may mean other things by the same words.
        let supported = spec.strip_prefix("1.").is_some_and(|minor| {
            !minor.is_empty()
                && minor
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
        });
        if !supported {
            return Err(MetadataError::SpecVersion(
                spec.chars().take(20).collect::<String>(),
            ));
        }
        let expires = members.read("expires", |value| {
            Timestamp::parse(json::string(value)?)
                .map_err(|error| ShapeError::new(error.to_string()))
        })?;
        Ok(Self {
            version: members.read("version", Version::from_json)?,
            expires,
        })
    }
}

/// A signature as it stands in a file; `None` where its text is no hex, which counts for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    key_id: String,
    bytes: Option<Vec<u8>>,
}

/// A metadata file that was read and that nobody vouches for yet.
#[derive(Clone, Debug)]
pub struct Received<R> {
    content: R,
    /// What the signatures cover: the canonical form of exactly the value that was received, unknown members included.
    covered: Vec<u8>,
    signatures: Vec<Signature>,
    bytes: Vec<u8>,
}

impl<R: Role> Received<R> {
    /// Reads a file. Unknown members are passed over, as §4.1 demands, and stay under the signatures.
    ///
    /// # Errors
    /// [`MetadataError`] when it is too large, not strict JSON, of another role, or not of the role's form.
    pub fn read(bytes: &[u8], limits: &TrustLimits) -> Result<Self, MetadataError> {
        let bytes_max = R::bytes_max(limits);
        if bytes.len() > bytes_max {
            return Err(MetadataError::TooLarge { bytes_max });
        }
        let value = json::parse(bytes, &limits.json)?;
        let file = json::object(&value)?;
        let signed = file.required("signed")?;
        let members = json::object(signed).map_err(|error| error.within("signed"))?;
        let kind = members
            .read("_type", json::string)
            .map_err(|error| error.within("signed"))?;
        if kind != R::TYPE {
            return Err(MetadataError::WrongType {
                expected: R::TYPE,
                found: kind.chars().take(40).collect(),
            });
        }
        let signatures = file.read_items("signatures", read_signature)?;
        refuse_doubled(&signatures, limits)?;
        let common = Common::read(members)?;
        Ok(Self {
            content: R::read(common, members, limits)?,
            covered: canonical(signed),
            signatures,
            bytes: bytes.to_vec(),
        })
    }

    /// The content, which nobody vouches for: to show it, or to make the next version of one's own file.
    pub fn unverified(&self) -> &R {
        &self.content
    }

    /// The file as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn read_signature(value: &Json<'_>) -> Result<Signature, ShapeError> {
    let members = json::object(value)?;
    let text = members.read("sig", json::string)?;
    Ok(Signature {
        key_id: members.read("keyid", key::read_id)?,
        bytes: key::from_hex(text),
    })
}

/// One key id signs once (§4.2.1): a second signature under it could be what another reader looks at.
fn refuse_doubled(signatures: &[Signature], limits: &TrustLimits) -> Result<(), MetadataError> {
    if signatures.len() > limits.signatures_max {
        return Err(MetadataError::TooMany {
            what: "signatures",
            count_max: limits.signatures_max,
        });
    }
    let mut seen = std::collections::BTreeSet::new();
    for signature in signatures {
        if !seen.insert(&signature.key_id) {
            return Err(MetadataError::DoubledSignature(signature.key_id.clone()));
        }
    }
    Ok(())
}

/// Why bytes are no metadata that could count.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Larger than such a file may be.
    #[error("larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// JSON of another form.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// A file of another role in this one's place.
    #[error("a file of type {found:?} in the place of {expected}")]
    WrongType {
        /// The type that belongs here.
        expected: &'static str,
        /// The type that the file names.
        found: String,
    },
    /// A version of the specification that this program does not know.
    #[error("spec_version {0:?}: this program reads 1.x")]
    SpecVersion(String),
    /// A role that a root does not have, or lacks.
    #[error("a root has exactly the roles root, snapshot, targets and timestamp; {0}")]
    TopRoles(String),
    /// A threshold of 0 would be met by nobody's signature.
    #[error("role {0}: a threshold of 0 is met by nobody's signature")]
    ThresholdZero(String),
    /// More signatures needed than there are keys.
    #[error("role {role}: needs {threshold} signatures of {keys} keys")]
    ThresholdUnreachable {
        /// The role.
        role: String,
        /// How many are needed.
        threshold: u64,
        /// How many keys there are.
        keys: usize,
    },
    /// One key would count twice.
    #[error("keys {first} and {second} are one key, which would count twice")]
    OneKeyTwice {
        /// One id.
        first: String,
        /// The other.
        second: String,
    },
    /// A role lists a key twice.
    #[error("role {role} lists key {key_id} twice")]
    DoubledKey {
        /// The role.
        role: String,
        /// The key's id.
        key_id: String,
    },
    /// A role lists a key that the file does not have.
    #[error("role {role} lists key {key_id}, which the file does not have")]
    MissingKey {
        /// The role.
        role: String,
        /// The key's id.
        key_id: String,
    },
    /// A key that cannot be used.
    #[error("key {key_id}: {source}")]
    Key {
        /// The key's id.
        key_id: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// One key id with two signatures.
    #[error("two signatures under the id {0}")]
    DoubledSignature(String),
    /// A delegation named twice in one file.
    #[error("the role {0} is delegated twice in one file")]
    DoubledRole(String),
    /// More of something than a file may have.
    #[error("more than {count_max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        count_max: usize,
    },
}

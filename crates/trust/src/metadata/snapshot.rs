//! Snapshot and timestamp: which versions of the other files belong together, and which snapshot is the newest (§4.4, §4.6).

use std::collections::BTreeMap;

use quorate::digest::{Sha256, Sha512};
use quorate::json::{self, Json, Members, Object, ShapeError};

use super::{Common, MetadataError, Role, RoleName, Version};
use crate::limits::TrustLimits;

/// What a file says about another metadata file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMeta {
    /// Its version.
    pub version: Version,
    /// Its length in bytes, where it is said.
    pub length: Option<u64>,
    /// Its digests, where they are said.
    pub hashes: Hashes,
}

impl FileMeta {
    /// What is to be said about a file of ours.
    pub fn of(version: Version, bytes: &[u8]) -> Self {
        Self {
            version,
            length: Some(bytes.len() as u64),
            hashes: Hashes::of(bytes),
        }
    }

    /// Compares a file with what is said about it, its version apart, which is read later.
    ///
    /// # Errors
    /// [`Mismatch`] when the length or a digest is another.
    pub fn matches(&self, bytes: &[u8]) -> Result<(), Mismatch> {
        if self
            .length
            .is_some_and(|length| length != bytes.len() as u64)
        {
            return Err(Mismatch::Length);
        }
        self.hashes.matches(bytes)
    }

    fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = json::object(value)?;
        Ok(Self {
            version: members.read("version", Version::from_json)?,
            length: members
                .get("length")
                .map(|value| json::integer(value).map_err(|error| error.within("length")))
                .transpose()?,
            hashes: match members.get("hashes") {
                None => Hashes::default(),
                Some(value) => Hashes::read(value).map_err(|error| error.within("hashes"))?,
            },
        })
    }

    fn to_json(&self) -> Json<'static> {
        let mut members = vec![("version", Json::number(self.version.number()))];
        if let Some(length) = self.length {
            members.push(("length", Json::number(length)));
        }
        if self.hashes != Hashes::default() {
            members.push(("hashes", self.hashes.to_json()));
        }
        Json::object(members)
    }
}

/// Digests of one file. Algorithms that are not known here are passed over, but never all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hashes {
    /// SHA-256, where it is said.
    pub sha256: Option<Sha256>,
    /// SHA-512, where it is said.
    pub sha512: Option<Sha512>,
}

impl Hashes {
    /// SHA-256 of a file of ours.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Some(Sha256::of(bytes)),
            sha512: None,
        }
    }

    /// The digest that a file's name has under consistent snapshots, in hex.
    pub fn for_name(&self) -> Option<String> {
        let sha256 = self.sha256.map(|digest| digest.to_string());
        sha256.or_else(|| self.sha512.map(|digest| digest.to_string()))
    }

    /// Every digest that is said must be the file's.
    ///
    /// # Errors
    /// [`Mismatch::Digest`].
    pub fn matches(&self, bytes: &[u8]) -> Result<(), Mismatch> {
        let differs = self.sha256.is_some_and(|said| said != Sha256::of(bytes))
            || self.sha512.is_some_and(|said| said != Sha512::of(bytes));
        if differs {
            return Err(Mismatch::Digest);
        }
        Ok(())
    }

    pub(super) fn read(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = json::object(value)?;
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(value) => json::string(value).map(Some),
        };
        let said = |error: quorate::digest::DigestError| ShapeError::new(error.to_string());
        let hashes = Self {
            sha256: text("sha256")?
                .map(Sha256::parse)
                .transpose()
                .map_err(said)?,
            sha512: text("sha512")?
                .map(Sha512::parse)
                .transpose()
                .map_err(said)?,
        };
        if hashes == Self::default() {
            return Err(ShapeError::new("neither sha256 nor sha512"));
        }
        Ok(hashes)
    }

    pub(super) fn to_json(self) -> Json<'static> {
        let mut members = Vec::new();
        if let Some(digest) = self.sha256 {
            members.push(("sha256", Json::text(digest.to_string())));
        }
        if let Some(digest) = self.sha512 {
            members.push(("sha512", Json::text(digest.to_string())));
        }
        Json::object(members)
    }
}

/// How a file differs from what is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// Longer or shorter.
    #[error("its length is not the one that is said")]
    Length,
    /// Other bytes.
    #[error("its digest is not the one that is said")]
    Digest,
}

/// Content of a snapshot: all roles that vouch for targets, with their versions.
#[derive(Clone, Debug)]
pub struct Snapshot {
    common: Common,
    meta: BTreeMap<RoleName, FileMeta>,
}

impl Snapshot {
    /// A snapshot of our own making.
    pub fn new(common: Common, meta: BTreeMap<RoleName, FileMeta>) -> Self {
        Self { common, meta }
    }

    /// What is said about the file of that role.
    pub fn meta(&self, role: &RoleName) -> Option<&FileMeta> {
        self.meta.get(role)
    }

    /// All roles with what is said about their files.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = (&RoleName, &FileMeta)> {
        self.meta.iter()
    }
}

impl Role for Snapshot {
    const TYPE: &'static str = "snapshot";

    fn bytes_max(limits: &TrustLimits) -> usize {
        limits.snapshot_bytes_max
    }

    fn read(
        common: Common,
        members: &Object<'_>,
        _limits: &TrustLimits,
    ) -> Result<Self, MetadataError> {
        let mut meta = BTreeMap::new();
        for (file, value) in members.read("meta", json::object)?.iter() {
            let within = |error: ShapeError| error.within(file).within("meta");
            let role = file
                .strip_suffix(".json")
                .ok_or_else(|| within(ShapeError::new("not the name of a role's file")))?;
            let role = if role == Self::TARGETS {
                RoleName::targets()
            } else {
                RoleName::delegated(role)
                    .map_err(|error| within(ShapeError::new(error.to_string())))?
            };
            meta.insert(role, FileMeta::from_json(value).map_err(within)?);
        }
        if !meta.contains_key(&RoleName::targets()) {
            return Err(ShapeError::new("targets.json is missing")
                .within("meta")
                .into());
        }
        Ok(Self { common, meta })
    }

    fn own_members(&self) -> Vec<(&'static str, Json<'static>)> {
        let files = self
            .meta
            .iter()
            .map(|(role, meta)| (format!("{role}.json"), meta.to_json()));
        vec![("meta", Json::object(files))]
    }

    fn common(&self) -> Common {
        self.common
    }
}

impl Snapshot {
    const TARGETS: &'static str = "targets";
}

/// Content of a timestamp: the newest snapshot.
#[derive(Clone, Debug)]
pub struct TimestampRole {
    common: Common,
    snapshot: FileMeta,
    is_for_media: bool,
}

/// The member that marks a timestamp for media: whatever its value, who does not want such a one is told.
const MEDIUM: &str = "quorate-medium";

impl TimestampRole {
    /// A timestamp of our own making.
    pub fn new(common: Common, snapshot: FileMeta) -> Self {
        Self {
            common,
            snapshot,
            is_for_media: false,
        }
    }

    /// The same for a medium, which lasts longer and which a client takes only when it is told to.
    #[must_use]
    pub fn for_media(self) -> Self {
        Self {
            is_for_media: true,
            ..self
        }
    }

    /// Whether it is for a medium.
    pub fn is_for_media(&self) -> bool {
        self.is_for_media
    }

    /// What is said about the snapshot.
    pub fn snapshot(&self) -> &FileMeta {
        &self.snapshot
    }
}

impl Role for TimestampRole {
    const TYPE: &'static str = "timestamp";

    fn bytes_max(limits: &TrustLimits) -> usize {
        limits.timestamp_bytes_max
    }

    fn read(
        common: Common,
        members: &Object<'_>,
        _limits: &TrustLimits,
    ) -> Result<Self, MetadataError> {
        let meta = members.read("meta", json::object)?;
        meta.only(&["snapshot.json"])
            .map_err(|error| error.within("meta"))?;
        let snapshot = meta
            .read("snapshot.json", FileMeta::from_json)
            .map_err(|error| error.within("meta"))?;
        Ok(Self {
            common,
            snapshot,
            is_for_media: members.get(MEDIUM).is_some(),
        })
    }

    fn own_members(&self) -> Vec<(&'static str, Json<'static>)> {
        let meta = Json::object([("snapshot.json", self.snapshot.to_json())]);
        let mut members = vec![("meta", meta)];
        if self.is_for_media {
            members.push((MEDIUM, Json::Bool(true)));
        }
        members
    }

    fn common(&self) -> Common {
        self.common
    }
}

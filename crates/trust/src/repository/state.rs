//! What is published, as the repository side reads its own files.

use std::collections::BTreeMap;

use super::RepositoryError;
use crate::limits::TrustLimits;
use crate::metadata::{
    Authentic, Received, RoleName, Root, Snapshot, Targets, TimestampRole, TopRole, Version,
};

/// What is published: all roots, the newest timestamp and snapshot, and the roles that these name.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    pub(super) roots: Vec<Authentic<Root>>,
    pub(super) online: Option<(Authentic<TimestampRole>, Authentic<Snapshot>)>,
    pub(super) roles: BTreeMap<RoleName, Received<Targets>>,
}

impl Repository {
    /// Reads the files that `look` finds by name, such as `3.root.json` and `timestamp.json`.
    ///
    /// A publication that was interrupted between its root and its timestamp is read as what clients see: the new root, and the old rest.
    ///
    /// # Errors
    /// [`RepositoryError`] for the first file that is missing, malformed, or not signed by its holders; and what `look` has.
    pub fn read(
        mut look: impl FnMut(&str) -> Result<Option<Vec<u8>>, RepositoryError>,
        limits: &TrustLimits,
    ) -> Result<Self, RepositoryError> {
        let mut roots: Vec<Authentic<Root>> = Vec::new();
        for number in 1.. {
            let name = format!("{number}.root.json");
            let Some(bytes) = look(&name)? else { break };
            roots.push(read_root(&name, &bytes, number, roots.last(), limits)?);
        }
        let Some(bytes) = look("timestamp.json")? else {
            return Ok(Self {
                roots,
                ..Self::default()
            });
        };
        let (root, timestamp) = read_timestamp(&bytes, &roots, limits)?;
        let pin = timestamp.content().snapshot();
        let name = format!("{}.snapshot.json", pin.version);
        let bytes = found(&name, look(&name)?)?;
        pin.matches(&bytes)
            .map_err(|source| RepositoryError::Mismatch {
                name: name.clone(),
                source,
            })?;
        let snapshot = Received::<Snapshot>::read(&bytes, limits)
            .map_err(RepositoryError::metadata(&name))?
            .signed_by(root.content().role(TopRole::Snapshot))
            .map_err(RepositoryError::signatures(&name))?;
        let mut roles = BTreeMap::new();
        for (role, pin) in snapshot.content().roles() {
            let name = format!("{}.{}.json", pin.version, role.encoded());
            let bytes = found(&name, look(&name)?)?;
            pin.matches(&bytes)
                .map_err(|source| RepositoryError::Mismatch {
                    name: name.clone(),
                    source,
                })?;
            let read = Received::read(&bytes, limits).map_err(RepositoryError::metadata(&name))?;
            roles.insert(role.clone(), read);
        }
        Ok(Self {
            roots,
            online: Some((timestamp, snapshot)),
            roles,
        })
    }

    /// The newest root.
    pub fn root(&self) -> Option<&Authentic<Root>> {
        self.roots.last()
    }

    /// Every root, from the first on.
    pub fn roots(&self) -> &[Authentic<Root>] {
        &self.roots
    }

    /// The published file of a role.
    pub fn role(&self, role: &RoleName) -> Option<&Received<Targets>> {
        self.roles.get(role)
    }

    /// All published roles that vouch for targets. One that nobody delegates to any more is among them.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = (&RoleName, &Received<Targets>)> {
        self.roles.iter()
    }

    /// The newest timestamp and snapshot; none before the first publication.
    pub fn online(&self) -> Option<(&Authentic<TimestampRole>, &Authentic<Snapshot>)> {
        self.online.as_ref().map(|(one, other)| (one, other))
    }
}

fn found(name: &str, bytes: Option<Vec<u8>>) -> Result<Vec<u8>, RepositoryError> {
    bytes.ok_or_else(|| RepositoryError::Missing(name.to_owned()))
}

fn read_root(
    name: &str,
    bytes: &[u8],
    number: u64,
    before: Option<&Authentic<Root>>,
    limits: &TrustLimits,
) -> Result<Authentic<Root>, RepositoryError> {
    let read = Received::<Root>::read(bytes, limits).map_err(RepositoryError::metadata(name))?;
    let root = match before {
        None => read.signed_by_itself(),
        Some(before) => read.signed_by_both(before),
    }
    .map_err(RepositoryError::signatures(name))?;
    match Version::new(number) {
        Some(expected) if expected != root.version() => Err(RepositoryError::Version {
            name: name.to_owned(),
            expected,
            found: root.version(),
        }),
        _ => Ok(root),
    }
}

/// The timestamp, with the root under which it is signed: the newest, or the one before where a publication was interrupted.
fn read_timestamp<'r>(
    bytes: &[u8],
    roots: &'r [Authentic<Root>],
    limits: &TrustLimits,
) -> Result<(&'r Authentic<Root>, Authentic<TimestampRole>), RepositoryError> {
    let name = "timestamp.json";
    let read =
        Received::<TimestampRole>::read(bytes, limits).map_err(RepositoryError::metadata(name))?;
    let mut refusal = RepositoryError::Missing("1.root.json".to_owned());
    for root in roots.iter().rev().take(2) {
        match read
            .clone()
            .signed_by(root.content().role(TopRole::Timestamp))
        {
            Ok(timestamp) => return Ok((root, timestamp)),
            Err(source) => refusal = RepositoryError::signatures(name)(source),
        }
    }
    Err(refusal)
}

//! Signed files → the files to write, in order, or a refusal. The online roles are signed here.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use quorate::key::SigningKey;
use quorate::time::Timestamp;

use super::{Repository, RepositoryError};
use crate::limits::TrustLimits;
use crate::metadata::{
    Authentic, Common, FileMeta, Received, Role, RoleKeys, RoleName, Root, Snapshot, Targets,
    TimestampRole, TopRole, Version, sign, unsigned,
};

/// The keys of the online roles, and how long what they sign holds.
#[derive(Clone, Copy, Debug)]
pub struct Online<'k> {
    /// Keys of the snapshot role.
    pub snapshot: &'k [SigningKey],
    /// When the next snapshot expires.
    pub snapshot_expires: Timestamp,
    /// Keys of the timestamp role.
    pub timestamp: &'k [SigningKey],
    /// When the next timestamp expires.
    pub timestamp_expires: Timestamp,
}

/// Which of the online roles to make anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renew {
    /// The timestamp: daily.
    Timestamp,
    /// Both: before the snapshot expires.
    Both,
    /// Both, for a medium: the timestamp is marked so.
    Medium,
}

/// Files to write, in this order: whoever stops in between has published nothing, or everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Names relative to the repository's folder, with bytes.
    pub writes: Vec<(String, Vec<u8>)>,
}

impl Publication {
    /// A role's file. A web server reads an escaped address and looks for a file of the name itself, so that a name with escapes has one of either.
    pub(super) fn put_role(&mut self, name: &RoleName, role: &Received<Targets>) {
        let version = role.unverified().common().version;
        let file = format!("metadata/{version}.{}.json", name.encoded());
        self.writes.push((file, role.bytes().to_vec()));
        if name.encoded() != name.as_str() && !name.as_str().contains('/') {
            let file = format!("metadata/{version}.{name}.json");
            self.writes.push((file, role.bytes().to_vec()));
        }
    }
}

/// Takes the files of a ceremony, signed.
///
/// Order: target files, roles, snapshot, which no client asks for yet; then the root; then the timestamp, which makes all of it visible. Where a root
/// gives the timestamp other keys, a client that comes between these two refuses and comes again.
///
/// # Errors
/// [`RepositoryError`] unless every file is signed by enough holders under the root and delegators that will be in force, each version follows by
/// exactly one, nothing is expired at `at`, every delegation leads to a file, and nothing is left over.
pub fn publish(
    repository: &Repository,
    files: &BTreeMap<String, Vec<u8>>,
    online: Online<'_>,
    at: Timestamp,
    limits: &TrustLimits,
) -> Result<Publication, RepositoryError> {
    let candidates = Candidates::read(files, limits)?;
    let root = next_root(repository, candidates.root, at)?;
    let Some(newest) = root.as_ref().or(repository.root()) else {
        return Err(RepositoryError::Empty);
    };
    for (name, role) in &candidates.roles {
        refuse_unfit(repository, name, role, at)?;
    }
    let roles = Roles {
        published: &repository.roles,
        changed: &candidates.roles,
    };
    roles.walk(newest, repository.root())?;
    let targets = target_files(&roles, &candidates.targets)?;

    let mut publication = Publication::default();
    let mut meta: BTreeMap<RoleName, FileMeta> = repository
        .online()
        .map(|(_, snapshot)| {
            snapshot
                .content()
                .roles()
                .map(|(role, meta)| (role.clone(), meta.clone()))
                .collect()
        })
        .unwrap_or_default();
    publication.writes.extend(targets);
    for (name, role) in &candidates.roles {
        let version = role.unverified().common().version;
        meta.insert(name.clone(), FileMeta::of(version, role.bytes()));
        publication.put_role(name, role);
    }
    let snapshot = next_snapshot(repository, newest, meta, online, limits)?;
    let timestamp = next_timestamp(repository, newest, snapshot.2, online, Renew::Both, limits)?;
    publication.writes.push((snapshot.0, snapshot.1));
    if let Some(root) = &root {
        let file = format!("metadata/{}.root.json", root.version());
        publication.writes.push((file, root.bytes().to_vec()));
    }
    publication.writes.push(timestamp);
    Ok(publication)
}

/// Makes the online roles anew, with everything else as it is.
///
/// # Errors
/// [`RepositoryError::Empty`] before the first publication; [`RepositoryError::OnlineKeys`] when the keys are not those of the newest root.
pub fn refresh(
    repository: &Repository,
    renew: Renew,
    online: Online<'_>,
    limits: &TrustLimits,
) -> Result<Publication, RepositoryError> {
    let (Some(root), Some((timestamp, snapshot))) = (repository.root(), repository.online()) else {
        return Err(RepositoryError::Empty);
    };
    let mut publication = Publication::default();
    let pin = match renew {
        Renew::Timestamp => timestamp.content().snapshot().clone(),
        Renew::Both | Renew::Medium => {
            let meta = snapshot.content().roles();
            let meta = meta.map(|(role, meta)| (role.clone(), meta.clone()));
            let (name, bytes, pin) =
                next_snapshot(repository, root, meta.collect(), online, limits)?;
            publication.writes.push((name, bytes));
            pin
        }
    };
    let timestamp = next_timestamp(repository, root, pin, online, renew, limits)?;
    publication.writes.push(timestamp);
    Ok(publication)
}

/// The files of a ceremony by what they are.
struct Candidates<'f> {
    root: Option<Received<Root>>,
    roles: BTreeMap<RoleName, Received<Targets>>,
    targets: BTreeMap<&'f str, &'f [u8]>,
}

impl<'f> Candidates<'f> {
    fn read(
        files: &'f BTreeMap<String, Vec<u8>>,
        limits: &TrustLimits,
    ) -> Result<Self, RepositoryError> {
        let mut candidates = Self {
            root: None,
            roles: BTreeMap::new(),
            targets: BTreeMap::new(),
        };
        for (name, bytes) in files {
            let metadata = RepositoryError::metadata(name);
            if name.starts_with("targets/") {
                candidates.targets.insert(name, bytes);
            } else if name == "root.json" {
                candidates.root = Some(Received::read(bytes, limits).map_err(metadata)?);
            } else if let Some(encoded) = name.strip_suffix(".json") {
                let read = Received::read(bytes, limits).map_err(metadata)?;
                candidates
                    .roles
                    .insert(RoleName::from_encoded(encoded)?, read);
            } else {
                return Err(RepositoryError::Stray(name.clone()));
            }
        }
        Ok(candidates)
    }
}

/// The root that is to be published; none where the ceremony has none, or only what an interrupted publication wrote already.
fn next_root(
    repository: &Repository,
    candidate: Option<Received<Root>>,
    at: Timestamp,
) -> Result<Option<Authentic<Root>>, RepositoryError> {
    let Some(candidate) = candidate else {
        return Ok(None);
    };
    let name = "root.json";
    let found = candidate.unverified().common().version;
    if let Some(newest) = repository.root()
        && newest.version() == found
    {
        if newest.bytes() == candidate.bytes() {
            return Ok(None);
        }
        return Err(RepositoryError::Published {
            name: format!("{found}.root.json"),
        });
    }
    let expected = match repository.root() {
        None => Version::FIRST,
        Some(newest) => newest
            .version()
            .next()
            .ok_or_else(|| RepositoryError::LastVersion(name.to_owned()))?,
    };
    refuse_version(name, expected, found)?;
    let root = match repository.root() {
        None => candidate.signed_by_itself(),
        Some(newest) => candidate.signed_by_both(newest),
    }
    .map_err(RepositoryError::signatures(name))?;
    refuse_expired(name, root.expires(), at)?;
    Ok(Some(root))
}

fn refuse_version(name: &str, expected: Version, found: Version) -> Result<(), RepositoryError> {
    let name = name.to_owned();
    match found.cmp(&expected) {
        Ordering::Equal => Ok(()),
        Ordering::Less => Err(RepositoryError::Stale {
            name,
            expected,
            found,
        }),
        Ordering::Greater => Err(RepositoryError::Version {
            name,
            expected,
            found,
        }),
    }
}

fn refuse_expired(name: &str, expires: Timestamp, at: Timestamp) -> Result<(), RepositoryError> {
    if expires > at {
        return Ok(());
    }
    Err(RepositoryError::Expired {
        name: name.to_owned(),
        expires,
        at,
    })
}

fn refuse_unfit(
    repository: &Repository,
    name: &RoleName,
    candidate: &Received<Targets>,
    at: Timestamp,
) -> Result<(), RepositoryError> {
    let file = format!("{}.json", name.encoded());
    let expected = match repository.role(name) {
        None => Version::FIRST,
        Some(published) => published
            .unverified()
            .common()
            .version
            .next()
            .ok_or_else(|| RepositoryError::LastVersion(file.clone()))?,
    };
    let common = candidate.unverified().common();
    refuse_version(&file, expected, common.version)?;
    refuse_expired(&file, common.expires, at)
}

/// The roles as they will be.
struct Roles<'r> {
    published: &'r BTreeMap<RoleName, Received<Targets>>,
    changed: &'r BTreeMap<RoleName, Received<Targets>>,
}

impl<'r> Roles<'r> {
    fn get(&self, name: &RoleName) -> Option<&'r Received<Targets>> {
        self.changed.get(name).or_else(|| self.published.get(name))
    }

    /// Demands that every role is signed by those whom its delegators will name. Where neither a delegation nor its role changes nothing is
    /// asked: a project that let its role go bad keeps nobody else from publishing.
    fn walk(
        &self,
        root: &Authentic<Root>,
        before: Option<&Authentic<Root>>,
    ) -> Result<(), RepositoryError> {
        let targets = RoleName::targets();
        let holders = root.content().role(TopRole::Targets);
        let same = before.is_some_and(|before| {
            before.version() == root.version()
                || before.content().role(TopRole::Targets).is_same(holders)
        });
        self.demand(&targets, holders, same)?;
        let mut visited = BTreeSet::from([targets.clone()]);
        let mut queue = vec![targets];
        while let Some(name) = queue.pop() {
            let Some(role) = self.get(&name) else {
                continue;
            };
            for delegation in role.unverified().delegations().iter() {
                let same = self.published.get(&name).is_some_and(|published| {
                    published
                        .unverified()
                        .delegations()
                        .get(&delegation.name)
                        .is_some_and(|before| before.keys.is_same(&delegation.keys))
                });
                self.demand(&delegation.name, &delegation.keys, same)?;
                if visited.insert(delegation.name.clone()) {
                    queue.push(delegation.name.clone());
                }
            }
        }
        match self.changed.keys().find(|name| !visited.contains(name)) {
            Some(name) => Err(RepositoryError::NobodyDelegates(name.clone())),
            None => Ok(()),
        }
    }

    fn demand(
        &self,
        name: &RoleName,
        holders: &RoleKeys,
        same_holders: bool,
    ) -> Result<(), RepositoryError> {
        let Some(role) = self.get(name) else {
            return Err(RepositoryError::RoleWithoutFile(name.clone()));
        };
        if same_holders && !self.changed.contains_key(name) {
            return Ok(());
        }
        let file = format!("{}.json", name.encoded());
        role.clone()
            .signed_by(holders)
            .map(|_| ())
            .map_err(RepositoryError::signatures(&file))
    }
}

/// The target files to write: all that the changed roles name and the published ones do not.
fn target_files(
    roles: &Roles<'_>,
    given: &BTreeMap<&str, &[u8]>,
) -> Result<Vec<(String, Vec<u8>)>, RepositoryError> {
    let mut used = BTreeSet::new();
    let mut writes = Vec::new();
    for (name, role) in roles.changed {
        let before = roles.published.get(name).map(Received::unverified);
        for (path, file) in role.unverified().targets() {
            let hash = file.hashes.for_name().unwrap_or_default();
            let published = format!("targets/{}", path.with_hash(&hash));
            let Some(bytes) = given.get(published.as_str()) else {
                if before.and_then(|before| before.target(path)) == Some(file) {
                    continue;
                }
                return Err(RepositoryError::Missing(published));
            };
            file.matches(bytes)
                .map_err(|source| RepositoryError::Mismatch {
                    name: published.clone(),
                    source,
                })?;
            if used.insert(published.clone()) {
                writes.push((published, bytes.to_vec()));
            }
        }
    }
    match given.keys().find(|name| !used.contains(**name)) {
        Some(name) => Err(RepositoryError::Stray((*name).to_owned())),
        None => Ok(writes),
    }
}

/// The next snapshot: its name, its bytes, and what the timestamp says about it.
fn next_snapshot(
    repository: &Repository,
    root: &Authentic<Root>,
    meta: BTreeMap<RoleName, FileMeta>,
    online: Online<'_>,
    limits: &TrustLimits,
) -> Result<(String, Vec<u8>, FileMeta), RepositoryError> {
    let before = repository.online().map(|(_, snapshot)| snapshot.version());
    let version = following("snapshot", before)?;
    let common = Common {
        version,
        expires: online.snapshot_expires,
    };
    let snapshot = Snapshot::new(common, meta);
    let holders = root.content().role(TopRole::Snapshot);
    let bytes = signed_online(&snapshot, online.snapshot, holders, limits)?;
    let pin = FileMeta::of(version, &bytes);
    Ok((format!("metadata/{version}.snapshot.json"), bytes, pin))
}

fn next_timestamp(
    repository: &Repository,
    root: &Authentic<Root>,
    pin: FileMeta,
    online: Online<'_>,
    renew: Renew,
    limits: &TrustLimits,
) -> Result<(String, Vec<u8>), RepositoryError> {
    let before = repository
        .online()
        .map(|(timestamp, _)| timestamp.version());
    let common = Common {
        version: following("timestamp", before)?,
        expires: online.timestamp_expires,
    };
    let holders = root.content().role(TopRole::Timestamp);
    let timestamp = match renew {
        Renew::Medium => TimestampRole::new(common, pin).for_media(),
        Renew::Both | Renew::Timestamp => TimestampRole::new(common, pin),
    };
    let bytes = signed_online(&timestamp, online.timestamp, holders, limits)?;
    Ok(("metadata/timestamp.json".to_owned(), bytes))
}

fn following(name: &str, before: Option<Version>) -> Result<Version, RepositoryError> {
    before
        .map_or(Some(Version::FIRST), Version::next)
        .ok_or_else(|| RepositoryError::LastVersion(name.to_owned()))
}

fn signed_online<R: Role>(
    role: &R,
    keys: &[SigningKey],
    holders: &RoleKeys,
    limits: &TrustLimits,
) -> Result<Vec<u8>, RepositoryError> {
    let mut bytes = unsigned(role);
    for key in keys {
        bytes = sign(&bytes, key, limits)?;
    }
    Received::<R>::read(&bytes, limits)
        .map_err(RepositoryError::metadata(R::TYPE))?
        .signed_by(holders)
        .map_err(|source| RepositoryError::OnlineKeys {
            role: R::TYPE,
            source,
        })?;
    Ok(bytes)
}

//! A ceremony in the eyes of who is to sign it: what it changes, who holds each file, and who signed so far.

use std::collections::{BTreeMap, BTreeSet};

use quorate::key::PublicKey;

use super::earlier::{Earlier, describe_naming, describe_party, describe_removed, published};
use super::{Repository, RepositoryError, describe_role, describe_root};
use crate::limits::TrustLimits;
use crate::metadata::{
    Received, Role, RoleKeys, RoleName, Root, TargetPath, Targets, TopRole, Version,
};
use crate::naming;
use crate::releases::{Binding, Releases};
use crate::roster;

/// What is published, as far as it decides who signs a ceremony.
#[derive(Clone, Debug, Default)]
pub struct Before {
    root: Option<Received<Root>>,
    roles: BTreeMap<RoleName, Received<Targets>>,
    /// Target files by the names under which they are published, as far as they are here.
    documents: BTreeMap<String, Vec<u8>>,
}

impl Before {
    /// The state of a repository.
    ///
    /// # Errors
    /// [`RepositoryError::Metadata`] never: the repository was read.
    pub fn of(repository: &Repository, limits: &TrustLimits) -> Result<Self, RepositoryError> {
        let root = repository
            .root()
            .map(|root| Received::read(root.bytes(), limits))
            .transpose()
            .map_err(RepositoryError::metadata("root.json"))?;
        let roles = repository.roles();
        Ok(Self {
            root,
            roles: roles
                .map(|(name, file)| (name.clone(), file.clone()))
                .collect(),
            documents: BTreeMap::new(),
        })
    }

    /// With published target files that a change is told against.
    pub(super) fn with_documents(mut self, documents: BTreeMap<String, Vec<u8>>) -> Self {
        self.documents = documents;
        self
    }

    pub(super) fn role(&self, role: &RoleName) -> Option<&Received<Targets>> {
        self.roles.get(role)
    }

    /// What is published under a path. Bytes count only where the role's published file names them.
    pub(super) fn document(&self, role: &RoleName, path: &TargetPath) -> Earlier<'_> {
        let file = self.roles.get(role).map(Received::unverified);
        let Some(said) = file.and_then(|file| file.target(path)) else {
            return Earlier::Nothing;
        };
        match self.documents.get(&published(path, said)) {
            Some(bytes) if said.matches(bytes).is_ok() => Earlier::Is(bytes),
            _ => Earlier::Unknown,
        }
    }

    /// The copies that go with a ceremony. Nobody vouches for them: they are what whoever prepared it put there.
    ///
    /// # Errors
    /// [`RepositoryError`] when one is no metadata.
    pub fn read(
        files: &BTreeMap<String, Vec<u8>>,
        limits: &TrustLimits,
    ) -> Result<Self, RepositoryError> {
        let (root, roles) = by_role(files, limits)?;
        let documents = files.iter().filter(|(name, _)| name.contains('/'));
        let documents = documents.map(|(name, bytes)| (name.clone(), bytes.clone()));
        Ok(Self {
            root,
            roles,
            documents: documents.collect(),
        })
    }

    /// The files that decide who signs a change of `changed`: the root, the roles themselves, and those that delegate to them.
    pub(super) fn copies(
        repository: &Repository,
        changed: &BTreeSet<RoleName>,
    ) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        if let Some(root) = repository.root() {
            files.insert("root.json".to_owned(), root.bytes().to_vec());
        }
        for (name, file) in repository.roles() {
            let mut delegated = file.unverified().delegations().iter();
            if changed.contains(name) || delegated.any(|role| changed.contains(&role.name)) {
                files.insert(format!("{}.json", name.encoded()), file.bytes().to_vec());
            }
        }
        files
    }
}

type ByRole = (
    Option<Received<Root>>,
    BTreeMap<RoleName, Received<Targets>>,
);

fn by_role(
    files: &BTreeMap<String, Vec<u8>>,
    limits: &TrustLimits,
) -> Result<ByRole, RepositoryError> {
    let (mut root, mut roles) = (None, BTreeMap::new());
    for (name, bytes) in files.iter().filter(|(name, _)| !name.contains('/')) {
        if name == "root.json" {
            let read = Received::read(bytes, limits).map_err(RepositoryError::metadata(name))?;
            root = Some(read);
        } else if let Some(encoded) = name.strip_suffix(".json") {
            let read = Received::read(bytes, limits).map_err(RepositoryError::metadata(name))?;
            roles.insert(RoleName::from_encoded(encoded)?, read);
        } else {
            return Err(RepositoryError::Stray(name.clone()));
        }
    }
    Ok((root, roles))
}

/// What a ceremony is about.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// What would change, one thing a line.
    pub words: Vec<String>,
    /// The files to be signed.
    pub pending: Vec<Pending>,
    /// Files whose version does not follow what is published: somebody published something since they were prepared.
    pub stale: Vec<String>,
}

/// A file that is to be signed.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its name in the ceremony.
    pub file: String,
    /// Who must sign it: for a root, the holders before it and its own.
    pub quorums: Vec<Quorum>,
}

/// Holders who must sign a file, and those who did.
#[derive(Clone, Debug)]
pub struct Quorum {
    /// What they hold.
    pub role: String,
    /// They.
    pub holders: RoleKeys,
    /// The ids of those who signed.
    pub signed_by: Vec<String>,
}

impl Pending {
    /// Whether `key` is one of those who are to sign, whatever it is called.
    pub fn is_held_by(&self, key: &PublicKey) -> bool {
        self.quorums.iter().any(|quorum| {
            let mut keys = quorum.holders.ids().filter_map(|id| quorum.holders.key(id));
            keys.any(|held| held.fingerprint() == key.fingerprint())
        })
    }

    /// Whether enough holders signed. Nobody known to hold it is not enough.
    pub fn is_signed(&self) -> bool {
        let enough = |quorum: &Quorum| quorum.signed_by.len() >= quorum.holders.threshold();
        !self.quorums.is_empty() && self.quorums.iter().all(enough)
    }
}

/// Looks through the files of a ceremony.
///
/// # Errors
/// [`RepositoryError`] for a file that is no metadata.
pub fn review(
    before: &Before,
    files: &BTreeMap<String, Vec<u8>>,
    limits: &TrustLimits,
) -> Result<Review, RepositoryError> {
    let (root, roles) = by_role(files, limits)?;
    let mut review = Review::default();
    if let Some(root) = &root {
        let old = before.root.as_ref().map(Received::unverified);
        // One that an interrupted publication wrote already is published by the same call again.
        let same = before.root.as_ref().map(Received::bytes) == Some(root.bytes());
        if !same && !follows(old, root.unverified()) {
            review.stale.push("root.json".to_owned());
        }
        review.words = describe_root(old, root.unverified());
        review.pending.push(Pending {
            file: "root.json".to_owned(),
            quorums: root_quorums(before.root.as_ref(), root),
        });
    }
    let newest = root.as_ref().or(before.root.as_ref());
    for (name, file) in &roles {
        let old = before.roles.get(name);
        if !follows(old.map(Received::unverified), file.unverified()) {
            review.stale.push(format!("{}.json", name.encoded()));
        }
        review.words.extend(describe_role(name, old, file));
        let mut holders: Vec<RoleKeys> = Vec::new();
        if name.is_top_level() {
            holders.extend(newest.map(|root| root.unverified().role(TopRole::Targets).clone()));
        }
        let unchanged = before
            .roles
            .iter()
            .filter(|(name, _)| !roles.contains_key(*name));
        for (_, delegator) in roles.iter().chain(unchanged) {
            let delegation = delegator.unverified().delegations().get(name);
            let fresh = delegation.filter(|it| !holders.iter().any(|had| had.is_same(&it.keys)));
            holders.extend(fresh.map(|it| it.keys.clone()));
        }
        let quorum = |holders: RoleKeys| Quorum {
            role: name.to_string(),
            signed_by: file.signers(&holders),
            holders,
        };
        review.pending.push(Pending {
            file: format!("{}.json", name.encoded()),
            quorums: holders.into_iter().map(quorum).collect(),
        });
    }
    review
        .words
        .extend(describe_targets(before, &roles, files, limits));
    Ok(review)
}

fn follows<R: Role>(old: Option<&R>, new: &R) -> bool {
    let next = match old {
        None => Some(Version::FIRST),
        Some(old) => old.common().version.next(),
    };
    next == Some(new.common().version)
}

/// The target files that would be vouched for, each held against what its role says: a holder must not be shown another one.
fn describe_targets(
    before: &Before,
    roles: &BTreeMap<RoleName, Received<Targets>>,
    files: &BTreeMap<String, Vec<u8>>,
    limits: &TrustLimits,
) -> Vec<String> {
    let mut words = Vec::new();
    let mut unused: BTreeSet<&String> = files
        .keys()
        .filter(|name| name.starts_with("targets/"))
        .collect();
    for (name, file) in roles {
        let old = before.roles.get(name).map(Received::unverified);
        for (path, said) in file.unverified().targets() {
            let published = published(path, said);
            words.extend(match files.get(&published) {
                Some(bytes) if said.matches(bytes).is_ok() => {
                    describe_document(path, bytes, &before.document(name, path), limits)
                }
                Some(_) => vec![format!(
                    "{path}: ITS FILE IS ANOTHER ONE than {name} would vouch for"
                )],
                None if old.and_then(|old| old.target(path)) == Some(said) => Vec::new(),
                None => vec![format!(
                    "{path}: ITS FILE IS MISSING, so that nobody sees what {name} would vouch for"
                )],
            });
            unused.remove(&published);
        }
        let had = old.into_iter().flat_map(Targets::targets);
        let gone = had.filter(|(path, _)| file.unverified().target(path).is_none());
        words.extend(gone.filter_map(|(path, _)| describe_removed(name, path)));
    }
    let stray = unused.into_iter();
    words.extend(stray.map(|name| format!("{name}: BELONGS TO NOTHING that would be signed")));
    words
}

fn root_quorums(before: Option<&Received<Root>>, root: &Received<Root>) -> Vec<Quorum> {
    let quorum = |role: String, holders: &RoleKeys| Quorum {
        role,
        signed_by: root.signers(holders),
        holders: holders.clone(),
    };
    let version = |root: &Received<Root>| -> Version { root.unverified().common().version };
    let own = root.unverified().role(TopRole::Root);
    let name = |root: &Received<Root>| format!("root {}", version(root));
    let old = before.map(|old| quorum(name(old), old.unverified().role(TopRole::Root)));
    let old = old.filter(|old| !old.holders.is_same(own));
    old.into_iter().chain([quorum(name(root), own)]).collect()
}

/// What a target file says that this program can read. It is the one that would be vouched for.
fn describe_document(
    path: &TargetPath,
    bytes: &[u8],
    old: &Earlier<'_>,
    limits: &TrustLimits,
) -> Vec<String> {
    if *path == naming::path() {
        return describe_naming(bytes, old, limits);
    }
    if path.as_str().starts_with("p/") && path.as_str().ends_with("/releases.json") {
        return match Releases::read(bytes, limits) {
            Ok(releases) => releases.bound().iter().map(describe_binding).collect(),
            Err(error) => vec![format!("{path}: NOT READABLE: {error}")],
        };
    }
    if !path.as_str().starts_with(&format!("{}/", roster::role())) {
        return Vec::new();
    }
    describe_party(path, bytes, old, limits)
}

fn describe_binding(binding: &Binding) -> String {
    format!(
        "releases: {:?} is {}, judged by version {} of the policy",
        binding.artifacts.as_str(),
        binding.release,
        binding.release.policy
    )
}

//! A change → unsigned files, with what they would change in words.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Change, Delegate, Holders, Repository, RepositoryError, RoleChange, RootChange, describe_role,
    describe_root,
};
use crate::limits::TrustLimits;
use crate::metadata::{
    Common, DelegatedRole, Delegations, Received, Role, RoleKeys, RoleName, Root, TargetFile,
    TargetPath, Targets, TopRole, Version, unsigned,
};

/// Files for the holders to sign, and target files that go with them.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// By name: `root.json`, `targets.json`, `<role>.json`, and target files below `targets/`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What would change, one thing a line.
    pub words: Vec<String>,
}

/// Makes the next versions of what `change` names, unsigned. A role whose holders change is made anew even where nothing else changes, so that its new
/// holders sign it.
///
/// # Errors
/// [`RepositoryError`] when the change does not fit what is published: thresholds that cannot be, things to remove that are not there, a first
/// change without a root.
pub fn prepare(
    repository: &Repository,
    change: &Change,
    limits: &TrustLimits,
) -> Result<Prepared, RepositoryError> {
    let mut prepared = Prepared::default();
    let root = match (&change.root, repository.root()) {
        (None, None) => return Err(RepositoryError::Empty),
        (None, Some(_)) => None,
        (Some(change), before) => {
            let root = next_root(change, before.map(|root| root.content()))?;
            prepared.words = describe_root(before.map(|root| root.content()), &root);
            prepared
                .files
                .insert("root.json".to_owned(), unsigned(&root));
            Some(root)
        }
    };
    let mut wanted = change.roles.clone();
    if let Some(root) = &root {
        let name = RoleName::targets();
        include_unsigned(repository, &name, root.role(TopRole::Targets), &mut wanted);
    }
    // Delegators stand before those they delegate to, whose holders they may change.
    let mut made: BTreeSet<RoleName> = BTreeSet::new();
    let mut pending: BTreeSet<RoleName> = wanted.keys().cloned().collect();
    while let Some(name) = pending.pop_first() {
        made.insert(name.clone());
        let (targets, files) = next_role(repository, &name, &wanted[&name])?;
        for role in targets.delegations().iter() {
            include_unsigned(repository, &role.name, &role.keys, &mut wanted);
            if wanted.contains_key(&role.name) && !made.contains(&role.name) {
                pending.insert(role.name.clone());
            }
        }
        let file = format!("{}.json", name.encoded());
        let bytes = unsigned(&targets);
        let read = Received::read(&bytes, limits).map_err(RepositoryError::metadata(&file))?;
        let words = describe_role(&name, repository.role(&name), &read);
        prepared.words.extend(words);
        prepared.files.insert(file, bytes);
        prepared.files.extend(files);
    }
    Ok(prepared)
}

/// Takes a role in whose published file too few of `holders` signed, and which nobody asked to change.
fn include_unsigned(
    repository: &Repository,
    name: &RoleName,
    holders: &RoleKeys,
    wanted: &mut BTreeMap<RoleName, RoleChange>,
) {
    let Some(published) = repository.role(name) else {
        return;
    };
    if published.signers(holders).len() < holders.threshold() {
        let expires = published.unverified().common().expires;
        wanted
            .entry(name.clone())
            .or_insert_with(|| RoleChange::renewed(expires));
    }
}

fn holders_of(role: &str, holders: &Holders) -> Result<RoleKeys, RepositoryError> {
    RoleKeys::new(role, &holders.keys, holders.threshold).map_err(RepositoryError::metadata(role))
}

fn next_root(change: &RootChange, before: Option<&Root>) -> Result<Root, RepositoryError> {
    let mut roles = BTreeMap::new();
    for role in TopRole::ALL {
        let holders = match (change.holders.get(&role), before) {
            (Some(holders), _) => holders_of(role.name(), holders)?,
            (None, Some(before)) => before.role(role).clone(),
            (None, None) => continue,
        };
        roles.insert(role, holders);
    }
    let version = next_version("root", before)?;
    let common = Common {
        version,
        expires: change.expires,
    };
    Root::new(common, roles).map_err(RepositoryError::metadata("root"))
}

fn next_version<R: Role>(name: &str, before: Option<&R>) -> Result<Version, RepositoryError> {
    match before {
        None => Ok(Version::FIRST),
        Some(before) => before
            .common()
            .version
            .next()
            .ok_or_else(|| RepositoryError::LastVersion(name.to_owned())),
    }
}

/// The next version of a role, and its new target files by their published names.
fn next_role(
    repository: &Repository,
    name: &RoleName,
    change: &RoleChange,
) -> Result<(Targets, BTreeMap<String, Vec<u8>>), RepositoryError> {
    let before = repository.role(name).map(Received::unverified);
    let mut targets: BTreeMap<TargetPath, TargetFile> = before
        .map(|before| {
            before
                .targets()
                .map(|(path, file)| (path.clone(), file.clone()))
                .collect()
        })
        .unwrap_or_default();
    for path in &change.remove {
        if targets.remove(path).is_none() {
            return Err(RepositoryError::NoTarget {
                role: name.clone(),
                path: path.to_string(),
            });
        }
    }
    let mut files = BTreeMap::new();
    for (path, bytes) in &change.put {
        let file = TargetFile::of(bytes);
        let hash = file.hashes.for_name().unwrap_or_default();
        files.insert(format!("targets/{}", path.with_hash(&hash)), bytes.clone());
        targets.insert(path.clone(), file);
    }
    let common = Common {
        version: next_version(name.as_str(), before)?,
        expires: change.expires,
    };
    let delegations = next_delegations(name, before.map(Targets::delegations), change)?;
    Ok((Targets::new(common, targets, delegations), files))
}

fn next_delegations(
    name: &RoleName,
    before: Option<&Delegations>,
    change: &RoleChange,
) -> Result<Delegations, RepositoryError> {
    let mut roles: Vec<DelegatedRole> = before
        .map(|before| before.iter().cloned().collect())
        .unwrap_or_default();
    for ended in &change.undelegate {
        let at = roles.iter().position(|role| role.name == *ended);
        let at = at.ok_or_else(|| RepositoryError::NotDelegated {
            delegator: name.clone(),
            role: ended.clone(),
        })?;
        roles.remove(at);
    }
    for delegate in &change.delegate {
        let role = delegated(delegate)?;
        match roles.iter_mut().find(|before| before.name == role.name) {
            Some(before) => *before = role,
            None => roles.push(role),
        }
    }
    Delegations::new(roles).map_err(RepositoryError::metadata(name.as_str()))
}

fn delegated(delegate: &Delegate) -> Result<DelegatedRole, RepositoryError> {
    Ok(DelegatedRole {
        name: delegate.role.clone(),
        keys: holders_of(delegate.role.as_str(), &delegate.holders)?,
        scope: delegate.scope.clone(),
        terminating: true,
    })
}

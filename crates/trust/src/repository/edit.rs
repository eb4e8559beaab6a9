//! The usual changes: what they touch, over what is published. Pure: documents and times come in as arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use quorate::time::Timestamp;

use super::{Bins, Change, Delegate, Holders, Repository, RepositoryError, RoleChange, RootChange};
use crate::metadata::{Received, RoleName, Scope, TargetPath, TopRole};
use crate::naming::{self, Naming};
use crate::project::{PolicyPaths, Project, ROLE_PREFIX};
use crate::releases::Releases;
use crate::roster::{self, Party, RosterError};

/// When what is made next expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiries {
    /// The root.
    pub root: Timestamp,
    /// `targets`.
    pub targets: Timestamp,
    /// The roster.
    pub rebuilders: Timestamp,
    /// The hash bins.
    pub bins: Timestamp,
    /// A project's role.
    pub project: Timestamp,
}

impl Expiries {
    /// The time for a role of that name.
    pub fn of(&self, role: &RoleName) -> Timestamp {
        if role.is_top_level() {
            self.targets
        } else if *role == roster::role() {
            self.rebuilders
        } else if Bins::is_bin(role) {
            self.bins
        } else {
            self.project
        }
    }
}

/// The documents of a project's policy.
#[derive(Clone, Debug)]
pub struct PolicyFiles {
    /// The envelope of the layout.
    pub layout: Vec<u8>,
    /// The envelope of the terms.
    pub terms: Vec<u8>,
    /// Certificates of those who sign releases.
    pub certificates: Option<Vec<u8>>,
}

/// Adds a party to the roster, or puts a new entry in its place.
///
/// # Errors
/// [`RosterError::Name`].
pub fn put_party(party: &Party, expires: Timestamp) -> Result<Change, RosterError> {
    let mut change = RoleChange::renewed(expires);
    change
        .put
        .insert(roster::path_of(&party.name)?, party.to_bytes());
    Ok(one_role(roster::role(), change))
}

/// Puts naming rules in force.
pub fn put_naming(naming: &Naming, expires: Timestamp) -> Change {
    let mut change = RoleChange::renewed(expires);
    change.put.insert(naming::path(), naming.to_bytes());
    one_role(RoleName::targets(), change)
}

/// The roles that bins delegate a project's paths to; more than one only where somebody delegated by hand.
pub fn roles_of(repository: &Repository, project: &Project) -> BTreeSet<RoleName> {
    let paths = project.paths().all();
    let bins = repository.roles().filter(|(name, _)| Bins::is_bin(name));
    bins.flat_map(|(_, bin)| bin.unverified().delegations().iter())
        .filter(|role| paths.iter().any(|path| role.scope.covers(path)))
        .map(|role| role.name.clone())
        .collect()
}

/// Gives a project's paths to its owners. A role that had them before loses them, and the new one has another name.
///
/// # Errors
/// [`RepositoryError`] when the repository has no bins.
pub fn delegate(
    repository: &Repository,
    project: &Project,
    owners: &Holders,
    policy: Option<&PolicyFiles>,
    expiries: &Expiries,
) -> Result<Change, RepositoryError> {
    let before = roles_of(repository, project);
    let mut number = 1;
    let mut role = project.role(number)?;
    while repository.role(&role).is_some() {
        number += 1;
        role = project.role(number)?;
    }
    let bins = Bins::of_repository(repository)?;
    let mut roles = BTreeMap::new();
    for (bin, delegate) in bins.delegations(&role, owners, &project.own_paths())? {
        let mut change = RoleChange::renewed(expiries.bins);
        change.delegate.push(delegate);
        roles.insert(bin, change);
    }
    for (bin, file) in repository.roles().filter(|(name, _)| Bins::is_bin(name)) {
        for ended in file.unverified().delegations().iter() {
            if before.contains(&ended.name) {
                let change = roles.entry(bin.clone());
                let change = change.or_insert_with(|| RoleChange::renewed(expiries.bins));
                change.undelegate.insert(ended.name.clone());
            }
        }
    }
    let mut own = RoleChange::renewed(expiries.project);
    if let Some(policy) = policy {
        own.put = files_of(project.paths(), policy);
    }
    roles.insert(role, own);
    Ok(Change { root: None, roles })
}

/// Puts a policy into the role of its project. Certificates of an earlier one go when it has none.
///
/// # Errors
/// [`RepositoryError::NoProject`] unless exactly one role has the project's paths.
pub fn put_policy(
    repository: &Repository,
    project: &Project,
    policy: &PolicyFiles,
    expires: Timestamp,
) -> Result<Change, RepositoryError> {
    let role = &role_of(repository, project)?;
    let mut change = RoleChange::renewed(expires);
    change.put = files_of(project.paths(), policy);
    let certificates = project.paths().certificates;
    let had = repository
        .role(role)
        .is_some_and(|published| published.unverified().target(&certificates).is_some());
    if had && policy.certificates.is_none() {
        change.remove.insert(certificates);
    }
    Ok(one_role(role.clone(), change))
}

/// The one role that has a project's paths.
///
/// # Errors
/// [`RepositoryError::NoProject`] unless there is exactly one.
pub fn role_of(repository: &Repository, project: &Project) -> Result<RoleName, RepositoryError> {
    let mut roles = roles_of(repository, project);
    match (roles.pop_first(), roles.is_empty()) {
        (Some(role), true) => Ok(role),
        _ => Err(RepositoryError::NoProject(project.name().to_owned())),
    }
}

/// Says which releases are bound, and keeps a version of the policy for them. Where the bins give its paths to nobody yet, their holders sign, too.
///
/// # Errors
/// [`RepositoryError::NoProject`] unless exactly one role has the project's paths, by keys that this program knows.
pub fn put_releases(
    repository: &Repository,
    project: &Project,
    releases: &Releases,
    kept: Option<(NonZeroU64, &PolicyFiles)>,
    expiries: &Expiries,
) -> Result<Change, RepositoryError> {
    let role = role_of(repository, project)?;
    let mut own = RoleChange::renewed(expiries.project);
    own.put.insert(project.releases(), releases.to_bytes());
    // A version that nothing is bound to any more goes.
    let versions = releases.versions();
    let published = repository.role(&role).into_iter();
    let published = published.flat_map(|file| file.unverified().targets());
    let kept_for = published.filter_map(|(path, _)| Some((path, project.kept_version(path)?)));
    let unused = kept_for.filter(|(_, version)| !versions.contains(version));
    own.remove.extend(unused.map(|(path, _)| path.clone()));
    if let Some((version, files)) = kept {
        own.put.extend(files_of(project.kept_paths(version), files));
    }
    let paths: Vec<TargetPath> = own.put.keys().cloned().collect();
    let mut roles = widened(repository, project, &role, &paths, expiries.bins)?;
    roles.insert(role, own);
    Ok(Change { root: None, roles })
}

/// The bins that give a role paths which nobody gives to it yet.
fn widened(
    repository: &Repository,
    project: &Project,
    role: &RoleName,
    paths: &[TargetPath],
    expires: Timestamp,
) -> Result<BTreeMap<RoleName, RoleChange>, RepositoryError> {
    let bins = Bins::of_repository(repository)?;
    let delegated = |bin: &RoleName| {
        let file = repository.role(bin)?.unverified();
        file.delegations().get(role)
    };
    let unknown = || RepositoryError::NoProject(project.name().to_owned());
    let mut names = repository.roles().map(|(name, _)| name);
    let before = names.find_map(|name| delegated(name).filter(|_| Bins::is_bin(name)));
    let keys = &before.ok_or_else(unknown)?.keys;
    let holders = Holders {
        keys: keys.ids().filter_map(|id| keys.key(id)).cloned().collect(),
        threshold: keys.threshold() as u64,
    };
    if holders.keys.len() != keys.ids().len() {
        return Err(unknown());
    }
    let mut missing = Vec::new();
    for path in paths {
        let before = delegated(&bins.bin_of(path)?);
        if !before.is_some_and(|before| before.scope.covers(path)) {
            missing.push(path.clone());
        }
    }
    let mut roles = BTreeMap::new();
    for (bin, mut delegate) in bins.delegations(role, &holders, &missing)? {
        if let Some(before) = delegated(&bin) {
            let (Scope::Paths(had), Scope::Paths(new)) = (&before.scope, &mut delegate.scope)
            else {
                return Err(unknown());
            };
            new.splice(0..0, had.iter().cloned());
        }
        let mut change = RoleChange::renewed(expires);
        change.delegate.push(delegate);
        roles.insert(bin, change);
    }
    Ok(roles)
}

fn files_of(paths: PolicyPaths, policy: &PolicyFiles) -> BTreeMap<TargetPath, Vec<u8>> {
    let mut files = BTreeMap::from([
        (paths.layout, policy.layout.clone()),
        (paths.terms, policy.terms.clone()),
    ]);
    if let Some(certificates) = &policy.certificates {
        files.insert(paths.certificates, certificates.clone());
    }
    files
}

/// Whose holders change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// Roles of the root.
    Top(Vec<TopRole>),
    /// All hash bins.
    Bins,
    /// A role that is delegated to.
    Delegated(RoleName),
}

/// Gives roles other holders. Who holds the delegator signs that, and the new holders sign their role.
///
/// # Errors
/// [`RepositoryError::NobodyDelegates`] when there is no such role.
pub fn rotate(
    repository: &Repository,
    rotated: &Rotated,
    holders: &Holders,
    expiries: &Expiries,
    at: Timestamp,
) -> Result<Change, RepositoryError> {
    let mut change = Change::default();
    let wanted = |name: &RoleName| match rotated {
        Rotated::Top(roles) => name.is_top_level() && roles.contains(&TopRole::Targets),
        Rotated::Bins => Bins::is_bin(name),
        Rotated::Delegated(role) => role == name,
    };
    if let Rotated::Top(roles) = rotated {
        change.root = Some(RootChange {
            holders: roles.iter().map(|role| (*role, holders.clone())).collect(),
            expires: expiries.root,
        });
    }
    let mut found = change.root.is_some();
    for (delegator, file) in repository.roles() {
        let mut delegate = Vec::new();
        for role in file.unverified().delegations().iter() {
            if wanted(&role.name) {
                delegate.push(Delegate {
                    role: role.name.clone(),
                    holders: holders.clone(),
                    scope: role.scope.clone(),
                });
            }
        }
        if !delegate.is_empty() {
            found = true;
            let next = RoleChange::renewed(expiries.of(delegator));
            change
                .roles
                .entry(delegator.clone())
                .or_insert(next)
                .delegate = delegate;
        }
    }
    if !found {
        let name = match rotated {
            Rotated::Delegated(role) => role.clone(),
            _ => RoleName::targets(),
        };
        return Err(RepositoryError::NobodyDelegates(name));
    }
    // What has expired is not published by new holders either.
    for (name, file) in repository.roles().filter(|(name, _)| wanted(name)) {
        if expires(file) <= at {
            let next = RoleChange::renewed(expiries.of(name));
            change.roles.entry(name.clone()).or_insert(next);
        }
    }
    Ok(change)
}

fn expires(file: &Received<crate::metadata::Targets>) -> Timestamp {
    use crate::metadata::Role as _;
    file.unverified().common().expires
}

/// Makes roles anew with equal content, before they expire.
///
/// # Errors
/// [`RepositoryError::Missing`] for a role that is not published.
pub fn renew(
    repository: &Repository,
    root: bool,
    roles: &BTreeSet<RoleName>,
    expiries: &Expiries,
) -> Result<Change, RepositoryError> {
    let mut change = Change::default();
    if root {
        change.root = Some(RootChange {
            holders: BTreeMap::new(),
            expires: expiries.root,
        });
    }
    for role in roles {
        if repository.role(role).is_none() {
            return Err(RepositoryError::Missing(format!("{role}.json")));
        }
        let next = RoleChange::renewed(expiries.of(role));
        change.roles.insert(role.clone(), next);
    }
    Ok(change)
}

/// All hash bins that are published.
pub fn bins_of(repository: &Repository) -> BTreeSet<RoleName> {
    let names = repository.roles().map(|(name, _)| name);
    names.filter(|name| Bins::is_bin(name)).cloned().collect()
}

/// Whether a role is a project's, by its name.
pub fn is_of_project(role: &RoleName) -> bool {
    role.as_str().starts_with(ROLE_PREFIX)
}

pub(super) fn one_role(role: RoleName, change: RoleChange) -> Change {
    Change {
        root: None,
        roles: [(role, change)].into(),
    }
}

//! What is to change, before anybody signs.

use std::collections::{BTreeMap, BTreeSet};

use quorate::key::PublicKey;
use quorate::time::Timestamp;

use super::{Bins, RepositoryError};
use crate::metadata::{RoleName, Scope, TargetPath, TopRole};

/// Who is to hold a role, and how many of them must sign.
#[derive(Clone, Debug)]
pub struct Holders {
    /// The keys.
    pub keys: Vec<PublicKey>,
    /// How many of them must sign: at least 1, at most all.
    pub threshold: u64,
}

/// A change to the repository; its parts take effect together.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// A next root.
    pub root: Option<RootChange>,
    /// Next versions of `targets` and delegated roles.
    pub roles: BTreeMap<RoleName, RoleChange>,
}

/// A next root.
#[derive(Clone, Debug)]
pub struct RootChange {
    /// The roles that get other holders; those that are not named keep theirs.
    pub holders: BTreeMap<TopRole, Holders>,
    /// When the next root expires.
    pub expires: Timestamp,
}

/// A next version of a role that vouches for targets.
#[derive(Clone, Debug)]
pub struct RoleChange {
    /// Target files to add or replace, with their bytes.
    pub put: BTreeMap<TargetPath, Vec<u8>>,
    /// Target files to take out.
    pub remove: BTreeSet<TargetPath>,
    /// Delegations to add at the end, or to replace in their place.
    pub delegate: Vec<Delegate>,
    /// Delegations to end.
    pub undelegate: BTreeSet<RoleName>,
    /// When the next version expires.
    pub expires: Timestamp,
}

/// A delegation. It always terminates: nobody else speaks about its paths.
#[derive(Clone, Debug)]
pub struct Delegate {
    /// To which role.
    pub role: RoleName,
    /// Who holds it.
    pub holders: Holders,
    /// For which paths.
    pub scope: Scope,
}

impl RoleChange {
    /// A next version with equal content.
    pub fn renewed(expires: Timestamp) -> Self {
        Self {
            put: BTreeMap::new(),
            remove: BTreeSet::new(),
            delegate: Vec::new(),
            undelegate: BTreeSet::new(),
            expires,
        }
    }
}

/// The holders of a new repository.
#[derive(Clone, Debug)]
pub struct Founding {
    /// Offline; names the keys of the top-level roles.
    pub root: Holders,
    /// Offline; delegates to the roster and the bins.
    pub targets: Holders,
    /// Offline; the roster of parties, below `rebuilders/`.
    pub rebuilders: Holders,
    /// Offline; all hash bins.
    pub bin_holders: Holders,
    /// Online.
    pub snapshot: Holders,
    /// Online.
    pub timestamp: Holders,
    /// How projects are spread.
    pub bins: Bins,
    /// When root and targets expire.
    pub expires: Timestamp,
    /// When the roster expires.
    pub rebuilders_expire: Timestamp,
    /// When the bins expire.
    pub bins_expire: Timestamp,
}

impl Founding {
    /// The first change of a repository with these holders.
    ///
    /// # Errors
    /// [`RepositoryError::Name`] never: the names are ours.
    pub fn into_change(self) -> Result<Change, RepositoryError> {
        let rebuilders = RoleName::delegated("rebuilders")?;
        let mut targets = RoleChange::renewed(self.expires);
        targets.delegate.push(Delegate {
            role: rebuilders.clone(),
            holders: self.rebuilders,
            scope: Scope::Paths(vec!["rebuilders/*".to_owned()]),
        });
        let mut roles = BTreeMap::new();
        for bin in self.bins.all()? {
            targets.delegate.push(Delegate {
                scope: self.bins.scope(&bin),
                role: bin.clone(),
                holders: self.bin_holders.clone(),
            });
            roles.insert(bin, RoleChange::renewed(self.bins_expire));
        }
        roles.insert(RoleName::targets(), targets);
        roles.insert(rebuilders, RoleChange::renewed(self.rebuilders_expire));
        let holders = [
            (TopRole::Root, self.root),
            (TopRole::Targets, self.targets),
            (TopRole::Snapshot, self.snapshot),
            (TopRole::Timestamp, self.timestamp),
        ];
        Ok(Change {
            root: Some(RootChange {
                holders: holders.into(),
                expires: self.expires,
            }),
            roles,
        })
    }
}

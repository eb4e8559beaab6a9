//! The root: which keys hold the four top-level roles (specification §4.3).

use std::collections::BTreeMap;

use quorate::json::{self, Json, Members, Object, ShapeError};

use super::{Common, KeySet, MetadataError, Role, RoleKeys, TopRole};
use crate::limits::TrustLimits;

/// Content of a root.
#[derive(Clone, Debug)]
pub struct Root {
    common: Common,
    roles: BTreeMap<TopRole, RoleKeys>,
    consistent_snapshot: bool,
}

impl Root {
    /// A root of our own making, with consistent snapshots.
    ///
    /// # Errors
    /// [`MetadataError::TopRoles`] when one of the four roles has no holders.
    pub fn new(common: Common, roles: BTreeMap<TopRole, RoleKeys>) -> Result<Self, MetadataError> {
        if let Some(missing) = TopRole::ALL.iter().find(|role| !roles.contains_key(role)) {
            return Err(MetadataError::TopRoles(format!("{missing} is missing")));
        }
        Ok(Self {
            common,
            roles,
            consistent_snapshot: true,
        })
    }

    /// Who holds that role.
    pub fn role(&self, role: TopRole) -> &RoleKeys {
        self.roles.get(&role).expect("a root has all four roles")
    }

    /// Whether names of files carry versions and hashes (§6.2).
    pub fn consistent_snapshot(&self) -> bool {
        self.consistent_snapshot
    }
}

impl Role for Root {
    const TYPE: &'static str = "root";

    fn bytes_max(limits: &TrustLimits) -> usize {
        limits.root_bytes_max
    }

    fn read(
        common: Common,
        members: &Object<'_>,
        limits: &TrustLimits,
    ) -> Result<Self, MetadataError> {
        let keys = KeySet::read(members, limits)?;
        let listed = members.read("roles", json::object)?;
        let unknown = listed
            .iter()
            .find(|(name, _)| !TopRole::ALL.iter().any(|role| role.name() == *name));
        if let Some((name, _)) = unknown {
            return Err(MetadataError::TopRoles(format!("{name:?} is none of them")));
        }
        let mut roles = BTreeMap::new();
        for role in TopRole::ALL {
            let Some(value) = listed.get(role.name()) else {
                return Err(MetadataError::TopRoles(format!("{role} is missing")));
            };
            let holders = json::object(value).map_err(|error| error.within(role.name()))?;
            roles.insert(role, keys.read_role(role.name(), holders, limits)?);
        }
        let consistent_snapshot = match members.get("consistent_snapshot") {
            None => false,
            Some(Json::Bool(value)) => *value,
            Some(_) => {
                return Err(ShapeError::new("expected a boolean")
                    .within("consistent_snapshot")
                    .into());
            }
        };
        Ok(Self {
            common,
            roles,
            consistent_snapshot,
        })
    }

    fn own_members(&self) -> Vec<(&'static str, Json<'static>)> {
        let roles = self
            .roles
            .iter()
            .map(|(role, holders)| (role.name(), Json::object(holders.members())));
        vec![
            ("consistent_snapshot", Json::Bool(self.consistent_snapshot)),
            ("keys", KeySet::of_roles(self.roles.values()).to_json()),
            ("roles", Json::object(roles)),
        ]
    }

    fn common(&self) -> Common {
        self.common
    }
}

//! What target files mean to a client: the roster, the naming rules, and the policy of a project. Each is taken from the role that alone may vouch for it.

use std::collections::BTreeMap;

use super::lookup::reborrow;
use super::{Fetch, Shelf, Target, TrustError, Workflow};
use crate::metadata::{RoleName, TargetPath, Version};
use crate::naming::{self, Naming};
use crate::project::Project;
use crate::roster::{self, Roster};

/// The policy of a project, as the project's role vouches for it. Only [`Workflow::policy_of`] makes one.
#[derive(Clone, Debug)]
pub struct ProjectPolicy {
    project: Project,
    layout: Vec<u8>,
    terms: Vec<u8>,
    certificates: Option<Vec<u8>>,
    role: RoleName,
    role_version: Version,
}

impl ProjectPolicy {
    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The envelope of the layout.
    pub fn layout(&self) -> &[u8] {
        &self.layout
    }

    /// The envelope of the terms.
    pub fn terms(&self) -> &[u8] {
        &self.terms
    }

    /// The certificates that travel with the policy, where it has any.
    pub fn certificates(&self) -> Option<&[u8]> {
        self.certificates.as_deref()
    }

    /// The role that vouches for all of them.
    pub fn role(&self) -> &RoleName {
        &self.role
    }

    /// The version of that role's file.
    pub fn role_version(&self) -> Version {
        self.role_version
    }
}

impl<S: Shelf> Workflow<'_, S> {
    /// The naming rules. [`Self::update`] or [`Self::load`] came before.
    ///
    /// # Errors
    /// [`TrustError`]; [`TrustError::OtherRole`] when another role than `targets` vouches for them.
    pub fn naming(&mut self, fetch: Option<&mut dyn Fetch>) -> Result<Naming, TrustError> {
        let target = self.target_of(&naming::path(), &RoleName::targets(), fetch)?;
        Naming::read(&target.bytes, self.limits()).map_err(TrustError::Naming)
    }

    /// All parties. [`Self::update`] or [`Self::load`] came before.
    ///
    /// # Errors
    /// [`TrustError`], also when one entry does not hold: a roster is whole or it is none.
    pub fn roster(&mut self, mut fetch: Option<&mut dyn Fetch>) -> Result<Roster, TrustError> {
        let role = roster::role();
        let targets = RoleName::targets();
        self.load_role(&role, Some(&targets), reborrow(&mut fetch))?;
        let scope = self
            .trusted
            .role(&targets)
            .and_then(|targets| targets.content().delegations().get(&role))
            .map(|delegation| delegation.scope.clone());
        let listed: Vec<TargetPath> = self
            .trusted
            .role(&role)
            .into_iter()
            .flat_map(|file| file.content().targets())
            .map(|(path, _)| path.clone())
            .filter(|path| scope.as_ref().is_some_and(|scope| scope.covers(path)))
            .collect();
        if listed.len() > self.limits().parties_max {
            let too_many = roster::RosterError::TooMany(self.limits().parties_max);
            return Err(TrustError::Roster(too_many));
        }
        let mut files = BTreeMap::new();
        for path in listed {
            let target = self.target_of(&path, &role, reborrow(&mut fetch))?;
            files.insert(path, target.bytes);
        }
        let files = files.iter().map(|(path, bytes)| (path, bytes.as_slice()));
        Roster::read(files, self.limits()).map_err(TrustError::Roster)
    }

    /// The policy of a project. [`Self::update`] or [`Self::load`] came before.
    ///
    /// # Errors
    /// [`TrustError`]; [`TrustError::NoTarget`] when nobody vouches for one; [`TrustError::OtherRole`] when its files are of two roles.
    pub fn policy_of(
        &mut self,
        project: &Project,
        mut fetch: Option<&mut dyn Fetch>,
    ) -> Result<ProjectPolicy, TrustError> {
        let paths = project.paths();
        let layout = self.target(&paths.layout, reborrow(&mut fetch))?;
        let terms = self.target_of(&paths.terms, &layout.role, reborrow(&mut fetch))?;
        let certificates = match self.target_of(&paths.certificates, &layout.role, fetch) {
            Ok(found) => Some(found.bytes),
            Err(TrustError::NoTarget(_)) => None,
            Err(refusal) => return Err(refusal),
        };
        Ok(ProjectPolicy {
            project: project.clone(),
            layout: layout.bytes,
            terms: terms.bytes,
            certificates,
            role: layout.role,
            role_version: layout.role_version,
        })
    }

    /// A target that this role and no other must vouch for.
    fn target_of(
        &mut self,
        path: &TargetPath,
        role: &RoleName,
        fetch: Option<&mut dyn Fetch>,
    ) -> Result<Target, TrustError> {
        let target = self.target(path, fetch)?;
        if target.role == *role {
            return Ok(target);
        }
        Err(TrustError::OtherRole {
            path: path.clone(),
            found: target.role,
            expected: role.clone(),
        })
    }
}

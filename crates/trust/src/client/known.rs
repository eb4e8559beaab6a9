//! What target files mean to a client: the roster, the naming rules, and the policy of a project. Each is taken from the role that alone may vouch for it.

use std::collections::BTreeMap;

use quorate::policy::BoundRelease;

use super::lookup::reborrow;
use super::{Fetch, Shelf, Target, TrustError, Workflow};
use crate::metadata::{RoleName, TargetPath, Version};
use crate::naming::{self, Naming};
use crate::project::{PolicyPaths, Project};
use crate::releases::Releases;
use crate::roster::{self, Roster};

/// The policy of a project, as the project's role vouches for it. Only [`Workflow::policy_of`] and [`Workflow::policy_for`] make one.
#[derive(Clone, Debug)]
pub struct ProjectPolicy {
    project: Project,
    layout: Vec<u8>,
    terms: Vec<u8>,
    certificates: Option<Vec<u8>>,
    bound: Option<BoundRelease>,
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

    /// The release that this version of the policy is kept for; it judges no other. `None` for the policy of now.
    pub fn bound(&self) -> Option<&BoundRelease> {
        self.bound.as_ref()
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
        fetch: Option<&mut dyn Fetch>,
    ) -> Result<ProjectPolicy, TrustError> {
        self.policy_at(project, &project.paths(), fetch)
    }

    /// The policy that judges a project's file of that name: the version that its release is bound to, where the project's role says so.
    /// [`Self::update`] or [`Self::load`] came before.
    ///
    /// # Errors
    /// [`TrustError`] as [`Self::policy_of`]; [`TrustError::OtherRole`] also when another role says which releases are bound.
    pub fn policy_for(
        &mut self,
        project: &Project,
        file_name: &str,
        mut fetch: Option<&mut dyn Fetch>,
    ) -> Result<ProjectPolicy, TrustError> {
        let Some((releases, role)) = self.releases_of(project, reborrow(&mut fetch))? else {
            return self.policy_of(project, fetch);
        };
        let bound = releases.of_file(file_name).cloned();
        let paths = match &bound {
            Some(release) => project.kept_paths(release.policy),
            None => project.paths(),
        };
        let mut policy = self.policy_at(project, &paths, fetch)?;
        if policy.role != role {
            return Err(TrustError::OtherRole {
                path: project.releases(),
                found: role,
                expected: policy.role,
            });
        }
        policy.bound = bound;
        Ok(policy)
    }

    /// Brings all that files of a project are judged by: its policy, and the versions that releases are bound to.
    ///
    /// # Errors
    /// [`TrustError`] as [`Self::policy_for`].
    pub fn policies_of(
        &mut self,
        project: &Project,
        mut fetch: Option<&mut dyn Fetch>,
    ) -> Result<(), TrustError> {
        self.policy_of(project, reborrow(&mut fetch))?;
        let releases = self.releases_of(project, reborrow(&mut fetch))?;
        let versions = releases.map(|(releases, _)| releases.versions());
        for version in versions.unwrap_or_default() {
            let paths = project.kept_paths(version);
            self.policy_at(project, &paths, reborrow(&mut fetch))?;
        }
        Ok(())
    }

    /// What a project says of its bound releases, and the role that vouches for it.
    fn releases_of(
        &mut self,
        project: &Project,
        fetch: Option<&mut dyn Fetch>,
    ) -> Result<Option<(Releases, RoleName)>, TrustError> {
        let target = match self.target(&project.releases(), fetch) {
            Ok(target) => target,
            Err(TrustError::NoTarget(_)) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let releases = Releases::read(&target.bytes, self.limits());
        let releases = releases.map_err(TrustError::Releases)?;
        Ok(Some((releases, target.role)))
    }

    fn policy_at(
        &mut self,
        project: &Project,
        paths: &PolicyPaths,
        mut fetch: Option<&mut dyn Fetch>,
    ) -> Result<ProjectPolicy, TrustError> {
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
            bound: None,
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

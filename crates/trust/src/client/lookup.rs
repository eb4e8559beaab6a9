//! Who vouches for a target file (TUF 1.0.34 §5.6.7, §5.7): a search over delegations, depth first, and the file itself.

use std::collections::BTreeSet;

use quorate::digest::Sha256;

use super::workflow::bounded;
use super::{Fetch, Shelf, Target, Tree, TrustError, Workflow};
use crate::metadata::{Authentic, RoleName, TargetFile, TargetPath};

impl<S: Shelf> Workflow<'_, S> {
    /// Finds who vouches for a target (§5.6.7), depth first, and brings the file. [`Self::update`] or [`Self::load`] came before.
    ///
    /// # Errors
    /// [`TrustError`]. A role that cannot be loaded refuses the paths that are delegated to it, and no others.
    pub fn target(
        &mut self,
        path: &TargetPath,
        mut fetch: Option<&mut dyn Fetch>,
    ) -> Result<Target, TrustError> {
        let mut waiting = vec![(RoleName::targets(), None)];
        let mut visited: BTreeSet<RoleName> = BTreeSet::new();
        while let Some((role, delegator)) = waiting.pop() {
            if visited.contains(&role) {
                continue;
            }
            if visited.len() >= self.limits().roles_visited_max {
                return Err(TrustError::TooManyRoles {
                    path: path.clone(),
                    roles_max: self.limits().roles_visited_max,
                });
            }
            // Each delegator names holders of its own, so that a role is judged anew for each.
            self.load_role(&role, delegator.as_ref(), reborrow(&mut fetch))?;
            visited.insert(role.clone());
            let Some(file) = self.trusted.role(&role) else {
                return Err(TrustError::NotStored(role.to_string()));
            };
            if let Some(said) = file.content().target(path).cloned() {
                return self.target_file(path, &role, &said, fetch);
            }
            let mut children = Vec::new();
            for delegation in file.content().delegations().iter() {
                if delegation.scope.covers(path) {
                    children.push((delegation.name.clone(), Some(role.clone())));
                    if delegation.terminating {
                        waiting.clear();
                        break;
                    }
                }
            }
            waiting.extend(children.into_iter().rev());
        }
        Err(TrustError::NoTarget(path.clone()))
    }

    /// Takes a role's file from the shelf where it is the one that the snapshot names, and else from the repository.
    pub(super) fn load_role(
        &mut self,
        role: &RoleName,
        delegator: Option<&RoleName>,
        fetch: Option<&mut dyn Fetch>,
    ) -> Result<(), TrustError> {
        let snapshot = self.trusted.snapshot()?.content();
        let pin = snapshot
            .meta(role)
            .cloned()
            .ok_or_else(|| TrustError::NotInSnapshot(role.clone()))?;
        let stored = format!("roles/{}.{}.json", pin.version, role.encoded());
        let read = self.shelf.read(&stored, self.limits().targets_bytes_max);
        if let Some(bytes) = self.readable(&stored, read)? {
            match self.trusted.take_role(role, delegator, &bytes) {
                Ok(()) => return Ok(()),
                Err(refusal) if fetch.is_none() => return Err(refusal),
                Err(refusal) => self.passed_over.push(format!("{stored}: {refusal}")),
            }
        }
        let Some(fetch) = fetch else {
            return Err(TrustError::NotStored(role.to_string()));
        };
        let name = self.versioned(pin.version, &role.encoded());
        let bytes_max = bounded(pin.length, self.limits().targets_bytes_max);
        let bytes = self
            .fetched(fetch, Tree::Metadata, &name, bytes_max)?
            .ok_or(TrustError::Missing(name))?;
        self.trusted.take_role(role, delegator, &bytes)?;
        Ok(self.shelf.write(&stored, &bytes)?)
    }

    fn target_file(
        &mut self,
        path: &TargetPath,
        role: &RoleName,
        said: &TargetFile,
        fetch: Option<&mut dyn Fetch>,
    ) -> Result<Target, TrustError> {
        let bytes_max = self.limits().target_bytes_max;
        let length = usize::try_from(said.length)
            .ok()
            .filter(|length| *length <= bytes_max);
        let Some(length) = length else {
            return Err(TrustError::TargetTooLarge {
                path: path.clone(),
                length: said.length,
                bytes_max,
            });
        };
        let stored = said.hashes.sha256.map(|digest| format!("files/{digest}"));
        let mut found = None;
        if let Some(name) = &stored {
            let read = self.shelf.read(name, length);
            found = self
                .readable(name, read)?
                .filter(|bytes| said.matches(bytes).is_ok());
        }
        let bytes = match (found, fetch) {
            (Some(bytes), _) => bytes,
            (None, None) => return Err(TrustError::NotStored(path.to_string())),
            (None, Some(fetch)) => {
                let name = match said.hashes.for_name() {
                    Some(hash) if self.is_consistent() => path.with_hash(&hash),
                    _ => path.to_string(),
                };
                let bytes = self
                    .fetched(fetch, Tree::Targets, &name, length)?
                    .ok_or(TrustError::Missing(name))?;
                said.matches(&bytes)
                    .map_err(TrustError::mismatch(path.as_str()))?;
                self.shelf
                    .write(&format!("files/{}", Sha256::of(&bytes)), &bytes)?;
                bytes
            }
        };
        let version = self.trusted.role(role).map(Authentic::version);
        Ok(Target {
            path: path.clone(),
            bytes,
            role: role.clone(),
            role_version: version.ok_or_else(|| TrustError::NotStored(role.to_string()))?,
            custom: said.custom.clone(),
        })
    }
}

/// The same borrow again, for a part of the work.
pub(super) fn reborrow<'a>(fetch: &'a mut Option<&mut dyn Fetch>) -> Option<&'a mut dyn Fetch> {
    match fetch {
        Some(fetch) => Some(&mut **fetch),
        None => None,
    }
}

//! What thieves of a role's keys published, put back: the role's files as an earlier version had them.

use quorate::time::Timestamp;

use super::edit::one_role;
use super::{Change, Folder, Repository, RepositoryError, RoleChange};
use crate::metadata::{Received, RoleName, Targets, Version};

impl Folder {
    /// The change that gives a role the target files of one of its published versions again. Its delegations stay as they are.
    ///
    /// # Errors
    /// [`RepositoryError::Missing`] when that version, or a file of it, is not there any more; others when it does not hold.
    pub fn restored(
        &self,
        repository: &Repository,
        role: &RoleName,
        version: Version,
        expires: Timestamp,
    ) -> Result<Change, RepositoryError> {
        let name = format!("{version}.{}.json", role.encoded());
        let earlier: Received<Targets> = Received::read(&self.metadata(&name)?, self.limits())
            .map_err(RepositoryError::metadata(&name))?;
        let earlier = earlier.unverified();
        let now = repository.role(role).map(|file| file.unverified());
        let mut change = RoleChange::renewed(expires);
        for (path, file) in earlier.targets() {
            if now.and_then(|now| now.target(path)) != Some(file) {
                change.put.insert(path.clone(), self.document(path, file)?);
            }
        }
        let gone = now.into_iter().flat_map(|now| now.targets());
        let gone = gone.filter(|(path, _)| earlier.target(path).is_none());
        change.remove.extend(gone.map(|(path, _)| path.clone()));
        Ok(one_role(role.clone(), change))
    }
}

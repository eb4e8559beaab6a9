//! A copy of a repository for a medium, which is carried to machines without a network and lasts as long as they need.

use std::path::Path;

use super::{Folder, Online, Publication, Renew, Repository, RepositoryError, refresh};
use crate::disk::{Disk, OnBusy};
use crate::metadata::{Received, TimestampRole};

impl Folder {
    /// Writes what is in force to a medium's folder, under a snapshot and a timestamp of their own expiry, and then makes the repository's own anew: the medium's versions
    /// lie between what was published before and what is published now, so that no client takes one for the other or calls either a rollback of what came before.
    ///
    /// The folder is empty or missing, or holds an older medium. What the medium's versions replace is published before anything is written there.
    ///
    /// # Errors
    /// [`RepositoryError::Occupied`] when the folder holds a repository that is no medium; others as [`refresh`] has them.
    pub fn export(
        &mut self,
        medium: &Path,
        on_medium: Online<'_>,
        online: Online<'_>,
    ) -> Result<Repository, RepositoryError> {
        let _lock = self.disk.lock(OnBusy::Wait)?;
        let mut disk = Disk::open(medium)?;
        self.refuse_occupied(&disk, medium)?;
        let before = self.read()?;
        let copy = refresh(&before, Renew::Medium, on_medium, self.limits())?;
        let exported = self.read_over(&copy)?;
        let next = refresh(&exported, Renew::Both, online, self.limits())?;
        self.write(&next)?;
        for (name, bytes) in self.copied(&before)?.writes.iter().chain(&copy.writes) {
            disk.write(name, bytes)?;
        }
        Ok(exported)
    }

    fn refuse_occupied(&self, disk: &Disk, medium: &Path) -> Result<(), RepositoryError> {
        let bytes_max = self.limits().timestamp_bytes_max;
        let Some(found) = disk.read("metadata/timestamp.json", bytes_max)? else {
            return Ok(());
        };
        match Received::<TimestampRole>::read(&found, self.limits()) {
            Ok(timestamp) if timestamp.unverified().is_for_media() => Ok(()),
            _ => Err(RepositoryError::Occupied(medium.to_owned())),
        }
    }

    fn read_over(&self, publication: &Publication) -> Result<Repository, RepositoryError> {
        let limits = *self.limits();
        let bytes_max = limits.targets_bytes_max.max(limits.snapshot_bytes_max);
        Repository::read(
            |name| {
                let name = format!("metadata/{name}");
                let new = publication.writes.iter().find(|(new, _)| *new == name);
                match new {
                    Some((_, bytes)) => Ok(Some(bytes.clone())),
                    None => Ok(self.disk.read(&name, bytes_max)?),
                }
            },
            &limits,
        )
    }

    /// Every root, the roles of today, and the target files that they name.
    fn copied(&self, repository: &Repository) -> Result<Publication, RepositoryError> {
        let mut copied = Publication::default();
        for (name, role) in repository.roles() {
            for (path, file) in role.unverified().targets() {
                let hash = file.hashes.for_name().unwrap_or_default();
                let bytes = self.target(repository, name, path)?;
                let file = format!("targets/{}", path.with_hash(&hash));
                copied.writes.push((file, bytes));
            }
        }
        for (name, role) in repository.roles() {
            copied.put_role(name, role);
        }
        for root in repository.roots() {
            let file = format!("metadata/{}.root.json", root.version());
            copied.writes.push((file, root.bytes().to_vec()));
        }
        Ok(copied)
    }
}

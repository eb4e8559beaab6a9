//! The repository and a ceremony as folders: the only part of the repository side that reads and writes files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use quorate::time::Timestamp;

use super::earlier::{documents, refuse_taken_back};
use super::{
    Before, Change, Online, Prepared, Publication, Renew, Repository, RepositoryError, prepare,
    publish, refresh,
};
use crate::disk::{Disk, OnBusy, Step};
use crate::limits::TrustLimits;
use crate::metadata::{RoleName, Signer, TargetFile, TargetPath, sign};
use crate::naming::{self, Naming};
use crate::roster::{self, Roster};

/// What would change, for people; no part of what is published.
const WORDS: &str = "CHANGES.txt";
/// Copies of what is published, from which holders who have no repository see who signs what; no part of what is published.
const BEFORE: &str = "before";
/// Folders within folders in a ceremony: a target path of 512 bytes has at most 256 parts.
const DEPTH_MAX: usize = 260;

/// A repository's folder: `metadata/` and `targets/`, which any web server can serve.
#[derive(Debug)]
pub struct Folder {
    pub(super) disk: Disk,
    limits: TrustLimits,
}

/// Whether a roster may forget that a key was stolen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeBack {
    /// It may not: nothing undoes a revocation.
    Refused,
    /// It may, because thieves of the roster's keys wrote what it forgets.
    Accepted,
}

impl Folder {
    /// Takes a folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`RepositoryError::Disk`].
    pub fn open(path: &Path, limits: TrustLimits) -> Result<Self, RepositoryError> {
        Ok(Self {
            disk: Disk::open(path)?,
            limits,
        })
    }

    /// Calls `observer` before each write.
    pub fn observe(&mut self, observer: impl FnMut(&Step) + 'static) {
        self.disk.observe(observer);
    }

    /// Reads what is published.
    ///
    /// # Errors
    /// [`RepositoryError`] as [`Repository::read`] has it.
    pub fn read(&self) -> Result<Repository, RepositoryError> {
        let bytes_max = self
            .limits
            .targets_bytes_max
            .max(self.limits.snapshot_bytes_max)
            .max(self.limits.root_bytes_max);
        Repository::read(
            |name| Ok(self.disk.read(&format!("metadata/{name}"), bytes_max)?),
            &self.limits,
        )
    }

    /// A published target file, compared with what its role says.
    ///
    /// # Errors
    /// [`RepositoryError::NoTarget`] when the role has none of that path; others when the file is missing or another one.
    pub fn target(
        &self,
        repository: &Repository,
        role: &RoleName,
        path: &TargetPath,
    ) -> Result<Vec<u8>, RepositoryError> {
        let published = repository.role(role).map(|file| file.unverified());
        let file = published.and_then(|published| published.target(path));
        let file = file.ok_or_else(|| RepositoryError::NoTarget {
            role: role.clone(),
            path: path.to_string(),
        })?;
        self.document(path, file)
    }

    /// A target file that some version of a role names.
    pub(super) fn document(
        &self,
        path: &TargetPath,
        file: &TargetFile,
    ) -> Result<Vec<u8>, RepositoryError> {
        let hash = file.hashes.for_name().unwrap_or_default();
        let name = format!("targets/{}", path.with_hash(&hash));
        let bytes = self.disk.read(&name, self.limits.target_bytes_max)?;
        let bytes = bytes.ok_or_else(|| RepositoryError::Missing(name.clone()))?;
        match file.matches(&bytes) {
            Ok(()) => Ok(bytes),
            Err(source) => Err(RepositoryError::Mismatch { name, source }),
        }
    }

    /// All parties as the published roster has them.
    ///
    /// # Errors
    /// [`RepositoryError`] when an entry is missing or does not hold.
    pub fn roster(&self, repository: &Repository) -> Result<Roster, RepositoryError> {
        let role = roster::role();
        let published = repository.role(&role).map(|file| file.unverified());
        let mut files = BTreeMap::new();
        for (path, _) in published.into_iter().flat_map(|file| file.targets()) {
            files.insert(path.clone(), self.target(repository, &role, path)?);
        }
        let files = files.iter().map(|(path, bytes)| (path, bytes.as_slice()));
        Ok(Roster::read(files, &self.limits)?)
    }

    /// The published naming rules; without any, none.
    ///
    /// # Errors
    /// [`RepositoryError`] when they are missing or do not hold.
    pub fn naming(&self, repository: &Repository) -> Result<Naming, RepositoryError> {
        match self.target(repository, &RoleName::targets(), &naming::path()) {
            Ok(bytes) => Ok(Naming::read(&bytes, &self.limits)?),
            Err(RepositoryError::NoTarget { .. }) => Ok(Naming::default()),
            Err(error) => Err(error),
        }
    }

    /// What is published, for telling a ceremony against it.
    ///
    /// # Errors
    /// [`RepositoryError::Metadata`] never: the repository was read.
    pub fn before(&self, repository: &Repository) -> Result<Before, RepositoryError> {
        let before = Before::of(repository, &self.limits)?;
        Ok(before.with_documents(documents(self, repository, |_| true)))
    }

    pub(super) fn metadata(&self, name: &str) -> Result<Vec<u8>, RepositoryError> {
        let found = self
            .disk
            .read(&format!("metadata/{name}"), self.limits.targets_bytes_max)?;
        found.ok_or_else(|| RepositoryError::Missing(name.to_owned()))
    }

    pub(super) fn limits(&self) -> &TrustLimits {
        &self.limits
    }

    /// Publishes a ceremony whose files are signed; with [`TakeBack::Accepted`] also a roster that forgets a theft. The folder is locked meanwhile. A publication that was interrupted is done again by the same call.
    ///
    /// # Errors
    /// [`RepositoryError`] as [`publish`] has it; then nothing was written.
    pub fn publish(
        &mut self,
        ceremony: &Ceremony,
        online: Online<'_>,
        at: Timestamp,
        take_back: TakeBack,
    ) -> Result<Publication, RepositoryError> {
        let _lock = self.disk.lock(OnBusy::Wait)?;
        let files = ceremony.files()?;
        let repository = self.read()?;
        let publication = publish(&repository, &files, online, at, &self.limits)?;
        if take_back == TakeBack::Refused {
            refuse_taken_back(&self.before(&repository)?, &files, &self.limits)?;
        }
        self.write(&publication)?;
        Ok(publication)
    }

    /// Makes the online roles anew. The folder is locked meanwhile.
    ///
    /// # Errors
    /// [`RepositoryError`] as [`refresh`] has it; then nothing was written.
    pub fn refresh(
        &mut self,
        renew: Renew,
        online: Online<'_>,
    ) -> Result<Publication, RepositoryError> {
        let _lock = self.disk.lock(OnBusy::Wait)?;
        let publication = refresh(&self.read()?, renew, online, &self.limits)?;
        self.write(&publication)?;
        Ok(publication)
    }

    pub(super) fn write(&mut self, publication: &Publication) -> Result<(), RepositoryError> {
        for (name, bytes) in &publication.writes {
            self.disk.write(name, bytes)?;
        }
        self.disk.done();
        Ok(())
    }
}

/// The roles whose files these are.
fn prepared_roles(
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<BTreeSet<RoleName>, RepositoryError> {
    files
        .keys()
        .filter(|name| !name.contains('/') && *name != "root.json")
        .filter_map(|name| name.strip_suffix(".json"))
        .map(|encoded| Ok(RoleName::from_encoded(encoded)?))
        .collect()
}

/// A folder that goes from holder to holder: unsigned files come in, each holder signs, and signed files are published.
#[derive(Debug)]
pub struct Ceremony {
    disk: Disk,
    limits: TrustLimits,
}

impl Ceremony {
    /// Takes the folder of a ceremony that goes on.
    ///
    /// # Errors
    /// [`RepositoryError::Disk`].
    pub fn open(path: &Path, limits: TrustLimits) -> Result<Self, RepositoryError> {
        Ok(Self {
            disk: Disk::open(path)?,
            limits,
        })
    }

    /// Prepares a change into the folder, which must be empty, and says what would change.
    ///
    /// # Errors
    /// [`RepositoryError`] as [`prepare`] has it; [`RepositoryError::Stray`] when the folder has something in it.
    pub fn prepare(
        &mut self,
        repository: &Repository,
        change: &Change,
    ) -> Result<Vec<String>, RepositoryError> {
        if let Some(name) = self.disk.names("")?.into_iter().next() {
            return Err(RepositoryError::Stray(name));
        }
        let Prepared { files, words } = prepare(repository, change, &self.limits)?;
        for (name, bytes) in files {
            self.disk.write(&name, &bytes)?;
        }
        let encoded = prepared_roles(&self.files()?)?;
        for (name, bytes) in Before::copies(repository, &encoded) {
            self.disk.write(&format!("{BEFORE}/{name}"), &bytes)?;
        }
        let text: String = words.iter().map(|line| format!("{line}\n")).collect();
        self.disk.write(WORDS, text.as_bytes())?;
        Ok(words)
    }

    /// Keeps the published documents that the prepared files replace, for holders who have no repository.
    ///
    /// # Errors
    /// [`RepositoryError::Disk`].
    pub fn keep(
        &mut self,
        folder: &Folder,
        repository: &Repository,
    ) -> Result<(), RepositoryError> {
        let changed = prepared_roles(&self.files()?)?;
        for (name, bytes) in documents(folder, repository, |role| changed.contains(role)) {
            self.disk.write(&format!("{BEFORE}/{name}"), &bytes)?;
        }
        Ok(())
    }

    /// Signs the named file, such as `root.json`, in its place.
    ///
    /// # Errors
    /// [`RepositoryError`] when there is no such file or it is no metadata.
    pub fn sign(&mut self, name: &str, key: &dyn Signer) -> Result<(), RepositoryError> {
        if !self.disk.names("")?.iter().any(|found| found == name) {
            return Err(RepositoryError::Missing(name.to_owned()));
        }
        let bytes = self.disk.read(name, self.bytes_max())?;
        let bytes = bytes.ok_or_else(|| RepositoryError::Missing(name.to_owned()))?;
        let signed = sign(&bytes, key, &self.limits)?;
        Ok(self.disk.write(name, &signed)?)
    }

    /// What was published when the ceremony was prepared, as the copies in it have it. Nobody vouches for them.
    ///
    /// # Errors
    /// [`RepositoryError`] when one is no metadata.
    pub fn before(&self) -> Result<Before, RepositoryError> {
        let mut files = BTreeMap::new();
        self.collect(BEFORE, DEPTH_MAX, &mut files)?;
        let inside = |name: &str| name.get(BEFORE.len() + 1..).unwrap_or_default().to_owned();
        let files = files.into_iter();
        let files = files.map(|(name, bytes)| (inside(&name), bytes)).collect();
        Before::read(&files, &self.limits)
    }

    /// All files but the words and the copies of what is published.
    ///
    /// # Errors
    /// [`RepositoryError::Disk`].
    pub fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, RepositoryError> {
        let mut files = BTreeMap::new();
        for name in self.disk.names("")? {
            if name == "targets" {
                self.collect("targets", DEPTH_MAX, &mut files)?;
            } else if name != WORDS && name != BEFORE {
                self.take(name, &mut files)?;
            }
        }
        Ok(files)
    }

    fn collect(
        &self,
        inside: &str,
        depth_left: usize,
        files: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<(), RepositoryError> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Err(RepositoryError::Stray(inside.to_owned()));
        };
        for name in self.disk.names(inside)? {
            let name = format!("{inside}/{name}");
            if self.disk.folder().join(&name).is_dir() {
                self.collect(&name, depth_left, files)?;
            } else {
                self.take(name, files)?;
            }
        }
        Ok(())
    }

    fn take(
        &self,
        name: String,
        files: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<(), RepositoryError> {
        let bytes = self.disk.read(&name, self.bytes_max())?;
        let bytes = bytes.ok_or_else(|| RepositoryError::Missing(name.clone()))?;
        files.insert(name, bytes);
        Ok(())
    }

    fn bytes_max(&self) -> usize {
        self.limits
            .targets_bytes_max
            .max(self.limits.root_bytes_max)
            .max(self.limits.target_bytes_max)
    }
}

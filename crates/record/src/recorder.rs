//! What the user named → artifacts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use quorate::intoto::{Artifacts, DigestSet};

use crate::error::{RecordError, Warning};
use crate::exclude::Excludes;
use crate::name::{Prefixes, normal_path};
use crate::walk::{Found, Walk};
use crate::{dirhash, git, hash};

/// How to record, as the commands' options say it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The folder that relative paths start from; this process's folder when there is none. It is not part of names.
    pub base_path: Option<PathBuf>,
    /// gitignore-style patterns of what is left out, instead of [`DEFAULT_EXCLUDES`](crate::DEFAULT_EXCLUDES).
    pub excludes: Option<Vec<String>>,
    /// Prefixes to strip from names.
    pub lstrip_paths: Vec<String>,
    /// A symbolic link that leads out of the base folder is an error, for folders that somebody hostile made.
    pub stay_inside: bool,
}

/// Records artifacts by one set of settings, as often as wanted.
pub struct Recorder {
    base: PathBuf,
    excludes: Excludes,
    prefixes: Prefixes,
    stay_inside: bool,
}

/// What was recorded.
#[derive(Debug, Default)]
pub struct Recording {
    /// The artifacts by name.
    pub artifacts: Artifacts,
    /// What was named or found and is not among them.
    pub warnings: Vec<Warning>,
}

impl Recorder {
    /// A recorder for these settings.
    ///
    /// # Errors
    /// [`RecordError::PrefixOverlap`] and [`RecordError::Pattern`].
    pub fn new(settings: &Settings) -> Result<Self, RecordError> {
        Ok(Self {
            base: settings.base_path.clone().unwrap_or_default(),
            excludes: Excludes::new(settings.excludes.as_deref())?,
            prefixes: Prefixes::new(&settings.lstrip_paths)?,
            stay_inside: settings.stay_inside,
        })
    }

    /// Records files, folders, `file:PATH`, `dir:PATH` and `git:PATH[@REVISION]`, and calls `progress` with each number of bytes
    /// that was hashed, from several threads.
    ///
    /// It does not promise that nobody changes the files afterwards.
    ///
    /// # Errors
    /// [`RecordError`] as soon as something that would be in the record cannot be recorded.
    pub fn record(
        &self,
        paths: &[String],
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Recording, RecordError> {
        let mut files = Files::default();
        let mut recording = Recording::default();
        for path in paths {
            match path.split_once(':') {
                Some(("dir", place)) => self.record_folder(place, progress, &mut recording)?,
                Some(("git", place)) => self.record_commit(place, &mut recording)?,
                Some(("file", place)) => self.walk("file:", place, &mut files, &mut recording)?,
                _ => self.walk("", path, &mut files, &mut recording)?,
            }
        }
        let digests = hash::all(&files.found, progress)?;
        let named = files.names.into_iter().zip(digests);
        let mut recorded: Artifacts = named
            .map(|(name, digest)| (name, DigestSet::from(digest)))
            .collect();
        recorded.append(&mut recording.artifacts);
        recording.artifacts = recorded;
        recording.warnings.sort();
        recording.warnings.dedup();
        Ok(recording)
    }

    /// Warnings about patterns and prefixes that nothing fitted in all that this recorder recorded.
    pub fn unused(&self) -> Vec<Warning> {
        let mut warnings = self.excludes.unused();
        warnings.extend(self.prefixes.unused());
        warnings
    }

    fn walk(
        &self,
        scheme: &'static str,
        place: &str,
        files: &mut Files,
        recording: &mut Recording,
    ) -> Result<(), RecordError> {
        let mut walk = Walk::new(&self.base, &self.excludes);
        if self.stay_inside {
            walk.stay_inside()?;
        }
        walk.take(&normal_path(place))?;
        recording.warnings.append(&mut walk.warnings);
        for found in walk.found {
            let name = self.prefixes.name(scheme, &found.name)?;
            files.add(name, found)?;
        }
        Ok(())
    }

    fn record_folder(
        &self,
        place: &str,
        progress: &(dyn Fn(u64) + Sync),
        recording: &mut Recording,
    ) -> Result<(), RecordError> {
        let name = self.prefixes.name("dir:", place)?;
        let folder = self.base.join(place);
        let (digest, mut warnings) = dirhash::digest(&folder, &name, &self.excludes, progress)?;
        recording.warnings.append(&mut warnings);
        insert(recording, name, digest.into(), place)
    }

    fn record_commit(&self, place: &str, recording: &mut Recording) -> Result<(), RecordError> {
        let name = self.prefixes.name("git:", place)?;
        let base = if self.base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &self.base
        };
        let commit = git::commit(base, place)?;
        recording.warnings.extend(commit.warning);
        insert(recording, name, commit.digests, place)
    }
}

/// Two places under one name are an error unless they are the same.
fn insert(
    recording: &mut Recording,
    name: String,
    digests: DigestSet,
    place: &str,
) -> Result<(), RecordError> {
    match recording.artifacts.insert(name.clone(), digests.clone()) {
        Some(before) if before != digests => Err(RecordError::Duplicate {
            first: name.clone(),
            second: place.to_owned(),
            name,
        }),
        _ => Ok(()),
    }
}

/// Files to be hashed, with their names, each once.
#[derive(Default)]
struct Files {
    found: Vec<Found>,
    names: Vec<String>,
    by_name: HashMap<String, usize>,
}

impl Files {
    fn add(&mut self, name: String, found: Found) -> Result<(), RecordError> {
        if let Some(at) = self.by_name.get(&name) {
            let first = &self.found[*at].name;
            if *first == found.name {
                return Ok(());
            }
            return Err(RecordError::Duplicate {
                first: first.clone(),
                second: found.name,
                name,
            });
        }
        self.by_name.insert(name.clone(), self.found.len());
        self.names.push(name);
        self.found.push(found);
        Ok(())
    }
}

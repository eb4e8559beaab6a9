//! `quorate trust bind` and `unbind`: a release stays under the version of the policy that it was made under, or no longer.

use std::num::NonZeroU64;
use std::path::Path;
use std::process::ExitCode;

use quorate::policy::{BoundRelease, Owners, Policy, Terms};
use quorate_trust::metadata::{RoleName, TargetPath};
use quorate_trust::project::{PolicyPaths, Project};
use quorate_trust::releases::{Binding, Releases};
use quorate_trust::repository::{PolicyFiles, RepositoryError, put_releases, role_of};

use super::LIMITS;
use super::args::{BindArguments, ChangeArguments};
use super::ceremony::Preparation;
use super::project::read_files;
use crate::error::CommandError;
use crate::source;

pub(super) fn run(arguments: &BindArguments) -> Result<ExitCode, CommandError> {
    let place = Place::open(&arguments.change, &arguments.project)?;
    let binding = Binding::new(
        &arguments.source,
        &arguments.version,
        &arguments.artifacts,
        arguments.policy,
    )
    .map_err(CommandError::unable)?;
    let mut releases = place.releases()?;
    releases
        .bind(binding.clone())
        .map_err(CommandError::refused)?;
    let kept = place.kept(&binding.release, arguments.layout.as_deref())?;
    let kept = kept.as_ref().map(|files| (arguments.policy, files));
    place.prepare(&releases, kept)
}

pub(super) fn end(
    change: &ChangeArguments,
    project: &str,
    source: &str,
    version: &str,
) -> Result<ExitCode, CommandError> {
    let place = Place::open(change, project)?;
    let mut releases = place.releases()?;
    releases
        .unbind(source, version)
        .map_err(CommandError::refused)?;
    place.prepare(&releases, None)
}

/// A project in a repository.
struct Place {
    preparation: Preparation,
    project: Project,
    role: RoleName,
}

impl Place {
    fn open(change: &ChangeArguments, project: &str) -> Result<Self, CommandError> {
        let preparation = Preparation::open(change)?;
        let project = Project::new(project).map_err(CommandError::unable)?;
        let role = role_of(&preparation.repository, &project).map_err(CommandError::refused)?;
        Ok(Self {
            preparation,
            project,
            role,
        })
    }

    fn prepare(
        &self,
        releases: &Releases,
        kept: Option<(NonZeroU64, &PolicyFiles)>,
    ) -> Result<ExitCode, CommandError> {
        let preparation = &self.preparation;
        let change = put_releases(
            &preparation.repository,
            &self.project,
            releases,
            kept,
            &preparation.expiries,
        );
        preparation.prepare(&change.map_err(CommandError::refused)?)
    }

    fn target(&self, path: &TargetPath) -> Result<Option<Vec<u8>>, CommandError> {
        let Preparation {
            folder, repository, ..
        } = &self.preparation;
        match folder.target(repository, &self.role, path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(RepositoryError::NoTarget { .. }) => Ok(None),
            Err(error) => Err(CommandError::refused(error)),
        }
    }

    fn releases(&self) -> Result<Releases, CommandError> {
        let path = self.project.releases();
        let read = |bytes: Vec<u8>| {
            Releases::read(&bytes, &LIMITS)
                .map_err(|error| CommandError::refused(format!("{path}: {error}")))
        };
        let bytes = self.target(&path)?;
        bytes.map_or_else(|| Ok(Releases::default()), read)
    }

    /// The files of a policy that the role vouches for.
    fn published(&self, paths: &PolicyPaths) -> Result<Option<PolicyFiles>, CommandError> {
        let (Some(layout), Some(terms)) = (self.target(&paths.layout)?, self.target(&paths.terms)?)
        else {
            return Ok(None);
        };
        Ok(Some(PolicyFiles {
            layout,
            terms,
            certificates: self.target(&paths.certificates)?,
        }))
    }

    /// The version that the release was made under, to be put beside the policy of now; `None` when it is there already.
    fn kept(
        &self,
        release: &BoundRelease,
        layout: Option<&Path>,
    ) -> Result<Option<PolicyFiles>, CommandError> {
        if let Some(kept) = self.published(&self.project.kept_paths(release.policy))? {
            self.demand(&kept, release)?;
            return Ok(None);
        }
        let files = match layout {
            Some(layout) => Some(read_files(layout, None, None)?),
            None => self
                .published(&self.project.paths())?
                .filter(|files| is_version(files, release.policy)),
        };
        let files = files.ok_or_else(|| {
            CommandError::refused(format!(
                "version {} of the policy of {} is not the one in force, and is not kept either",
                release.policy, self.project
            ))
            .hint("name its signed layout with --layout; the terms lie beside it")
        })?;
        self.demand(&files, release)?;
        Ok(Some(files))
    }

    /// A policy that clients will take for this release.
    fn demand(&self, files: &PolicyFiles, release: &BoundRelease) -> Result<(), CommandError> {
        let owners = Owners::dangerous_declared_by(&files.terms, &source::LIMITS);
        let owners = owners
            .map_err(CommandError::refused)?
            .for_release(release.clone());
        let (at, limits) = (self.preparation.at, &source::LIMITS);
        let policy = Policy::open(&files.layout, &files.terms, &owners, at, limits)
            .map_err(|error| CommandError::refused(format!("the policy to be kept: {error}")))?;
        if policy.name() != self.project.name() {
            return Err(CommandError::refused(format!(
                "it is the policy {}, and clients take one that is called {} for this project",
                policy.name(),
                self.project
            )));
        }
        Ok(())
    }
}

fn is_version(files: &PolicyFiles, wanted: NonZeroU64) -> bool {
    Terms::dangerous_claimed_version(&files.terms, &source::LIMITS)
        .is_ok_and(|version| version == wanted)
}

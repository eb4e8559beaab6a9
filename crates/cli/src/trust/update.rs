//! `quorate trust update`: brings a user's trust up to date.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate_trust::client::{FolderFetch, TrustClient, TrustError};
use quorate_trust::project::Project;

use super::args::StoreArguments;
use super::names::Names;
use super::show;
use super::store::{Store, refusal};
use crate::error::CommandError;
use crate::output;
use crate::source;

pub(super) fn run(
    place: &Path,
    projects: &[String],
    arguments: &StoreArguments,
) -> Result<ExitCode, CommandError> {
    let folder = folder_of(place)?;
    let store = Store::locate(arguments.store.as_deref())?;
    let mut client = store.client()?;
    let at = source::time(arguments.at)?;
    let mut fetch = FolderFetch::new(&folder);
    client
        .update(&mut fetch, at)
        .map_err(|error| refusal(&error))?;
    store.remember(&folder)?;
    let projects: Vec<Project> = projects
        .iter()
        .map(|name| Project::new(name).map_err(CommandError::unable))
        .collect::<Result<_, _>>()?;
    let (status, names) = client
        .look(at, |workflow| {
            // What every verdict needs is brought now, so that one without the repository is possible.
            let naming = workflow.naming(Some(&mut fetch));
            if let Err(error) = naming
                && !matches!(error, TrustError::NoTarget(_))
            {
                return Err(error);
            }
            for project in &projects {
                workflow.policies_of(project, Some(&mut fetch))?;
            }
            let names = match workflow.roster(Some(&mut fetch)) {
                Ok(roster) => Names::of(roster),
                Err(error) => {
                    output::talk(&format!("no names of holders: {error}"));
                    Names::default()
                }
            };
            Ok((workflow.status(), names))
        })
        .map_err(|error| refusal(&error))?;
    show::warn(&status);
    output::answer(&show::text(&status, &names))?;
    Ok(ExitCode::SUCCESS)
}

/// The repository's folder. Nothing here speaks HTTP: whoever mirrors a repository brings its files.
fn folder_of(place: &Path) -> Result<PathBuf, CommandError> {
    let text = place.to_string_lossy();
    let folder = match text.split_once("://") {
        None => place.to_owned(),
        Some(("file", path)) if path.starts_with('/') && !path.contains('%') => PathBuf::from(path),
        Some((scheme, _)) => {
            return Err(CommandError::unable(format!(
                "{}: {scheme} is not spoken here; a repository is a folder, or file:///PATH without escapes",
                output::line(&text)
            ))
            .hint("mirror the files with a tool of your choice and name the folder: whoever brings them, they are judged by their signatures"));
        }
    };
    std::fs::canonicalize(&folder)
        .map_err(|error| CommandError::unable(format!("{}: {error}", output::line(&text))))
}

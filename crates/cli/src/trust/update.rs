//! `quorate trust update`: brings a user's trust up to date.

use std::path::Path;
use std::process::ExitCode;

use quorate_trust::client::{TrustClient, TrustError};
use quorate_trust::project::Project;

use super::args::StoreArguments;
use super::names::Names;
use super::place::Place;
use super::show;
use super::store::{Store, refusal};
use crate::error::CommandError;
use crate::output;
use crate::source;

/// What a user says that a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    /// A repository, which is made new every day.
    Repository,
    /// A medium, which lasts.
    Medium,
}

pub(super) fn run(
    place: Option<&Path>,
    projects: &[String],
    expects: Expects,
    arguments: &StoreArguments,
) -> Result<ExitCode, CommandError> {
    let store = Store::locate(arguments.store.as_deref())?;
    let named = place.map(Place::named).transpose()?;
    let mut client = store.client()?;
    let place = match named {
        Some(place) => place,
        None => store.place()?.ok_or_else(|| {
            CommandError::unable("nothing says where the repository is, or its folder is gone")
                .hint("name it: `quorate trust update PLACE`")
        })?,
    };
    let at = source::time(arguments.at)?;
    if expects == Expects::Medium {
        client.take_media();
    }
    let mut fetch = place.fetch();
    client
        .update(&mut *fetch, at)
        .map_err(|error| refusal(&error))?;
    store.remember(&place)?;
    let projects: Vec<Project> = projects
        .iter()
        .map(|name| Project::new(name).map_err(CommandError::unable))
        .collect::<Result<_, _>>()?;
    let (status, names) = client
        .look(at, |workflow| {
            // What every verdict needs is brought now, so that one without the repository is possible.
            let naming = workflow.naming(Some(&mut *fetch));
            if let Err(error) = naming
                && !matches!(error, TrustError::NoTarget(_))
            {
                return Err(error);
            }
            for project in &projects {
                workflow.policies_of(project, Some(&mut *fetch))?;
            }
            let names = match workflow.roster(Some(&mut *fetch)) {
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

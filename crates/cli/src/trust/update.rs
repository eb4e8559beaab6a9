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
    // A time to come is looked at, and binds nobody once it was.
    client.bound_floor(source::time(None)?);
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
    let (status, roster) = client
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
            let roster = workflow.roster(Some(&mut *fetch));
            Ok((workflow.status(), roster))
        })
        .map_err(|error| refusal(&error))?;
    show::warn(&status);
    let (names, failure) = match roster {
        Ok(roster) => (Names::of(roster), None),
        Err(error) => (Names::default(), Some(error)),
    };
    output::answer(&show::text(&status, &names))?;
    match failure {
        None => Ok(ExitCode::SUCCESS),
        // A repository that never had a roster is no fault; one whose roster does not hold may hide a theft.
        Some(error) => Err(CommandError::refused(output::line(&format!(
            "no roster is in force, so that `quorate verify` will refuse everything: {error}"
        )))
        .hint("ask who keeps the repository: the roster's holders renew it or put it right")),
    }
}

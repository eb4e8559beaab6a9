//! The policy of a file without a flag: its name gives the project, and the project's role the policy.

use std::num::NonZeroU64;
use std::path::Path;

use quorate::tenure::Listed;
use quorate::time::Timestamp;
use quorate::verify::RoleInForce;
use quorate_trust::client::{Fetch, ProjectPolicy, RoleStatus, Status, TrustError};
use quorate_trust::project::Project;

use super::args::StoreArguments;
use super::names::Names;
use super::seen;
use super::show;
use super::store::{Store, refusal};
use crate::error::CommandError;
use crate::source;

/// A policy with those who vouch for it.
pub(crate) struct Found {
    pub(crate) policy: ProjectPolicy,
    /// The newest version of the project's policy that this user has judged by.
    pub(crate) version_min: NonZeroU64,
    /// Lines for the first answer: the project's role; the roles above it; the online roles.
    pub(crate) roles: Vec<Vec<RoleInForce>>,
    /// Who the parties are.
    pub(crate) roster: Vec<Listed>,
    /// The time of judging: the caller's, or the time floor where that is later.
    pub(crate) at: Timestamp,
}

/// Looks up the policy that judges a file of this name.
pub(crate) fn policy_for(file: &Path, arguments: &StoreArguments) -> Result<Found, CommandError> {
    let store = Store::locate(arguments.store.as_deref())?;
    let mut client = store.client()?;
    let mut fetch = store.place()?.map(|place| place.fetch());
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| {
        CommandError::unable(format!("{}: no name in UTF-8", file.display()))
            .hint("name policy and owners with --policy and --owner")
    })?;
    let (policy, status, roster) = client
        .look(source::time(arguments.at)?, |workflow| {
            let project = workflow
                .naming(asked(&mut fetch))?
                .project_of(name)
                .map_err(TrustError::Naming)?;
            let project = Project::new(&project)?;
            let policy = workflow.policy_for(&project, name, asked(&mut fetch))?;
            // Without the roster nobody knows which keys are stolen.
            let roster = workflow.roster(asked(&mut fetch))?;
            Ok((policy, workflow.status(), roster))
        })
        .map_err(|error| refusal(&error))?;
    show::warn(&status);
    Ok(Found {
        roster: roster.listed(),
        roles: lines(&status, policy.role().as_str(), &Names::of(roster)),
        at: status.time,
        version_min: seen::version_min(&store, &policy)?,
        policy,
    })
}

fn asked(fetch: &mut Option<Box<dyn Fetch>>) -> Option<&mut dyn Fetch> {
    fetch.as_mut().map(|fetch| &mut **fetch as &mut dyn Fetch)
}

fn lines(status: &Status, project: &str, names: &Names) -> Vec<Vec<RoleInForce>> {
    let in_force = |role: &RoleStatus| RoleInForce {
        role: role.role.clone(),
        version: role.version.number(),
        signers: names.keys(&role.signed_by),
        expires: role.expires,
    };
    let online = |role: &RoleStatus| matches!(role.role.as_str(), "snapshot" | "timestamp");
    let of = |wanted: &dyn Fn(&RoleStatus) -> bool| {
        let roles = status.roles.iter().filter(|role| wanted(role));
        roles.map(in_force).collect::<Vec<_>>()
    };
    vec![
        of(&|role| role.role == project),
        of(&|role| role.role != project && !online(role)),
        of(&online),
    ]
}

//! `quorate trust delegate`, `policy` and `naming`: whose policy judges which files.

use std::path::Path;
use std::process::ExitCode;

use quorate::intoto::Glob;
use quorate::policy::{Owners, Policy};
use quorate_gather::read_bounded;
use quorate_trust::naming::{Naming, NamingRule, ProjectOf};
use quorate_trust::project::Project;
use quorate_trust::repository::{
    PolicyFiles, delegate as delegation, put_naming, put_policy, roles_of,
};

use super::LIMITS;
use super::args::{ChangeArguments, DelegateArguments, PolicyFileArguments};
use super::ceremony::{Preparation, holders};
use crate::error::CommandError;
use crate::source::{self, beside, terms_beside};

pub(super) fn delegate(arguments: &DelegateArguments) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(&arguments.change)?;
    let project = Project::new(&arguments.project).map_err(CommandError::unable)?;
    let (repository, expiries) = (&preparation.repository, &preparation.expiries);
    let before = roles_of(repository, &project);
    match (before.first(), arguments.new_role) {
        (Some(role), false) => {
            return Err(CommandError::refused(format!("{project} has the role {role} already"))
                .hint(format!(
                    "`quorate trust rotate … {role}` gives it other holders; where its keys were stolen, --new-role"
                )));
        }
        (None, true) => {
            return Err(CommandError::refused(format!(
                "{project} has no role to end"
            )));
        }
        _ => {}
    }
    let policy = arguments.layout.as_deref().map(|layout| {
        let files = PolicyFileArguments {
            layout: layout.to_owned(),
            terms: None,
            certificates: None,
        };
        read_policy(&files, &project, &preparation)
    });
    let owners = holders(&arguments.owner, arguments.needed)?;
    let mut change = delegation(
        repository,
        &project,
        &owners,
        policy.transpose()?.as_ref(),
        expiries,
    )
    .map_err(CommandError::refused)?;
    if !arguments.files.is_empty() {
        let naming = preparation.folder.naming(repository);
        let naming = with_rules(
            naming.map_err(CommandError::refused)?,
            &project,
            &arguments.files,
        )?;
        change
            .roles
            .extend(put_naming(&naming, expiries.targets).roles);
    }
    preparation.prepare(&change)
}

/// Rules that name a project stand before those that find its name in the file's: else a general rule would decide first.
fn with_rules(
    mut naming: Naming,
    project: &Project,
    patterns: &[String],
) -> Result<Naming, CommandError> {
    let named = |rule: &NamingRule| matches!(rule.project, ProjectOf::Named(_));
    for pattern in patterns {
        let rule = NamingRule {
            pattern: Glob::parse(pattern).map_err(CommandError::unable)?,
            project: ProjectOf::Named(project.name().to_owned()),
        };
        if !naming.rules.contains(&rule) {
            let place = naming.rules.iter().take_while(|rule| named(rule)).count();
            naming.rules.insert(place, rule);
        }
    }
    Ok(naming)
}

pub(super) fn policy(
    arguments: &ChangeArguments,
    project: &str,
    files: &PolicyFileArguments,
) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(arguments)?;
    let project = Project::new(project).map_err(CommandError::unable)?;
    let policy = read_policy(files, &project, &preparation)?;
    let expires = preparation.expiries.project;
    let change = put_policy(&preparation.repository, &project, &policy, expires);
    preparation.prepare(&change.map_err(CommandError::refused)?)
}

/// Reads a policy that clients will take: signed by its own owners, in force, and called as the project.
fn read_policy(
    files: &PolicyFileArguments,
    project: &Project,
    preparation: &Preparation,
) -> Result<PolicyFiles, CommandError> {
    let layout_path = &files.layout;
    let PolicyFiles {
        layout,
        terms,
        certificates,
    } = read_files(
        layout_path,
        files.terms.as_deref(),
        files.certificates.as_deref(),
    )?;
    let refused = |problem: &dyn std::fmt::Display| {
        CommandError::refused(format!("{}: {problem}", layout_path.display()))
    };
    let owners =
        Owners::dangerous_declared_by(&terms, &source::LIMITS).map_err(|error| refused(&error))?;
    let policy = Policy::open(&layout, &terms, &owners, preparation.at, &source::LIMITS)
        .map_err(|error| refused(&error))?;
    if policy.name() != project.name() {
        return Err(refused(&format!(
            "it is the policy {}, and clients take one that is called {project} for this project",
            policy.name()
        )));
    }
    Ok(PolicyFiles {
        layout,
        terms,
        certificates,
    })
}

/// Reads the files of a policy; what is not named lies beside the layout.
pub(super) fn read_files(
    layout: &Path,
    terms: Option<&Path>,
    certificates: Option<&Path>,
) -> Result<PolicyFiles, CommandError> {
    let bytes_max = source::LIMITS.policy_bytes_max;
    let terms = terms.map_or_else(|| terms_beside(layout), Path::to_owned);
    let certificates = match certificates {
        Some(path) => Some(path.to_owned()),
        None => Some(beside(layout, "certificates")).filter(|path| path.exists()),
    };
    Ok(PolicyFiles {
        layout: read_bounded(layout, bytes_max)?,
        terms: read_bounded(&terms, bytes_max)?,
        certificates: certificates
            .map(|path| read_bounded(&path, LIMITS.target_bytes_max))
            .transpose()?,
    })
}

pub(super) fn naming(arguments: &ChangeArguments, file: &Path) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(arguments)?;
    let bytes = read_bounded(file, LIMITS.naming_bytes_max)?;
    let naming = Naming::read(&bytes, &LIMITS)
        .map_err(|error| CommandError::refused(format!("{}: {error}", file.display())))?;
    preparation.prepare(&put_naming(&naming, preparation.expiries.targets))
}

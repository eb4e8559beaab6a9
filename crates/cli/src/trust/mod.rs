//! `quorate trust`: whose keys and policies are in force, for those who hold keys and for those who rely on them.
//!
//! **Enters:** folders of a repository, of a ceremony and of a user's store; keys that the user names; the time.
//! **Leaves:** files for holders to sign, a published repository, a store; what would change and what is in force, in words and JSON.
//! **Never:** trust on first use; a signature that nobody asked for; the network, but for files of the repository that the user named.

mod agent;
mod args;
mod bind;
mod ceremony;
mod change_args;
mod daily;
mod diff;
mod history;
mod init;
mod names;
mod party;
mod pin;
mod place;
mod project;
mod publish;
mod revoke;
mod rotate;
mod seen;
mod show;
mod sign;
mod signer;
mod status;
mod store;
mod update;

use std::process::ExitCode;

pub(crate) use args::{StoreArguments, TrustVerb};
pub(crate) use daily::{Found, policy_for};
pub(crate) use seen::remember_version;
pub(crate) use signer::key_file;

use crate::error::CommandError;

/// The limits of everything that is read here.
const LIMITS: quorate_trust::limits::TrustLimits = quorate_trust::limits::TrustLimits::STANDARD;

pub(crate) fn run(verb: TrustVerb) -> Result<ExitCode, CommandError> {
    match verb {
        TrustVerb::Init(arguments) => init::run(&arguments),
        TrustVerb::AddParty(arguments) => party::add(&arguments),
        TrustVerb::RemoveParty { change, name } => party::remove(&change, &name),
        TrustVerb::Revoke(arguments) => revoke::run(&arguments),
        TrustVerb::Delegate(arguments) => project::delegate(&arguments),
        TrustVerb::Policy {
            change,
            project,
            policy,
        } => project::policy(&change, &project, &policy),
        TrustVerb::Bind(arguments) => bind::run(&arguments),
        TrustVerb::Unbind {
            change,
            project,
            source,
            version,
        } => bind::end(&change, &project, &source, &version),
        TrustVerb::Naming { change, file } => project::naming(&change, &file),
        TrustVerb::Rotate {
            change,
            role,
            key,
            needed,
        } => rotate::rotate(&change, &role, &key, needed),
        TrustVerb::Renew { change, role } => rotate::renew(&change, &role),
        TrustVerb::Sign {
            ceremony,
            signer,
            dry_run,
        } => sign::run(&ceremony, &signer, dry_run),
        TrustVerb::Restore(arguments) => rotate::restore(&arguments),
        TrustVerb::Publish(arguments) => publish::publish(&arguments),
        TrustVerb::Refresh { repository, online } => publish::refresh(&repository, &online),
        TrustVerb::Export {
            repository,
            medium,
            days,
            online,
        } => publish::export(&repository, &medium, days, &online),
        TrustVerb::Status(arguments) => status::run(&arguments),
        TrustVerb::Diff {
            repository,
            ceremony,
        } => diff::run(&repository, &ceremony),
        TrustVerb::History(arguments) => history::run(&arguments),
        TrustVerb::Pin(arguments) => pin::run(&arguments),
        TrustVerb::Update {
            repository,
            project,
            medium,
            store,
        } => {
            let expects = if medium {
                update::Expects::Medium
            } else {
                update::Expects::Repository
            };
            update::run(repository.as_deref(), &project, expects, &store)
        }
        TrustVerb::Show { store, json } => show::run(&store, json),
    }
}

//! `quorate trust rotate` and `renew`: other holders, and new expiries.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use quorate_trust::metadata::{RoleName, TopRole, Version};
use quorate_trust::repository::{Rotated, bins_of, renew as renewal, rotate as rotation};

use super::args::ChangeArguments;
use super::ceremony::{Preparation, holders};
use super::change_args::RestoreArguments;
use crate::error::CommandError;

pub(super) fn rotate(
    arguments: &ChangeArguments,
    role: &str,
    keys: &[PathBuf],
    needed: Option<u64>,
) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(arguments)?;
    let rotated = match role {
        "root" => Rotated::Top(vec![TopRole::Root]),
        "targets" => Rotated::Top(vec![TopRole::Targets]),
        "snapshot" => Rotated::Top(vec![TopRole::Snapshot]),
        "timestamp" => Rotated::Top(vec![TopRole::Timestamp]),
        "online" => Rotated::Top(vec![TopRole::Snapshot, TopRole::Timestamp]),
        "bins" => Rotated::Bins,
        role => Rotated::Delegated(RoleName::delegated(role).map_err(CommandError::unable)?),
    };
    // Of online keys one signs, whoever runs the job.
    let needed = needed.or((role == "online").then_some(1));
    let change = rotation(
        &preparation.repository,
        &rotated,
        &holders(keys, needed)?,
        &preparation.expiries,
        preparation.at,
    );
    preparation.prepare(&change.map_err(CommandError::refused)?)
}

pub(super) fn renew(
    arguments: &ChangeArguments,
    names: &[String],
) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(arguments)?;
    let mut root = false;
    let mut roles = BTreeSet::new();
    for name in names {
        match name.as_str() {
            "root" => root = true,
            "targets" => {
                roles.insert(RoleName::targets());
            }
            "bins" => roles.extend(bins_of(&preparation.repository)),
            name => {
                roles.insert(RoleName::delegated(name).map_err(CommandError::unable)?);
            }
        }
    }
    let change = renewal(&preparation.repository, root, &roles, &preparation.expiries);
    preparation.prepare(&change.map_err(CommandError::refused)?)
}

pub(super) fn restore(arguments: &RestoreArguments) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(&arguments.change)?;
    let role = RoleName::delegated(&arguments.role).map_err(CommandError::unable)?;
    let version = Version::new(arguments.version)
        .ok_or_else(|| CommandError::unable("versions begin at 1"))?;
    let change = preparation.folder.restored(
        &preparation.repository,
        &role,
        version,
        preparation.expiries.of(&role),
    );
    preparation.prepare(&change.map_err(CommandError::refused)?)
}

//! `quorate trust init`: the first files of a repository.

use std::path::PathBuf;
use std::process::ExitCode;

use quorate_trust::repository::{Bins, Founding, Repository};

use super::args::InitArguments;
use super::ceremony::{at, expiries, holders, prepare};
use super::names::Names;
use crate::error::CommandError;
use crate::source;

pub(super) fn run(arguments: &InitArguments) -> Result<ExitCode, CommandError> {
    let expiries = expiries(source::time(arguments.at)?)?;
    let targets = holders(&arguments.targets, arguments.targets_needed)?;
    let or_targets = |keys: &[PathBuf], needed: Option<u64>| match keys {
        [] => holders(&arguments.targets, needed.or(arguments.targets_needed)),
        keys => holders(keys, needed),
    };
    let bits = match arguments.bins {
        16 => 4,
        256 => 8,
        4096 => 12,
        other => {
            return Err(CommandError::unable(format!(
                "{other} hash bins: there are 16, 256 or 4096"
            )));
        }
    };
    let online = holders(&arguments.online, Some(1))?;
    let founding = Founding {
        root: holders(&arguments.root, arguments.root_needed)?,
        targets,
        rebuilders: or_targets(&arguments.rebuilders, arguments.rebuilders_needed)?,
        bin_holders: or_targets(&arguments.bins_holders, arguments.bins_needed)?,
        snapshot: online.clone(),
        timestamp: online,
        bins: Bins::of_bits(bits).map_err(CommandError::unable)?,
        expires: expiries.root,
        rebuilders_expire: expiries.rebuilders,
        bins_expire: expiries.bins,
    };
    let folder = &arguments.ceremony;
    let change = founding.into_change().map_err(|error| at(folder, &error))?;
    prepare(
        None,
        &Repository::default(),
        &Names::default(),
        folder,
        &change,
    )
}

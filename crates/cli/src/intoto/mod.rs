//! `quorate in-toto`: the in-toto commands.
//!
//! **Enters:** a command line.
//! **Leaves:** a verdict.
//! **Never:** yet.

mod explain;
mod inspect;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

use crate::error::CommandError;

#[derive(Debug, Subcommand)]
pub(crate) enum InTotoVerb {
    /// Say whether a supply chain holds: layout, links, rules, inspections
    Verify(verify::VerifyArguments),
}

pub(crate) fn run(verb: InTotoVerb) -> Result<ExitCode, CommandError> {
    match verb {
        InTotoVerb::Verify(arguments) => verify::run(&arguments),
    }
}

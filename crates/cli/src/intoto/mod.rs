//! `quorate in-toto`: the in-toto commands, with the flags, file names and exit codes of the reference tools.
//!
//! **Enters:** a step's name, paths to record, a command to run, a key to sign with; or a signed document; or a layout and its links.
//! **Leaves:** links under the names that verifiers look for, written whole or not at all; whether a supply chain holds, and why.
//! **Never:** a link signed by a key that the user did not name; a command killed that nobody gave a time limit.

mod args;
mod execute;
mod explain;
mod gpg;
mod inspect;
mod link_file;
mod links;
mod match_products;
mod mock;
pub(crate) mod passphrase;
mod record;
mod recording;
mod run;
mod sign;
mod signer;
mod talk;
mod verify;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::error::CommandError;

pub(crate) use args::InTotoVerb;

/// The names under which this program is one of the in-toto commands: `in-toto-` and the verb.
const COMMANDS: [&str; 6] = ["run", "record", "mock", "match-products", "sign", "verify"];

pub(crate) fn run(verb: InTotoVerb) -> Result<ExitCode, CommandError> {
    match verb {
        InTotoVerb::Run(arguments) => run::run(&arguments),
        InTotoVerb::Record(verb) => record::run(&verb),
        InTotoVerb::Mock(arguments) => mock::run(&arguments),
        InTotoVerb::MatchProducts(arguments) => match_products::run(&arguments),
        InTotoVerb::Sign(arguments) => sign::run(&arguments),
        InTotoVerb::Verify(arguments) => verify::run(&arguments),
        InTotoVerb::Links { folder } => links::run(&folder),
    }
}

/// The command line that is meant when the program is called by the name of an in-toto command.
pub(crate) fn meant(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let name = arguments.first().and_then(|own| Path::new(own).file_name());
    let verb = name
        .and_then(|name| name.to_str()?.strip_prefix("in-toto-"))
        .and_then(|verb| COMMANDS.into_iter().find(|command| *command == verb));
    if let Some(verb) = verb {
        arguments.splice(..1, ["quorate", "in-toto", verb].map(OsString::from));
    }
    arguments
}

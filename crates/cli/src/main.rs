//! The program `quorate`.
//!
//! **Enters:** a command line, and the files that it names.
//! **Leaves:** the answer on stdout, talk on stderr, and an exit code: 0 yes, 1 refused, 2 could not judge or wrong usage.
//! **Never:** a judgement of its own; the network, but for files of the trust repository that the user named; foreign code, except the command of an in-toto
//! step that the user gives it, a layout's inspections, in a sandbox over a copy, in `in-toto verify`, and diffoscope where it is
//! installed, in `diff --deep`.

mod args;
mod diff;
mod error;
mod generate;
mod intoto;
mod key;
mod layout;
mod look;
mod output;
mod party;
mod policy;
mod prove;
mod rebuild;
mod released;
mod signers;
mod source;
mod summary;
mod sums;
mod trust;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Verb};

fn main() -> ExitCode {
    let words = intoto::meant(std::env::args_os().collect());
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    let outcome = match arguments.verb {
        Verb::Key(verb) => key::run(verb),
        Verb::Party(verb) => party::run(verb),
        Verb::Policy(verb) => policy::run(verb),
        Verb::Layout(verb) => layout::run(verb),
        Verb::Source(verb) => released::run(verb),
        Verb::Rebuild { arguments } => rebuild::run(arguments),
        Verb::Prove(arguments) => prove::run(arguments),
        Verb::Verify(arguments) => verify::run(arguments),
        Verb::Diff(arguments) => diff::run(&arguments),
        Verb::InToto(verb) => intoto::run(verb),
        Verb::Sums(verb) => sums::run(verb),
        Verb::Trust(verb) => trust::run(verb),
        Verb::Completions { shell } => generate::completions(shell),
        Verb::Man { out } => generate::man(&out),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => output::failure(&error),
    }
}

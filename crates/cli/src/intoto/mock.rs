//! `quorate in-toto mock`: what a step's link would be, unsigned.

use std::path::PathBuf;
use std::process::ExitCode;

use quorate::intoto::Link;

use super::args::{MockArguments, TalkArguments};
use super::execute::{Manner, Onward, Streams, execute};
use super::link_file::{self, Made, check_step_name};
use super::recording::Recording;
use super::signer;
use super::talk::Talk;
use crate::error::CommandError;
use crate::output;

pub(super) fn run(arguments: &MockArguments) -> Result<ExitCode, CommandError> {
    perform(arguments).map_err(CommandError::into_refused)
}

fn perform(arguments: &MockArguments) -> Result<ExitCode, CommandError> {
    let talk = Talk::new(TalkArguments {
        verbose: true,
        quiet: false,
    });
    check_step_name(&arguments.name)?;
    let form = signer::form(arguments.form);
    let here = [".".to_owned()];
    let recording = Recording::with(None, &[], &[], &talk)?;
    let mut link = Link::new(&arguments.name);
    link.materials = recording.take("materials", &here)?;
    talk.detail(&format!("running {}", arguments.command.join(" ")));
    let ended = execute(
        &arguments.command,
        Manner {
            streams: Streams::Keep,
            stdout: if arguments.json {
                Onward::Stderr
            } else {
                Onward::Stdout
            },
            timeout: None,
        },
    )?;
    let (byproducts, warnings) = ended.byproducts();
    warnings.iter().for_each(|warning| talk.warn(warning));
    link.byproducts = byproducts;
    link.command.clone_from(&arguments.command);
    link.products = recording.take("products", &here)?;
    let path = PathBuf::from(format!("{}.link", link.name));
    link_file::write(&path, &signer::seal(&link, form, &[]), &talk)?;
    let made = Made {
        command: "mock",
        path,
        link: &link,
        key_id: None,
        form,
        return_value: Some(ended.return_value),
    };
    talk.say(&made.line());
    if arguments.json {
        output::json(&made.to_json(&talk))?;
    }
    // in-toto-mock: the command's code is in the link alone.
    Ok(ExitCode::SUCCESS)
}

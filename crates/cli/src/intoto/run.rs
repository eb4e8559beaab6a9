//! `quorate in-toto run`: one step, from its materials to its link.

use std::process::ExitCode;
use std::time::Duration;

use quorate::intoto::Link;

use super::args::RunArguments;
use super::execute::{Manner, Onward, Streams, execute};
use super::link_file::{self, Made, check_folder, check_step_name, link_name};
use super::recording::Recording;
use super::signer::Signer;
use super::talk::Talk;
use crate::error::CommandError;
use crate::output;

pub(super) fn run(arguments: &RunArguments) -> Result<ExitCode, CommandError> {
    // in-toto-run: 1 for everything that goes wrong once the command line is understood.
    perform(arguments).map_err(CommandError::into_refused)
}

fn perform(arguments: &RunArguments) -> Result<ExitCode, CommandError> {
    let talk = Talk::new(arguments.talk);
    check_step_name(&arguments.step_name)?;
    let folder = check_folder(arguments.metadata_directory.as_deref())?;
    let signer = Signer::open(&arguments.signer)?;
    let form = signer.form(arguments.form)?;
    let recording = Recording::new(&arguments.recording, &talk)?;
    let mut link = Link::new(&arguments.step_name);
    link.materials = recording.take("materials", &arguments.materials)?;
    let mut return_value = None;
    if !arguments.no_command {
        talk.detail(&format!("running {}", arguments.command.join(" ")));
        let ended = execute(&arguments.command, manner(arguments))?;
        let (byproducts, warnings) = ended.byproducts();
        warnings.iter().for_each(|warning| talk.warn(warning));
        link.byproducts = byproducts;
        link.command.clone_from(&arguments.command);
        return_value = Some(ended.return_value);
    }
    link.products = recording.take("products", &arguments.products)?;
    recording.finish();
    let sealed = signer.seal(&link, form)?;
    let path = folder.join(link_name(&link.name, &sealed.key_id));
    link_file::write(&path, &sealed.bytes, &talk)?;
    let made = Made {
        command: "run",
        path,
        link: &link,
        key_id: Some(&sealed.key_id),
        form,
        return_value,
    };
    talk.say(&made.line());
    if arguments.json {
        output::json(&made.to_json(&talk))?;
    }
    Ok(exit_code(return_value.unwrap_or(0)))
}

fn manner(arguments: &RunArguments) -> Manner {
    Manner {
        streams: if arguments.record_streams {
            Streams::Keep
        } else {
            Streams::PassOn
        },
        stdout: if arguments.json {
            Onward::Stderr
        } else {
            Onward::Stdout
        },
        timeout: arguments.run_timeout.map(Duration::from_secs),
    }
}

/// The command's own code. As the reference tools have it, signal 9 is -9 and so 247.
fn exit_code(return_value: i32) -> ExitCode {
    let code = return_value.rem_euclid(256);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

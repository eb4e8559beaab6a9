//! `quorate in-toto record`: a step that is more than one command, between a start and a stop.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate::envelope::{Envelope, EnvelopeForm};
use quorate::intoto::Link;
use quorate_gather::read_bounded;

use super::args::{RecordVerb, StartArguments, StopArguments};
use super::link_file::{self, Made, check_folder, check_step_name, link_name, unfinished_name};
use super::recording::Recording;
use super::signer::{self, Signer};
use super::talk::Talk;
use crate::error::CommandError;
use crate::output;
use crate::source::LIMITS;

pub(super) fn run(verb: &RecordVerb) -> Result<ExitCode, CommandError> {
    // in-toto-record: 1 for everything that goes wrong once the command line is understood.
    match verb {
        RecordVerb::Start(arguments) => start(arguments),
        RecordVerb::Stop(arguments) => stop(arguments),
    }
    .map_err(CommandError::into_refused)
}

fn start(arguments: &StartArguments) -> Result<ExitCode, CommandError> {
    let step = &arguments.step;
    let talk = Talk::new(step.talk);
    check_step_name(&step.step_name)?;
    let signer = Signer::open(&step.signer)?;
    let form = signer::form(step.form);
    let recording = Recording::new(&step.recording, &talk)?;
    let mut link = Link::new(&step.step_name);
    link.materials = recording.take("materials", &arguments.materials)?;
    let path = PathBuf::from(unfinished_name(&link.name, signer.key_id()));
    link_file::write(&path, &signer.seal(&link, form), &talk)?;
    let made = Made {
        command: "record start",
        path,
        link: &link,
        key_id: Some(signer.key_id()),
        form,
        return_value: None,
    };
    talk.say(&made.line());
    if step.json {
        output::json(&made.to_json(&talk))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn stop(arguments: &StopArguments) -> Result<ExitCode, CommandError> {
    let step = &arguments.step;
    let talk = Talk::new(step.talk);
    check_step_name(&step.step_name)?;
    let folder = check_folder(arguments.metadata_directory.as_deref())?;
    let signer = Signer::open(&step.signer)?;
    let unfinished = PathBuf::from(unfinished_name(&step.step_name, signer.key_id()));
    let (mut link, form) = preliminary(&unfinished, &step.step_name, &signer)?;
    let recording = Recording::new(&step.recording, &talk)?;
    link.products = recording.take("products", &arguments.products)?;
    let path = folder.join(link_name(&link.name, signer.key_id()));
    link_file::write(&path, &signer.seal(&link, form), &talk)?;
    std::fs::remove_file(&unfinished)
        .map_err(|error| CommandError::unable(format!("{}: {error}", unfinished.display())))?;
    let made = Made {
        command: "record stop",
        path,
        link: &link,
        key_id: Some(signer.key_id()),
        form,
        return_value: None,
    };
    talk.say(&made.line());
    if step.json {
        output::json(&made.to_json(&talk))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What `start` left, if this very key signed it.
fn preliminary(
    path: &Path,
    step: &str,
    signer: &Signer,
) -> Result<(Link, EnvelopeForm), CommandError> {
    let refused = |problem: &dyn std::fmt::Display| {
        CommandError::refused(format!("{}: {problem}", path.display()))
    };
    let start = format!(
        "start with `quorate in-toto record start -n {step:?}` and this key, in this folder"
    );
    let bytes = read_bounded(path, LIMITS.envelope_bytes_max)
        .map_err(|error| CommandError::from(error).hint(&start))?;
    let envelope = Envelope::parse(&bytes, &LIMITS).map_err(|error| refused(&error))?;
    let form = envelope.form();
    let opened = envelope.open(&[signer.public()], &LIMITS).map_err(|_| {
        refused(&"not signed by this key: somebody changed what was recorded at the start")
            .hint(start)
    })?;
    let value = opened.json(&LIMITS).map_err(|error| refused(&error))?;
    let link = Link::from_json(&value).map_err(|error| refused(&error))?;
    if link.name != step {
        return Err(refused(&format!("it is of step {:?}", link.name)));
    }
    Ok((link, form))
}

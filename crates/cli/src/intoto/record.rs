//! `quorate in-toto record`: a step that is more than one command, between a start and a stop.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate::envelope::{Envelope, EnvelopeForm};
use quorate::intoto::Link;
use quorate_gather::read_bounded;

use super::args::{RecordVerb, StartArguments, StepArguments, StopArguments};
use super::link_file::{self, Made, check_folder, check_step_name, link_name, unfinished_name};
use super::recording::Recording;
use super::signer::{Sealed, Signer};
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
    let form = signer.form(step.form)?;
    let recording = Recording::new(&step.recording, &talk)?;
    let mut link = Link::new(&step.step_name);
    link.materials = recording.take("materials", &arguments.materials)?;
    let sealed = signer.seal(&link, form)?;
    let path = PathBuf::from(unfinished_name(&link.name, &sealed.key_id));
    link_file::write(&path, &sealed.bytes, &talk)?;
    report("record start", path, (&link, form, &sealed), step, &talk)
}

fn stop(arguments: &StopArguments) -> Result<ExitCode, CommandError> {
    let step = &arguments.step;
    let talk = Talk::new(step.talk);
    check_step_name(&step.step_name)?;
    let folder = check_folder(arguments.metadata_directory.as_deref())?;
    let signer = Signer::open(&step.signer)?;
    let unfinished = unfinished(&step.step_name, &signer)?;
    let (mut link, form) = preliminary(&unfinished, &step.step_name, &signer)?;
    let recording = Recording::new(&step.recording, &talk)?;
    link.products = recording.take("products", &arguments.products)?;
    let sealed = signer.seal(&link, form)?;
    let path = folder.join(link_name(&link.name, &sealed.key_id));
    link_file::write(&path, &sealed.bytes, &talk)?;
    std::fs::remove_file(&unfinished)
        .map_err(|error| CommandError::unable(format!("{}: {error}", unfinished.display())))?;
    report("record stop", path, (&link, form, &sealed), step, &talk)
}

fn report(
    command: &'static str,
    path: PathBuf,
    (link, form, sealed): (&Link, EnvelopeForm, &Sealed),
    step: &StepArguments,
    talk: &Talk,
) -> Result<ExitCode, CommandError> {
    let made = Made {
        command,
        path,
        link,
        key_id: Some(&sealed.key_id),
        form,
        return_value: None,
    };
    talk.say(&made.line());
    if step.json {
        output::json(&made.to_json(talk))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where `start` left the preliminary link. What id gpg's key signs under is only known from the one that is there.
fn unfinished(step: &str, signer: &Signer) -> Result<PathBuf, CommandError> {
    if let Signer::Key(key) = signer {
        return Ok(unfinished_name(step, key.public().id()).into());
    }
    let failed = |error: std::io::Error| CommandError::unable(format!("this folder: {error}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(".").map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let key_id = name.to_str().and_then(|name| {
            let rest = name.strip_prefix(&format!(".{step}."))?;
            rest.strip_suffix(".link-unfinished")
        });
        if key_id.is_some_and(|id| id.len() == 8) {
            found.push(PathBuf::from(name));
        }
    }
    <[PathBuf; 1]>::try_from(found)
        .map(|[path]| path)
        .map_err(|found| {
            CommandError::unable(format!(
                "{} preliminary links of step {step:?} in this folder",
                found.len()
            ))
            .hint(how_to_start(step))
        })
}

fn how_to_start(step: &str) -> String {
    format!("start with `quorate in-toto record start -n {step:?}` and this key, in this folder")
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
    let bytes = read_bounded(path, LIMITS.envelope_bytes_max)
        .map_err(|error| CommandError::from(error).hint(how_to_start(step)))?;
    let envelope = Envelope::parse(&bytes, &LIMITS).map_err(|error| refused(&error))?;
    let form = envelope.form();
    let key = signer.key_of(&envelope)?;
    let opened = envelope.open(&[&key], &LIMITS).map_err(|_| {
        refused(&"not signed by this key: somebody changed what was recorded at the start")
            .hint(how_to_start(step))
    })?;
    let value = opened.json(&LIMITS).map_err(|error| refused(&error))?;
    let link = Link::from_json(&value).map_err(|error| refused(&error))?;
    if link.name != step {
        return Err(refused(&format!("it is of step {:?}", link.name)));
    }
    Ok((link, form))
}

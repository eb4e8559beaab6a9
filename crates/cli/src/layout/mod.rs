//! `quorate layout`: in-toto layouts made, edited, shown, looked through and drawn.
//!
//! **Enters:** a command line, the layout's file, and files of public keys.
//! **Leaves:** the file with its new content and no signature; or a summary, weaknesses, a drawing.
//! **Never:** a judgement about evidence; a private key; a word of a signed layout changed under its signatures.

mod args;
mod draw;
mod edit;
mod file;
mod lint;
mod reference;
mod rule_text;
mod show;

use std::process::ExitCode;

use crate::error::CommandError;

pub(crate) use args::LayoutVerb;

pub(crate) fn run(verb: LayoutVerb) -> Result<ExitCode, CommandError> {
    match verb {
        LayoutVerb::New(arguments) => edit::new(&arguments),
        LayoutVerb::AddKey { file, keys, step } => edit::add_keys(&file, &keys, &step),
        LayoutVerb::AddStep(arguments) => edit::add_step(&arguments),
        LayoutVerb::AddInspection(arguments) => edit::add_inspection(&arguments),
        LayoutVerb::AddRule(arguments) => edit::add_rules(&arguments),
        LayoutVerb::RemoveStep { file, name } => edit::remove(&file, &name),
        LayoutVerb::SetThreshold {
            file,
            step,
            threshold,
        } => edit::set_threshold(&file, &step, threshold),
        LayoutVerb::SetExpiry { file, expiry } => edit::set_expiry(&file, &expiry),
        LayoutVerb::Show { file, at, json } => show::run(&file, at, json),
        LayoutVerb::Lint { file, at, json } => lint::run(&file, at, json),
        LayoutVerb::Draw { file, out } => draw::run(&file, out.as_deref()),
    }
}

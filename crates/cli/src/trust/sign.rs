//! `quorate trust sign`: says what a ceremony changes, and signs what the key holds.

use std::path::Path;
use std::process::ExitCode;

use quorate_trust::repository::{Ceremony, Pending, review};

use super::LIMITS;
use super::args::SignerArguments;
use super::ceremony::{at, missing, refuse_stale, say_missing};
use super::names::{Names, shown};
use super::signer;
use crate::error::CommandError;
use crate::output;

pub(super) fn run(
    folder: &Path,
    arguments: &SignerArguments,
    dry_run: bool,
) -> Result<ExitCode, CommandError> {
    let failed = |error| at(folder, &error);
    if !folder.is_dir() {
        return Err(CommandError::unable(format!(
            "{}: no ceremony is there",
            folder.display()
        )));
    }
    let mut ceremony = Ceremony::open(folder, LIMITS).map_err(failed)?;
    let before = ceremony.before().map_err(failed)?;
    let files = ceremony.files().map_err(failed)?;
    let found = review(&before, &files, &LIMITS).map_err(failed)?;
    let names = Names::default();
    let words = found.words.iter().map(|line| names.in_line(line));
    let Some(key) = arguments.key.as_deref().filter(|_| !dry_run) else {
        let lines: Vec<String> = words.chain(missing(&found.pending, &names)).collect();
        output::answer(&lines.join("\n"))?;
        refuse_stale(folder, &found.stale)?;
        return Ok(ExitCode::SUCCESS);
    };
    words.for_each(|line| output::talk(&line));
    let signer = signer::open(key, arguments)?;
    let held = found
        .pending
        .iter()
        .filter(|file| file.is_held_by(signer.public()));
    let held: Vec<&str> = held.map(|file| file.file.as_str()).collect();
    if held.is_empty() {
        return Err(CommandError::refused(format!(
            "{} holds nothing that this ceremony changes",
            shown(key)
        ))
        .hint("nothing was signed; `quorate trust diff` says who holds what"));
    }
    for name in &held {
        ceremony.sign(name, signer.as_ref()).map_err(failed)?;
    }
    let files = ceremony.files().map_err(failed)?;
    let found = review(&before, &files, &LIMITS).map_err(failed)?;
    say_missing(&found.pending, &names);
    if !found.pending.is_empty() && found.pending.iter().all(Pending::is_signed) {
        output::talk(&format!(
            "nothing is missing any more; next: `quorate trust publish REPOSITORY {} --online-key KEY`",
            shown(folder)
        ));
    }
    output::answer(&format!("signed {}", held.join(", ")))?;
    Ok(ExitCode::SUCCESS)
}

//! `quorate trust diff`: what a ceremony would change, told from the repository itself.

use std::path::Path;
use std::process::ExitCode;

use quorate_trust::repository::{Before, Ceremony, Pending, review};

use super::LIMITS;
use super::ceremony::{at, missing, published, refuse_stale};
use super::names::Names;
use crate::error::CommandError;
use crate::output;

pub(super) fn run(repository: &Path, folder: &Path) -> Result<ExitCode, CommandError> {
    if !folder.is_dir() {
        return Err(CommandError::unable(format!(
            "{}: no ceremony is there",
            folder.display()
        )));
    }
    let (names, before) = if repository.join("metadata").is_dir() {
        let (folder, state) = published(repository)?;
        let before = folder
            .before(&state)
            .map_err(|error| at(repository, &error))?;
        (Names::of_repository(&folder, &state), before)
    } else {
        output::talk("nothing is published yet");
        (Names::default(), Before::default())
    };
    let failed = |error| at(folder, &error);
    let ceremony = Ceremony::open(folder, LIMITS).map_err(failed)?;
    let files = ceremony.files().map_err(failed)?;
    let review = review(&before, &files, &LIMITS).map_err(failed)?;
    let mut lines: Vec<String> = review
        .words
        .iter()
        .map(|line| names.in_line(line))
        .collect();
    lines.extend(missing(&review.pending, &names));
    output::answer(&lines.join("\n"))?;
    refuse_stale(folder, &review.stale)?;
    Ok(if review.pending.iter().all(Pending::is_signed) {
        ExitCode::SUCCESS
    } else {
        output::talk("signatures are missing");
        ExitCode::from(1)
    })
}

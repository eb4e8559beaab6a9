//! `quorate in-toto links`: the names under which scripts call the in-toto commands.

use std::path::Path;
use std::process::ExitCode;

use super::COMMANDS;
use crate::error::CommandError;
use crate::output;

pub(super) fn run(folder: &Path) -> Result<ExitCode, CommandError> {
    let own = std::env::current_exe()
        .map_err(|error| CommandError::unable(format!("cannot find myself: {error}")))?;
    for command in COMMANDS {
        let path = folder.join(format!("in-toto-{command}"));
        if std::fs::read_link(&path).is_ok_and(|target| target == own) {
            continue;
        }
        std::os::unix::fs::symlink(&own, &path).map_err(|error| {
            CommandError::unable(format!("{}: {error}", path.display()))
                .hint("give a folder of your own; what is there already is never overwritten")
        })?;
    }
    output::talk(&format!(
        "in-toto-{{{}}} in {} are this program",
        COMMANDS.join(","),
        folder.display()
    ));
    Ok(ExitCode::SUCCESS)
}

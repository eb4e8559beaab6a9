//! Completions and man pages, generated from the command line's own definition.

use std::path::Path;
use std::process::ExitCode;

use clap::{Command, CommandFactory};

use crate::args::Arguments;
use crate::error::CommandError;
use crate::output;
use crate::prove::write_whole;

/// The whole command line. `quorate` itself hands the arguments of `rebuild` on unread, so that their definition is put in here.
fn command() -> Command {
    Arguments::command().mut_subcommand("rebuild", |_| quorate_rebuild_args::for_people("rebuild"))
}

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "quorate", &mut script);
    output::answer(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(out: &Path) -> Result<ExitCode, CommandError> {
    let failed =
        |error: std::io::Error| CommandError::unable(format!("{}: {error}", out.display()));
    std::fs::create_dir_all(out).map_err(failed)?;
    // By way of a folder of its own: the pages must not be written through links that lie in `out`.
    let scratch = tempfile::tempdir().map_err(failed)?;
    clap_mangen::generate_to(command(), scratch.path()).map_err(failed)?;
    for page in std::fs::read_dir(scratch.path()).map_err(failed)? {
        let page = page.map_err(failed)?;
        let text = std::fs::read(page.path()).map_err(failed)?;
        write_whole(&out.join(page.file_name()), &text)?;
    }
    output::talk(&format!("man pages written to {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

//! Completions and man pages, generated from the command line's own definition.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::Arguments;
use crate::error::CommandError;
use crate::output;

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "quorate", &mut script);
    output::answer(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(out: &Path) -> Result<ExitCode, CommandError> {
    let failed =
        |error: std::io::Error| CommandError::unable(format!("{}: {error}", out.display()));
    std::fs::create_dir_all(out).map_err(failed)?;
    clap_mangen::generate_to(Arguments::command(), out).map_err(failed)?;
    output::talk(&format!("man pages written to {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

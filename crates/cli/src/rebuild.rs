//! `quorate rebuild`: hands over to `quorate-rebuild`, the only program that runs foreign code.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::error::CommandError;

const PROGRAM: &str = "quorate-rebuild";

/// Replaces this process by the program that lies beside it; a search path could lead to somebody else's.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<ExitCode, CommandError> {
    let own = std::env::current_exe()
        .map_err(|error| CommandError::unable(format!("cannot find myself: {error}")))?;
    let program = own.with_file_name(PROGRAM);
    let error = Command::new(&program).args(arguments).exec();
    Err(
        CommandError::unable(format!("{}: {error}", program.display()))
            .hint("install quorate-rebuild in the same folder as quorate; `make build` makes both"),
    )
}

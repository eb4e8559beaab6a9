//! A passphrase from the terminal, without showing it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::error::CommandError;

/// No passphrase that somebody types is longer.
const BYTES_MAX: u64 = 4096;

/// Asks on the terminal itself, whatever stdin and stdout are.
pub(crate) fn ask(what: &str) -> Result<String, CommandError> {
    let failed = |error: std::io::Error| {
        CommandError::unable(format!("no terminal to ask for the passphrase: {error}"))
            .hint("give -P its value, or a key without passphrase in a file that only you can read")
    };
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.map_err(failed)?;
    write!(terminal, "Passphrase of {what}: ").map_err(failed)?;
    let silence = Silence::on(&terminal).map_err(failed)?;
    let mut line = String::new();
    let read = BufReader::new((&terminal).take(BYTES_MAX)).read_line(&mut line);
    drop(silence);
    writeln!(terminal).map_err(failed)?;
    read.map_err(failed)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The terminal shows nothing that is typed while this lives.
struct Silence<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Silence<'t> {
    fn on(terminal: &'t File) -> std::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // A terminal that went away needs no echo.
        tcsetattr(self.terminal, OptionalActions::Now, &self.before).ok();
    }
}

//! Starting programs of the host: found by name on a fixed path, with an environment of three variables.

use std::process::{Command, ExitStatus, Stdio};

use quorate::invisible::is_invisible;

use crate::error::RebuildError;
use crate::protocol::Release;

/// Every host program that a rebuild needs, with the Debian package that has it.
const NEEDED: [(&str, &str); 11] = [
    ("apt-get", "apt"),
    ("apt-config", "apt"),
    ("mmdebstrap", "mmdebstrap"),
    ("gpgv", "gpgv"),
    ("bwrap", "bubblewrap"),
    ("unshare", "util-linux"),
    ("prlimit", "util-linux"),
    ("newuidmap", "uidmap"),
    ("dpkg", "dpkg"),
    ("tar", "tar"),
    ("rm", "coreutils"),
];

/// Programs come from the host's own folders, never from the caller's `PATH`.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a program left behind.
pub(crate) struct Ran {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Standard output and standard error, for reading the reason out of.
    pub(crate) said: String,
}

impl Ran {
    /// The last lines that are worth repeating in an error, on one line.
    pub(crate) fn reason(&self) -> String {
        // At the start only: apt's advice about a source opens with "NOTICE: ".
        let worth = |line: &&str| {
            let opens = |mark: &&str| line.trim_start().starts_with(mark);
            ["E: ", "W: ", "Err:"].iter().any(opens) || line.contains("error")
        };
        let mut lines: Vec<&str> = self.said.lines().filter(worth).collect();
        if lines.is_empty() {
            lines = self
                .said
                .lines()
                .filter(|line| !line.trim().is_empty())
                .collect();
        }
        let start = lines.len().saturating_sub(4);
        let text: Vec<&str> = lines[start..].iter().map(|line| line.trim()).collect();
        let text = text.join("; ");
        if text.is_empty() {
            self.status.to_string()
        } else {
            printable(&text)
        }
    }
}

/// Refuses to start when a program is missing, before any work was done.
pub(crate) fn all_present(release: &Release) -> Result<(), RebuildError> {
    let more = matches!(release, Release::Git(_)).then_some(("git", "git"));
    for (tool, package) in NEEDED.into_iter().chain(more) {
        let found = PATH
            .split(':')
            .any(|folder| std::path::Path::new(folder).join(tool).exists());
        if !found {
            return Err(RebuildError::ToolMissing { tool, package });
        }
    }
    Ok(())
}

/// A program of the host, not started yet.
pub(crate) fn tool(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null());
    command
}

/// Runs to the end and keeps what was said.
pub(crate) fn run(command: &mut Command) -> Result<Ran, RebuildError> {
    let program = std::path::PathBuf::from(command.get_program());
    let output = command
        .output()
        .map_err(RebuildError::io("start", &program))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    Ok(Ran {
        status: output.status,
        stdout,
        said,
    })
}

/// Replaces what a terminal would obey, so that nobody's text can move the reader's cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if is_invisible(c) && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// The same on one line: a reader's message may have many.
pub(crate) fn on_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    printable(&lines.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::{ExitStatus, Ran, on_one_line, printable};

    #[test]
    fn a_build_s_text_cannot_change_the_order_in_which_a_reader_sees_it() {
        for hidden in [
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{200e}',
            '\u{200f}',
            '\u{61c}',
            '\u{feff}',
            '\u{200b}',
            '\u{e0041}',
            '\u{1b}',
            '\u{9b}',
        ] {
            let shown = printable(&format!("a{hidden}b\tc é"));
            assert_eq!(shown, "a\u{fffd}b\tc é", "{hidden:?}");
        }
        assert_eq!(on_one_line("a\u{202e}b\n c"), "a\u{fffd}b; c");
    }

    #[test]
    fn an_advice_of_apt_is_no_reason() {
        let said =
            "NOTICE: 'tiny' is kept in Git at:\nErr:3 tiny.dsc\n  E: Failed to fetch tiny.dsc\n";
        let ran = Ran {
            status: ExitStatus::from_raw(256),
            stdout: String::new(),
            said: said.to_owned(),
        };
        assert_eq!(ran.reason(), "Err:3 tiny.dsc; E: Failed to fetch tiny.dsc");
    }
}

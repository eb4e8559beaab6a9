//! Everything that is printed: progress and errors to standard error, the answer to standard output.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one output room of this program"
)]

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::error::{Failure, RebuildError};
use crate::protocol::{Phase, Signed};
use crate::tool::printable;

/// The format of `--json`, described in this crate's README.
const RESULT_FORMAT: &str = "quorate-rebuild-result/1";

/// How much is said while the work goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Phases with their times.
    Phases,
    /// Only warnings and errors.
    Quiet,
}

/// What people see while they wait.
pub(crate) struct Report {
    verbosity: Verbosity,
    live: Mutex<Option<ProgressBar>>,
    colour: bool,
}

impl Report {
    /// A report on standard error.
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = std::io::stderr().is_terminal() && !no_colour;
        Self {
            verbosity,
            live: Mutex::new(None),
            colour,
        }
    }

    /// A phase begins.
    pub(crate) fn started(&self, phase: Phase) {
        if self.verbosity == Verbosity::Quiet || !std::io::stderr().is_terminal() {
            return;
        }
        let template = if self.colour {
            "{spinner:.cyan} {msg:12} {elapsed}"
        } else {
            "{spinner} {msg:12} {elapsed}"
        };
        let bar = ProgressBar::new_spinner().with_message(phase.name());
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        bar.enable_steady_tick(Duration::from_millis(120));
        *self.live() = Some(bar);
    }

    /// A phase is done.
    pub(crate) fn finished(&self, phase: Phase, took: Duration, note: &str) {
        self.clear();
        if self.verbosity == Verbosity::Phases {
            eprintln!(
                "{:12} {:7.1} s  {}",
                phase.name(),
                took.as_secs_f64(),
                printable(note)
            );
        }
    }

    /// Something that people should know.
    pub(crate) fn warning(&self, text: &str) {
        self.clear();
        eprintln!("{} {}", self.painted("warning:", "33"), printable(text));
    }

    /// The end of the log of a build that failed.
    pub(crate) fn log_tail(&self, lines: &[String]) {
        self.clear();
        for line in lines {
            eprintln!("  | {line}");
        }
    }

    /// Why there is no statement.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.clear();
        eprintln!(
            "{} {}",
            self.painted("error:", "31"),
            printable(&failure.message)
        );
        if let Some(hint) = &failure.hint {
            eprintln!("{} {hint}", self.painted("hint:", "36"));
        }
    }

    fn clear(&self) {
        if let Some(bar) = self.live().take() {
            bar.finish_and_clear();
        }
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.colour {
            format!("\u{1b}[1;{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// The answer for people.
pub(crate) fn answer(signed: &Signed, out: &Path) {
    println!(
        "rebuilt {}={} as {}",
        signed.source, signed.version, signed.party
    );
    for product in &signed.products {
        println!("  {}  {}", product.sha256, product.name);
    }
    for statement in &signed.statements {
        println!("signed  {}", out.join(statement).display());
    }
}

/// The answer for programs.
pub(crate) fn answer_json(outcome: &Result<Signed, Failure>, out: &Path) {
    let value = match outcome {
        Ok(signed) => {
            json!({ "format": RESULT_FORMAT, "status": "signed", "out": out, "result": signed })
        }
        Err(failure) => json!({ "format": RESULT_FORMAT, "status": "failed", "error": failure }),
    };
    println!("{value}");
}

/// The answer of a part of this program to the front process.
pub(crate) fn answer_front<T: serde::Serialize>(
    outcome: Result<T, RebuildError>,
) -> std::process::ExitCode {
    match outcome {
        Ok(value) => {
            println!("{}", json!(value));
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{}", json!(error.into_failure()));
            std::process::ExitCode::FAILURE
        }
    }
}

/// The list of archives, as text.
pub(crate) fn sources(text: &str) {
    print!("{text}");
}

//! All that is printed: the answer on stdout, the talk on stderr.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one place of this program that prints"
)]

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use quorate::verify::{Answer, Outcome, Reason, Verdict};

use crate::error::CommandError;

/// More lines than this under one question would push the rest off a screen.
const REASONS_SHOWN_MAX: usize = 4;

/// Prints an answer and ends it with a newline. A reader that went away is no error of ours.
pub(crate) fn answer(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| {
        if text.ends_with('\n') {
            Ok(())
        } else {
            out.write_all(b"\n")
        }
    });
    if written.and_then(|()| out.flush()).is_err() {
        eprintln!("quorate: could not write the answer to stdout");
    }
}

/// Says something that is not the answer.
pub(crate) fn talk(text: &str) {
    eprintln!("{}", plain(text));
}

/// Says why a command failed and what to do; the exit code comes with it.
pub(crate) fn failure(error: &CommandError) -> ExitCode {
    talk(&format!("quorate: {}", error.message()));
    if let Some(hint) = error.next_step() {
        talk(&format!("hint: {hint}"));
    }
    error.exit_code()
}

/// A verdict for people: one line for each question, further reasons below it, then what to do.
pub(crate) fn verdict(verdict: &Verdict) {
    let colour = Colour::for_stdout();
    let word = if verdict.is_quorate() {
        colour.good("QUORATE")
    } else {
        colour.bad("REFUSED")
    };
    let mut text = format!("{}: {word}\n", plain(&verdict.report().artifact().name));
    let answers = verdict.report().answers();
    for (number, answer) in answers.iter().enumerate() {
        question(&mut text, number + 1, answer, colour);
    }
    let refusals = answers
        .iter()
        .filter(|answer| answer.outcome == Outcome::No);
    let steps = refusals
        .flat_map(|answer| &answer.reasons)
        .filter_map(|reason| reason.next_step());
    if let Some(step) = last_distinct(steps) {
        text.push_str(&format!("  → {step}\n"));
    }
    self::answer(&text);
}

fn question(text: &mut String, number: usize, answer: &Answer, colour: Colour) {
    let outcome = format!("{:<9}", answer.outcome.name());
    let outcome = match answer.outcome {
        Outcome::Yes => colour.good(&outcome),
        Outcome::No => colour.bad(&outcome),
        Outcome::NotAsked => outcome,
    };
    let mut reasons = in_few_lines(answer).into_iter();
    let line = format!(
        "  {number} {:<8} {outcome} {}",
        answer.question.name(),
        reasons.next().unwrap_or_default()
    );
    text.push_str(line.trim_end());
    text.push('\n');
    let rest: Vec<String> = reasons.collect();
    for reason in rest.iter().take(REASONS_SHOWN_MAX) {
        text.push_str(&format!("{:21} {reason}\n", ""));
    }
    if rest.len() > REASONS_SHOWN_MAX {
        text.push_str(&format!(
            "{:21} and {} more: see --json\n",
            "",
            rest.len() - REASONS_SHOWN_MAX
        ));
    }
}

/// The reasons as lines; parties that say nothing share one.
fn in_few_lines(answer: &Answer) -> Vec<String> {
    let (silent, said): (Vec<_>, Vec<_>) = answer
        .reasons
        .iter()
        .partition(|reason| matches!(reason, Reason::Absent { .. }));
    let silent: Vec<&str> = silent.iter().filter_map(|reason| reason.party()).collect();
    let mut lines: Vec<String> = said
        .iter()
        .map(|reason| plain(&reason.to_string()))
        .collect();
    if !silent.is_empty() {
        lines.push(format!("nothing said by {}", silent.join(", ")));
    }
    lines
}

/// The most specific advice comes last, as the later questions are about the file itself.
fn last_distinct<'s>(steps: impl Iterator<Item = &'s str>) -> Option<&'s str> {
    steps.last()
}

/// Text from outside without anything that a terminal would act on.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() && character != '\n' {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

/// Whether to colour: only for a terminal, never when NO_COLOR is set.
#[derive(Clone, Copy)]
struct Colour(bool);

impl Colour {
    fn for_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(std::io::stdout().is_terminal() && !unwanted)
    }

    fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    fn bad(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

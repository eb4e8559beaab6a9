//! All that is printed, and nowhere else: the answer on stdout, the talk on stderr.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use quorate::invisible::is_invisible;
use quorate::json::Json;
use quorate::verify::{Answer, Outcome, Reason, Verdict};

use crate::error::CommandError;

/// More lines than this under one question would push the rest off a screen.
const REASONS_SHOWN_MAX: usize = 4;

/// What is longer is some document's content, not a message.
const TALK_CHARACTERS_MAX: usize = 8_000;

/// Prints an answer and ends it with a newline. A reader that went away is no error of ours; a full disk is, because what
/// was to be kept is not there.
pub(crate) fn answer(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(end.as_bytes()))
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CommandError::unable(format!(
            "could not write the answer to stdout: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Prints an answer as JSON, in which what a terminal would act on is escaped.
pub(crate) fn json(value: &Json<'_>) -> Result<(), CommandError> {
    let mut text = String::new();
    // Outside strings JSON has none of these characters.
    for character in String::from_utf8_lossy(&value.to_text()).chars() {
        if is_invisible(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(character);
        }
    }
    answer(&text)
}

/// Passes on what another program printed, each line marked as its own and without anything that a terminal would act on.
pub(crate) fn of_another_program(name: &str, text: &str) -> Result<(), CommandError> {
    let lines = text
        .lines()
        .map(|said| format!("{name} | {}\n", line(said)));
    answer(&lines.collect::<String>())
}

/// Says something that is not the answer. Lines after the first are marked, so that no name with a line break in it can
/// pass for a message or a verdict of this program; a name without end is cut.
pub(crate) fn talk(text: &str) {
    let mut text = plain(text).replace('\n', "\n  | ");
    if let Some((cut, _)) = text.char_indices().nth(TALK_CHARACTERS_MAX) {
        text.truncate(cut);
        text.push('…');
    }
    // Nobody may be listening, and the exit code says the rest.
    let said = writeln!(std::io::stderr(), "{text}");
    drop(said);
}

/// Says why a command failed and what to do; the exit code comes with it.
pub(crate) fn failure(error: &CommandError) -> ExitCode {
    talk(&format!("quorate: {}", error.message()));
    if let Some(hint) = error.next_step() {
        talk(&format!("hint: {hint}"));
    }
    error.exit_code()
}

/// Ends in the way of the command line's own parser; what it repeats of the user's words is made plain.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // Nobody may be listening.
        let text = plain(&error.render().to_string());
        drop(std::io::stderr().write_all(text.as_bytes()));
        return ExitCode::from(2);
    }
    // Help and version, which hold nothing of the user's.
    match error.print() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(2),
        _ => ExitCode::SUCCESS,
    }
}

/// A verdict for people: one line for each question, further reasons below it, then what to do.
pub(crate) fn verdict(path: &Path, verdict: &Verdict) -> Result<(), CommandError> {
    let colour = Colour::for_stdout();
    let word = if verdict.is_quorate() {
        colour.good("QUORATE")
    } else {
        colour.bad("REFUSED")
    };
    let mut text = format!("{}: {word}\n", line(&path.to_string_lossy()));
    let answers = verdict.report().answers();
    for (number, answer) in answers.iter().enumerate() {
        question(&mut text, number + 1, answer, colour);
    }
    let refusals = answers
        .iter()
        .filter(|answer| answer.outcome == Outcome::No);
    let mut steps = refusals
        .flat_map(|answer| &answer.reasons)
        .filter_map(|reason| reason.next_step());
    // The most specific advice comes last, as the later questions are about the file itself.
    if let Some(step) = steps.next_back() {
        text.push_str(&format!("  → {step}\n"));
    }
    self::answer(&text)
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
        text.push_str(&format!("{:22} {reason}\n", ""));
    }
    if rest.len() > REASONS_SHOWN_MAX {
        text.push_str(&format!(
            "{:22} and {} more: see --json\n",
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
        .map(|reason| line(&reason.to_string()))
        .collect();
    if !silent.is_empty() {
        lines.push(format!(
            "nothing said of this result by {}",
            silent.join(", ")
        ));
    }
    lines
}

/// Text from outside without anything that a terminal would act on; line breaks stay.
fn plain(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' => '\n',
            character if is_invisible(character) => '\u{fffd}',
            character => character,
        })
        .collect()
}

/// The same on one line, for names: a name with a line break in it could pass for a line of ours.
pub(crate) fn line(text: &str) -> String {
    plain(text).replace('\n', "\u{fffd}")
}

/// Whether to colour: only for a terminal that can, never when NO_COLOR is set.
#[derive(Clone, Copy)]
struct Colour(bool);

impl Colour {
    fn for_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self(std::io::stdout().is_terminal() && !unwanted && !dumb)
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

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn text_from_outside_cannot_change_the_order_in_which_a_reader_sees_it() {
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
        ] {
            assert_eq!(line(&format!("a{hidden}é")), "a\u{fffd}é", "{hidden:?}");
        }
    }
}

//! `quorate layout lint`: what is weak, as lines or JSON.

use std::path::Path;
use std::process::ExitCode;

use quorate::intoto::{self, Severity, Weakness};
use quorate::json::Json;
use quorate::time::Timestamp;

use super::file;
use crate::error::CommandError;
use crate::output;
use crate::source;

pub(super) fn run(
    path: &Path,
    at: Option<Timestamp>,
    json: bool,
) -> Result<ExitCode, CommandError> {
    let draft = file::read(path)?;
    let at = source::time(at)?;
    let found = intoto::lint(draft.dangerous_unverified(), at);
    let weak = found
        .iter()
        .any(|one| one.code.severity() == Severity::Weakness);
    if json {
        output::json(&Json::object([
            ("format", Json::text("quorate-layout-lint/1")),
            ("at", Json::text(at.to_string())),
            ("weak", Json::Bool(weak)),
            (
                "findings",
                Json::Array(found.iter().map(Weakness::to_json).collect()),
            ),
        ]))?;
    } else {
        output::answer(&text(&found))?;
    }
    Ok(ExitCode::from(u8::from(weak)))
}

fn text(found: &[Weakness]) -> String {
    let mut text = String::new();
    for one in found {
        let mark = match one.code.severity() {
            Severity::Weakness => "weak",
            Severity::Information => "note",
        };
        let place = output::line(&one.place.to_string());
        text.push_str(&format!("{mark}  {place}  [{}]\n", one.code.name()));
        text.push_str(&format!("      {}\n", output::line(&one.text)));
        text.push_str(&format!("    → {}\n", output::line(&one.advice)));
    }
    let weak = found
        .iter()
        .filter(|one| one.code.severity() == Severity::Weakness);
    let (weak, all) = (weak.count(), found.len());
    text.push_str(&match (weak, all) {
        (0, 0) => "nothing is weak\n".to_owned(),
        (0, notes) => format!("nothing is weak; worth knowing: {notes}\n"),
        (weak, all) if weak == all => format!("weak: {weak}\n"),
        (weak, all) => format!("weak: {weak}, worth knowing: {}\n", all - weak),
    });
    text
}

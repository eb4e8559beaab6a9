//! `quorate layout show`: what a layout says, on a screen or as JSON.

use std::path::Path;
use std::process::ExitCode;

use quorate::envelope::EnvelopeForm;
use quorate::intoto::{DraftLayout, Inspection, Layout, Rule, Step};
use quorate::json::Json;
use quorate::time::Timestamp;

use super::file;
use super::reference::short_id;
use super::rule_text::joined;
use crate::error::CommandError;
use crate::output;
use crate::source;

/// What is wider is cut: the whole is in the JSON.
const COLUMNS_MAX: usize = 100;

pub(super) fn run(
    path: &Path,
    at: Option<Timestamp>,
    json: bool,
) -> Result<ExitCode, CommandError> {
    let draft = file::read(path)?;
    if json {
        output::json(&to_json(&draft))?;
    } else {
        output::answer(&to_text(&draft, source::time(at)?))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn to_text(draft: &DraftLayout, at: Timestamp) -> String {
    let layout = draft.dangerous_unverified();
    let mut lines = vec![
        format!("form     {}", form_name(draft.form())),
        format!("signed   {}", signers(draft)),
        format!(
            "expires  {}, {}",
            layout.expires,
            remaining(layout.expires, at)
        ),
    ];
    let readme: Vec<&str> = layout.readme.lines().collect();
    if let Some(first) = readme.first() {
        let more = if readme.len() > 1 { " …" } else { "" };
        lines.push(format!("readme   {first}{more}"));
    }
    lines.push(format!("\nkeys ({})", layout.keys.len()));
    for (id, key) in &layout.keys {
        lines.push(format!(
            "  {}  {}",
            short_id(id, layout),
            key.scheme().name()
        ));
    }
    lines.push(format!("\nsteps ({})", layout.steps.len()));
    for (at, step) in layout.steps.iter().enumerate() {
        step_lines(layout, at, step, &mut lines);
    }
    if !layout.inspections.is_empty() {
        lines.push(format!("\ninspections ({})", layout.inspections.len()));
    }
    for inspection in &layout.inspections {
        lines.push(format!("  {}", inspection.name));
        lines.push(format!("     runs       {}", joined(&inspection.run)));
        rule_lines("materials", &inspection.expected_materials, &mut lines);
        rule_lines("products", &inspection.expected_products, &mut lines);
    }
    let lines: Vec<String> = lines.iter().map(|text| fitting(text)).collect();
    lines.join("\n")
}

fn step_lines(layout: &Layout, at: usize, step: &Step, lines: &mut Vec<String>) {
    let ids: Vec<&str> = step.pubkeys.iter().map(|id| short_id(id, layout)).collect();
    lines.push(format!(
        "  {} {}: {} of {}: {}",
        at + 1,
        step.name,
        step.threshold,
        ids.len(),
        ids.join(", ")
    ));
    if !step.expected_command.is_empty() {
        lines.push(format!(
            "     runs       {}",
            joined(&step.expected_command)
        ));
    }
    rule_lines("materials", &step.expected_materials, lines);
    rule_lines("products", &step.expected_products, lines);
}

fn rule_lines(list: &str, rules: &[Rule], lines: &mut Vec<String>) {
    if rules.is_empty() {
        lines.push(format!("     {list:<10} no rule: everything passes"));
    }
    for (at, rule) in rules.iter().enumerate() {
        let head = if at == 0 { list } else { "" };
        lines.push(format!("     {head:<10} {}", joined(&rule.words())));
    }
}

fn signers(draft: &DraftLayout) -> String {
    let ids = draft.claimed_signers().iter();
    let mut ids: Vec<&str> = ids.map(|id| id.get(..16).unwrap_or(id)).collect();
    let unnamed = draft.signature_count() - ids.len();
    ids.extend((unnamed > 0).then_some("somebody without an id"));
    if ids.is_empty() {
        "by nobody".to_owned()
    } else {
        format!("not checked here; it says by {}", ids.join(", "))
    }
}

fn remaining(expires: Timestamp, at: Timestamp) -> String {
    let seconds = expires.unix_seconds() - at.unix_seconds();
    match seconds / 86_400 {
        _ if seconds <= 0 => "which is past".to_owned(),
        0 => "in less than a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    }
}

/// A line of ours that may begin with an empty one, without what a terminal acts on, no wider than a screen.
fn fitting(text: &str) -> String {
    let (before, text) = match text.strip_prefix('\n') {
        Some(rest) => ("\n", rest),
        None => ("", text),
    };
    let line = output::line(text);
    if line.chars().count() <= COLUMNS_MAX {
        return format!("{before}{line}");
    }
    let cut: String = line.chars().take(COLUMNS_MAX - 1).collect();
    format!("{before}{cut}…")
}

fn to_json(draft: &DraftLayout) -> Json<'static> {
    let layout = draft.dangerous_unverified();
    let key = |(id, key): (&String, &quorate::key::PublicKey)| {
        Json::object([
            ("id", Json::text(id.clone())),
            ("scheme", Json::text(key.scheme().name())),
            ("fingerprint", Json::text(key.fingerprint().to_string())),
        ])
    };
    let form = form_name(draft.form());
    let claimed = draft.claimed_signers().iter().cloned();
    Json::object([
        ("format", Json::text("quorate-layout/1")),
        ("form", Json::text(form)),
        ("signersUnverified", Json::texts(claimed)),
        ("expires", Json::text(layout.expires.to_string())),
        ("readme", Json::text(layout.readme.clone())),
        ("keys", Json::Array(layout.keys.iter().map(key).collect())),
        (
            "steps",
            Json::Array(layout.steps.iter().map(step_json).collect()),
        ),
        (
            "inspections",
            Json::Array(layout.inspections.iter().map(inspection_json).collect()),
        ),
    ])
}

fn form_name(form: EnvelopeForm) -> &'static str {
    match form {
        EnvelopeForm::Dsse => "dsse",
        EnvelopeForm::Metablock => "metablock",
    }
}

fn step_json(step: &Step) -> Json<'static> {
    let threshold = i128::try_from(step.threshold.get()).unwrap_or(i128::MAX);
    Json::object([
        ("name", Json::text(step.name.clone())),
        ("threshold", Json::number(threshold)),
        ("keys", Json::texts(step.pubkeys.clone())),
        ("command", Json::texts(step.expected_command.clone())),
        ("materials", rules_json(&step.expected_materials)),
        ("products", rules_json(&step.expected_products)),
    ])
}

fn inspection_json(inspection: &Inspection) -> Json<'static> {
    Json::object([
        ("name", Json::text(inspection.name.clone())),
        ("run", Json::texts(inspection.run.clone())),
        ("materials", rules_json(&inspection.expected_materials)),
        ("products", rules_json(&inspection.expected_products)),
    ])
}

fn rules_json(rules: &[Rule]) -> Json<'static> {
    Json::Array(rules.iter().map(|rule| Json::texts(rule.words())).collect())
}

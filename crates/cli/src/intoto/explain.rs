//! The trace of a verification for people: what counted, what did not and why, which rule consumed what.

use std::fmt::Write as _;

use quorate::intoto::chain::{Ending, Fate, LinkTrace, RuleTrace, Trace};

use crate::output::line;

/// More names than this behind one rule push the rest off the screen; `--json` has all.
const NAMES_SHOWN_MAX: usize = 4;

/// The whole trace, indented by sublayouts.
pub(crate) fn text(trace: &Trace) -> String {
    let mut out = String::new();
    layout(&mut out, trace, "");
    out
}

fn layout(out: &mut String, trace: &Trace, indent: &str) {
    if let Some(expires) = trace.expires {
        let keys: Vec<&str> = trace.signed_by.iter().map(|id| short(id)).collect();
        put(
            out,
            indent,
            &format!(
                "layout signed by {}, in force until {expires}",
                keys.join(", ")
            ),
        );
    }
    for step in &trace.steps {
        let (counted, threshold) = (step.counted, step.threshold);
        put(
            out,
            indent,
            &format!(
                "step {}: {counted} of at least {threshold} functionaries",
                step.name
            ),
        );
        for one in &step.links {
            link(out, one, indent);
        }
        rules(out, &step.rules, indent);
    }
    for inspection in &trace.inspections {
        let ending = match inspection.ending {
            Ending::Returned(value) => format!("returned {value}"),
            Ending::Killed => "was ended".to_owned(),
            Ending::NotRun => "was not run".to_owned(),
        };
        let command = inspection.run.join(" ");
        put(
            out,
            indent,
            &format!("inspection {}: {command:?} {ending}", inspection.name),
        );
        rules(out, &inspection.rules, indent);
    }
}

fn link(out: &mut String, link: &LinkTrace, indent: &str) {
    let path = &link.path;
    match &link.fate {
        Fate::Absent => put(out, indent, &format!("  absent   {path}")),
        Fate::Dropped(reason) => put(out, indent, &format!("  dropped  {path}: {reason}")),
        Fate::Counted => put(out, indent, &format!("  counted  {path}")),
        Fate::Sublayout(trace) => {
            put(out, indent, &format!("  sublayout {path}"));
            layout(out, trace, &format!("{indent}    "));
        }
    }
}

fn rules(out: &mut String, rules: &[RuleTrace], indent: &str) {
    for rule in rules {
        let list = rule.list.keyword().to_ascii_lowercase();
        let shown: Vec<&str> = rule
            .artifacts
            .iter()
            .take(NAMES_SHOWN_MAX)
            .map(String::as_str)
            .collect();
        let more = rule.artifacts.len().saturating_sub(NAMES_SHOWN_MAX);
        let mut found = shown.join(", ");
        if more > 0 {
            found = format!("{found} and {more} more");
        }
        if rule.is_idle() {
            found = "nothing".to_owned();
        }
        put(
            out,
            indent,
            &format!("  {list:9} {:8} {}  {found}", rule.effect(), rule.rule),
        );
    }
}

fn put(out: &mut String, indent: &str, text: &str) {
    // A name with a line break in it must not pass for a line of ours.
    let written = writeln!(out, "{indent}{}", line(text.trim_end()));
    debug_assert!(written.is_ok(), "a string takes everything");
}

/// Enough of a key id to recognise it by.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

//! What is weak in a layout (docs/spec/layout-lint.md).
//!
//! **Enters:** a [`Layout`] of any origin, and a time.
//! **Leaves:** its [`Weakness`]es as data: a code, a place, what is so, and what to do about it.
//! **Never:** a judgement about evidence. A layout without weaknesses may still ask for the wrong thing.

mod chain;
mod policy;
mod rules;
mod weakness;

use std::collections::{BTreeMap, BTreeSet};

use super::Layout;
use crate::key::Fingerprint;
use crate::time::Timestamp;

use chain::{Chain, Position};

pub use weakness::{LintPlace, Severity, Weakness, WeaknessCode};

/// Two years, one of them a leap year. Nobody can say for longer who still holds a key.
const EXPIRY_SECONDS_MAX: i64 = 731 * 86_400;

/// Lists what is weak in `layout` as of `at`: first the whole, then its keys, then steps and inspections in their order.
pub fn lint(layout: &Layout, at: Timestamp) -> Vec<Weakness> {
    let mut found = Vec::new();
    expiry(layout, at, &mut found);
    if layout.steps.is_empty() {
        found.push(Weakness::new(
            WeaknessCode::NoSteps,
            LintPlace::Layout,
            "the layout has no steps: it asks for no evidence at all".into(),
            "add the steps of the chain with `quorate layout add-step`",
        ));
    }
    keys(layout, &mut found);
    let chain = Chain::of(layout);
    if chain.is_of_a_policy {
        found.push(policy::told());
    }
    for (at, step) in layout.steps.iter().enumerate() {
        let place = LintPlace::Step(step.name.clone());
        name(&chain, &step.name, &place, &mut found);
        single_functionary(layout, at, &mut found);
        parameters(
            &step.expected_command,
            "its expected command",
            &place,
            &mut found,
        );
        rules::lint(&chain, Position::Step(at), &mut found);
        chain.missing(at, &mut found);
    }
    if layout.inspections.is_empty() && !layout.steps.is_empty() {
        found.push(Weakness::new(
            WeaknessCode::DeliveryNotCompared,
            LintPlace::Layout,
            "there is no inspection: whoever verifies learns that the chain holds, not that the files at hand came out of it".into(),
            "unless it is a sublayout, add one with `quorate layout add-inspection NAME --run true` whose materials MATCH the last step's products",
        ));
    }
    for (at, inspection) in layout.inspections.iter().enumerate() {
        let place = LintPlace::Inspection(inspection.name.clone());
        name(&chain, &inspection.name, &place, &mut found);
        command(&inspection.run, &place, &mut found);
        parameters(&inspection.run, "its command", &place, &mut found);
        rules::lint(&chain, Position::Inspection(at), &mut found);
    }
    found
}

fn expiry(layout: &Layout, at: Timestamp, found: &mut Vec<Weakness>) {
    let expires = layout.expires;
    if expires <= at {
        found.push(Weakness::new(
            WeaknessCode::Expired,
            LintPlace::Layout,
            format!("the layout expired at {expires}, and the time is {at}: everything is refused"),
            "set a new expiry with `quorate layout set-expiry` and have it signed again",
        ));
    } else if expires.unix_seconds() - at.unix_seconds() > EXPIRY_SECONDS_MAX {
        found.push(Weakness::new(
            WeaknessCode::FarExpiry,
            LintPlace::Layout,
            format!("the layout is in force until {expires}, more than two years: a stolen key counts as long"),
            "set an earlier expiry with `quorate layout set-expiry`, and sign again before it",
        ));
    }
}

fn keys(layout: &Layout, found: &mut Vec<Weakness>) {
    let mut steps_by_key: BTreeMap<Fingerprint, BTreeSet<usize>> = BTreeMap::new();
    let mut listed = BTreeSet::new();
    for (at, step) in layout.steps.iter().enumerate() {
        for functionary in layout.functionaries(step) {
            listed.insert(functionary.key.id());
            steps_by_key
                .entry(functionary.key.fingerprint())
                .or_default()
                .insert(at);
        }
    }
    let mut first_ids: BTreeMap<Fingerprint, &str> = BTreeMap::new();
    for (id, key) in &layout.keys {
        let place = || LintPlace::Key(id.clone());
        if let Some(first) = first_ids.get(&key.fingerprint()) {
            found.push(Weakness::new(
                WeaknessCode::OneKeyTwoIds,
                place(),
                format!("this is the same key as {first}: some verifiers would count it as two functionaries"),
                "keep one of the two ids",
            ));
        } else {
            first_ids.insert(key.fingerprint(), id);
            shared(layout, id, steps_by_key.get(&key.fingerprint()), found);
        }
        if !listed.contains(id.as_str()) {
            found.push(Weakness::new(
                WeaknessCode::UnusedKey,
                place(),
                "no step lists this key: it may sign nothing".into(),
                "list it in a step, or take it out of the layout",
            ));
        }
    }
}

fn shared(layout: &Layout, id: &str, steps: Option<&BTreeSet<usize>>, found: &mut Vec<Weakness>) {
    let Some(steps) = steps.filter(|steps| steps.len() > 1) else {
        return;
    };
    let names: Vec<String> = steps
        .iter()
        .map(|at| format!("{:?}", layout.steps[*at].name))
        .collect();
    found.push(Weakness::new(
        WeaknessCode::SharedFunctionary,
        LintPlace::Key(id.to_owned()),
        format!(
            "one functionary may sign {} steps: {}",
            names.len(),
            names.join(", ")
        ),
        "see that whoever takes this key may not control the chain from end to end",
    ));
}

fn single_functionary(layout: &Layout, at: usize, found: &mut Vec<Weakness>) {
    let step = &layout.steps[at];
    let keys = layout.functionaries(step);
    let distinct: BTreeSet<_> = keys
        .map(|functionary| functionary.key.fingerprint())
        .collect();
    if step.threshold.get() == 1 && distinct.len() == 1 {
        found.push(Weakness::new(
            WeaknessCode::SingleFunctionary,
            LintPlace::Step(step.name.clone()),
            "one key alone decides what this step made".into(),
            "give the step keys of independent functionaries and raise its threshold with `quorate layout set-threshold`",
        ));
    }
}

/// Links are kept in files that have the step's name in their own, and in reference tools' patterns over file names.
fn name(chain: &Chain<'_>, name: &str, place: &LintPlace, found: &mut Vec<Weakness>) {
    let portable = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let problem = if !name.bytes().all(portable) {
        "other characters than ASCII letters, digits and `._-`"
    } else if name.starts_with(['-', '.']) || name.ends_with('.') {
        "a dash or dot at its start, or a dot at its end"
    } else if chain.has_twin(name) {
        "a twin that differs in upper and lower case only"
    } else {
        return;
    };
    found.push(Weakness::new(
        WeaknessCode::UnportableName,
        place.clone(),
        format!("the name has {problem}: links are kept in files of that name, and not every tool or file system takes it"),
        "use ASCII letters, digits and `._-`, and names that differ in more than case",
    ));
}

/// `true` does nothing anywhere: an inspection with it has its rules applied to the files at hand, and that is all.
fn command(run: &[String], place: &LintPlace, found: &mut Vec<Weakness>) {
    let (code, text, advice) = match run {
        [only] if only == "true" => return,
        [] => (
            WeaknessCode::RunsNothing,
            "the inspection has no command: in-toto 1.0 has no meaning for that, and tools that run it refuse",
            "give it the command `true` where it only compares the files at hand",
        ),
        _ => (
            WeaknessCode::RunsCommand,
            "the inspection makes every verifier run a command of the layout's owner",
            "give it the command `true` where it only compares the files at hand",
        ),
    };
    found.push(Weakness::new(code, place.clone(), text.into(), advice));
}

fn parameters(words: &[String], whose: &str, place: &LintPlace, found: &mut Vec<Weakness>) {
    let names = words.iter().flat_map(|word| parameter_names(word));
    let names: BTreeSet<&str> = names.collect();
    if !names.is_empty() {
        found.push(Weakness::parameters(place.clone(), whose, &names));
    }
}

/// The names in `{name}`, as [`super::Parameters`] reads them.
fn parameter_names(word: &str) -> Vec<&str> {
    let is_name = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        !name.is_empty() && name.bytes().all(plain)
    };
    let after_open = word.split('{').skip(1);
    let named = after_open.filter_map(|rest| Some(rest.split_once('}')?.0));
    named.filter(|name| is_name(name)).collect()
}

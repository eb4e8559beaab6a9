//! Layouts made and changed. What no verifier would take is refused before anything is written.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate::envelope::EnvelopeForm;
use quorate::intoto::{Inspection, Layout, Rule, Step};
use quorate::time::Timestamp;

use super::args::{
    ExpiryArguments, InspectionArguments, NewArguments, RuleArguments, RuleLists, StepArguments,
};
use super::{file, reference, rule_text};
use crate::error::CommandError;
use crate::output;
use crate::source;

const DAY_SECONDS: i64 = 86_400;

pub(super) fn new(arguments: &NewArguments) -> Result<ExitCode, CommandError> {
    let layout = Layout {
        expires: expiry(&arguments.expiry)?,
        readme: arguments.readme.clone(),
        keys: BTreeMap::new(),
        steps: Vec::new(),
        inspections: Vec::new(),
    };
    let form = if arguments.metablock {
        EnvelopeForm::Metablock
    } else {
        EnvelopeForm::Dsse
    };
    let path = &arguments.file;
    file::create(path, &layout, form)?;
    output::talk(&format!(
        "next: `quorate layout add-step {} NAME --key KEY.pub`",
        path.display()
    ));
    output::answer(&output::line(&path.display().to_string()))?;
    Ok(ExitCode::SUCCESS)
}

fn expiry(arguments: &ExpiryArguments) -> Result<Timestamp, CommandError> {
    if let Some(days) = arguments.expires_in {
        let now = source::time(None)?.unix_seconds();
        return Timestamp::from_unix_seconds(now + i64::from(days.get()) * DAY_SECONDS).ok_or_else(
            || CommandError::refused("a time after the year 9999").hint("choose an earlier expiry"),
        );
    }
    arguments
        .expires
        .ok_or_else(|| CommandError::unable("no expiry").hint("give --expires or --expires-in"))
}

pub(super) fn add_keys(
    path: &Path,
    keys: &[PathBuf],
    steps: &[String],
) -> Result<ExitCode, CommandError> {
    let mut read = Vec::new();
    for key in keys {
        read.extend(reference::keys_of(key)?);
    }
    let ids = file::edit(path, |layout| {
        let added = read.into_iter().map(|key| reference::add(layout, key));
        let ids = added.collect::<Result<Vec<_>, _>>()?;
        for name in steps {
            let at = step_at(layout, name)?;
            let own = &mut layout.steps[at].pubkeys;
            for id in &ids {
                if !own.contains(id) {
                    own.push(id.clone());
                }
            }
        }
        Ok(ids)
    })?;
    output::answer(&ids.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn add_step(arguments: &StepArguments) -> Result<ExitCode, CommandError> {
    let name = &arguments.name;
    let threshold = at_least_one(name, arguments.threshold)?;
    if arguments.key.is_empty() {
        return Err(CommandError::refused(format!(
            "step {name:?} has no key: nobody could carry it out"
        ))
        .hint("say who may with --key KEY.pub, or --key ID for a key of the layout"));
    }
    let step = file::edit(&arguments.file, |layout| {
        let (expected_materials, expected_products) = read_rules(layout, name, &arguments.rules)?;
        let mut pubkeys = Vec::new();
        for key in &arguments.key {
            for id in reference::resolve(layout, key)? {
                if !pubkeys.contains(&id) {
                    pubkeys.push(id);
                }
            }
        }
        let step = Step {
            name: name.clone(),
            threshold,
            pubkeys,
            expected_command: rule_text::words(&arguments.command)?,
            expected_materials,
            expected_products,
        };
        layout.steps.insert(place(layout, arguments)?, step.clone());
        Ok(step)
    })?;
    output::talk(&format!(
        "step {name:?} added: {threshold} of {} must agree",
        step.pubkeys.len()
    ));
    Ok(ExitCode::SUCCESS)
}

fn place(layout: &Layout, arguments: &StepArguments) -> Result<usize, CommandError> {
    match (&arguments.before, &arguments.after) {
        (Some(step), _) => step_at(layout, step),
        (_, Some(step)) => Ok(step_at(layout, step)? + 1),
        _ => Ok(layout.steps.len()),
    }
}

fn at_least_one(step: &str, threshold: usize) -> Result<NonZeroUsize, CommandError> {
    NonZeroUsize::new(threshold).ok_or_else(|| {
        CommandError::refused(format!(
            "step {step:?} with a threshold of 0 would ask for nothing"
        ))
        .hint("a threshold is at least 1")
    })
}

pub(super) fn add_inspection(arguments: &InspectionArguments) -> Result<ExitCode, CommandError> {
    let name = &arguments.name;
    let run = rule_text::words(&arguments.run)?;
    if run.is_empty() {
        return Err(
            CommandError::refused(format!("inspection {name:?} has no command"))
                .hint("give --run a command, as in --run 'tar xzf foo.tar.gz'"),
        );
    }
    file::edit(&arguments.file, |layout| {
        // Its own name is there for its own rules, and for `read_rules` to find.
        let inspection = Inspection {
            name: name.clone(),
            run,
            expected_materials: Vec::new(),
            expected_products: Vec::new(),
        };
        layout.inspections.push(inspection);
        let (materials, products) = read_rules(layout, name, &arguments.rules)?;
        if let Some(inspection) = layout.inspections.last_mut() {
            inspection.expected_materials = materials;
            inspection.expected_products = products;
        }
        Ok(())
    })?;
    output::talk(&format!("inspection {name:?} added"));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn add_rules(arguments: &RuleArguments) -> Result<ExitCode, CommandError> {
    let name = &arguments.name;
    let count = arguments.rules.materials.len() + arguments.rules.products.len();
    if count == 0 {
        return Err(CommandError::unable("no rule to add")
            .hint("give --materials RULE or --products RULE, or both"));
    }
    file::edit(&arguments.file, |layout| {
        let (materials, products) = read_rules(layout, name, &arguments.rules)?;
        let (into_materials, into_products) = lists(layout, name)?;
        insert(into_materials, materials, arguments.position)?;
        insert(into_products, products, arguments.position)
    })?;
    output::talk(&format!("{name:?}: {count} added"));
    Ok(ExitCode::SUCCESS)
}

/// The rules of a command line for the step or inspection `name`; each step that they name must be there, or be `name` itself.
fn read_rules(
    layout: &Layout,
    name: &str,
    lists: &RuleLists,
) -> Result<(Vec<Rule>, Vec<Rule>), CommandError> {
    let materials = rule_text::rules(&lists.materials)?;
    let products = rule_text::rules(&lists.products)?;
    for rule in materials.iter().chain(&products) {
        let Rule::Match { from, .. } = rule else {
            continue;
        };
        let inspects = layout.inspections.iter().any(|other| other.name == name);
        let known = from == name
            || layout.steps.iter().any(|step| step.name == *from)
            || (inspects && layout.inspections.iter().any(|other| other.name == *from));
        // A parameter is filled in when the layout is verified.
        if !known && !from.contains('{') {
            let names: Vec<_> = layout.steps.iter().map(|step| &step.name).collect();
            let steps = if names.is_empty() {
                "it has none yet".to_owned()
            } else {
                format!("it has {names:?}")
            };
            return Err(CommandError::refused(format!(
                "{}: the layout has no step {from:?} to match with",
                rule_text::joined(&rule.words())
            ))
            .hint(format!(
                "add that step first, or name one of the layout: {steps}"
            )));
        }
    }
    Ok((materials, products))
}

fn lists<'l>(
    layout: &'l mut Layout,
    name: &str,
) -> Result<(&'l mut Vec<Rule>, &'l mut Vec<Rule>), CommandError> {
    let unknown = unknown(layout, name);
    let steps = layout.steps.iter_mut();
    let inspections = layout.inspections.iter_mut();
    let of_steps = steps.map(|step| {
        (
            &step.name,
            &mut step.expected_materials,
            &mut step.expected_products,
        )
    });
    let of_inspections = inspections.map(|inspection| {
        let Inspection {
            name,
            expected_materials,
            expected_products,
            ..
        } = inspection;
        (&*name, expected_materials, expected_products)
    });
    let mut all = of_steps.chain(of_inspections);
    all.find(|(other, ..)| *other == name)
        .map(|(_, materials, products)| (materials, products))
        .ok_or(unknown)
}

/// Puts rules where they do something: REQUIRE first, others before a closing `DISALLOW *`.
fn insert(
    list: &mut Vec<Rule>,
    rules: Vec<Rule>,
    position: Option<usize>,
) -> Result<(), CommandError> {
    if rules.is_empty() {
        return Ok(());
    }
    if let Some(position) = position {
        let at = position.checked_sub(1).filter(|at| *at <= list.len());
        let at = at.ok_or_else(|| {
            CommandError::refused(format!(
                "position {position} is not in a list of {}",
                list.len()
            ))
            .hint("positions begin at 1")
        })?;
        list.splice(at..at, rules);
        return Ok(());
    }
    let (required, others): (Vec<_>, Vec<_>) = rules
        .into_iter()
        .partition(|rule| matches!(rule, Rule::Require(_)));
    let is_required = |rule: &&Rule| matches!(rule, Rule::Require(_));
    let after_required = list.iter().take_while(is_required).count();
    list.splice(after_required..after_required, required);
    let closed =
        matches!(list.last(), Some(Rule::Disallow(pattern)) if pattern.matches_everything());
    let at = list.len() - usize::from(closed);
    list.splice(at..at, others);
    Ok(())
}

pub(super) fn remove(path: &Path, name: &str) -> Result<ExitCode, CommandError> {
    file::edit(path, |layout| {
        let before = layout.steps.len() + layout.inspections.len();
        let unknown = unknown(layout, name);
        layout.steps.retain(|step| step.name != name);
        layout
            .inspections
            .retain(|inspection| inspection.name != name);
        if layout.steps.len() + layout.inspections.len() == before {
            return Err(unknown);
        }
        if let Some((user, rule)) = rule_from(layout, name) {
            return Err(CommandError::refused(format!(
                "{user:?} has the rule {}",
                rule_text::joined(&rule.words())
            ))
            .hint(format!(
                "take {user:?} out first, and add it again with other rules"
            )));
        }
        Ok(())
    })?;
    output::talk(&format!("{name:?} taken out; its keys stay"));
    Ok(ExitCode::SUCCESS)
}

fn rule_from<'l>(layout: &'l Layout, name: &str) -> Option<(&'l str, &'l Rule)> {
    let steps = layout.steps.iter();
    let inspections = layout.inspections.iter();
    let of_steps = steps.map(|step| {
        (
            &step.name,
            &step.expected_materials,
            &step.expected_products,
        )
    });
    let of_inspections = inspections.map(|other| {
        (
            &other.name,
            &other.expected_materials,
            &other.expected_products,
        )
    });
    of_steps
        .chain(of_inspections)
        .find_map(|(user, materials, products)| {
            let names = |rule: &&Rule| matches!(rule, Rule::Match { from, .. } if from == name);
            let rule = materials.iter().chain(products).find(names)?;
            Some((user.as_str(), rule))
        })
}

pub(super) fn set_threshold(
    path: &Path,
    step: &str,
    threshold: usize,
) -> Result<ExitCode, CommandError> {
    let threshold = at_least_one(step, threshold)?;
    let keys = file::edit(path, |layout| {
        let at = step_at(layout, step)?;
        layout.steps[at].threshold = threshold;
        Ok(layout.steps[at].pubkeys.len())
    })?;
    output::talk(&format!("step {step:?}: {threshold} of {keys} must agree"));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn set_expiry(
    path: &Path,
    arguments: &ExpiryArguments,
) -> Result<ExitCode, CommandError> {
    let expires = expiry(arguments)?;
    file::edit(path, |layout| {
        layout.expires = expires;
        Ok(())
    })?;
    output::talk(&format!("the layout ends at {expires}"));
    Ok(ExitCode::SUCCESS)
}

fn step_at(layout: &Layout, name: &str) -> Result<usize, CommandError> {
    let at = layout.steps.iter().position(|step| step.name == name);
    at.ok_or_else(|| unknown(layout, name))
}

fn unknown(layout: &Layout, name: &str) -> CommandError {
    let steps = layout.steps.iter().map(|step| &step.name);
    let inspections = layout.inspections.iter().map(|inspection| &inspection.name);
    let names: Vec<_> = steps.chain(inspections).collect();
    CommandError::refused(format!("the layout has no {name:?}")).hint(format!(
        "it has {names:?}; `quorate layout show` lists them"
    ))
}

//! Later steps: what may happen to a rebuilt result before it is delivered. `docs/spec/policy.md`, "Later steps".

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use super::rules::everything;
use crate::attest::is_party_name;
use crate::attest::rebuild::STEP;
use crate::intoto::{ArtifactList, Glob, Rule, Step};
use crate::json::{Json, Members, ShapeError, array, object, string, strings};

/// More steps between a build and its users than any release process has.
const STEPS_MAX: usize = 32;
/// Patterns, names and parties of one step.
const ENTRIES_MAX: usize = 256;

/// What the terms say of a later step; threshold and keys stand in the layout alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTerms {
    /// The step's name.
    pub name: String,
    /// The parties that may carry it out.
    pub parties: Vec<String>,
    /// The steps whose products it takes, and nothing else; `rebuild` or steps before it.
    pub uses: Vec<String>,
    /// Names of new files beside those that it hands on unchanged.
    pub may_add: Vec<Glob>,
    /// Names of files that it makes out of those that it takes.
    pub makes: Vec<Glob>,
    /// Names that it must take.
    pub requires: Vec<String>,
}

impl StepTerms {
    /// The step as the layout has it: what it takes comes from the steps that it uses, and what it gives is new where the policy
    /// lets it be new, and unchanged elsewhere.
    pub(super) fn in_layout(&self, threshold: NonZeroUsize, pubkeys: Vec<String>) -> Step {
        let from_used = || self.uses.iter().map(|step| from(&everything(), step));
        let required = self.requires.iter().cloned().map(Rule::Require);
        let handed_on = from_used().filter(|_| !self.may_add.is_empty());
        let new = self.may_add.iter().chain(&self.makes);
        let nothing_else = || [Rule::Disallow(everything())];
        Step {
            name: self.name.clone(),
            threshold,
            pubkeys,
            expected_command: Vec::new(),
            expected_materials: required.chain(from_used()).chain(nothing_else()).collect(),
            expected_products: handed_on
                .chain(new.cloned().map(Rule::Create))
                .chain(nothing_else())
                .collect(),
        }
    }

    pub(super) fn to_json(&self) -> Json<'static> {
        let patterns =
            |patterns: &[Glob]| Json::texts(patterns.iter().map(|glob| glob.as_str().to_owned()));
        Json::object([
            ("name", Json::text(self.name.clone())),
            ("parties", Json::texts(self.parties.clone())),
            ("uses", Json::texts(self.uses.clone())),
            ("mayAdd", patterns(&self.may_add)),
            ("makes", patterns(&self.makes)),
            ("requires", Json::texts(self.requires.clone())),
        ])
    }

    pub(super) fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = object(value)?;
        members.only(&["mayAdd", "makes", "name", "parties", "requires", "uses"])?;
        let patterns = |value: &Json<'_>| -> Result<Vec<Glob>, ShapeError> {
            array(value)?.iter().map(pattern).collect()
        };
        Ok(Self {
            name: members.read("name", string)?.to_owned(),
            parties: members.read("parties", strings)?,
            uses: members.read("uses", strings)?,
            may_add: members.read("mayAdd", patterns)?,
            makes: members.read("makes", patterns)?,
            requires: members.read("requires", strings)?,
        })
    }
}

/// A pattern that is not empty.
pub(super) fn pattern(value: &Json<'_>) -> Result<Glob, ShapeError> {
    let pattern = Glob::parse(string(value)?);
    let pattern = pattern.map_err(|error| ShapeError::new(error.to_string()))?;
    if pattern.as_str().is_empty() {
        return Err(ShapeError::new("an empty pattern matches nothing"));
    }
    Ok(pattern)
}

/// `MATCH pattern WITH PRODUCTS FROM step`
pub(super) fn from(pattern: &Glob, step: &str) -> Rule {
    Rule::Match {
        pattern: pattern.clone(),
        source_prefix: None,
        with: ArtifactList::Products,
        destination_prefix: None,
        from: step.to_owned(),
    }
}

/// Every step has a name of its own, takes only what an earlier one made, and is of use to one that follows, but for the last.
pub(super) fn consistent(
    steps: &[StepTerms],
    parties: &BTreeSet<&String>,
) -> Result<(), StepsError> {
    if steps.len() > STEPS_MAX {
        return Err(StepsError::TooMany);
    }
    let mut before = BTreeSet::from([STEP]);
    let mut unused: BTreeSet<&str> = BTreeSet::new();
    for step in steps {
        let fail = |problem| {
            Err(StepsError::Step {
                step: step.name.clone(),
                problem,
            })
        };
        let lists = [
            step.parties.len(),
            step.uses.len(),
            step.may_add.len(),
            step.makes.len(),
        ];
        if !is_party_name(&step.name) || before.contains(step.name.as_str()) {
            return fail(Problem::Name);
        }
        if lists
            .iter()
            .chain([&step.requires.len()])
            .any(|count| *count > ENTRIES_MAX)
        {
            return fail(Problem::Entries);
        }
        if let Some(unknown) = step
            .uses
            .iter()
            .find(|used| !before.contains(used.as_str()))
        {
            return fail(Problem::Uses(unknown.clone()));
        }
        if let Some(unknown) = step.parties.iter().find(|party| !parties.contains(party)) {
            return fail(Problem::Party(unknown.clone()));
        }
        let distinct: BTreeSet<_> = step.parties.iter().collect();
        if distinct.is_empty() || distinct.len() != step.parties.len() {
            return fail(Problem::Parties);
        }
        if step.uses.is_empty() {
            return fail(Problem::UsesNothing);
        }
        if step.may_add.is_empty() && step.makes.is_empty() {
            return fail(Problem::MakesNothing);
        }
        for used in &step.uses {
            unused.remove(used.as_str());
        }
        before.insert(&step.name);
        unused.insert(&step.name);
    }
    unused.remove(steps.last().map_or("", |last| last.name.as_str()));
    match unused.first() {
        None => Ok(()),
        Some(step) => Err(StepsError::Step {
            step: (*step).to_owned(),
            problem: Problem::Unused,
        }),
    }
}

/// Why later steps cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepsError {
    /// More than a policy may have.
    #[error("more than {STEPS_MAX} later steps")]
    TooMany,
    /// One step that cannot be used.
    #[error("step {step:?}: {problem}")]
    Step {
        /// The step.
        step: String,
        /// What is wrong.
        problem: Problem,
    },
}

/// What is wrong with a later step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A name that is taken or not plain.
    #[error(
        "its name is taken, or has other than lower-case letters, digits and +-. (2 to 64 characters)"
    )]
    Name,
    /// Too many entries in one list.
    #[error("more than {ENTRIES_MAX} entries in one list")]
    Entries,
    /// It uses a step that is not before it.
    #[error("it uses {0:?}, which is neither \"rebuild\" nor a step before it")]
    Uses(String),
    /// It takes nothing from anywhere.
    #[error("`uses` is empty: a step that takes nothing could make anything up")]
    UsesNothing,
    /// It may not make anything.
    #[error("`may_add` and `makes` are both empty: there is nothing that it could do")]
    MakesNothing,
    /// It names a party that the policy does not have.
    #[error("it names {0:?}, which is no party of this policy")]
    Party(String),
    /// It names no party, or one twice.
    #[error("`parties` must name at least one party, each once")]
    Parties,
    /// Nothing takes what it makes.
    #[error("no later step uses it, and it is not the last: what it makes would be lost")]
    Unused,
    /// A threshold of 0, or above the number of its parties.
    #[error("threshold {threshold} of {parties} parties")]
    Threshold {
        /// Parties asked for.
        threshold: usize,
        /// Parties named.
        parties: usize,
    },
    /// A pattern that is empty or too long.
    #[error("{0:?} is no pattern: it must have 1 to 4,096 characters")]
    Pattern(String),
}

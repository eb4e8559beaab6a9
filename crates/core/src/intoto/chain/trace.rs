//! What a verification looked at, as data: which link counted, which was dropped and why, which rule consumed which artifact.

use super::{Ending, Refusal};
use crate::envelope::EnvelopeError;
use crate::intoto::{ArtifactList, LinkError, Rule};
use crate::json::JsonError;
use crate::time::Timestamp;

/// The trace of one layout; a sublayout's stands in the link that it replaced.
#[derive(Debug, Default)]
pub struct Trace {
    /// Until when the layout is in force; `None` when it was refused before that was read.
    pub expires: Option<Timestamp>,
    /// Ids of the keys that signed it.
    pub signed_by: Vec<String>,
    /// Its steps in order, as far as the verification came.
    pub steps: Vec<StepTrace>,
    /// Its inspections in order, as far as the verification came.
    pub inspections: Vec<InspectionTrace>,
}

/// The trace of one step.
#[derive(Debug)]
pub struct StepTrace {
    /// The step.
    pub name: String,
    /// How many functionaries must have signed equal links.
    pub threshold: usize,
    /// How many did.
    pub counted: usize,
    /// Each place where a link of an authorised functionary could be.
    pub links: Vec<LinkTrace>,
    /// The command that the layout expects.
    pub expected_command: Vec<String>,
    /// The rules that were applied, in order.
    pub rules: Vec<RuleTrace>,
}

/// The trace of one link.
#[derive(Debug)]
pub struct LinkTrace {
    /// Its path below the folder of links.
    pub path: String,
    /// The ids of the keys that could have signed it.
    pub key_ids: Vec<String>,
    /// What came of it.
    pub fate: Fate,
    /// The command that it states, if that is not the one that the layout expects: a warning, never a refusal (§4.3.2).
    pub other_command: Option<Vec<String>>,
}

/// What came of a link.
#[derive(Debug)]
pub enum Fate {
    /// There is no file.
    Absent,
    /// It is no evidence.
    Dropped(Dropped),
    /// It counts for its functionary.
    Counted,
    /// It is a layout of the functionary's own, which was verified in its place.
    Sublayout(Box<Trace>),
}

/// Why a link is no evidence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Dropped {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// All links together are too many or too large.
    #[error("it is over the limit for all links together, or for the signature checks of one")]
    OverLimit,
    /// Not an envelope.
    #[error("it is no envelope: {0}")]
    Envelope(#[from] EnvelopeError),
    /// No functionary whose id its name has signed it.
    #[error("no functionary of this step whose id begins like its name has signed it")]
    NotSigned,
    /// The keys that could have signed it are not valid at the time of the verification.
    #[error("the key that could have signed it has expired, or was not made yet")]
    KeyExpired,
    /// A payload of another type.
    #[error("its payload is {0:?}, not in-toto metadata")]
    PayloadType(String),
    /// The payload is not strict JSON.
    #[error("its payload is not strict JSON {0}")]
    Json(#[from] JsonError),
    /// The payload is not a link that can be used.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A link of another step under this step's name.
    #[error("it is a link of step {0:?}")]
    OtherStep(String),
}

/// The trace of one inspection.
#[derive(Debug)]
pub struct InspectionTrace {
    /// The inspection.
    pub name: String,
    /// Its command.
    pub run: Vec<String>,
    /// How the command ended.
    pub ending: Ending,
    /// The rules that were applied, in order.
    pub rules: Vec<RuleTrace>,
}

/// The trace of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTrace {
    /// The list that it stands over.
    pub list: ArtifactList,
    /// The rule as it is written, with parameters put in.
    pub rule: String,
    /// The artifacts that it consumed; for a DISALLOW, those that it found and that refuse the chain.
    pub artifacts: Vec<String>,
    effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Consumed,
    Held,
    Violated,
}

impl RuleTrace {
    pub(super) fn consumed(list: ArtifactList, rule: &Rule, artifacts: Vec<String>) -> Self {
        Self::new(list, rule, artifacts, Effect::Consumed)
    }

    pub(super) fn disallowed(list: ArtifactList, rule: &Rule, artifacts: Vec<String>) -> Self {
        let effect = if artifacts.is_empty() {
            Effect::Held
        } else {
            Effect::Violated
        };
        Self::new(list, rule, artifacts, effect)
    }

    pub(super) fn required(list: ArtifactList, rule: &Rule, is_there: bool) -> Self {
        let effect = if is_there {
            Effect::Held
        } else {
            Effect::Violated
        };
        Self::new(list, rule, Vec::new(), effect)
    }

    fn new(list: ArtifactList, rule: &Rule, artifacts: Vec<String>, effect: Effect) -> Self {
        Self {
            list,
            rule: rule.to_string(),
            artifacts,
            effect,
        }
    }

    /// Whether the rule refuses the chain.
    pub fn is_violation(&self) -> bool {
        self.effect == Effect::Violated
    }

    /// Whether the rule is one that consumes, and found nothing to consume: often a pattern that was mistyped.
    pub fn is_idle(&self) -> bool {
        self.effect == Effect::Consumed && self.artifacts.is_empty()
    }

    /// Whether the rule is a DISALLOW or REQUIRE, which consumes nothing.
    pub fn is_test(&self) -> bool {
        self.effect != Effect::Consumed
    }
}

impl StepTrace {
    /// The refusal for too few links, with the reason of each that is missing.
    pub(super) fn too_few(&self) -> Refusal {
        Refusal::TooFew {
            step: self.name.clone(),
            threshold: self.threshold,
            counted: self.counted,
            links: self.links.iter().map(LinkTrace::to_string).collect(),
        }
    }
}

impl std::fmt::Display for LinkTrace {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?}: ", self.path)?;
        match &self.fate {
            Fate::Absent => out.write_str("there is no such link"),
            Fate::Dropped(reason) => reason.fmt(out),
            Fate::Counted => out.write_str("counted"),
            Fate::Sublayout(_) => out.write_str("a sublayout, counted"),
        }
    }
}

//! Why a chain is refused: one reason, as data.

use crate::envelope::EnvelopeError;
use crate::intoto::{ArtifactList, LayoutError, ParameterError};
use crate::json::JsonError;
use crate::time::Timestamp;

/// Why a chain is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The caller gave no keys: anybody's layout would do.
    #[error("no keys were given that must have signed the layout")]
    NoKeys,
    /// The layout is not an envelope.
    #[error("the layout is no envelope: {0}")]
    Envelope(#[from] EnvelopeError),
    /// A key that must have signed the layout has not.
    #[error("the layout is not signed by {}", .0.join(", "))]
    NotSigned(Vec<String>),
    /// A key that must have signed the layout had expired.
    #[error("the layout's key {0} has expired")]
    KeyExpired(String),
    /// The layout's payload is of another type.
    #[error("the layout's payload is {0:?}, not in-toto metadata")]
    PayloadType(String),
    /// The layout's payload is not strict JSON.
    #[error("the layout is not strict JSON {0}")]
    Json(#[from] JsonError),
    /// The layout cannot be used.
    #[error("the layout is refused: {0}")]
    Layout(#[from] LayoutError),
    /// The layout is no longer in force.
    #[error("the layout expired at {expires}, and it is {at}")]
    Expired {
        /// When it expired.
        expires: Timestamp,
        /// The time of the verification.
        at: Timestamp,
    },
    /// Parameters and layout do not go together.
    #[error("parameters: {0}")]
    Parameters(#[from] ParameterError),
    /// Fewer functionaries than a step asks for have signed links.
    #[error("step {step:?} has links of {counted} of the {threshold} functionaries that it needs{}", listed(.links))]
    TooFew {
        /// The step.
        step: String,
        /// How many it needs.
        threshold: usize,
        /// How many counted.
        counted: usize,
        /// Every place where a link could have been, with what was found.
        links: Vec<String>,
    },
    /// Two links of one step differ.
    #[error(transparent)]
    Disagree(Box<Disagreement>),
    /// A rule is violated.
    #[error("{} {item:?}: {rule} {}", kind.noun(), broken(.artifacts, *.list))]
    Rule {
        /// Whether a step or an inspection has the rule.
        kind: ItemKind,
        /// The step or inspection.
        item: String,
        /// The list that the rule stands over.
        list: ArtifactList,
        /// The rule.
        rule: String,
        /// The artifacts that a DISALLOW found; none for a REQUIRE.
        artifacts: Vec<String>,
    },
    /// The rules would take more work than a verification may.
    #[error("{} {item:?}: {rule} over its {}s comes after the {steps_max} steps that all rules together may take", kind.noun(), noun(*.list))]
    RuleSteps {
        /// Whether a step or an inspection has the rule.
        kind: ItemKind,
        /// The step or inspection.
        item: String,
        /// The list that the rule stands over.
        list: ArtifactList,
        /// The rule that was not finished.
        rule: String,
        /// The limit.
        steps_max: usize,
    },
    /// A sublayout is refused.
    #[error("the sublayout {path:?} of step {step:?}: {source}")]
    Sublayout {
        /// The step that was delegated.
        step: String,
        /// The sublayout's path.
        path: String,
        /// Why it is refused.
        source: Box<Self>,
    },
    /// Sublayouts within sublayouts, too deep.
    #[error("sublayouts are nested more than {depth_max} deep")]
    TooDeep {
        /// The limit.
        depth_max: usize,
    },
    /// An inspection that has no record, no command, or did not return 0.
    #[error("inspection {name:?} {reason}")]
    Inspection {
        /// The inspection.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// What has artifact rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A step.
    Step,
    /// An inspection.
    Inspection,
}

impl ItemKind {
    fn noun(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Inspection => "inspection",
        }
    }
}

/// Two links of one step that differ, and where first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "step {step:?}: {first:?} and {second:?} disagree on {} {artifact:?}: {} and {}; there is no order of functionaries that decides between them",
    noun(*list), shown(.digests.0.as_deref()), shown(.digests.1.as_deref())
)]
pub struct Disagreement {
    /// The step.
    pub step: String,
    /// One link's path.
    pub first: String,
    /// The other's.
    pub second: String,
    /// The list in which they differ.
    pub list: ArtifactList,
    /// The first artifact in which they differ.
    pub artifact: String,
    /// What each has for it; `None` when it does not have the artifact.
    pub digests: (Option<String>, Option<String>),
}

fn shown(digests: Option<&str>) -> &str {
    digests.unwrap_or("not there")
}

fn noun(list: ArtifactList) -> &'static str {
    match list {
        ArtifactList::Materials => "material",
        ArtifactList::Products => "product",
    }
}

fn listed(links: &[String]) -> String {
    links.iter().map(|link| format!("\n  {link}")).collect()
}

/// How many names a message shows.
const NAMES_SHOWN_MAX: usize = 5;

fn broken(artifacts: &[String], list: ArtifactList) -> String {
    if artifacts.is_empty() {
        return format!("is not met: there is no such {} left", noun(list));
    }
    let shown = artifacts.iter().take(NAMES_SHOWN_MAX);
    let mut names: Vec<String> = shown.map(|name| format!("{name:?}")).collect();
    if artifacts.len() > NAMES_SHOWN_MAX {
        names.push(format!("{} more", artifacts.len() - NAMES_SHOWN_MAX));
    }
    format!("forbids the {} {}", noun(list), names.join(", "))
}

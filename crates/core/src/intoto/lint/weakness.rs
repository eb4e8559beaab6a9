//! A weakness as data.

use std::collections::BTreeSet;

use super::super::ArtifactList;
use crate::json::Json;

/// One thing in a layout that is weak, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    /// What it is, for programs.
    pub code: WeaknessCode,
    /// Where it is.
    pub place: LintPlace,
    /// What is so, for people.
    pub text: String,
    /// What to do about it, for people.
    pub advice: String,
}

impl Weakness {
    pub(super) fn new(code: WeaknessCode, place: LintPlace, text: String, advice: &str) -> Self {
        Self {
            code,
            place,
            text,
            advice: advice.to_owned(),
        }
    }

    pub(super) fn parameters(place: LintPlace, whose: &str, names: &BTreeSet<&str>) -> Self {
        let names: Vec<_> = names.iter().map(|name| format!("{{{name}}}")).collect();
        Self::new(
            WeaknessCode::Parameter,
            place,
            format!(
                "{whose} waits for {}: whoever verifies decides what stands there",
                names.join(", ")
            ),
            "give verifiers the values with the layout, or write them into it",
        )
    }

    /// `{"code", "severity", "place": {…}, "text", "advice"}` (docs/spec/layout-lint.md).
    pub fn to_json(&self) -> Json<'static> {
        Json::object([
            ("code", Json::text(self.code.name())),
            ("severity", Json::text(self.code.severity().name())),
            ("place", self.place.to_json()),
            ("text", Json::text(self.text.clone())),
            ("advice", Json::text(self.advice.clone())),
        ])
    }
}

/// Where in a layout a weakness is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LintPlace {
    /// The layout as a whole.
    Layout,
    /// A key, by its id.
    Key(String),
    /// A step, by its name.
    Step(String),
    /// An inspection, by its name.
    Inspection(String),
    /// A list of rules of a step or inspection.
    Rules {
        /// The step or inspection.
        of: Box<Self>,
        /// Which of its two lists.
        list: ArtifactList,
    },
    /// One rule.
    Rule {
        /// The step or inspection.
        of: Box<Self>,
        /// Which of its two lists.
        list: ArtifactList,
        /// The rule's place in the list, from 1.
        number: usize,
    },
}

impl LintPlace {
    fn to_json(&self) -> Json<'static> {
        let mut members = Vec::new();
        self.members(&mut members);
        Json::object(members)
    }

    fn members(&self, members: &mut Vec<(&'static str, Json<'static>)>) {
        match self {
            Self::Layout => {}
            Self::Key(id) => members.push(("key", Json::text(id.clone()))),
            Self::Step(name) => members.push(("step", Json::text(name.clone()))),
            Self::Inspection(name) => members.push(("inspection", Json::text(name.clone()))),
            Self::Rules { of, list } => {
                of.members(members);
                members.push(("list", Json::text(list.keyword().to_ascii_lowercase())));
            }
            Self::Rule { of, list, number } => {
                let list = *list;
                Self::Rules {
                    of: of.clone(),
                    list,
                }
                .members(members);
                let number = i128::try_from(*number).unwrap_or(i128::MAX);
                members.push(("rule", Json::number(number)));
            }
        }
    }
}

impl std::fmt::Display for LintPlace {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Layout => out.write_str("layout"),
            Self::Key(id) => write!(out, "key {id}"),
            Self::Step(name) => write!(out, "step {name:?}"),
            Self::Inspection(name) => write!(out, "inspection {name:?}"),
            Self::Rules { of, list } => {
                write!(out, "{of}, {}", list.keyword().to_ascii_lowercase())
            }
            Self::Rule { of, list, number } => {
                let list = list.keyword().to_ascii_lowercase();
                write!(out, "{of}, {list}, rule {number}")
            }
        }
    }
}

/// Whether a finding is a weakness or only worth knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something that should be mended, or be meant.
    Weakness,
    /// Something that is fine when it is meant.
    Information,
}

impl Severity {
    /// `weakness` or `information`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weakness => "weakness",
            Self::Information => "information",
        }
    }
}

/// The kinds of weakness. Each is a row in docs/spec/layout-lint.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WeaknessCode {
    /// No longer in force.
    Expired,
    /// In force for more than two years.
    FarExpiry,
    /// No step at all.
    NoSteps,
    /// A key that no step lists.
    UnusedKey,
    /// One key under two ids.
    OneKeyTwoIds,
    /// One key in several steps.
    SharedFunctionary,
    /// Threshold 1, and one key.
    SingleFunctionary,
    /// A name that other tools or file systems do not take.
    UnportableName,
    /// An inspection with a command.
    RunsCommand,
    /// An inspection without a command.
    RunsNothing,
    /// A list of rules without `DISALLOW *`.
    OpenList,
    /// A rule after `DISALLOW *`.
    AfterDisallowAll,
    /// A rule for which an earlier one leaves nothing.
    Shadowed,
    /// A kind of rule that finds nothing in this list: CREATE in materials, DELETE in products.
    WrongList,
    /// A MATCH with a step that there is not.
    MatchUnknownStep,
    /// A MATCH with the very step that it stands in.
    MatchItself,
    /// A name or prefix that no artifact can have.
    ImpossibleName,
    /// A REQUIRE for a name that an earlier rule takes away.
    LateRequire,
    /// A product that another step matches by name and nobody demands.
    MissingRequire,
    /// A last step that demands no product.
    NothingRequired,
    /// A layout without inspections: no file at hand is compared with what the steps made.
    DeliveryNotCompared,
    /// The layout of a policy, with terms beside it.
    PolicyLayout,
    /// A parameter that whoever verifies fills in.
    Parameter,
}

impl WeaknessCode {
    /// All codes, in the order of the specification.
    pub const ALL: [Self; 23] = [
        Self::Expired,
        Self::FarExpiry,
        Self::NoSteps,
        Self::UnusedKey,
        Self::OneKeyTwoIds,
        Self::SharedFunctionary,
        Self::SingleFunctionary,
        Self::UnportableName,
        Self::RunsCommand,
        Self::RunsNothing,
        Self::OpenList,
        Self::AfterDisallowAll,
        Self::Shadowed,
        Self::WrongList,
        Self::MatchUnknownStep,
        Self::MatchItself,
        Self::ImpossibleName,
        Self::LateRequire,
        Self::MissingRequire,
        Self::NothingRequired,
        Self::DeliveryNotCompared,
        Self::PolicyLayout,
        Self::Parameter,
    ];

    /// The code as documents have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::FarExpiry => "far-expiry",
            Self::NoSteps => "no-steps",
            Self::UnusedKey => "unused-key",
            Self::OneKeyTwoIds => "one-key-two-ids",
            Self::SharedFunctionary => "shared-functionary",
            Self::SingleFunctionary => "single-functionary",
            Self::UnportableName => "unportable-name",
            Self::RunsCommand => "runs-command",
            Self::RunsNothing => "runs-nothing",
            Self::OpenList => "open-list",
            Self::AfterDisallowAll => "after-disallow-all",
            Self::Shadowed => "shadowed",
            Self::WrongList => "wrong-list",
            Self::MatchUnknownStep => "match-unknown-step",
            Self::MatchItself => "match-itself",
            Self::ImpossibleName => "impossible-name",
            Self::LateRequire => "late-require",
            Self::MissingRequire => "missing-require",
            Self::NothingRequired => "nothing-required",
            Self::DeliveryNotCompared => "delivery-not-compared",
            Self::PolicyLayout => "policy-layout",
            Self::Parameter => "parameter",
        }
    }

    /// Whether it is a weakness or only worth knowing.
    pub fn severity(self) -> Severity {
        match self {
            Self::SharedFunctionary
            | Self::DeliveryNotCompared
            | Self::PolicyLayout
            | Self::Parameter => Severity::Information,
            _ => Severity::Weakness,
        }
    }
}

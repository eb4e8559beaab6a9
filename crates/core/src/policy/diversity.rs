//! How independent of each other k parties must be: `docs/spec/policy.md`, "Independence".

use std::num::NonZeroUsize;

use super::declared::Declared;
use super::independence::{Member, shortfall};
use super::party::PartyTerms;
use crate::json::{Json, Members, ShapeError, integer, object, string};

/// What parties declare and may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// Who answers for the party.
    Principal,
    /// Who houses its machines.
    Hosting,
    /// In which country they stand.
    Country,
    /// What it builds with.
    Toolchain,
}

impl Aspect {
    const ALL: [Self; 4] = [
        Self::Principal,
        Self::Hosting,
        Self::Country,
        Self::Toolchain,
    ];

    /// The word that policies use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Hosting => "hosting",
            Self::Country => "country",
            Self::Toolchain => "toolchain",
        }
    }

    /// What a party declares of it.
    pub(super) fn of(self, declared: &Declared) -> &str {
        match self {
            Self::Principal => declared.principal(),
            Self::Hosting => &declared.domain().hosting,
            Self::Country => &declared.domain().country,
            Self::Toolchain => &declared.domain().toolchain,
        }
    }
}

/// A rule about those who agree. It has at least one of the two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiversityRule {
    /// What it looks at. A party that does not declare it cannot be chosen under this rule.
    pub by: Aspect,
    /// So many different values there must be.
    pub at_least: Option<NonZeroUsize>,
    /// So many of the k votes may have one value.
    pub votes_at_most: Option<NonZeroUsize>,
}

impl DiversityRule {
    /// The rule as the terms have it.
    pub fn to_json(self) -> Json<'static> {
        let number =
            |number: NonZeroUsize| Json::number(i128::try_from(number.get()).unwrap_or(i128::MAX));
        let numbers = [
            ("atLeast", self.at_least.map(number)),
            ("votesAtMost", self.votes_at_most.map(number)),
        ];
        let numbers = numbers.into_iter();
        let by = [("by", Json::text(self.by.name()))].into_iter();
        Json::object(by.chain(numbers.filter_map(|(name, said)| Some((name, said?)))))
    }

    pub(super) fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = object(value)?;
        members.only(&["atLeast", "by", "votesAtMost"])?;
        let number = |name| match members.get(name) {
            None => Ok(None),
            Some(_) => members.read(name, |value| {
                let number = NonZeroUsize::new(integer(value)?);
                number
                    .map(Some)
                    .ok_or_else(|| ShapeError::new("0 would admit nobody, or ask for nothing"))
            }),
        };
        Ok(Self {
            by: members.read("by", |value| {
                let word = string(value)?;
                let known = Aspect::ALL.into_iter().find(|by| by.name() == word);
                known.ok_or_else(|| ShapeError::new(format!("nobody declares a {word:?}")))
            })?,
            at_least: number("atLeast")?,
            votes_at_most: number("votesAtMost")?,
        })
    }
}

/// Every rule asks for something, no two for the same, and the parties can reach them as far as the policy itself declares them.
pub(super) fn consistent(
    rules: &[DiversityRule],
    threshold: NonZeroUsize,
    parties: &[PartyTerms],
) -> Result<(), DiversityError> {
    for (at, rule) in rules.iter().enumerate() {
        let by = rule.by.name();
        if rules.iter().take(at).any(|before| before.by == rule.by) {
            return Err(DiversityError::Twice(by));
        }
        if rule.at_least.is_none() && rule.votes_at_most.is_none() {
            return Err(DiversityError::Nothing(by));
        }
        let range = 2..=threshold.get();
        if let Some(at_least) = rule.at_least
            && !range.contains(&at_least.get())
        {
            return Err(DiversityError::AtLeast {
                by,
                at_least: at_least.get(),
                threshold: threshold.get(),
            });
        }
    }
    // What the policy does not declare, a trust repository may: then nobody knows yet what can be reached.
    if parties.iter().any(|party| party.declared.is_none()) {
        return Ok(());
    }
    let all = parties.iter().map(|party| Member {
        name: &party.name,
        declared: party.declared.as_ref(),
    });
    let all: Vec<Member<'_>> = all.collect();
    match shortfall(threshold, rules, &all) {
        None => Ok(()),
        Some(short) => Err(DiversityError::Unreachable(short.to_string())),
    }
}

/// Why rules about independence cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiversityError {
    /// Two rules about one thing.
    #[error("two diversity rules by {0}; make them one")]
    Twice(&'static str),
    /// A rule without a number.
    #[error("the diversity rule by {0} has neither at_least nor votes_at_most")]
    Nothing(&'static str),
    /// A number that says nothing, or more than k votes can have.
    #[error(
        "the diversity rule by {by} asks for at least {at_least}, and it must be 2 to {threshold}, the threshold"
    )]
    AtLeast {
        /// What it looks at.
        by: &'static str,
        /// What it asks for.
        at_least: usize,
        /// k.
        threshold: usize,
    },
    /// Not even all parties together would do.
    #[error("all parties together could never agree: {0}")]
    Unreachable(String),
}

//! Whether parties that agree are k, and independent enough. The only place where that is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use super::Policy;
use super::declared::Declared;
use super::diversity::{Aspect, DiversityRule};
use super::matching::most_matched;

/// Why parties that agree are no quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// They are fewer than k.
    Few,
    /// They are k, and not independent enough.
    NotDiverse(Shortfall),
}

/// By how much parties that agree fall short of a rule about their independence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// The rule.
    pub rule: Asked,
    /// What the rule looks at.
    pub by: Aspect,
    /// How many they have.
    pub have: usize,
    /// How many are needed.
    pub needed: usize,
    /// Those of them that do not declare what the rule looks at.
    pub undeclared: Vec<String>,
}

/// What is asked of k parties beside their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// k principals: parties of one have one vote together.
    Principals,
    /// k votes, so many of them at most with one value.
    VotesAtMost(NonZeroUsize),
    /// k votes by parties that declare it.
    Declared,
    /// So many different values.
    AtLeast,
}

impl std::fmt::Display for Shortfall {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (by, have, needed) = (self.by.name(), self.have, self.needed);
        match self.rule {
            Asked::Principals => write!(
                out,
                "parties of one principal have one vote together, which leaves {have} of {needed} needed votes"
            )?,
            Asked::VotesAtMost(most) => write!(
                out,
                "at most {most} of the votes may have one {by}, which leaves {have} of {needed} needed votes"
            )?,
            Asked::Declared => write!(
                out,
                "only who declares its {by} has a vote, which leaves {have} of {needed} needed votes"
            )?,
            Asked::AtLeast => write!(
                out,
                "they have {have} of {needed} needed different values of {by}"
            )?,
        }
        if !self.undeclared.is_empty() {
            let names = self.undeclared.join(", ");
            write!(out, "; not declared by {names}")?;
        }
        Ok(())
    }
}

/// One of the parties that agree, with what is declared of it.
#[derive(Clone, Copy)]
pub(super) struct Member<'d> {
    pub(super) name: &'d str,
    pub(super) declared: Option<&'d Declared>,
}

impl<'d> Member<'d> {
    /// Who answers for it: itself, where nobody says otherwise.
    fn principal(self) -> &'d str {
        self.declared.map_or(self.name, Declared::principal)
    }
}

impl Policy {
    /// What these parties, by their places in the policy, lack to be a quorum; `None` when they are one.
    ///
    /// `by_roster` is what somebody else declares of the parties, by the same places. Where both that and the policy speak of a party, the
    /// rules must hold by either; where one does, by that.
    pub(crate) fn lack<'d>(
        &'d self,
        group: &BTreeSet<usize>,
        by_roster: &'d [Option<Declared>],
    ) -> Option<Lack> {
        if group.len() < self.threshold().get() {
            return Some(Lack::Few);
        }
        let by_policy = |at: usize| self.parties().get(at)?.declared();
        let by_roster = |at: usize| by_roster.get(at)?.as_ref();
        let members = |declared: &dyn Fn(usize) -> Option<&'d Declared>| -> Vec<Member<'d>> {
            let named = group.iter().filter_map(|at| {
                let name = self.parties().get(*at)?.name();
                Some((name, declared(*at)))
            });
            named
                .map(|(name, declared)| Member { name, declared })
                .collect()
        };
        let first = members(&|at| by_policy(at).or_else(|| by_roster(at)));
        let second = members(&|at| by_roster(at).or_else(|| by_policy(at)));
        [first, second]
            .iter()
            .find_map(|members| shortfall(self.threshold(), self.diversity(), members))
            .map(Lack::NotDiverse)
    }
}

/// By how much parties fall short of k votes under the rules. Each rule stands for itself: another k of them may satisfy each.
pub(super) fn shortfall(
    threshold: NonZeroUsize,
    rules: &[DiversityRule],
    members: &[Member<'_>],
) -> Option<Shortfall> {
    let mut principals: BTreeMap<&str, Vec<Member<'_>>> = BTreeMap::new();
    for member in members {
        let own = principals.entry(member.principal()).or_default();
        own.push(*member);
    }
    let undeclared = || {
        let silent = members.iter().filter(|member| member.declared.is_none());
        silent.map(|member| member.name.to_owned()).collect()
    };
    let short = |rule, by, have, needed| {
        (have < needed).then(|| Shortfall {
            rule,
            by,
            have,
            needed,
            undeclared: match rule {
                Asked::Principals => Vec::new(),
                _ => undeclared(),
            },
        })
    };
    let (k, by) = (threshold.get(), Aspect::Principal);
    if let Some(short) = short(Asked::Principals, by, principals.len(), k) {
        return Some(short);
    }
    rules.iter().find_map(|rule| {
        let options = options(rule.by, &principals);
        let (rule_of_votes, most) = match rule.votes_at_most {
            Some(most) => (Asked::VotesAtMost(most), most.get()),
            None => (Asked::Declared, usize::MAX),
        };
        let votes = most_matched(&options, most);
        let few = short(rule_of_votes, rule.by, votes, k);
        few.or_else(|| {
            let different = most_matched(&options, 1);
            short(Asked::AtLeast, rule.by, different, rule.at_least?.get())
        })
    })
}

/// For each principal the values that its parties declare, numbered.
fn options(by: Aspect, principals: &BTreeMap<&str, Vec<Member<'_>>>) -> Vec<BTreeSet<usize>> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut number = |value| {
        let next = numbers.len();
        *numbers.entry(value).or_insert(next)
    };
    let parties = principals.values();
    parties
        .map(|parties| {
            let declared = parties.iter().filter_map(|member| member.declared);
            declared.map(|declared| number(by.of(declared))).collect()
        })
        .collect()
}

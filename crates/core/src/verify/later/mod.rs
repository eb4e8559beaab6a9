//! Later steps: did everything between the rebuilt result and the file in hand use that result, and nothing else?
//!
//! **Enters:** a policy with later steps or rules for members, the votes, links of the steps, the file in hand as the caller looked at it.
//! **Leaves:** a [`Trail`]: what the file is of the last step, what each step did, and the rebuilt files that all of it rests on.
//! **Never:** a vote counted here; a link that too few of its step's parties state; files of two releases in one delivery.
//!
//! A step counts when enough of its parties state the same link, its materials are products of the steps that it uses, and what it
//! makes is what the policy lets it make. What it takes from `rebuild` must be confirmed by k parties, all of it from one source.

mod steps;
mod walk;

use std::collections::BTreeSet;

use super::artifact::{Artifact, View};
use super::claim::StepClaim;
use super::members::{Wanted, wanted};
use super::tally::Votes;
use super::{Expected, Identity, Reason, Tally};
use crate::digest::Sha256;
use crate::policy::{Comparison, Policy};
use steps::{Origin, Steps};
use walk::{Walk, Way};

/// What came of walking back from the file in hand to the rebuilt result.
#[derive(Clone, Debug)]
pub(super) struct Trail {
    /// What the file in hand is of the last step, or why it is nothing of it.
    pub(super) delivered: Result<Reason, Reason>,
    /// What each step on the way did, or the one reason why the way does not hold.
    pub(super) outcome: Result<Vec<Reason>, Reason>,
    /// What the file in hand is, when the way holds.
    pub(super) identity: Option<Identity>,
    /// Where the votes stand for the rebuilt file that decides: the first that is not confirmed, or that somebody contradicts.
    pub(super) tally: Tally,
    /// Those of all rebuilt files that the way rests on, when it holds.
    pub(super) tallies: Vec<Tally>,
    /// Digests of all files that the steps took from the rebuild.
    pub(super) used: BTreeSet<Sha256>,
    /// Origins of the links that count.
    pub(super) origins: Vec<String>,
}

/// Walks back from the file in hand.
pub(super) fn trail(
    policy: &Policy,
    votes: &Votes<'_>,
    claims: &[StepClaim],
    artifact: &Artifact,
    expected: Option<&Expected>,
    rule_steps_max: usize,
) -> Trail {
    let members = match inside(policy, artifact) {
        Ok(members) => members,
        Err(reason) => return Trail::ending(votes, reason.clone(), reason),
    };
    let steps = Steps::of(policy, votes, claims, &members);
    let starts = match Start::all(&steps, artifact) {
        Ok(starts) => starts,
        Err(reason) => return Trail::ending(votes, reason.clone(), reason),
    };
    let (mut held, mut broken) = (Vec::new(), None);
    for start in &starts {
        for (origin, outcome) in start.follow_all(&steps, &members, expected, rule_steps_max) {
            match (origin, outcome) {
                (Some(origin), Ok(way)) => held.push((start, origin, way)),
                (None, Ok(_)) => {}
                (origin, Err(reason)) => {
                    broken.get_or_insert((start, origin, reason));
                }
            }
        }
    }
    let (start, origin, outcome) = match (one_identity(held), broken) {
        (Some(Ok((start, origin, way))), _) => (start, Some(origin), Ok(way)),
        (Some(Err(reason)), _) => (&starts[0], None, Err(reason)),
        (None, Some((start, origin, reason))) => (start, origin, Err(reason)),
        (None, None) => (&starts[0], None, Err(Reason::NotJudged)),
    };
    let product = start.product.as_deref();
    let used = match &outcome {
        Ok(way) => way.used.clone(),
        Err(_) => steps.stated.clone(),
    };
    Trail {
        delivered: start.delivered(&outcome, policy, &members),
        tally: decisive(votes, &used, origin.as_ref()),
        tallies: match &outcome {
            Ok(_) => tallies(votes, &used, origin.as_ref()).collect(),
            Err(_) => Vec::new(),
        },
        identity: outcome
            .is_ok()
            .then(|| origin.map(|origin| origin.identity(product)))
            .flatten(),
        used: used.into_iter().map(|(_, sha256)| sha256).collect(),
        origins: outcome
            .as_ref()
            .map_or_else(|_| steps.all_origins(), |way| way.origins.clone()),
        outcome: outcome.map(|way| way.reasons),
    }
}

impl Trail {
    /// A trail that ends before it reaches the rebuilt result.
    fn ending(votes: &Votes<'_>, delivered: Reason, outcome: Reason) -> Self {
        Self {
            delivered: Err(delivered),
            outcome: Err(outcome),
            identity: None,
            tally: votes.tally(None, "", None),
            tallies: Vec::new(),
            used: BTreeSet::new(),
            origins: Vec::new(),
        }
    }
}

/// The members that the policy wants to be products; none where it compares the file as a whole.
fn inside(policy: &Policy, artifact: &Artifact) -> Result<Vec<Wanted>, Reason> {
    match (policy.comparison(), &artifact.view) {
        (_, View::Unusable(problem)) => Err(Reason::OtherForm {
            problem: problem.clone(),
        }),
        (Comparison::Members(rules), View::Members(members)) => wanted(rules, members),
        (Comparison::Members(_), _) => Err(Reason::NotJudged),
        _ => Ok(Vec::new()),
    }
}

/// Where a walk begins: a link that delivers the file in hand, or the archive itself where no later step does.
struct Start {
    product: Option<String>,
    link: Option<(usize, usize)>,
    delivered: Option<Reason>,
}

/// A way that holds, for one release.
type Held<'s> = (&'s Start, Origin, Way);

/// The first way, when all of them say the same of the file in hand.
fn one_identity(held: Vec<Held<'_>>) -> Option<Result<Held<'_>, Reason>> {
    let mut identities: Vec<Identity> = Vec::new();
    for (start, origin, _) in &held {
        let identity = origin.identity(start.product.as_deref());
        if !identities.contains(&identity) {
            identities.push(identity);
        }
    }
    let sources: BTreeSet<&Sha256> = held.iter().map(|(_, origin, _)| &origin.source).collect();
    match identities.len() > 1 || sources.len() > 1 {
        true => Some(Err(Reason::Ambiguous { identities })),
        false => held.into_iter().next().map(Ok),
    }
}

impl Start {
    /// Every link of the last step that may have delivered the file, so that one that does not hold hides none that does.
    fn all(steps: &Steps<'_>, artifact: &Artifact) -> Result<Vec<Self>, Reason> {
        let policy = steps.policy;
        let Some(last) = policy.steps().len().checked_sub(1) else {
            return Ok(vec![Self {
                // The file's name says nothing: what its members were built from is all that it can be called by.
                product: None,
                link: None,
                delivered: None,
            }]);
        };
        let found = steps.delivering(last, &artifact.digests())?;
        let start = |(at, product, sha256)| Self::of(steps, artifact, (last, at), product, sha256);
        Ok(found.into_iter().map(start).collect())
    }

    fn of(
        steps: &Steps<'_>,
        artifact: &Artifact,
        (last, at): (usize, usize),
        product: String,
        sha256: Sha256,
    ) -> Self {
        let policy = steps.policy;
        let step = policy.steps()[last].name().to_owned();
        let parties = steps.parties(last, &steps.agreed[last][at].parties);
        let delivered = match (policy.comparison(), &artifact.view) {
            (Comparison::SignatureOnly(format), View::Unsigned(unsigned)) => {
                Reason::SignatureOnly {
                    format: format.name(),
                    product: format!("{product} of step {step}"),
                    parties,
                    sha256,
                    regions: unsigned.regions_of(sha256),
                }
            }
            _ => Reason::FromStep {
                step,
                product: product.clone(),
                parties,
                sha256,
            },
        };
        Self {
            product: Some(product),
            link: Some((last, at)),
            delivered: Some(delivered),
        }
    }

    /// Walks back for every release in question; for none, where nothing is confirmed, only to say why.
    fn follow_all(
        &self,
        steps: &Steps<'_>,
        members: &[Wanted],
        expected: Option<&Expected>,
        rule_steps_max: usize,
    ) -> Vec<(Option<Origin>, Result<Way, Reason>)> {
        let product = self.product.as_deref();
        let origins = steps.origins(product, expected);
        if let (true, Some(expected)) = (origins.is_empty(), expected) {
            let others = self.follow_all(steps, members, None, rule_steps_max);
            let held = others.into_iter().filter(|(_, outcome)| outcome.is_ok());
            let identities: Vec<Identity> = held
                .filter_map(|(origin, _)| Some(origin?.identity(product)))
                .collect();
            if !identities.is_empty() {
                let reason = Reason::OtherRelease {
                    expected: expected.clone(),
                    identities,
                };
                return vec![(None, Err(reason))];
            }
        }
        let none = origins.is_empty().then_some(None);
        let all = origins.into_iter().map(Some).chain(none);
        all.map(|origin| {
            let mut walk = Walk::new(steps, origin.as_ref(), rule_steps_max);
            let outcome = self.follow(&mut walk, members);
            (origin, outcome)
        })
        .collect()
    }

    fn follow(&self, walk: &mut Walk<'_, '_>, members: &[Wanted]) -> Result<Way, Reason> {
        let mut way = match self.link {
            Some((last, at)) => walk.hold(last, at)?,
            None => Way::default(),
        };
        walk.find(members, &mut way)?;
        Ok(way)
    }

    /// What the file in hand is: of the last step, or by its members.
    fn delivered(
        &self,
        outcome: &Result<Way, Reason>,
        policy: &Policy,
        members: &[Wanted],
    ) -> Result<Reason, Reason> {
        match (&self.delivered, outcome, policy.comparison()) {
            (Some(reason), _, _) => Ok(reason.clone()),
            (None, Ok(_), Comparison::Members(rules)) => Ok(Reason::MembersEqual {
                files: members.len(),
                format: rules.format.name(),
            }),
            (None, Ok(_), _) => Err(Reason::NotJudged),
            (None, Err(reason), _) => Err(reason.clone()),
        }
    }
}

/// The votes on each rebuilt file.
fn tallies<'t>(
    votes: &'t Votes<'_>,
    used: &'t BTreeSet<(String, Sha256)>,
    origin: Option<&'t Origin>,
) -> impl Iterator<Item = Tally> {
    used.iter().map(move |(name, sha256)| {
        let identities = votes.identities_of(*sha256, name);
        let of_origin = |identity: &&&Identity| {
            origin.is_none_or(|origin| {
                identity.version == origin.version && identity.architecture == origin.architecture
            })
        };
        let identity = identities.iter().find(of_origin).or(identities.first());
        let expected = identity.map(|identity| Expected {
            package: identity.package.clone(),
            version: identity.version.clone(),
            architecture: Some(identity.architecture.clone()),
        });
        votes.tally(Some(*sha256), name, expected.as_ref())
    })
}

/// The votes on the file that decides.
fn decisive(
    votes: &Votes<'_>,
    used: &BTreeSet<(String, Sha256)>,
    origin: Option<&Origin>,
) -> Tally {
    let mut first = None;
    let mut contradicted = None;
    for tally in tallies(votes, used, origin) {
        if !tally.has_quorum() {
            return tally;
        }
        if contradicted.is_none() && tally.dissenters().next().is_some() {
            contradicted = Some(tally.clone());
        }
        first.get_or_insert(tally);
    }
    contradicted
        .or(first)
        .unwrap_or_else(|| votes.tally(None, "", None))
}

//! Later steps: did everything between the rebuilt result and the file in hand use that result, and nothing else?
//!
//! A step counts when enough of its parties state the same link, its materials are products of the steps that it uses, and what it
//! makes is what the policy lets it make. What it takes from `rebuild` must be confirmed by k parties, all of it from one source.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::claim::StepClaim;
use super::tally::{Confirmation, Votes};
use super::{Expected, Identity, Reason, Tally};
use crate::attest::rebuild::STEP;
use crate::digest::Sha256;
use crate::intoto::chain::{Broken, broken_rule};
use crate::intoto::{Artifacts, DigestSet, Link};
use crate::policy::Policy;

/// Releases that one body of evidence is judged under; honest evidence is for one, on a few architectures.
const ORIGINS_MAX: usize = 64;
/// Names of files that a reason repeats.
const FILES_SHOWN_MAX: usize = 3;

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
    /// Digests of all files that the steps took from the rebuild.
    pub(super) used: BTreeSet<Sha256>,
    /// Origins of the links that count.
    pub(super) origins: Vec<String>,
}

/// Walks back from the file in hand, whose SHA-256 is `artifact`.
pub(super) fn trail(
    policy: &Policy,
    votes: &Votes<'_>,
    claims: &[StepClaim],
    artifact: Sha256,
    expected: Option<&Expected>,
    rule_steps_max: usize,
) -> Trail {
    let steps = Steps::of(policy, votes, claims);
    let last = policy.steps().len().saturating_sub(1);
    let agreed = match steps.delivering(last, artifact) {
        Ok(agreed) => agreed,
        Err(reason) => return Trail::ending(votes, reason.clone(), reason),
    };
    let (at, product) = agreed;
    let delivered = Reason::FromStep {
        step: policy.steps()[last].name().to_owned(),
        product: product.clone(),
        parties: steps.parties(last, &steps.agreed[last][at].parties),
        sha256: artifact,
    };
    let mut held = Vec::new();
    let mut broken = None;
    for origin in steps.origins(&product, expected) {
        let mut walk = Walk::new(&steps, Some(&origin), rule_steps_max);
        match walk.hold(last, at) {
            Ok(way) => held.push((origin, way)),
            Err(reason) => broken = broken.or(Some((Some(origin), reason))),
        }
    }
    let (origin, outcome) = match (held.pop(), broken) {
        (Some((origin, way)), _) if held.is_empty() => (Some(origin), Ok(way)),
        (Some((origin, _)), _) => {
            held.push((origin, Way::default()));
            let identities = held.iter().map(|(origin, _)| origin.identity(&product));
            let identities = identities.collect();
            (None, Err(Reason::Ambiguous { identities }))
        }
        (None, Some((origin, reason))) => (origin, Err(reason)),
        (None, None) => {
            let mut walk = Walk::new(&steps, None, rule_steps_max);
            (None, walk.hold(last, at))
        }
    };
    let used = match &outcome {
        Ok(way) => way.used.clone(),
        Err(_) => steps.stated_materials(),
    };
    Trail {
        delivered: Ok(delivered),
        tally: decisive(votes, &used, origin.as_ref()),
        identity: outcome
            .is_ok()
            .then(|| origin.map(|origin| origin.identity(&product)))
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
            used: BTreeSet::new(),
            origins: Vec::new(),
        }
    }
}

/// The votes on the file that decides.
fn decisive(
    votes: &Votes<'_>,
    used: &BTreeSet<(String, Sha256)>,
    origin: Option<&Origin>,
) -> Tally {
    let tally = |(name, sha256): &(String, Sha256)| {
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
    };
    let mut first = None;
    let mut contradicted = None;
    for tally in used.iter().map(tally) {
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

/// A release on one architecture, as k parties built it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Origin {
    name: String,
    version: String,
    source: Sha256,
    architecture: String,
}

impl Origin {
    fn of(confirmation: &Confirmation) -> Self {
        Self {
            name: confirmation.source_name.clone(),
            version: confirmation.source_version.clone(),
            source: confirmation.source,
            architecture: confirmation.identity.architecture.clone(),
        }
    }

    fn identity(&self, product: &str) -> Identity {
        Identity {
            package: product.to_owned(),
            version: self.version.clone(),
            architecture: self.architecture.clone(),
        }
    }
}

/// The same link, as some parties of its step state it.
struct Agreed {
    link: Arc<Link>,
    parties: BTreeSet<usize>,
    origins: Vec<String>,
}

/// What the evidence says of all later steps.
struct Steps<'c> {
    policy: &'c Policy,
    /// For each step the links that differ, in the order in which they were found.
    agreed: Vec<Vec<Agreed>>,
    /// What k parties confirm of each artifact of a link, by name and digest.
    confirmed: BTreeMap<(String, Sha256), Vec<Confirmation>>,
    /// Artifacts of links that some party states to have rebuilt.
    stated: BTreeSet<(String, Sha256)>,
}

impl<'c> Steps<'c> {
    fn of(policy: &'c Policy, votes: &Votes<'_>, claims: &[StepClaim]) -> Self {
        let mut agreed: Vec<Vec<Agreed>> = policy.steps().iter().map(|_| Vec::new()).collect();
        for claim in claims {
            let same = |agreed: &&mut Agreed| {
                agreed.link.materials == claim.link.materials
                    && agreed.link.products == claim.link.products
            };
            match agreed[claim.step].iter_mut().find(same) {
                Some(agreed) => {
                    agreed.parties.insert(claim.party);
                    agreed.origins.push(claim.origin.clone());
                }
                None => agreed[claim.step].push(Agreed {
                    link: Arc::clone(&claim.link),
                    parties: BTreeSet::from([claim.party]),
                    origins: vec![claim.origin.clone()],
                }),
            }
        }
        let (mut confirmed, mut stated) = (BTreeMap::new(), BTreeSet::new());
        for agreed in agreed.iter().flatten() {
            for (name, digests) in agreed.link.materials.iter().chain(&agreed.link.products) {
                let Some(sha256) = digests.sha256().filter(|sha256| votes.states(*sha256)) else {
                    continue;
                };
                let file = (name.clone(), sha256);
                if !stated.contains(&file) && !votes.identities_of(sha256, name).is_empty() {
                    confirmed.insert(file.clone(), votes.confirmations(sha256, name));
                    stated.insert(file);
                }
            }
        }
        Self {
            policy,
            agreed,
            confirmed,
            stated,
        }
    }

    /// The link of the last step that enough parties state and that has the file in hand among what is delivered.
    fn delivering(&self, last: usize, artifact: Sha256) -> Result<(usize, String), Reason> {
        let step = &self.policy.steps()[last];
        let delivers = |agreed: &Agreed| {
            let mut products = agreed.link.products.iter();
            let product = products.find(|(name, digests)| {
                digests.sha256() == Some(artifact) && self.policy.artifacts().matches(name)
            });
            product.map(|(name, _)| name.clone())
        };
        let stated: Vec<(usize, String)> = self.agreed[last]
            .iter()
            .enumerate()
            .filter_map(|(at, agreed)| Some((at, delivers(agreed)?)))
            .collect();
        let enough = |at: usize| self.agreed[last][at].parties.len() >= step.threshold().get();
        match stated.iter().find(|(at, _)| enough(*at)) {
            Some(found) => Ok(found.clone()),
            None if stated.is_empty() => Err(Reason::NotFromStep {
                step: step.name().to_owned(),
                found: artifact,
            }),
            None => Err(self.too_few(last)),
        }
    }

    fn too_few(&self, step: usize) -> Reason {
        let most = self.agreed[step]
            .iter()
            .max_by_key(|agreed| agreed.parties.len());
        Reason::StepTooFew {
            step: self.policy.steps()[step].name().to_owned(),
            parties: most.map_or_else(Vec::new, |agreed| self.parties(step, &agreed.parties)),
            needed: self.policy.steps()[step].threshold().get(),
        }
    }

    fn parties(&self, step: usize, parties: &BTreeSet<usize>) -> Vec<String> {
        let all = self.policy.steps()[step].parties();
        let name = |party: &usize| all[*party].name().to_owned();
        parties.iter().map(name).collect()
    }

    /// The releases in question, the one with the most confirmed files first.
    fn origins(&self, product: &str, expected: Option<&Expected>) -> Vec<Origin> {
        let mut files: BTreeMap<Origin, usize> = BTreeMap::new();
        for confirmation in self.confirmed.values().flatten() {
            *files.entry(Origin::of(confirmation)).or_default() += 1;
        }
        let wanted = |origin: &Origin| {
            expected.is_none_or(|expected| expected.admits(&origin.identity(product)))
        };
        let mut origins: Vec<_> = files
            .into_iter()
            .filter(|(origin, _)| wanted(origin))
            .collect();
        origins.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let origins = origins.into_iter().take(ORIGINS_MAX);
        origins.map(|(origin, _)| origin).collect()
    }

    /// What the links name of what anybody rebuilt.
    fn stated_materials(&self) -> BTreeSet<(String, Sha256)> {
        self.stated.clone()
    }

    fn all_origins(&self) -> Vec<String> {
        let agreed = self.agreed.iter().flatten();
        agreed.flat_map(|agreed| agreed.origins.clone()).collect()
    }

    /// The confirmed files of one release among `artifacts`, as a link of the step `rebuild`.
    fn rebuilt(&self, origin: Option<&Origin>, artifacts: &Artifacts) -> Artifacts {
        let is_of = |name: &String, digests: &DigestSet| {
            let sha256 = digests.sha256()?;
            let confirmed = self.confirmed.get(&(name.clone(), sha256))?;
            let origin = origin?;
            let found = confirmed.iter().any(|found| Origin::of(found) == *origin);
            found.then_some(sha256)
        };
        let files = artifacts.iter();
        files
            .filter_map(|(name, digests)| Some((name.clone(), is_of(name, digests)?.into())))
            .collect()
    }
}

/// What lies between one link and the rebuilt result.
#[derive(Clone, Debug, Default)]
struct Way {
    reasons: Vec<Reason>,
    used: BTreeSet<(String, Sha256)>,
    origins: Vec<String>,
}

/// One walk, from the last step back, for one release.
struct Walk<'s, 'c> {
    steps: &'s Steps<'c>,
    origin: Option<&'s Origin>,
    work_left: usize,
    walked: BTreeMap<(usize, usize), Result<Way, Reason>>,
}

impl<'s, 'c> Walk<'s, 'c> {
    fn new(steps: &'s Steps<'c>, origin: Option<&'s Origin>, work_left: usize) -> Self {
        Self {
            steps,
            origin,
            work_left,
            walked: BTreeMap::new(),
        }
    }

    /// Whether the link at `at` of `step` leads back to the rebuilt result. A link is walked once, whoever asks for it.
    fn hold(&mut self, step: usize, at: usize) -> Result<Way, Reason> {
        if let Some(known) = self.walked.get(&(step, at)) {
            return known.clone();
        }
        let found = self.walk(step, at);
        self.walked.insert((step, at), found.clone());
        found
    }

    fn walk(&mut self, step: usize, at: usize) -> Result<Way, Reason> {
        let policy = &self.steps.policy.steps()[step];
        let agreed = &self.steps.agreed[step][at];
        let parties = self.steps.parties(step, &agreed.parties);
        let name = || policy.name().to_owned();
        if agreed.link.materials.is_empty() {
            return Err(Reason::StepTookNothing {
                step: name(),
                parties,
            });
        }
        let mut way = Way::default();
        let mut links: BTreeMap<&str, Link> = BTreeMap::new();
        for used in policy.uses() {
            links.insert(used, self.used(used, &agreed.link, &mut way)?);
        }
        let mut all: BTreeMap<&str, &Link> =
            links.iter().map(|(name, link)| (*name, link)).collect();
        all.insert(policy.name(), &agreed.link);
        match broken_rule(policy.step(), &all, &mut self.work_left) {
            None => {}
            Some(Broken::OutOfWork) => return Err(Reason::StepOutOfWork { step: name() }),
            Some(Broken::Rule(trace)) => {
                return Err(Reason::StepBroken {
                    step: name(),
                    parties,
                    list: trace.list.keyword().to_lowercase(),
                    rule: trace.rule,
                    count: trace.artifacts.len(),
                    files: trace.artifacts.into_iter().take(FILES_SHOWN_MAX).collect(),
                });
            }
        }
        way.origins.extend(agreed.origins.clone());
        way.reasons.push(Reason::StepHeld {
            step: name(),
            parties,
            needed: policy.threshold().get(),
            took: agreed.link.materials.len(),
        });
        Ok(way)
    }

    /// The link that the step `used` contributes to what `link` took; what it rests on is added to `way`.
    fn used(&mut self, used: &str, link: &Link, way: &mut Way) -> Result<Link, Reason> {
        if used == STEP {
            let materials = self.steps.rebuilt(self.origin, &link.materials);
            let file = |(name, digests): (&String, &DigestSet)| {
                digests.sha256().map(|sha256| (name.clone(), sha256))
            };
            way.used.extend(materials.iter().filter_map(file));
            let mut products = self.steps.rebuilt(self.origin, &link.products);
            products.extend(materials);
            return Ok(Link {
                products,
                ..Link::new(STEP)
            });
        }
        let steps = self.steps.policy.steps();
        let Some(step) = steps.iter().position(|step| step.name() == used) else {
            return Err(Reason::NotJudged);
        };
        let needed = steps[step].threshold().get();
        let matching = |agreed: &Agreed| {
            let products = &agreed.link.products;
            let taken = link.materials.iter();
            taken
                .filter(|(name, digests)| products.get(*name) == Some(*digests))
                .count()
        };
        let mut candidates: Vec<(usize, usize)> = self.steps.agreed[step]
            .iter()
            .enumerate()
            .filter(|(_, agreed)| agreed.parties.len() >= needed)
            .map(|(at, agreed)| (at, matching(agreed)))
            .collect();
        candidates.sort_by_key(|(_, matching)| std::cmp::Reverse(*matching));
        let mut broken = None;
        for (at, _) in candidates {
            match self.hold(step, at) {
                Ok(found) => {
                    let link = self.steps.agreed[step][at].link.as_ref().clone();
                    way.reasons.extend(found.reasons);
                    way.used.extend(found.used);
                    way.origins.extend(found.origins);
                    return Ok(link);
                }
                Err(reason) => broken = broken.or(Some(reason)),
            }
        }
        Err(broken.unwrap_or_else(|| self.steps.too_few(step)))
    }
}

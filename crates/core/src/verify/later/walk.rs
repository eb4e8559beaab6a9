//! One walk, from the last step back to the rebuilt result.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Agreed, Origin, Steps};
use crate::attest::rebuild::STEP;
use crate::digest::Sha256;
use crate::intoto::chain::{Broken, broken_rule};
use crate::intoto::{ArtifactList, DigestSet, Link};
use crate::policy::Comparison;
use crate::verify::Reason;
use crate::verify::members::Wanted;

/// Names of files that a reason repeats.
const FILES_SHOWN_MAX: usize = 3;

/// What lies between one link and the rebuilt result.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    pub(super) reasons: Vec<Reason>,
    pub(super) used: BTreeSet<(String, Sha256)>,
    pub(super) origins: Vec<String>,
    /// The links that were walked, by the position of their step.
    pub(super) links: BTreeMap<usize, usize>,
}

impl Way {
    /// Adds what another way rests on; what both rest on stands once.
    pub(super) fn join(&mut self, other: Self) {
        let new = other.reasons.into_iter();
        let new: Vec<Reason> = new.filter(|it| !self.reasons.contains(it)).collect();
        self.reasons.extend(new);
        self.used.extend(other.used);
        self.origins.extend(other.origins);
        self.links.extend(other.links);
    }
}

/// One walk, from the last step back, for one release.
pub(super) struct Walk<'s, 'c> {
    steps: &'s Steps<'c>,
    origin: Option<&'s Origin>,
    work_left: usize,
    walked: BTreeMap<(usize, usize), Result<Way, Reason>>,
}

impl<'s, 'c> Walk<'s, 'c> {
    pub(super) fn new(steps: &'s Steps<'c>, origin: Option<&'s Origin>, work_left: usize) -> Self {
        Self {
            steps,
            origin,
            work_left,
            walked: BTreeMap::new(),
        }
    }

    /// Finds every member among the products that `way` rests on, and adds what it took from the rebuild.
    pub(super) fn find(&self, members: &[Wanted], way: &mut Way) -> Result<(), Reason> {
        for wanted in members {
            let file = (wanted.product.clone(), wanted.sha256);
            let found = if wanted.from == STEP {
                let confirmed = self.steps.confirmed.get(&file).into_iter().flatten();
                let mut origins = confirmed.map(Origin::of);
                origins.any(|origin| Some(&origin) == self.origin)
            } else {
                let steps = self.steps.policy.steps();
                let step = steps.iter().position(|step| step.name() == wanted.from);
                let at = step.and_then(|step| Some((step, *way.links.get(&step)?)));
                let link = at.map(|(step, at)| &self.steps.agreed[step][at].link);
                let digests = link.and_then(|link| link.products.get(&wanted.product));
                digests.and_then(DigestSet::sha256) == Some(wanted.sha256)
            };
            if !found {
                return Err(Reason::MemberRefused {
                    member: wanted.member.clone(),
                    problem: format!("it is not the {} of step {}", wanted.product, wanted.from),
                });
            }
            if wanted.from == STEP {
                way.used.insert(file);
            }
        }
        if !members.is_empty() && !way.reasons.is_empty() {
            let format = match self.steps.policy.comparison() {
                Comparison::Members(rules) => rules.format.name(),
                _ => "archive",
            };
            way.reasons.push(Reason::MembersEqual {
                files: members.len(),
                format,
            });
        }
        Ok(())
    }

    /// Whether the link at `at` of `step` leads back to the rebuilt result. A link is walked once, whoever asks for it.
    pub(super) fn hold(&mut self, step: usize, at: usize) -> Result<Way, Reason> {
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
                if let Some(file) = self.unconfirmed(&agreed.link, &trace.artifacts) {
                    return Err(Reason::StepTookUnconfirmed {
                        step: name(),
                        file,
                        needed: self.steps.policy.threshold().get(),
                    });
                }
                return Err(Reason::StepBroken {
                    step: name(),
                    parties,
                    list: match trace.list {
                        ArtifactList::Materials => "materials",
                        ArtifactList::Products => "products",
                    },
                    rule: trace.rule,
                    count: trace.artifacts.len(),
                    files: trace.artifacts.into_iter().take(FILES_SHOWN_MAX).collect(),
                });
            }
        }
        if let Some(name) = self.replaced(&links, &agreed.link) {
            return Err(Reason::StepReplaced {
                step: policy.name().to_owned(),
                parties,
                file: name.clone(),
            });
        }
        way.links.insert(step, at);
        way.origins.extend(agreed.origins.clone());
        way.reasons.push(Reason::StepHeld {
            step: name(),
            parties,
            needed: policy.threshold().get(),
            took: agreed.link.materials.len(),
        });
        Ok(way)
    }

    /// A material among `refused` that somebody rebuilt so, and too few did: nothing the step's parties can answer for.
    fn unconfirmed(&self, link: &Link, refused: &[String]) -> Option<String> {
        let found = refused.iter().find(|name| {
            let sha256 = link.materials.get(*name).and_then(DigestSet::sha256);
            sha256.is_some_and(|sha256| {
                let file = ((*name).clone(), sha256);
                let confirmed = self.steps.confirmed.get(&file);
                self.steps.stated.contains(&file) && confirmed.is_none_or(Vec::is_empty)
            })
        });
        found.cloned()
    }

    /// A product that the step made, and that the steps which it uses had made already: it left theirs out of what it took.
    fn replaced<'l>(&self, used: &BTreeMap<&str, Link>, link: &'l Link) -> Option<&'l String> {
        let is_made = |name: &&String| !link.materials.contains_key(*name);
        let had = |name: &&String| {
            let mut used = used.values();
            self.steps.is_rebuilt(self.origin, name)
                || used.any(|it| it.products.contains_key(*name))
        };
        link.products.keys().filter(is_made).find(had)
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
                    way.join(found);
                    return Ok(link);
                }
                Err(reason) => broken = broken.or(Some(reason)),
            }
        }
        Err(broken.unwrap_or_else(|| self.steps.too_few(step)))
    }
}

//! What the evidence says of the later steps, and of the rebuilt files that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::attest::rebuild::STEP;
use crate::digest::Sha256;
use crate::intoto::{Artifacts, DigestSet, Link};
use crate::policy::Policy;
use crate::verify::claim::StepClaim;
use crate::verify::members::Wanted;
use crate::verify::tally::{Confirmation, Votes};
use crate::verify::{Expected, Identity, Reason};

/// Releases that one body of evidence is judged under; honest evidence is for one, on a few architectures.
const ORIGINS_MAX: usize = 64;

/// Links of the last step that are walked for one file; honest parties state one or two. Each costs a walk for every release.
const DELIVERING_MAX: usize = 16;

/// A release on one architecture, as k parties built it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) source: Sha256,
    pub(super) architecture: String,
}

impl Origin {
    pub(super) fn of(confirmation: &Confirmation) -> Self {
        Self {
            name: confirmation.source_name.clone(),
            version: confirmation.source_version.clone(),
            source: confirmation.source,
            architecture: confirmation.identity.architecture.clone(),
        }
    }

    /// What a product of the last step is; without one, the release itself.
    pub(super) fn identity(&self, product: Option<&str>) -> Identity {
        Identity {
            package: product.unwrap_or(&self.name).to_owned(),
            version: self.version.clone(),
            architecture: self.architecture.clone(),
        }
    }
}

/// The same link, as some parties of its step state it.
pub(super) struct Agreed {
    pub(super) link: Arc<Link>,
    pub(super) parties: BTreeSet<usize>,
    pub(super) origins: Vec<String>,
}

/// What the evidence says of all later steps.
pub(super) struct Steps<'c> {
    pub(super) policy: &'c Policy,
    /// For each step the links that differ, in the order in which they were found.
    pub(super) agreed: Vec<Vec<Agreed>>,
    /// What k parties confirm of each artifact of a link, by name and digest.
    pub(super) confirmed: BTreeMap<(String, Sha256), Vec<Confirmation>>,
    /// The releases in which k parties built an output of a name that a link has among its products.
    outputs: BTreeMap<String, Vec<Origin>>,
    /// Artifacts of links that some party states to have rebuilt.
    pub(super) stated: BTreeSet<(String, Sha256)>,
}

impl<'c> Steps<'c> {
    pub(super) fn of(
        policy: &'c Policy,
        votes: &Votes<'_>,
        claims: &[StepClaim],
        members: &[Wanted],
    ) -> Self {
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
        let links = agreed.iter().flatten().map(|agreed| &agreed.link);
        let named = links.flat_map(|link| link.materials.iter().chain(&link.products));
        let named = named.filter_map(|(name, digests)| Some((name, digests.sha256()?)));
        let rebuilt = members.iter().filter(|member| member.from == STEP);
        let rebuilt = rebuilt.map(|member| (&member.product, member.sha256));
        let (mut confirmed, mut stated) = (BTreeMap::new(), BTreeSet::new());
        for (name, sha256) in named.chain(rebuilt) {
            if !votes.states(sha256) || votes.identities_of(sha256, name).is_empty() {
                continue;
            }
            let file = (name.clone(), sha256);
            if stated.insert(file.clone()) {
                confirmed.insert(file, votes.confirmations(sha256, name));
            }
        }
        let links = agreed.iter().flatten().map(|agreed| &agreed.link);
        let made: BTreeSet<&String> = links.flat_map(|link| link.products.keys()).collect();
        let mut outputs: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        for name in made {
            let origins = votes.outputs(name).iter().map(Origin::of).collect();
            outputs.insert(name.clone(), origins);
        }
        Self {
            policy,
            agreed,
            confirmed,
            outputs,
            stated,
        }
    }

    /// The links of the last step that enough parties state and that have the file in hand among what is delivered, with the name and digest
    /// that it has there. There is at least one, or a reason.
    pub(super) fn delivering(
        &self,
        last: usize,
        digests: &[Sha256],
    ) -> Result<Vec<(usize, String, Sha256)>, Reason> {
        let step = &self.policy.steps()[last];
        let delivers = |agreed: &Agreed| {
            let mut products = agreed.link.products.iter();
            products.find_map(|(name, found)| {
                let sha256 = found.sha256().filter(|sha256| digests.contains(sha256))?;
                let covered = self.policy.artifacts().matches(name);
                covered.then(|| (name.clone(), sha256))
            })
        };
        let stated: Vec<(usize, String, Sha256)> = self.agreed[last]
            .iter()
            .enumerate()
            .filter_map(|(at, agreed)| {
                let (name, sha256) = delivers(agreed)?;
                Some((at, name, sha256))
            })
            .collect();
        if stated.is_empty() {
            return Err(Reason::NotFromStep {
                step: step.name().to_owned(),
                found: digests.first().copied().unwrap_or_else(|| Sha256::of(b"")),
            });
        }
        let enough = |at: usize| self.agreed[last][at].parties.len() >= step.threshold().get();
        let agreed = stated.into_iter().filter(|(at, _, _)| enough(*at));
        let agreed: Vec<_> = agreed.take(DELIVERING_MAX).collect();
        match agreed.is_empty() {
            true => Err(self.too_few(last)),
            false => Ok(agreed),
        }
    }

    pub(super) fn too_few(&self, step: usize) -> Reason {
        let most = self.agreed[step]
            .iter()
            .max_by_key(|agreed| agreed.parties.len());
        Reason::StepTooFew {
            step: self.policy.steps()[step].name().to_owned(),
            parties: most.map_or_else(Vec::new, |agreed| self.parties(step, &agreed.parties)),
            needed: self.policy.steps()[step].threshold().get(),
        }
    }

    pub(super) fn parties(&self, step: usize, parties: &BTreeSet<usize>) -> Vec<String> {
        let all = self.policy.steps()[step].parties();
        let name = |party: &usize| all[*party].name().to_owned();
        parties.iter().map(name).collect()
    }

    /// The releases in question, the one with the most confirmed files first.
    pub(super) fn origins(
        &self,
        product: Option<&str>,
        expected: Option<&Expected>,
    ) -> Vec<Origin> {
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

    pub(super) fn all_origins(&self) -> Vec<String> {
        let agreed = self.agreed.iter().flatten();
        agreed.flat_map(|agreed| agreed.origins.clone()).collect()
    }

    /// Whether k parties built an output of this name in that release, whatever its bytes: a step that "adds" it would replace it.
    pub(super) fn is_rebuilt(&self, origin: Option<&Origin>, name: &str) -> bool {
        let found = self.outputs.get(name).into_iter().flatten();
        found.into_iter().any(|of| Some(of) == origin)
    }

    /// The confirmed files of one release among `artifacts`, as a link of the step `rebuild`.
    pub(super) fn rebuilt(&self, origin: Option<&Origin>, artifacts: &Artifacts) -> Artifacts {
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

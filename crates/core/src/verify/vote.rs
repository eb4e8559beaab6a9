//! What parties state, product by product: the votes, before anybody counts them.

use super::Identity;
use super::claim::{Claim, Said};
use crate::attest::rebuild::Product;
use crate::digest::{Digests, Sha256};
use crate::policy::{Comparison, Environment, Policy};

/// What makes two votes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'c> {
    pub(super) source_name: &'c str,
    pub(super) source_version: &'c str,
    pub(super) source: Sha256,
    pub(super) environment: Option<Sha256>,
    pub(super) digests: Digests,
}

/// One product of one claim.
pub(super) struct Vote<'c> {
    pub(super) party: usize,
    pub(super) identity: Identity,
    pub(super) key: Key<'c>,
    pub(super) product: &'c Product,
}

pub(super) fn votes<'c>(policy: &Policy, claims: &'c [Claim]) -> Vec<Vote<'c>> {
    // With later steps the pattern speaks of what the last one steps_follow; what that was made of has names of its own.
    let steps_follow = !policy.steps().is_empty();
    let mut votes = Vec::new();
    for claim in claims {
        let Said::Rebuild(stated) = claim.said() else {
            continue;
        };
        let environment = (policy.environment() == Environment::Same).then_some(stated.environment);
        let covered = stated
            .rebuild
            .products
            .iter()
            .filter(|product| steps_follow || policy.artifacts().matches(&product.name));
        let compared = covered.filter_map(|product| Some((product, compared(policy, product)?)));
        votes.extend(compared.map(|(product, digests)| Vote {
            party: claim.party(),
            identity: Identity {
                package: product.package.clone(),
                version: product.version.clone(),
                architecture: product.architecture.clone(),
            },
            key: Key {
                source_name: stated.rebuild.source.name(),
                source_version: stated.rebuild.source.version(),
                source: stated.source,
                environment,
                digests,
            },
            product,
        }));
    }
    votes
}

/// The digests by which a product is compared; `None` when its party states none of that kind.
fn compared(policy: &Policy, product: &Product) -> Option<Digests> {
    match policy.comparison() {
        // One digest is all that a stabilised form has: the other is a constant.
        Comparison::Stabilised(normaliser) => Some(Digests {
            sha256: *product.stabilised.get(normaliser.name())?,
            sha512: Digests::of(b"").sha512,
        }),
        _ => Some(product.digests),
    }
}

impl Key<'_> {
    /// The source, by what it is called and by its files.
    pub(super) fn source_of(&self) -> (&str, &str, Sha256) {
        (self.source_name, self.source_version, self.source)
    }
}

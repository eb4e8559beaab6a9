//! Votes that do not count for the time at which they were signed: shown, never counted.

use std::collections::BTreeSet;

use super::{Artifact, Claims, Identity, Reason};
use crate::attest::rebuild::{Product, Rebuild};
use crate::digest::Sha256;

/// The struck votes about the file in hand, each once.
pub(super) fn struck(
    claims: &Claims,
    artifact: &Artifact,
    identity: Option<&Identity>,
    files: &BTreeSet<Sha256>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for struck in claims.struck() {
        let Some(rebuild) = struck.claim().rebuild() else {
            continue;
        };
        if let Some(product) = about(rebuild, artifact, identity, files) {
            let reason = Reason::Struck {
                party: rebuild.party.clone(),
                sha256: product.digests.sha256,
                is_artifact: files.contains(&product.digests.sha256),
                why: struck.why().clone(),
            };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons
}

/// The product of a rebuild that is about the file in hand: its bytes, else its identity, else its name.
fn about<'r>(
    rebuild: &'r Rebuild,
    artifact: &Artifact,
    identity: Option<&Identity>,
    files: &BTreeSet<Sha256>,
) -> Option<&'r Product> {
    let products = || rebuild.products.iter();
    let same_bytes = products().find(|it| files.contains(&it.digests.sha256));
    let same_identity = || {
        let identity = identity?;
        products().find(|it| {
            it.package == identity.package
                && it.version == identity.version
                && it.architecture == identity.architecture
        })
    };
    let same_name = || products().find(|it| it.name == artifact.name);
    same_bytes.or_else(same_identity).or_else(same_name)
}

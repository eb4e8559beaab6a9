//! The owners whose signatures put a policy in force.

use std::collections::BTreeSet;
use std::num::{NonZeroU64, NonZeroUsize};

use super::terms::Terms;
use super::{BoundRelease, Document, PolicyError};
use crate::envelope::Envelope;
use crate::key::PublicKey;
use crate::limits::Limits;
use crate::tenure::Listed;

/// The owners' keys that the caller trusts, and how many of them must have signed.
#[derive(Clone, Debug)]
pub struct Owners {
    pub(super) keys: Vec<PublicKey>,
    pub(super) needed: NonZeroUsize,
    roster: Vec<Listed>,
    version_min: NonZeroU64,
    pub(super) bound: Option<BoundRelease>,
}

impl Owners {
    /// `needed` of `keys` must have signed; all of them when `needed` is `None`, as in in-toto. One key under two ids is one key.
    ///
    /// # Errors
    /// [`OwnerError`] when there is no key or more are needed than there are.
    pub fn new(mut keys: Vec<PublicKey>, needed: Option<usize>) -> Result<Self, OwnerError> {
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert(key.fingerprint()));
        let distinct = keys.len();
        let needed = NonZeroUsize::new(needed.unwrap_or(distinct)).ok_or(OwnerError {
            needed: 0,
            owners: distinct,
        })?;
        if needed.get() > distinct {
            return Err(OwnerError {
                needed: needed.get(),
                owners: distinct,
            });
        }
        Ok(Self::of(keys, needed))
    }

    fn of(keys: Vec<PublicKey>, needed: NonZeroUsize) -> Self {
        Self {
            keys,
            needed,
            version_min: NonZeroU64::MIN,
            bound: None,
            roster: Vec::new(),
        }
    }

    /// Together with a roster that the caller trusts as much: it can take votes away and never give one.
    #[must_use]
    pub fn with_roster(mut self, roster: Vec<Listed>) -> Self {
        self.roster = roster;
        self
    }

    pub(crate) fn roster(&self) -> &[Listed] {
        &self.roster
    }

    /// A policy of an older version than this is not in force: the caller has seen this one.
    #[must_use]
    pub fn with_version_min(mut self, version_min: NonZeroU64) -> Self {
        self.version_min = version_min;
        self
    }

    /// The policy is taken for this release alone, in the very version that the release is bound to. That version's own expiry is not held
    /// against it, nor that there are newer ones: whoever calls this has somebody who vouches now that this release is judged by it.
    #[must_use]
    pub fn for_release(mut self, bound: BoundRelease) -> Self {
        self.bound = Some(bound);
        self
    }

    /// Whether a policy of that version may be in force.
    pub(super) fn admit(&self, found: NonZeroU64) -> Result<(), PolicyError> {
        match &self.bound {
            Some(bound) if bound.policy != found => Err(PolicyError::OtherVersion {
                found,
                bound: bound.clone(),
            }),
            None if found < self.version_min => Err(PolicyError::Older {
                found,
                seen: self.version_min,
            }),
            _ => Ok(()),
        }
    }

    /// Whether `key` is one of them, under whatever id.
    pub fn include(&self, key: &PublicKey) -> bool {
        let fingerprint = key.fingerprint();
        self.keys.iter().any(|own| own.fingerprint() == fingerprint)
    }
}

impl Owners {
    /// The owners that the terms name for themselves: whoever wrote the terms chose them, so nothing judged under them is a
    /// verdict for anybody else. For makers of proofs, who pack what others will judge under owners of their own choice; and for whoever has
    /// these very terms from somebody who vouches for them, such as a project's role in a trust repository.
    ///
    /// # Errors
    /// [`PolicyError`] when the terms cannot be read.
    pub fn dangerous_declared_by(terms: &[u8], limits: &Limits) -> Result<Self, PolicyError> {
        let terms = unverified(terms, limits)?;
        Ok(Self::of(terms.owners, terms.owners_needed))
    }
}

impl Terms {
    /// The version that a file of terms claims, whoever signed it or not. For the tools of owners, which compare what they are about to write with what
    /// stands there; nothing is judged by it.
    ///
    /// # Errors
    /// [`PolicyError`] when the terms cannot be read.
    pub fn dangerous_claimed_version(
        terms: &[u8],
        limits: &Limits,
    ) -> Result<NonZeroU64, PolicyError> {
        unverified(terms, limits).map(|terms| terms.version)
    }
}

fn unverified(terms: &[u8], limits: &Limits) -> Result<Terms, PolicyError> {
    let document = Document::Terms;
    if terms.len() > limits.policy_bytes_max {
        return Err(PolicyError::TooLarge {
            document,
            bytes_max: limits.policy_bytes_max,
        });
    }
    let envelope = Envelope::parse(terms, limits)
        .map_err(|source| PolicyError::Envelope { document, source })?;
    let payload = envelope.dangerous_unverified_payload().unwrap_or_default();
    let value = crate::json::parse(payload, limits)
        .map_err(|source| PolicyError::Json { document, source })?;
    Terms::from_json(&value, limits).map_err(PolicyError::Terms)
}

/// Owners that nobody or everybody could satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{needed} of {owners} distinct owners' keys: there must be at least one key, and at least one and at most all must be needed"
)]
pub struct OwnerError {
    /// Signatures asked for.
    pub needed: usize,
    /// Distinct keys given.
    pub owners: usize,
}

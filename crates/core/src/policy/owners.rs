//! The owners whose signatures put a policy in force.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use super::terms::Terms;
use super::{Document, PolicyError};
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
        Ok(Self {
            keys,
            needed,
            roster: Vec::new(),
        })
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
        let terms = Terms::from_json(&value, limits).map_err(PolicyError::Terms)?;
        Ok(Self {
            keys: terms.owners,
            needed: terms.owners_needed,
            roster: Vec::new(),
        })
    }
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

//! Why a policy is not in force: one reason, as data.

use std::num::NonZeroU64;

use super::{BoundRelease, DiversityError, Document, TermsError};
use crate::attest::rebuild::STEP;
use crate::envelope::EnvelopeError;
use crate::intoto::LayoutError;
use crate::json::JsonError;
use crate::time::Timestamp;

/// Why a policy is not in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Larger than a policy document may be.
    #[error("the {document} is larger than {bytes_max} bytes")]
    TooLarge {
        /// Which document.
        document: Document,
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Not an envelope.
    #[error("the {document} is not a signed document: {source}")]
    Envelope {
        /// Which document.
        document: Document,
        /// Why.
        source: EnvelopeError,
    },
    /// Too few owners signed.
    #[error("{have} of {needed} needed owners signed the {document}; no valid signature by {}", missing.join(", "))]
    UnderSigned {
        /// Which document.
        document: Document,
        /// Valid signatures by distinct owners.
        have: usize,
        /// Signatures asked for.
        needed: usize,
        /// Ids of the owners' keys that did not sign.
        missing: Vec<String>,
    },
    /// Enough owners signed each document, too few signed both.
    #[error("{have} of {needed} needed owners signed both the layout and the terms")]
    DifferentSigners {
        /// Distinct owners who signed both.
        have: usize,
        /// Signatures asked for.
        needed: usize,
    },
    /// A signed document of another kind.
    #[error("the {document} has payload type {found:?}, not {expected:?} in a DSSE envelope")]
    PayloadType {
        /// Which document.
        document: Document,
        /// What it says.
        found: String,
        /// What it must say.
        expected: &'static str,
    },
    /// Signed, but not strict JSON.
    #[error("the {document} is not strict JSON {source}")]
    Json {
        /// Which document.
        document: Document,
        /// Why.
        source: JsonError,
    },
    /// The layout cannot be used.
    #[error("the layout: {0}")]
    Layout(LayoutError),
    /// The terms cannot be used.
    #[error("the terms: {0}")]
    Terms(TermsError),
    /// The terms were signed for another layout.
    #[error("the terms belong to another layout")]
    AnotherLayout,
    /// Past its time.
    #[error("it expired at {expires}, and the time is {at}")]
    Expired {
        /// The expiry.
        expires: Timestamp,
        /// The time it was held against.
        at: Timestamp,
    },
    /// An older version than the caller has seen.
    #[error("it is version {found}, and version {seen} takes its place")]
    Older {
        /// The version.
        found: NonZeroU64,
        /// The newest that the caller knows of.
        seen: NonZeroU64,
    },
    /// Another version than the one that the release is bound to.
    #[error("it is version {found}, and {bound} is bound to version {}", bound.policy)]
    OtherVersion {
        /// The version.
        found: NonZeroU64,
        /// The release.
        bound: BoundRelease,
    },
    /// Rules about independence that cannot be used.
    #[error(transparent)]
    Diversity(DiversityError),
    /// Other steps than this program can judge.
    #[error("the layout must have exactly the step {STEP:?}")]
    Steps,
    /// The layout has rules that this program would not apply.
    #[error(
        "the layout has other rules than `quorate policy compile` makes, and nobody would apply them"
    )]
    Rules,
    /// The terms give a party a key that may not sign the step.
    #[error("key {id} of party {party} may not sign step {STEP:?}")]
    KeyNotInStep {
        /// The party.
        party: String,
        /// The key's id.
        id: String,
    },
    /// A party has an OpenPGP key, and parties sign DSSE envelopes.
    #[error(
        "key {id} of party {party} is an OpenPGP key, and parties sign DSSE envelopes, which OpenPGP keys do not"
    )]
    OpenPgp {
        /// The party.
        party: String,
        /// The key's id.
        id: String,
    },
    /// A key may sign the step and belongs to nobody.
    #[error("key {0} may sign step {STEP:?} and belongs to no party")]
    KeyWithoutParty(String),
    /// The step lists a key that the layout does not have.
    #[error("the layout's step lists key {0}, which the layout does not have")]
    UnknownKey(String),
    /// The step lists one key under two ids.
    #[error("the layout's step lists one key twice, the second time as {0}")]
    OneKeyTwice(String),
    /// More agreement than there are parties.
    #[error("{threshold} of {parties} parties can never agree")]
    Threshold {
        /// Parties asked for.
        threshold: usize,
        /// Parties named.
        parties: usize,
    },
}

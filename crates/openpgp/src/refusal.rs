//! Why a signature does not hold.

use quorate::time::Timestamp;

use crate::certificate::CertificateError;

/// Why a block of signatures says nothing about the message: the first of its packets that does not hold, and its most specific reason.
///
/// Keys and certificates are named by their fingerprints in lower-case hex; a key that nobody listed by what the signature names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureRefusal {
    /// Larger than a signature, or a document than the limits.
    #[error("larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// A form with a second reading.
    #[error("not one signature block and nothing else: {0}")]
    Form(&'static str),
    /// Not OpenPGP, or broken.
    #[error("not OpenPGP signatures: {0}")]
    Unreadable(String),
    /// A packet that is no signature, or broken.
    #[error("packet {number} is no signature that can be read")]
    NotASignature {
        /// The packet's place in the block, from 1.
        number: usize,
    },
    /// More signatures than a block may have.
    #[error("more than {count_max} signatures in one block")]
    TooMany {
        /// The limit.
        count_max: usize,
    },
    /// A signature of another kind than its place asks for.
    #[error("a signature of type {found} where one of type {expected} belongs")]
    Kind {
        /// What it is.
        found: String,
        /// What is asked for.
        expected: &'static str,
    },
    /// More work than one verification may cost.
    #[error("too many keys and too long a message to check")]
    Work,
    /// A time before 1970.
    #[error("a time before 1970, when there were no signatures")]
    Time,
    /// The listed certificates cannot be read.
    #[error("the listed certificates: {0}")]
    Certificates(#[from] CertificateError),
    /// It names no key.
    #[error("it does not name the key that made it")]
    NoIssuer,
    /// Made by a key that is in no listed certificate.
    #[error("made by key {key}, which is in none of the listed certificates")]
    Unlisted {
        /// Fingerprint or key id, as the signature has it.
        key: String,
    },
    /// A digest that collides, or will.
    #[error("made over a {digest} digest, which does not bind it to one document")]
    WeakDigest {
        /// The digest's name.
        digest: String,
    },
    /// A key that is too weak, or of a type that is not supported.
    #[error("key {key} is {what}, which is too weak or not supported")]
    WeakKey {
        /// The key, or the main key above it.
        key: String,
        /// Algorithm and size.
        what: String,
    },
    /// Not made by that key over this message.
    #[error("not made by key {key} over this message")]
    Bad {
        /// The key that the signature names.
        key: String,
    },
    /// It says that it was made after the time as of which it is judged.
    #[error("made at {made}, which is after {at}")]
    MadeLater {
        /// What the signature says.
        made: Timestamp,
        /// The time of the judgement.
        at: Timestamp,
    },
    /// It says that it is older than its key.
    #[error("made at {made}, before its key {key} was")]
    OlderThanKey {
        /// The key.
        key: String,
        /// What the signature says.
        made: Timestamp,
    },
    /// It was made for a time that is over.
    #[error("the signature by key {key} was to end before {at}")]
    SignatureExpired {
        /// The key.
        key: String,
        /// The time of the judgement.
        at: Timestamp,
    },
    /// Revoked for a reason that takes back everything, whenever it was made: stolen, or no reason given.
    #[error(
        "key {key} is revoked as stolen or without a reason, which takes back all that it signed"
    )]
    RevokedHard {
        /// The key, or the main key above it.
        key: String,
    },
    /// Revoked since a time, as retired or superseded.
    #[error("key {key} is revoked since {since}")]
    RevokedSince {
        /// The key, or the main key above it.
        key: String,
        /// When it was revoked.
        since: Timestamp,
    },
    /// Perhaps revoked by somebody else for its owner, which cannot be checked and is not ignored.
    #[error("key {key} has a revocation by another key, which cannot be checked here")]
    RevokedPerhaps {
        /// The key, or the main key above it.
        key: String,
    },
    /// The key is younger than the time of the judgement.
    #[error("key {key} was made at {made}, which is after {at}")]
    NotYetMade {
        /// The key, or the main key above it.
        key: String,
        /// When it was made.
        made: Timestamp,
        /// The time of the judgement.
        at: Timestamp,
    },
    /// Expired at that time, whatever the signature says about when it was made.
    #[error("key {key} is expired at {at}: it was valid until {until}")]
    Expired {
        /// The key, or the main key above it.
        key: String,
        /// Its end.
        until: Timestamp,
        /// The time of the judgement.
        at: Timestamp,
    },
    /// The owner's signatures in the listed certificates are all younger than that time: gpg replaces what they said before.
    #[error(
        "key {key}: the listed certificates have no signature of its owner as old as {at}; list an older copy beside it"
    )]
    NotYetBound {
        /// The key.
        key: String,
        /// The time of the judgement.
        at: Timestamp,
    },
    /// Not bound to its certificate at that time by signatures of its owner that are strong enough.
    #[error("key {key} is not valid at {at}: {problem}")]
    Invalid {
        /// The key.
        key: String,
        /// The time of the judgement.
        at: Timestamp,
        /// What sequoia says.
        problem: String,
    },
    /// A key that its owner made for other things.
    #[error("key {key} is not for signing")]
    NotForSigning {
        /// The key.
        key: String,
    },
    /// Something in the signature is critical and unknown.
    #[error("the signature by key {key} demands what is not known here: {problem}")]
    Critical {
        /// The key.
        key: String,
        /// What sequoia says.
        problem: String,
    },
    /// A key that two listed certificates rightly have.
    #[error(
        "key {key} belongs to more than one listed certificate, so that it is not clear who signed"
    )]
    Ambiguous {
        /// The key.
        key: String,
    },
}

impl SignatureRefusal {
    /// How much is known: when several certificates claim the key, the one that knows most speaks.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Unlisted { .. } | Self::NoIssuer => 0,
            Self::Bad { .. } => 1,
            Self::WeakKey { .. } | Self::Invalid { .. } | Self::NotYetBound { .. } => 2,
            _ => 3,
        }
    }
}

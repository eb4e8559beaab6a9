//! Evidence → claims: what a party of the policy verifiably said. Everything else is dropped, with its reason.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::keys::{AboutKeys, KeyDocument};
use super::reading::{Read, Reader};
use crate::attest::rebuild::Rebuild;
use crate::attest::{AttestationError, WeakLink};
use crate::digest::Sha256;
use crate::envelope::{Envelope, EnvelopeError, EnvelopeForm, NotSigned};
use crate::intoto::Link;
use crate::key::Fingerprint;
use crate::limits::Limits;
use crate::policy::{Owners, Policy};
use crate::tenure::{KeyBook, Struck};
use crate::time::Timestamp;
use crate::verify::Identity;

/// A document that may be evidence, from wherever it was gathered.
#[derive(Clone, Debug)]
pub struct Evidence<'e> {
    /// Where it came from, for reasons: a file name, a line of a proof. It decides nothing.
    pub origin: String,
    /// The document as received.
    pub bytes: Cow<'e, [u8]>,
}

/// What one party of the policy verifiably said. Only [`Claims::open`] makes one.
///
/// ```compile_fail,E0451
/// # fn another(claim: quorate::verify::Claim) {
/// let forged = quorate::verify::Claim { party: 0, ..claim };
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Claim {
    pub(super) party: usize,
    pub(super) origin: String,
    pub(super) said: Said,
    /// The keys that signed it for its party, and the marks of their signatures.
    pub(super) signers: BTreeMap<Fingerprint, Vec<Sha256>>,
}

/// A claim that does not count, because its key did not speak for its party when it was signed, as far as anybody can tell.
#[derive(Clone, Debug)]
pub struct StruckClaim {
    pub(super) claim: Claim,
    pub(super) why: Struck,
}

impl StruckClaim {
    /// What was said.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Why it does not count.
    pub fn why(&self) -> &Struck {
        &self.why
    }
}

#[derive(Clone, Debug)]
pub(super) enum Said {
    Rebuild(Box<StatedRebuild>),
    /// Shared by the parties that signed it: a large link with many signers is kept once.
    Weak(Arc<WeakLink>),
}

/// A rebuild with the digests by which it is compared, computed once.
#[derive(Clone, Debug)]
pub(super) struct StatedRebuild {
    pub(super) rebuild: Rebuild,
    pub(super) source: Sha256,
    pub(super) environment: Sha256,
}

impl Claim {
    /// The position of the party in the policy.
    pub(super) fn party(&self) -> usize {
        self.party
    }

    pub(super) fn said(&self) -> &Said {
        &self.said
    }

    /// Whether one party says the same in both.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let same = match (&self.said, &other.said) {
            (Said::Rebuild(one), Said::Rebuild(two)) => one.rebuild == two.rebuild,
            (Said::Weak(one), Said::Weak(two)) => one == two,
            _ => false,
        };
        self.party == other.party && same
    }

    /// Whether it states anything of this identity, or any of these bytes under any.
    pub(super) fn is_about(&self, identity: Option<&Identity>, files: &BTreeSet<Sha256>) -> bool {
        match &self.said {
            Said::Weak(link) => link.products.values().any(|stated| files.contains(stated)),
            Said::Rebuild(stated) => stated.rebuild.products.iter().any(|product| {
                let named = identity.is_some_and(|identity| {
                    product.package == identity.package && product.version == identity.version
                });
                named || files.contains(&product.digests.sha256)
            }),
        }
    }

    /// Where the claim came from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the party says to have rebuilt; `None` for weak evidence, which names no source.
    pub fn rebuild(&self) -> Option<&Rebuild> {
        match &self.said {
            Said::Rebuild(stated) => Some(&stated.rebuild),
            Said::Weak(_) => None,
        }
    }
}

/// What one party verifiably said to have done in a later step of the policy. Only [`Claims::open`] makes one.
#[derive(Clone, Debug)]
pub(super) struct StepClaim {
    /// The position of the step among the policy's later ones.
    pub(super) step: usize,
    /// The position of the party among the step's.
    pub(super) party: usize,
    pub(super) origin: String,
    pub(super) link: Arc<Link>,
}

/// An OpenPGP certificate that the policy names by its digest.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) origin: String,
    pub(super) sha256: Sha256,
    pub(super) bytes: Vec<u8>,
}

/// All claims of a body of evidence, and what was dropped from it.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    claims: Vec<Claim>,
    struck: Vec<StruckClaim>,
    steps: Vec<StepClaim>,
    certificates: Vec<Certificate>,
    about_keys: Vec<KeyDocument>,
    dropped: Vec<Dropped>,
}

/// A document that does not count.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// Where it came from.
    pub origin: String,
    /// Why it does not count.
    pub reason: DropReason,
}

/// Why a document does not count. One dropped document costs nothing else.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DropReason {
    /// Not an envelope.
    #[error("not a signed document: {0}")]
    Envelope(String),
    /// Nobody of the policy signed it.
    #[error("no valid signature by a key that the policy lists")]
    NotSigned,
    /// Signed, but no claim.
    #[error("{0}")]
    Attestation(#[from] AttestationError),
    /// Signed by one party, said in the name of another: a copied statement.
    #[error("signed by {} but says that {stated} rebuilt", signers.join(", "))]
    AnotherParty {
        /// The parties whose keys signed.
        signers: Vec<String>,
        /// The party that the statement names.
        stated: String,
    },
    /// A certificate that the policy does not name.
    #[error("an OpenPGP certificate that this policy does not name")]
    Certificate,
    /// Signed, and no link of a later step.
    #[error("{0}")]
    Step(String),
    /// About keys, and without effect.
    #[error("{0}")]
    Keys(String),
    /// Signed by a key that did not speak for the party then, as far as anybody can tell.
    #[error("signed for {party}, and {why}")]
    Struck {
        /// The party.
        party: String,
        /// Why it does not count.
        why: Struck,
    },
    /// Signed by a party that may not carry out this step.
    #[error("signed by nobody who may carry out step {0:?}")]
    OtherStep(String),
    /// More signatures and keys than one document is tried with.
    #[error("no valid signature among as many as one document is tried with")]
    TooManyChecks,
    /// More evidence than one verification reads.
    #[error("more evidence than the limits allow; give only the evidence for this package")]
    TooMuch,
}

impl Claims {
    /// Opens every document with the parties' keys and keeps what is a claim. What is said about keys is read first, wherever it stands.
    pub fn open<'e>(
        policy: &Policy,
        owners: &Owners,
        evidence: impl IntoIterator<Item = &'e Evidence<'e>>,
        at: Timestamp,
        limits: &Limits,
    ) -> Self {
        let mut claims = Self::default();
        let mut left = Left::of(limits);
        let mut sorted = Sorted::default();
        for document in evidence {
            if let Err(reason) = sorted.take(document, &mut left, limits) {
                claims.drop_document(&document.origin, reason);
            }
        }
        let keys = sorted.keys.open(policy, owners, at, (limits, &mut left));
        claims.about_keys = keys.documents;
        claims.dropped.extend(keys.dropped);
        let mut reader = Reader {
            policy,
            known: keys.book.keys(),
            book: &keys.book,
            left: &mut left,
            limits,
        };
        let mut certificates = BTreeSet::new();
        for (document, pending) in sorted.others {
            match reader.read(document, pending) {
                Ok(Read::Certificate(it)) if !certificates.insert(it.sha256) => {}
                Ok(read) => claims.keep(read),
                Err(reason) => claims.drop_document(&document.origin, reason),
            }
        }
        claims.strike_shared_machines(&keys.book);
        claims
    }

    fn keep(&mut self, read: Read) {
        match read {
            Read::Claims(claims) => self.claims.extend(claims),
            Read::Struck(struck) => self.struck.push(*struck),
            Read::Steps(steps) => self.steps.extend(steps),
            Read::Certificate(certificate) => self.certificates.push(certificate),
        }
    }

    fn drop_document(&mut self, origin: &str, reason: DropReason) {
        self.dropped.push(Dropped {
            origin: origin.to_owned(),
            reason,
        });
    }

    /// A machine that signs for several parties would be several votes. Only its holder can sign for two, so nobody else's machine is hurt.
    fn strike_shared_machines(&mut self, book: &KeyBook) {
        let mut parties: BTreeMap<Fingerprint, BTreeSet<usize>> = BTreeMap::new();
        // A link names no party: that it could be of several is not its machine's doing.
        let rebuilds = self.claims.iter();
        for claim in rebuilds.filter(|claim| claim.rebuild().is_some()) {
            for key in claim.signers.keys().filter(|key| book.is_machine(**key)) {
                parties.entry(*key).or_default().insert(claim.party);
            }
        }
        parties.retain(|_, of| of.len() > 1);
        let shared = |claim: &Claim| {
            let mut own = claim.signers.keys();
            own.all(|key| parties.contains_key(key))
        };
        let (struck, kept) = std::mem::take(&mut self.claims)
            .into_iter()
            .partition(shared);
        self.claims = kept;
        self.struck
            .extend(Vec::into_iter(struck).map(|claim: Claim| {
                let keys = claim.signers.keys().filter_map(|key| parties.get(key));
                let of: BTreeSet<usize> = keys.flatten().copied().collect();
                let why = Struck::SharedMachine { count: of.len() };
                StruckClaim { claim, why }
            }));
    }

    /// The claims.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// What would be claims, and does not count for the time at which it was signed.
    pub fn struck(&self) -> &[StruckClaim] {
        &self.struck
    }

    /// Whether there was more than one verification reads. What was left unread may have taken a vote away.
    pub fn is_cut(&self) -> bool {
        let mut reasons = self.dropped.iter().map(|it| &it.reason);
        reasons.any(|reason| matches!(reason, DropReason::TooMuch))
    }

    pub(super) fn about_keys(&self) -> &[KeyDocument] {
        &self.about_keys
    }

    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    pub(super) fn steps(&self) -> &[StepClaim] {
        &self.steps
    }

    /// What does not count.
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }
}

/// What one verification may still read and check.
pub(super) struct Left {
    bytes: usize,
    documents: usize,
    pub(super) signature_checks: usize,
}

impl Left {
    /// Why an envelope was not opened, of which `checks` were left when it began.
    pub(super) fn refusal(refused: NotSigned, checks: usize, limits: &Limits) -> DropReason {
        match refused.unchecked {
            false => DropReason::NotSigned,
            // What one document may cost is its own loss; what all may cost is a loss of others.
            true if checks >= limits.signature_checks_max => DropReason::TooManyChecks,
            true => DropReason::TooMuch,
        }
    }

    fn of(limits: &Limits) -> Self {
        Self {
            bytes: limits.evidence_bytes_max,
            documents: limits.evidence_count_max,
            signature_checks: limits.evidence_signature_checks_max,
        }
    }

    fn take(&mut self, document: &Evidence<'_>) -> Result<(), DropReason> {
        let bytes = self.bytes.checked_sub(document.bytes.len());
        let documents = self.documents.checked_sub(1);
        let (Some(bytes), Some(documents)) = (bytes, documents) else {
            return Err(DropReason::TooMuch);
        };
        (self.bytes, self.documents) = (bytes, documents);
        Ok(())
    }
}

/// Evidence by what it may be, each document once.
#[derive(Default)]
struct Sorted<'e> {
    seen: BTreeSet<Sha256>,
    keys: AboutKeys<'e>,
    others: Vec<(&'e Evidence<'e>, Pending<'e>)>,
}

/// A document that is no statement about keys.
pub(super) enum Pending<'e> {
    Envelope(Envelope<'e>),
    /// A metablock, which takes many times its bytes when it is read: it is read again when its turn comes.
    Metablock,
    /// No envelope, and why.
    Other(EnvelopeError),
}

impl<'e> Sorted<'e> {
    fn take(
        &mut self,
        document: &'e Evidence<'e>,
        left: &mut Left,
        limits: &Limits,
    ) -> Result<(), DropReason> {
        left.take(document)?;
        let pending = match Envelope::parse(&document.bytes, limits) {
            Err(error) => Pending::Other(error),
            Ok(envelope) => {
                if !self.seen.insert(envelope.digest()) {
                    return Ok(());
                }
                match envelope.form() {
                    EnvelopeForm::Metablock => Pending::Metablock,
                    EnvelopeForm::Dsse => {
                        match self.keys.take(&document.origin, envelope, limits) {
                            Some(envelope) => Pending::Envelope(envelope),
                            None => return Ok(()),
                        }
                    }
                }
            }
        };
        self.others.push((document, pending));
        Ok(())
    }
}

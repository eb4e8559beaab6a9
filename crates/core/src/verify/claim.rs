//! Evidence → claims: what a party of the policy verifiably said. Everything else is dropped, with its reason.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::attest::rebuild::Rebuild;
use crate::attest::{Attestation, AttestationError, WeakLink};
use crate::digest::Sha256;
use crate::envelope::{Envelope, EnvelopeError, Opened, PAYLOAD_TYPE_IN_TOTO};
use crate::intoto::Link;
use crate::json::Json;
use crate::key::PublicKey;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::source::openpgp::certificate_in;
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
    party: usize,
    origin: String,
    said: Said,
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
    steps: Vec<StepClaim>,
    certificates: Vec<Certificate>,
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
    /// Signed by a party that may not carry out this step.
    #[error("signed by nobody who may carry out step {0:?}")]
    OtherStep(String),
    /// More evidence than one verification reads.
    #[error("more evidence than the limits allow; give only the evidence for this package")]
    TooMuch,
}

impl Claims {
    /// Opens every document with the parties' keys and keeps what is a claim.
    pub fn open<'e>(
        policy: &Policy,
        evidence: impl IntoIterator<Item = &'e Evidence<'e>>,
        limits: &Limits,
    ) -> Self {
        let keys = policy.keys();
        let mut claims = Self::default();
        let mut left = Left::of(limits);
        let mut seen = BTreeSet::new();
        for document in evidence {
            let outcome = left
                .take(document)
                .and_then(|()| read(policy, &keys, document, &mut seen, &mut left, limits));
            match outcome {
                Ok(Read::Claims(said)) => claims.claims.extend(said),
                Ok(Read::Steps(said)) => claims.steps.extend(said),
                Ok(Read::Certificate(certificate)) => claims.certificates.push(certificate),
                Err(reason) => claims.dropped.push(Dropped {
                    origin: document.origin.clone(),
                    reason,
                }),
            }
        }
        claims
    }

    /// The claims.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
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
struct Left {
    bytes: usize,
    documents: usize,
    signature_checks: usize,
}

impl Left {
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

/// What one document says.
enum Read {
    Claims(Vec<Claim>),
    Steps(Vec<StepClaim>),
    Certificate(Certificate),
}

/// One document → the claims in it: one for a rebuild, one for each signing party for a weak link, none for a repetition.
fn read(
    policy: &Policy,
    keys: &[&PublicKey],
    document: &Evidence<'_>,
    seen: &mut BTreeSet<Sha256>,
    left: &mut Left,
    limits: &Limits,
) -> Result<Read, DropReason> {
    let envelope = match Envelope::parse(&document.bytes, limits) {
        Ok(envelope) => envelope,
        Err(error) => return read_certificate(policy, document, &error, seen, limits),
    };
    if !seen.insert(envelope.digest()) {
        return Ok(Read::Claims(Vec::new()));
    }
    let opened = envelope.open_within(keys, limits, &mut left.signature_checks);
    let opened = opened.map_err(|refused| match refused.unchecked {
        true => DropReason::TooMuch,
        false => DropReason::NotSigned,
    })?;
    if let Some(read) = read_step(policy, document, &opened, limits)? {
        return Ok(read);
    }
    let signers: BTreeMap<usize, String> = opened
        .signers()
        .iter()
        .filter_map(|key| policy.party_of(*key))
        .map(|party| (party, policy.parties()[party].name().to_owned()))
        .collect();
    if signers.is_empty() {
        return Err(DropReason::NotSigned);
    }
    let claim = |party, said| Claim {
        party,
        origin: document.origin.clone(),
        said,
    };
    match Attestation::read(&opened, limits)? {
        Attestation::Weak(link) => {
            let link = Arc::new(link);
            let said = || Said::Weak(Arc::clone(&link));
            let parties = signers.into_keys();
            let claims = parties.map(|party| claim(party, said()));
            Ok(Read::Claims(claims.collect()))
        }
        Attestation::Rebuild(rebuild) => {
            let Some((&party, _)) = signers.iter().find(|(_, name)| **name == rebuild.party) else {
                return Err(DropReason::AnotherParty {
                    signers: signers.into_values().collect(),
                    stated: rebuild.party,
                });
            };
            let stated = StatedRebuild {
                source: rebuild.source.digest(),
                environment: rebuild.environment_digest(),
                rebuild: *rebuild,
            };
            let claim = claim(party, Said::Rebuild(Box::new(stated)));
            Ok(Read::Claims(vec![claim]))
        }
    }
}

/// A certificate that the policy names; anything else that is no envelope is nothing.
fn read_certificate(
    policy: &Policy,
    document: &Evidence<'_>,
    error: &EnvelopeError,
    seen: &mut BTreeSet<Sha256>,
    limits: &Limits,
) -> Result<Read, DropReason> {
    let bytes = certificate_in(&document.bytes, limits);
    let bytes = bytes.ok_or_else(|| DropReason::Envelope(error.to_string()))?;
    let sha256 = Sha256::of(&bytes);
    if !policy.source().certificates().contains(&sha256) {
        return Err(DropReason::Certificate);
    }
    if !seen.insert(sha256) {
        return Ok(Read::Claims(Vec::new()));
    }
    let origin = document.origin.clone();
    Ok(Read::Certificate(Certificate {
        origin,
        sha256,
        bytes,
    }))
}

/// The link of a later step, once for each of the step's parties that signed it; `None` for any other document.
fn read_step(
    policy: &Policy,
    document: &Evidence<'_>,
    opened: &Opened<'_>,
    limits: &Limits,
) -> Result<Option<Read>, DropReason> {
    if policy.steps().is_empty() || opened.payload_type() != PAYLOAD_TYPE_IN_TOTO {
        return Ok(None);
    }
    let value = opened.json(limits).map_err(AttestationError::from)?;
    let named = |name: &str| match &*value {
        Json::Object(members) => match members.get(name) {
            Some(Json::String(text)) => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    };
    let name = named("name").filter(|_| named("_type").as_deref() == Some("link"));
    let step = name.and_then(|name| policy.steps().iter().position(|step| step.name() == name));
    let Some(step) = step else {
        return Ok(None);
    };
    let link = Link::from_json(&value).map_err(|error| DropReason::Step(error.to_string()))?;
    let link = Arc::new(link);
    let parties = policy.steps()[step].parties().iter().enumerate();
    let signed = parties.filter(|(_, party)| {
        let mut keys = party.keys().iter().map(PublicKey::fingerprint);
        keys.any(|key| opened.signers().contains(&key))
    });
    let claims: Vec<StepClaim> = signed
        .map(|(party, _)| StepClaim {
            step,
            party,
            origin: document.origin.clone(),
            link: Arc::clone(&link),
        })
        .collect();
    if claims.is_empty() {
        return Err(DropReason::OtherStep(link.name.clone()));
    }
    Ok(Some(Read::Steps(claims)))
}

//! The second pass over evidence: one document → what it says, by keys of which it is known when they spoke for whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::claim::{
    Certificate, Claim, DropReason, Evidence, Left, Pending, Said, StatedRebuild, StepClaim,
    StruckClaim,
};
use crate::attest::rebuild::Rebuild;
use crate::attest::{Attestation, AttestationError};
use crate::digest::Sha256;
use crate::envelope::{Envelope, EnvelopeError, Opened, PAYLOAD_TYPE_IN_TOTO};
use crate::intoto::Link;
use crate::json::Json;
use crate::key::{Fingerprint, PublicKey};
use crate::limits::Limits;
use crate::policy::Policy;
use crate::source::openpgp::certificate_in;
use crate::tenure::{KeyBook, Signature, Struck};
use crate::time::Timestamp;

/// What one document says.
pub(super) enum Read {
    Claims(Vec<Claim>),
    Struck(Box<StruckClaim>),
    Steps(Vec<StepClaim>),
    Certificate(Certificate),
}

/// Whose signatures are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Any,
    NoMachine,
}

/// Reads documents of one body of evidence.
pub(super) struct Reader<'r> {
    pub(super) policy: &'r Policy,
    pub(super) book: &'r KeyBook,
    /// The book's keys.
    pub(super) known: Vec<&'r PublicKey>,
    pub(super) left: &'r mut Left,
    pub(super) limits: &'r Limits,
}

/// The signatures of one party on a document: those that count, or why none does.
type OfParty = Result<BTreeMap<Fingerprint, Vec<Sha256>>, Struck>;

impl Reader<'_> {
    /// One document → the claims in it: one for a rebuild, one for each signing party for a weak link.
    pub(super) fn read(
        &mut self,
        document: &Evidence<'_>,
        pending: Pending<'_>,
    ) -> Result<Read, DropReason> {
        let envelope = match pending {
            Pending::Envelope(envelope) => Ok(envelope),
            Pending::Metablock => Envelope::parse(&document.bytes, self.limits),
            Pending::Other(error) => Err(error),
        };
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(error) => return self.certificate(document, &error),
        };
        let before = self.left.signature_checks;
        let checks = &mut self.left.signature_checks;
        let opened = envelope.open_within(&self.known, self.limits, checks);
        let opened = opened.map_err(|refused| Left::refusal(refused, before, self.limits))?;
        if let Some(read) = self.step(document, &opened)? {
            return Ok(read);
        }
        let parties = self.policy.parties().iter().enumerate();
        let signing: Vec<usize> = parties
            .filter(|(_, party)| self.signed_for(&opened, party.name()))
            .map(|(at, _)| at)
            .collect();
        if signing.is_empty() {
            return Err(DropReason::NotSigned);
        }
        match Attestation::read(&opened, self.limits)? {
            Attestation::Weak(link) => {
                let said = Said::Weak(Arc::new(link));
                self.weak(document, &opened, &signing, &said)
            }
            Attestation::Rebuild(rebuild) => self.rebuild(document, &opened, &signing, *rebuild),
        }
    }

    fn weak(
        &self,
        document: &Evidence<'_>,
        opened: &Opened<'_>,
        signing: &[usize],
        said: &Said,
    ) -> Result<Read, DropReason> {
        let mut claims = Vec::new();
        let mut refused = DropReason::NotSigned;
        for party in signing {
            match self.signatures(opened, self.name(*party), None, Who::Any) {
                Ok(signers) => claims.push(Claim {
                    party: *party,
                    origin: document.origin.clone(),
                    said: said.clone(),
                    signers,
                }),
                Err(why) => {
                    let party = self.name(*party).to_owned();
                    refused = DropReason::Struck { party, why };
                }
            }
        }
        if claims.is_empty() {
            return Err(refused);
        }
        Ok(Read::Claims(claims))
    }

    fn rebuild(
        &self,
        document: &Evidence<'_>,
        opened: &Opened<'_>,
        signing: &[usize],
        rebuild: Rebuild,
    ) -> Result<Read, DropReason> {
        let mut signing = signing.iter();
        let named = signing.clone().map(|party| self.name(*party).to_owned());
        let Some(&party) = signing.find(|party| self.name(**party) == rebuild.party) else {
            return Err(DropReason::AnotherParty {
                signers: named.collect(),
                stated: rebuild.party,
            });
        };
        let of_party = self.signatures(opened, &rebuild.party, Some(rebuild.finished), Who::Any);
        let stated = StatedRebuild {
            source: rebuild.source.digest(),
            environment: rebuild.environment_digest(),
            rebuild,
        };
        let claim = |signers| Claim {
            party,
            origin: document.origin.clone(),
            said: Said::Rebuild(Box::new(stated)),
            signers,
        };
        Ok(match of_party {
            Ok(signers) => Read::Claims(vec![claim(signers)]),
            Err(why) => {
                let marks = self.marks(opened, self.name(party), Who::Any).collect();
                let claim = claim(marks);
                Read::Struck(Box::new(StruckClaim { claim, why }))
            }
        })
    }

    fn name(&self, party: usize) -> &str {
        self.policy.parties()[party].name()
    }

    fn signed_for(&self, opened: &Opened<'_>, party: &str) -> bool {
        self.marks(opened, party, Who::Any).next().is_some()
    }

    /// The keys that ever speak for the party and signed, with their marks.
    fn marks<'o>(
        &'o self,
        opened: &'o Opened<'_>,
        party: &'o str,
        who: Who,
    ) -> impl Iterator<Item = (Fingerprint, Vec<Sha256>)> + 'o {
        let signers = opened.signers().iter();
        signers
            .filter(move |key| who == Who::Any || !self.book.is_machine(**key))
            .filter(move |key| self.book.parties_of(**key).any(|it| it == party))
            .map(|key| (*key, opened.marks_of(*key).collect()))
    }

    /// The signatures that count for a party, of all that its keys made.
    fn signatures(
        &self,
        opened: &Opened<'_>,
        party: &str,
        said: Option<Timestamp>,
        who: Who,
    ) -> OfParty {
        let mut counting = BTreeMap::new();
        let mut refused = Struck::NotTheirs;
        for (by, marks) in self.marks(opened, party, who) {
            let judged = self.book.judge(Signature {
                by,
                party,
                marks: &marks,
                said,
            });
            match judged {
                Ok(()) => {
                    counting.insert(by, marks);
                }
                Err(why) => refused = why,
            }
        }
        if counting.is_empty() {
            return Err(refused);
        }
        Ok(counting)
    }

    /// A certificate that the policy names; anything else that is no envelope is nothing.
    fn certificate(
        &self,
        document: &Evidence<'_>,
        error: &EnvelopeError,
    ) -> Result<Read, DropReason> {
        let bytes = certificate_in(&document.bytes, self.limits);
        let bytes = bytes.ok_or_else(|| DropReason::Envelope(error.to_string()))?;
        let sha256 = Sha256::of(&bytes);
        if !self.policy.source().certificates().contains(&sha256) {
            return Err(DropReason::Certificate);
        }
        let origin = document.origin.clone();
        Ok(Read::Certificate(Certificate {
            origin,
            sha256,
            bytes,
        }))
    }

    /// The link of a later step, once for each of the step's parties that signed it; `None` for any other document.
    fn step(
        &self,
        document: &Evidence<'_>,
        opened: &Opened<'_>,
    ) -> Result<Option<Read>, DropReason> {
        let steps = self.policy.steps();
        if steps.is_empty() || opened.payload_type() != PAYLOAD_TYPE_IN_TOTO {
            return Ok(None);
        }
        let value = opened.json(self.limits).map_err(AttestationError::from)?;
        let named = |name: &str| match &*value {
            Json::Object(members) => match members.get(name) {
                Some(Json::String(text)) => Some(text.to_string()),
                _ => None,
            },
            _ => None,
        };
        let name = named("name").filter(|_| named("_type").as_deref() == Some("link"));
        let step = name.and_then(|name| steps.iter().position(|step| step.name() == name));
        let Some(step) = step else {
            return Ok(None);
        };
        let link = Link::from_json(&value).map_err(|error| DropReason::Step(error.to_string()))?;
        let link = Arc::new(link);
        let mut claims = Vec::new();
        let mut refused = DropReason::OtherStep(link.name.clone());
        for (party, named) in steps[step].parties().iter().enumerate() {
            // What a machine may do for its party is to rebuild.
            if self
                .marks(opened, named.name(), Who::NoMachine)
                .next()
                .is_none()
            {
                continue;
            }
            match self.signatures(opened, named.name(), None, Who::NoMachine) {
                Ok(_) => claims.push(StepClaim {
                    step,
                    party,
                    origin: document.origin.clone(),
                    link: Arc::clone(&link),
                }),
                Err(why) => {
                    let party = named.name().to_owned();
                    refused = DropReason::Struck { party, why };
                }
            }
        }
        if claims.is_empty() {
            return Err(refused);
        }
        Ok(Some(Read::Steps(claims)))
    }
}

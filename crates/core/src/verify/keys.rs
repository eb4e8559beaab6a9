//! The first pass over evidence: what parties say about keys, before anything is read that those keys signed.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{DropReason, Dropped, Left};
use crate::digest::Sha256;
use crate::envelope::{Envelope, Opened, PAYLOAD_TYPE_IN_TOTO};
use crate::json::{self, Members, object, string};
use crate::key::{Fingerprint, PublicKey};
use crate::limits::Limits;
use crate::policy::{Declared, LaterStep, Owners, Party, Policy};
use crate::tenure::{
    Base, Ground, KeyBook, KeyStatement, Listed, MachineLayout, PAYLOAD_TYPE_KEYS, Principals,
    Revocation, Rotation, Signed, Spoken, Witness, apply, candidates, declared,
};
use crate::time::Timestamp;

/// A statement about keys that changes something, for whoever makes a proof.
#[derive(Clone, Debug)]
pub(super) struct KeyDocument {
    pub(super) origin: String,
    /// The signatures that it says it saw; of a witness alone.
    pub(super) saw: Option<Vec<Sha256>>,
    /// The marks of its own signatures.
    pub(super) marks: Vec<Sha256>,
}

/// What the first pass leaves.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) book: KeyBook,
    pub(super) documents: Vec<KeyDocument>,
    pub(super) dropped: Vec<Dropped>,
}

/// Envelopes that are about keys, not opened yet.
#[derive(Default)]
pub(super) struct AboutKeys<'e> {
    statements: Vec<(String, Envelope<'e>)>,
    layouts: Vec<(String, Envelope<'e>)>,
}

impl<'e> AboutKeys<'e> {
    /// Takes an envelope that is about keys, and gives any other back. What it is, its payload says; whether it counts, signatures.
    pub(super) fn take(
        &mut self,
        origin: &str,
        envelope: Envelope<'e>,
        limits: &Limits,
    ) -> Option<Envelope<'e>> {
        match envelope.unverified_payload_type() {
            Some(PAYLOAD_TYPE_KEYS) => self.statements.push((origin.to_owned(), envelope)),
            Some(PAYLOAD_TYPE_IN_TOTO) if is_layout(&envelope, limits) => {
                self.layouts.push((origin.to_owned(), envelope));
            }
            _ => return Some(envelope),
        }
        None
    }

    /// Opens all, and applies them.
    pub(super) fn open(
        self,
        policy: &Policy,
        owners: &Owners,
        at: Timestamp,
        (limits, left): (&Limits, &mut Left),
    ) -> Keys {
        let base = base(policy);
        let mut opening = Opening {
            spoken: Spoken::default(),
            keys: Keys::default(),
            limits,
            left,
        };
        let mut later = Vec::new();
        for (origin, envelope) in self.statements {
            let read = statement(&envelope, limits);
            match read {
                Ok(KeyStatement::Rotation(said)) => opening.rotation(origin, envelope, *said),
                Ok(said) => later.push((origin, envelope, said)),
                Err(reason) => opening.keys.dropped.push(Dropped { origin, reason }),
            }
        }
        let rotations = std::mem::take(&mut opening.spoken.rotations);
        let known = candidates(&base, &rotations);
        let mut keys: Vec<&PublicKey> = known.values().copied().collect();
        for (origin, envelope) in self.layouts {
            opening.layout(origin, envelope, &keys);
        }
        let layouts = std::mem::take(&mut opening.spoken.machines);
        keys.extend(layouts.iter().flat_map(|layout| &layout.said.keys));
        for (origin, envelope, said) in later {
            let of_party = |party: &str| -> Vec<&PublicKey> {
                let own = known.iter().filter(|((name, _), _)| *name == party);
                own.map(|(_, key)| *key).collect()
            };
            match said {
                // Whose word counts against a key is that party's alone: nobody else's keys make it cost more.
                KeyStatement::Revocation(said) => {
                    let keys = of_party(&said.party);
                    opening.revocation(origin, envelope, *said, &keys);
                }
                KeyStatement::Witness(said) => opening.witness(origin, envelope, said, &keys),
                KeyStatement::Rotation(_) => {}
            }
        }
        drop(keys);
        opening.spoken.rotations = rotations;
        opening.spoken.machines = layouts;
        let ground = Ground {
            base: &base,
            roster: owners.roster(),
            principals: &principals(policy, owners.roster()),
            needed: policy.threshold().get(),
            at,
        };
        opening.finish(&ground)
    }
}

struct Opening<'o> {
    spoken: Spoken,
    keys: Keys,
    limits: &'o Limits,
    left: &'o mut Left,
}

impl Opening<'_> {
    /// A rotation names both keys that have to sign it.
    fn rotation(&mut self, origin: String, envelope: Envelope<'_>, said: Rotation) {
        let keys = [&said.old, &said.new];
        if let Some(signers) = self.signers(&origin, envelope, &keys, None) {
            self.spoken.rotations.push(Signed {
                number: self.last(),
                said,
                signers,
            });
        }
    }

    fn layout(&mut self, origin: String, envelope: Envelope<'_>, keys: &[&PublicKey]) {
        let payload = envelope.dangerous_unverified_payload().unwrap_or_default();
        let read = json::parse(payload, self.limits)
            .map_err(|error| DropReason::Keys(error.to_string()))
            .and_then(|value| {
                MachineLayout::from_json(&value, self.limits)
                    .map_err(|error| DropReason::Keys(error.to_string()))
            });
        match read {
            Err(reason) => self.keys.dropped.push(Dropped { origin, reason }),
            Ok(said) => {
                if let Some(signers) = self.signers(&origin, envelope, keys, None) {
                    self.spoken.machines.push(Signed {
                        number: self.last(),
                        said,
                        signers,
                    });
                }
            }
        }
    }

    fn revocation(
        &mut self,
        origin: String,
        envelope: Envelope<'_>,
        said: Revocation,
        of_party: &[&PublicKey],
    ) {
        let revoked = said.key.clone();
        let others = of_party.iter().copied();
        let others = others.filter(|key| key.fingerprint() != revoked.fingerprint());
        let keys: Vec<&PublicKey> = std::iter::once(&revoked).chain(others).collect();
        if let Some(signers) = self.signers(&origin, envelope, &keys, None) {
            self.spoken.revocations.push(Signed {
                number: self.last(),
                said,
                signers,
            });
        } else if let Some(dropped) = self.keys.dropped.last_mut() {
            dropped.reason = match std::mem::replace(&mut dropped.reason, DropReason::NotSigned) {
                // What is not read of this kind would have taken a vote away.
                DropReason::TooManyChecks => DropReason::TooMuch,
                DropReason::NotSigned => DropReason::Keys(format!(
                    "revokes a key of {}, and neither that key nor another key of {0} signed it",
                    said.party
                )),
                other => other,
            };
        }
    }

    fn witness(
        &mut self,
        origin: String,
        envelope: Envelope<'_>,
        said: Witness,
        keys: &[&PublicKey],
    ) {
        let saw = said.signatures.iter().copied().collect();
        if let Some(signers) = self.signers(&origin, envelope, keys, Some(saw)) {
            self.spoken.witnesses.push(Signed {
                number: self.last(),
                said,
                signers,
            });
        }
    }

    /// Who of `keys` signed the envelope.
    fn signers(
        &mut self,
        origin: &str,
        envelope: Envelope<'_>,
        keys: &[&PublicKey],
        saw: Option<Vec<Sha256>>,
    ) -> Option<BTreeMap<Fingerprint, Vec<Sha256>>> {
        let before = self.left.signature_checks;
        let checks = &mut self.left.signature_checks;
        match envelope.open_within(keys, self.limits, checks) {
            Ok(opened) => {
                let signers = marks(&opened);
                self.keys.documents.push(KeyDocument {
                    origin: origin.to_owned(),
                    saw,
                    marks: signers.values().flatten().copied().collect(),
                });
                Some(signers)
            }
            Err(refused) => {
                self.keys.dropped.push(Dropped {
                    origin: origin.to_owned(),
                    reason: Left::refusal(refused, before, self.limits),
                });
                None
            }
        }
    }

    /// The number of the document that was opened last.
    fn last(&self) -> usize {
        self.keys.documents.len() - 1
    }

    fn finish(mut self, ground: &Ground<'_>) -> Keys {
        self.keys.book = apply(ground, &self.spoken);
        let mut numbers = BTreeSet::new();
        for (number, why) in self.keys.book.ignored() {
            numbers.insert(*number);
            self.keys.dropped.push(Dropped {
                origin: self.keys.documents[*number].origin.clone(),
                reason: DropReason::Keys(why.clone()),
            });
        }
        let documents = std::mem::take(&mut self.keys.documents).into_iter();
        let kept = documents
            .enumerate()
            .filter(|(number, _)| !numbers.contains(number));
        self.keys.documents = kept.map(|(_, document)| document).collect();
        self.keys
    }
}

/// The marks of each signer's signatures.
fn marks(opened: &Opened<'_>) -> BTreeMap<Fingerprint, Vec<Sha256>> {
    let signers = opened.signers().iter();
    signers
        .map(|key| (*key, opened.marks_of(*key).collect()))
        .collect()
}

/// The keys that the policy names for its parties.
fn base(policy: &Policy) -> Vec<Base<'_>> {
    let mut seen = BTreeSet::new();
    let rebuilders = policy.parties().iter().map(|party| (party, true));
    let later = policy.steps().iter().flat_map(LaterStep::parties);
    let all = rebuilders.chain(later.map(|party| (party, false)));
    let mut base = Vec::new();
    for (party, rebuilds) in all {
        for key in party.keys() {
            if seen.insert(key.fingerprint()) {
                base.push(Base {
                    party: party.name(),
                    key,
                    from: party.valid_from(),
                    until: party.valid_until(),
                    rebuilds,
                });
            }
        }
    }
    base
}

/// Who answers for which party: as the policy declares it, and as the roster does.
fn principals(policy: &Policy, roster: &[Listed]) -> [Principals; 2] {
    let of = |declared: &dyn Fn(&Party) -> Option<String>| {
        let parties = policy.parties().iter();
        parties
            .filter_map(|party| Some((party.name().to_owned(), declared(party)?)))
            .collect()
    };
    let word = |declared: &Declared| declared.principal().to_owned();
    let by_policy = |party: &Party| party.declared().map(word);
    let by_roster = |party: &Party| declared(roster, party).map(word);
    // As votes are counted: where one of the two speaks of a party, that counts.
    [
        of(&|party| by_policy(party).or_else(|| by_roster(party))),
        of(&|party| by_roster(party).or_else(|| by_policy(party))),
    ]
}

fn statement(envelope: &Envelope<'_>, limits: &Limits) -> Result<KeyStatement, DropReason> {
    let payload = envelope.dangerous_unverified_payload().unwrap_or_default();
    KeyStatement::from_payload(payload, limits).map_err(|error| DropReason::Keys(error.to_string()))
}

/// Whether the payload says that it is a layout; the search spares links and statements a second reading.
fn is_layout(envelope: &Envelope<'_>, limits: &Limits) -> bool {
    const WORD: &[u8] = b"layout";
    let payload = envelope.dangerous_unverified_payload().unwrap_or_default();
    if !payload.windows(WORD.len()).any(|window| window == WORD) {
        return false;
    }
    let value = json::parse(payload, limits);
    value.is_ok_and(|value| {
        let kind = object(&value).and_then(|members| members.read("_type", string));
        kind == Ok("layout")
    })
}

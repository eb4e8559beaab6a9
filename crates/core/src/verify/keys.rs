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
    Rotation, Signed, Spoken, apply, candidates, declared,
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
                Ok(KeyStatement::Rotation(said)) => opening.rotation(origin, envelope, said),
                Ok(said) => later.push((origin, envelope, said)),
                Err(reason) => opening.keys.dropped.push(Dropped { origin, reason }),
            }
        }
        let rotations = std::mem::take(&mut opening.spoken.rotations);
        let known = candidates(&base, &rotations);
        let mut keys: Vec<&PublicKey> = known.into_values().collect();
        for (origin, envelope) in self.layouts {
            opening.layout(origin, envelope, &keys);
        }
        let layouts = std::mem::take(&mut opening.spoken.machines);
        keys.extend(layouts.iter().flat_map(|layout| &layout.said.keys));
        for (origin, envelope, said) in later {
            opening.of_party(origin, envelope, said, &keys);
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
                origin,
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
                        origin,
                        said,
                        signers,
                    });
                }
            }
        }
    }

    fn of_party(
        &mut self,
        origin: String,
        envelope: Envelope<'_>,
        said: KeyStatement,
        keys: &[&PublicKey],
    ) {
        match said {
            KeyStatement::Revocation(said) => {
                let mut keys = keys.to_vec();
                keys.push(&said.key);
                if let Some(signers) = self.signers(&origin, envelope, &keys, None) {
                    self.spoken.revocations.push(Signed {
                        origin,
                        said,
                        signers,
                    });
                }
            }
            KeyStatement::Witness(said) => {
                let saw = said.signatures.iter().copied().collect();
                if let Some(signers) = self.signers(&origin, envelope, keys, Some(saw)) {
                    self.spoken.witnesses.push(Signed {
                        origin,
                        said,
                        signers,
                    });
                }
            }
            KeyStatement::Rotation(_) => {}
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

    fn finish(mut self, ground: &Ground<'_>) -> Keys {
        self.keys.book = apply(ground, &self.spoken);
        for (origin, why) in self.keys.book.ignored() {
            self.keys.documents.retain(|it| it.origin != *origin);
            self.keys.dropped.push(Dropped {
                origin: origin.clone(),
                reason: DropReason::Keys(why.clone()),
            });
        }
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
    [
        of(&|party| party.declared().map(word)),
        of(&|party| declared(roster, party).map(word)),
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

//! The one function that turns what parties signed about keys into what counts.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{KeyBook, Origin, Signature};
use super::ignored::ignored;
use super::roster::listed;
use super::{Listed, MachineLayout, Revocation, Rotation, Witness};
use crate::digest::Sha256;
use crate::key::{Fingerprint, PublicKey};
use crate::time::Timestamp;

/// Keys that one party may have had by rotations: one a day for most of a year. Of a party with more, none of them counts, so that nobody
/// is made to look at thousands.
const ROTATIONS_MAX: usize = 256;

/// A key that the policy names for a party.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'p> {
    pub(crate) party: &'p str,
    pub(crate) key: &'p PublicKey,
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// Whether the party rebuilds: those that do are witnesses of each other.
    pub(crate) rebuilds: bool,
}

/// A statement and the keys that signed it, each with the marks of its signatures.
#[derive(Clone, Debug)]
pub(crate) struct Signed<T> {
    /// Which document it is, for whoever is to learn that it changes nothing.
    pub(crate) number: usize,
    pub(crate) said: T,
    pub(crate) signers: BTreeMap<Fingerprint, Vec<Sha256>>,
}

/// Everything that was said about keys, in no order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken {
    pub(crate) rotations: Vec<Signed<Rotation>>,
    pub(crate) revocations: Vec<Signed<Revocation>>,
    pub(crate) witnesses: Vec<Signed<Witness>>,
    pub(crate) machines: Vec<Signed<MachineLayout>>,
}

/// The principal of each party that declares one.
pub(crate) type Principals = BTreeMap<String, String>;

/// What is known before anybody speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground<'p> {
    /// The keys that the policy names.
    pub(crate) base: &'p [Base<'p>],
    /// The roster that the caller trusts; empty when there is none.
    pub(crate) roster: &'p [Listed],
    /// Who answers for which party, as the policy declares it and as the roster does: parties of one principal are one witness.
    pub(crate) principals: &'p [Principals],
    /// How many other parties must have had a signature before its key was compromised for it to count all the same.
    pub(crate) needed: usize,
    /// The time of judging: what is said to be seen later was not seen yet.
    pub(crate) at: Timestamp,
}

/// Applies what was said. The outcome is the same for every order and number of repetitions.
pub(crate) fn apply(ground: &Ground<'_>, spoken: &Spoken) -> KeyBook {
    let compromised = compromised(ground, spoken);
    // Who witnesses must hold without witnesses: keys that the policy names or that came from such by rotations of sound keys.
    let sound = KeyBook::derived(ground, spoken, &compromised, BTreeMap::new());
    let mut seen: BTreeMap<Sha256, BTreeMap<String, Timestamp>> = BTreeMap::new();
    let counted = spoken.witnesses.iter();
    for witness in counted.filter(|it| is_witness(ground, &sound, it)) {
        for signature in &witness.said.signatures {
            let parties = seen.entry(*signature).or_default();
            let party = witness.said.party.clone();
            let known = parties.entry(party).or_insert(witness.said.at);
            *known = (*known).min(witness.said.at);
        }
    }
    let mut book = KeyBook::derived(ground, spoken, &compromised, seen);
    book.ignored = ignored(ground, spoken, &book, &sound, &compromised);
    book
}

/// The earliest time at which each key may have been in other hands, as its holders or the roster say.
#[derive(Clone, Debug, Default)]
pub(super) struct Compromised<'g> {
    stated: BTreeMap<(String, Fingerprint), Timestamp>,
    roster: &'g [Listed],
    /// The revocations that count, by their numbers.
    pub(super) counted: BTreeSet<usize>,
}

impl Compromised<'_> {
    /// Since when a key of a party may have been in other hands. The roster knows it by its material, whatever the policy calls the party.
    pub(super) fn since(&self, party: &str, key: Fingerprint) -> Option<Timestamp> {
        let stated = self.stated.get(&(party.to_owned(), key)).copied();
        let listed = listed(self.roster, key).and_then(|listed| listed.compromised_since);
        [stated, listed].into_iter().flatten().min()
    }

    fn note(&mut self, revocation: &Signed<Revocation>) {
        let said = &revocation.said;
        let place = (said.party.clone(), said.key.fingerprint());
        let known = self.stated.entry(place).or_insert(said.compromised_since);
        *known = (*known).min(said.compromised_since);
        self.counted.insert(revocation.number);
    }

    /// Whether what a party's key signed about keys holds: of a compromised key, what others had before.
    pub(super) fn holds(
        &self,
        book: &KeyBook,
        party: &str,
        (signer, marks): (Fingerprint, &[Sha256]),
    ) -> bool {
        let Some(since) = self.since(party, signer) else {
            return true;
        };
        let signature = Signature {
            by: signer,
            party,
            marks,
            said: None,
        };
        book.witnessed(signature).is_some_and(|time| time < since)
    }
}

/// A key's own word against itself always counts. That of another key of the party does when that key is in force: else a thief whose key
/// was revoked would revoke the one in its place.
fn compromised<'g>(ground: &Ground<'g>, spoken: &Spoken) -> Compromised<'g> {
    let mut compromised = Compromised {
        roster: ground.roster,
        ..Compromised::default()
    };
    let by_itself = |it: &&Signed<Revocation>| it.signers.contains_key(&it.said.key.fingerprint());
    for revocation in spoken.revocations.iter().filter(by_itself) {
        compromised.note(revocation);
    }
    let book = KeyBook::derived(ground, spoken, &compromised, BTreeMap::new());
    let is_sound = |revocation: &&Signed<Revocation>| {
        let own = book.tenures.iter().filter(|tenure| {
            tenure.party == revocation.said.party && tenure.origin != Origin::Machines
        });
        let mut sound = own.filter(|tenure| {
            let ended = tenure.until.is_some_and(|until| until <= ground.at);
            tenure.never.is_none() && tenure.compromised.is_none() && !ended
        });
        sound.any(|tenure| revocation.signers.contains_key(&tenure.key.fingerprint()))
    };
    let others: Vec<&Signed<Revocation>> = spoken.revocations.iter().filter(is_sound).collect();
    for revocation in others {
        compromised.note(revocation);
    }
    compromised
}

/// The keys that a party may have, whether or not the rotations that lead to them hold; of a party with more rotations than it can have
/// had, what the policy names.
pub(crate) fn candidates<'s>(
    base: &[Base<'s>],
    rotations: &'s [Signed<Rotation>],
) -> BTreeMap<(&'s str, Fingerprint), &'s PublicKey> {
    let named = base.iter();
    let mut known: BTreeMap<(&str, Fingerprint), &PublicKey> = named
        .map(|it| ((it.party, it.key.fingerprint()), it.key))
        .collect();
    let mut by_old: BTreeMap<(&str, Fingerprint), Vec<&Rotation>> = BTreeMap::new();
    for Signed { said, .. } in rotations.iter().filter(|it| is_whole(it)) {
        let old = (said.party.as_str(), said.old.fingerprint());
        by_old.entry(old).or_default().push(said);
    }
    let mut found: BTreeMap<&str, BTreeMap<Fingerprint, &PublicKey>> = BTreeMap::new();
    let mut next: Vec<(&str, Fingerprint)> = known.keys().copied().collect();
    while let Some(place) = next.pop() {
        for rotation in by_old.remove(&place).into_iter().flatten() {
            let new = rotation.new.fingerprint();
            let own = found.entry(place.0).or_default();
            if own.insert(new, &rotation.new).is_none() {
                next.push((place.0, new));
            }
        }
    }
    found.retain(|_, own| own.len() <= ROTATIONS_MAX);
    for (party, own) in found {
        known.extend(own.into_iter().map(|(new, key)| ((party, new), key)));
    }
    known
}

/// Whether both keys signed it.
pub(super) fn is_whole(rotation: &Signed<Rotation>) -> bool {
    let both = [&rotation.said.old, &rotation.said.new];
    both.into_iter()
        .all(|key| rotation.signers.contains_key(&key.fingerprint()))
}

/// Whether a party that rebuilds said it, with a key that holds without witnesses, about the past.
pub(super) fn is_witness(ground: &Ground<'_>, sound: &KeyBook, witness: &Signed<Witness>) -> bool {
    let party = witness.said.party.as_str();
    let rebuilds = ground
        .base
        .iter()
        .any(|it| it.rebuilds && it.party == party);
    let signed = witness.signers.iter().any(|(by, marks)| {
        let signature = Signature {
            by: *by,
            party,
            marks,
            said: Some(witness.said.at),
        };
        sound.judge(signature).is_ok()
    });
    rebuilds && signed && witness.said.at <= ground.at
}

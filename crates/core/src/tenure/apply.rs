//! The one function that turns what parties signed about keys into what counts.

use std::collections::BTreeMap;

use super::book::{KeyBook, Origin, Signature, Struck, Tenure};
use super::ignored::ignored;
use super::{Listed, ListedKey, MachineLayout, Revocation, Rotation, Witness};
use crate::digest::Sha256;
use crate::key::{Fingerprint, PublicKey};
use crate::time::Timestamp;

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
    pub(crate) origin: String,
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

/// The earliest time at which each key of each party may have been in other hands, as its holders or the roster say.
pub(super) type Compromised = BTreeMap<(String, Fingerprint), Timestamp>;

fn compromised(ground: &Ground<'_>, spoken: &Spoken) -> Compromised {
    let mut since: Compromised = BTreeMap::new();
    let mut note = |party: &str, key: Fingerprint, time: Timestamp| {
        let known = since.entry((party.to_owned(), key)).or_insert(time);
        *known = (*known).min(time);
    };
    let candidates = candidates(ground.base, &spoken.rotations);
    for revocation in &spoken.revocations {
        if may_revoke(revocation, &candidates) {
            let said = &revocation.said;
            note(&said.party, said.key.fingerprint(), said.compromised_since);
        }
    }
    for listed in ground.roster {
        for (key, time) in listed
            .keys
            .iter()
            .filter_map(|it| Some((it.key.fingerprint(), it.compromised_since?)))
        {
            note(&listed.name, key, time);
            // Whatever the policy calls the party.
            for base in ground.base.iter().filter(|it| it.key.fingerprint() == key) {
                note(base.party, key, time);
            }
        }
    }
    since
}

/// Any holder may: of the key itself, or of a key of the party that is no machine's.
pub(super) fn may_revoke(
    revocation: &Signed<Revocation>,
    candidates: &BTreeMap<(&str, Fingerprint), &PublicKey>,
) -> bool {
    let revoked = revocation.said.key.fingerprint();
    let party = revocation.said.party.as_str();
    let mut signers = revocation.signers.keys();
    signers.any(|signer| *signer == revoked || candidates.contains_key(&(party, *signer)))
}

/// The keys that a party may have, whether or not the rotations that lead to them hold.
pub(crate) fn candidates<'s>(
    base: &[Base<'s>],
    rotations: &'s [Signed<Rotation>],
) -> BTreeMap<(&'s str, Fingerprint), &'s PublicKey> {
    let named = base.iter();
    let mut known: BTreeMap<(&str, Fingerprint), &PublicKey> = named
        .map(|it| ((it.party, it.key.fingerprint()), it.key))
        .collect();
    loop {
        let before = known.len();
        for Signed { said, .. } in rotations.iter().filter(|it| is_whole(it)) {
            if known.contains_key(&(said.party.as_str(), said.old.fingerprint())) {
                known.insert((&said.party, said.new.fingerprint()), &said.new);
            }
        }
        if known.len() == before {
            return known;
        }
    }
}

/// Whether both keys signed it.
pub(super) fn is_whole(rotation: &Signed<Rotation>) -> bool {
    let both = [&rotation.said.old, &rotation.said.new];
    both.into_iter()
        .all(|key| rotation.signers.contains_key(&key.fingerprint()))
}

/// Whether what a party's key signed about keys holds: of a compromised key, what others had before.
pub(super) fn holds(
    book: &KeyBook,
    compromised: &Compromised,
    party: &str,
    (signer, marks): (Fingerprint, &[Sha256]),
) -> bool {
    let Some(since) = compromised.get(&(party.to_owned(), signer)) else {
        return true;
    };
    let signature = Signature {
        by: signer,
        party,
        marks,
        said: None,
    };
    book.witnessed(signature).is_some_and(|time| time < *since)
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

impl KeyBook {
    fn derived(
        ground: &Ground<'_>,
        spoken: &Spoken,
        compromised: &Compromised,
        seen: BTreeMap<Sha256, BTreeMap<String, Timestamp>>,
    ) -> Self {
        let mut book = Self {
            tenures: Vec::new(),
            seen,
            needed: ground.needed,
            principals: ground.principals.to_vec(),
            ignored: Vec::new(),
        };
        for base in ground.base {
            let mut tenure = Tenure {
                party: base.party.to_owned(),
                key: base.key.clone(),
                origin: Origin::Policy,
                from: base.from,
                until: base.until,
                compromised: None,
                never: None,
            };
            let is_listed = listed(ground, tenure.key.fingerprint()).is_some();
            let has_party = ground.roster.iter().any(|it| it.name == base.party);
            if has_party && !is_listed {
                tenure.never = Some(Struck::Unlisted);
            }
            book.add(ground, compromised, tenure);
        }
        book.rotate(ground, &spoken.rotations, compromised);
        book.add_machines(ground, &spoken.machines, compromised);
        book
    }

    /// Adds a key within what the roster says of it.
    fn add(&mut self, ground: &Ground<'_>, compromised: &Compromised, mut tenure: Tenure) {
        let fingerprint = tenure.key.fingerprint();
        let since = compromised.get(&(tenure.party.clone(), fingerprint));
        tenure.compromised = since.copied();
        if let Some(listed) = listed(ground, fingerprint) {
            tenure.from = tenure.from.max(Some(listed.valid_from));
            let ends = [tenure.until, listed.valid_until];
            tenure.until = ends.into_iter().flatten().min();
        }
        self.tenures.push(tenure);
    }

    /// Adds the keys that rotations lead to, and ends those that they end.
    fn rotate(
        &mut self,
        ground: &Ground<'_>,
        rotations: &[Signed<Rotation>],
        compromised: &Compromised,
    ) {
        let mut at = 0;
        while let Some(tenure) = self.tenures.get(at) {
            let (party, old) = (tenure.party.clone(), tenure.key.fingerprint());
            let is_ours = |it: &&Signed<Rotation>| {
                it.said.party == party && it.said.old.fingerprint() == old && is_whole(it)
            };
            let own = rotations.iter().filter(is_ours);
            let own = own.filter(|it| holds(self, compromised, &party, (old, &it.signers[&old])));
            let own: Vec<&Rotation> = own.map(|it| &it.said).collect();
            if tenure.never.is_none() {
                self.succeed(ground, compromised, at, &own);
            }
            at += 1;
        }
    }

    /// Puts the one successor of a key into the book; of two, none speaks.
    fn succeed(
        &mut self,
        ground: &Ground<'_>,
        compromised: &Compromised,
        old: usize,
        rotations: &[&Rotation],
    ) {
        let Some(end) = rotations.iter().map(|it| it.at).min() else {
            return;
        };
        let before = self.tenures[old].clone();
        let ends = [before.until, Some(end)];
        self.tenures[old].until = ends.into_iter().flatten().min();
        let successors: BTreeMap<Fingerprint, &PublicKey> = rotations
            .iter()
            .map(|it| (it.new.fingerprint(), &it.new))
            .collect();
        let count = successors.len();
        for (new, key) in successors {
            // A key that has a place already keeps it: what the policy names, it names.
            if self.parties_of(new).next().is_some() {
                continue;
            }
            let successor = Tenure {
                key: key.clone(),
                origin: Origin::Rotation,
                from: Some(end),
                compromised: None,
                never: (count > 1).then_some(Struck::RotatedTwice),
                ..before.clone()
            };
            self.add(ground, compromised, successor);
        }
    }

    /// Adds the machines that parties name.
    fn add_machines(
        &mut self,
        ground: &Ground<'_>,
        layouts: &[Signed<MachineLayout>],
        compromised: &Compromised,
    ) {
        let mut machines: BTreeMap<(String, Fingerprint), Tenure> = BTreeMap::new();
        for layout in layouts {
            for (signer, marks) in &layout.signers {
                let own = self.tenures.iter();
                let own = own.filter(|it| it.never.is_none() && it.key.fingerprint() == *signer);
                for by in own.filter(|it| holds(self, compromised, &it.party, (*signer, marks))) {
                    self.name_machines(by, &layout.said, &mut machines);
                }
            }
        }
        for machine in machines.into_values() {
            self.add(ground, compromised, machine);
        }
    }

    fn name_machines(
        &self,
        by: &Tenure,
        layout: &MachineLayout,
        machines: &mut BTreeMap<(String, Fingerprint), Tenure>,
    ) {
        let ends = [by.until, Some(layout.expires)];
        let until = ends.into_iter().flatten().min();
        for key in &layout.keys {
            let fingerprint = key.fingerprint();
            if self.parties_of(fingerprint).next().is_some() {
                continue;
            }
            let place = (by.party.clone(), fingerprint);
            let machine = machines.entry(place).or_insert_with(|| Tenure {
                party: by.party.clone(),
                key: key.clone(),
                origin: Origin::Machines,
                from: None,
                until,
                compromised: None,
                never: None,
            });
            machine.until = machine.until.max(until);
        }
    }
}

fn listed<'g>(ground: &Ground<'g>, key: Fingerprint) -> Option<&'g ListedKey> {
    let keys = ground.roster.iter().flat_map(|listed| &listed.keys);
    let mut own = keys.filter(|listed| listed.key.fingerprint() == key);
    own.next()
}

//! The book of keys, derived from what the policy names by what parties said.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::{Compromised, Ground, Signed, Spoken, candidates};
use super::book::{KeyBook, Origin, Struck, Tenure};
use super::roster::{Place, place};
use super::{MachineLayout, Rotation};
use crate::digest::Sha256;
use crate::key::{Fingerprint, PublicKey};
use crate::time::Timestamp;

/// Machines of one party. Of a party with more, none counts, so that nobody is made to look at thousands.
const MACHINES_MAX: usize = 1_024;

impl KeyBook {
    pub(super) fn derived(
        ground: &Ground<'_>,
        spoken: &Spoken,
        compromised: &Compromised<'_>,
        seen: BTreeMap<Sha256, BTreeMap<String, Timestamp>>,
    ) -> Self {
        let mut derivation = Derivation {
            ground,
            compromised,
            book: Self {
                tenures: Vec::new(),
                seen,
                at: Some(ground.at),
                needed: ground.needed,
                principals: ground.principals.to_vec(),
                ignored: Vec::new(),
            },
            placed: BTreeSet::new(),
        };
        for base in ground.base {
            derivation.add(Tenure {
                party: base.party.to_owned(),
                key: base.key.clone(),
                origin: Origin::Policy,
                trusted: (base.from, base.until),
                from: base.from,
                until: base.until,
                compromised: None,
                never: None,
            });
        }
        derivation.rotate(&spoken.rotations);
        derivation.add_machines(&spoken.machines);
        derivation.book
    }
}

struct Derivation<'d> {
    ground: &'d Ground<'d>,
    compromised: &'d Compromised<'d>,
    book: KeyBook,
    /// Keys that have a party by the policy or by a rotation.
    placed: BTreeSet<Fingerprint>,
}

impl Derivation<'_> {
    /// Adds a key within what the roster says of it.
    fn add(&mut self, mut tenure: Tenure) {
        let fingerprint = tenure.key.fingerprint();
        tenure.compromised = self.compromised.since(&tenure.party, fingerprint);
        let base = self.ground.base.iter();
        let named: Vec<Fingerprint> = base
            .filter(|it| it.party == tenure.party)
            .map(|it| it.key.fingerprint())
            .collect();
        let party = (tenure.party.as_str(), named.as_slice());
        match place(self.ground.roster, party, fingerprint) {
            Place::Own(listed) => {
                tenure.from = tenure.from.max(Some(listed.valid_from));
                let ends = [tenure.until, listed.valid_until];
                tenure.until = ends.into_iter().flatten().min();
            }
            Place::Elsewhere => tenure.never = Some(Struck::Unlisted),
            Place::Missing if tenure.origin == Origin::Policy => {
                tenure.never = Some(Struck::Unlisted);
            }
            // What a party's own listed keys lead to need not be listed.
            Place::Missing | Place::Silent => {}
        }
        if tenure.origin != Origin::Machines {
            self.placed.insert(fingerprint);
        }
        self.book.tenures.push(tenure);
    }

    /// Adds the keys that rotations lead to, and ends those that they end.
    fn rotate(&mut self, rotations: &[Signed<Rotation>]) {
        let known = candidates(self.ground.base, rotations);
        let mut by_old: BTreeMap<(&str, Fingerprint), Vec<&Signed<Rotation>>> = BTreeMap::new();
        for rotation in rotations {
            let said = &rotation.said;
            let is_known =
                |key: &PublicKey| known.contains_key(&(said.party.as_str(), key.fingerprint()));
            if super::apply::is_whole(rotation) && is_known(&said.old) && is_known(&said.new) {
                let old = (said.party.as_str(), said.old.fingerprint());
                by_old.entry(old).or_default().push(rotation);
            }
        }
        let mut at = 0;
        while let Some(tenure) = self.book.tenures.get(at) {
            let (party, old) = (tenure.party.clone(), tenure.key.fingerprint());
            let of_key = by_old.get(&(party.as_str(), old)).into_iter().flatten();
            let own = of_key.filter(|it| {
                let signature = (old, it.signers[&old].as_slice());
                self.compromised.holds(&self.book, &party, signature)
            });
            let own: Vec<&Rotation> = own.map(|it| &it.said).collect();
            if tenure.never.is_none() {
                self.succeed(at, &own);
            }
            at += 1;
        }
    }

    /// Puts the one successor of a key into the book; of two, none speaks.
    fn succeed(&mut self, old: usize, rotations: &[&Rotation]) {
        let Some(end) = rotations.iter().map(|it| it.at).min() else {
            return;
        };
        let before = self.book.tenures[old].clone();
        let ends = [before.until, Some(end)];
        self.book.tenures[old].until = ends.into_iter().flatten().min();
        let successors: BTreeMap<Fingerprint, &PublicKey> = rotations
            .iter()
            .map(|it| (it.new.fingerprint(), &it.new))
            .collect();
        let count = successors.len();
        for (new, key) in successors {
            // A key that has a place already keeps it: what the policy names, it names.
            if self.placed.contains(&new) {
                continue;
            }
            // It has the party's bounds, and not those that a roster gave the old key.
            let (from, until) = before.trusted;
            self.add(Tenure {
                key: key.clone(),
                origin: Origin::Rotation,
                from: from.max(Some(end)),
                until,
                compromised: None,
                never: (count > 1).then_some(Struck::RotatedTwice),
                ..before.clone()
            });
        }
    }

    /// Adds the machines that parties name.
    fn add_machines(&mut self, layouts: &[Signed<MachineLayout>]) {
        let mut by_key: BTreeMap<Fingerprint, Vec<usize>> = BTreeMap::new();
        for (at, tenure) in self.book.tenures.iter().enumerate() {
            if tenure.never.is_none() {
                let same: &mut Vec<usize> = by_key.entry(tenure.key.fingerprint()).or_default();
                same.push(at);
            }
        }
        let mut machines: BTreeMap<String, BTreeMap<Fingerprint, Tenure>> = BTreeMap::new();
        for layout in layouts {
            for (signer, marks) in &layout.signers {
                for at in by_key.get(signer).into_iter().flatten() {
                    let by = &self.book.tenures[*at];
                    let signature = (*signer, marks.as_slice());
                    if self.compromised.holds(&self.book, &by.party, signature) {
                        let own = machines.entry(by.party.clone()).or_default();
                        self.name_machines(by, &layout.said, own);
                    }
                }
            }
        }
        machines.retain(|_, own| own.len() <= MACHINES_MAX);
        for machine in machines.into_values().flat_map(BTreeMap::into_values) {
            self.add(machine);
        }
    }

    fn name_machines(
        &self,
        by: &Tenure,
        layout: &MachineLayout,
        machines: &mut BTreeMap<Fingerprint, Tenure>,
    ) {
        let ends = [by.until, Some(layout.expires)];
        let until = ends.into_iter().flatten().min();
        for key in &layout.keys {
            let fingerprint = key.fingerprint();
            if self.placed.contains(&fingerprint) {
                continue;
            }
            let machine = machines.entry(fingerprint).or_insert_with(|| Tenure {
                key: key.clone(),
                origin: Origin::Machines,
                until,
                compromised: None,
                ..by.clone()
            });
            machine.until = machine.until.max(until);
            // Named by two keys of the party, it speaks as soon as by the earlier one.
            machine.from = machine.from.min(by.from);
        }
    }
}

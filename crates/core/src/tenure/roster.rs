//! What a roster that the caller trusts says of keys: it can take votes away and never give one.

use crate::key::{Fingerprint, PublicKey};
use crate::policy::{Declared, Party};
use crate::time::Timestamp;

/// A party as a roster lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name, which policies use, too.
    pub name: String,
    /// What it declares about itself, where the roster has it.
    pub declared: Option<Declared>,
    /// All keys that it ever had.
    pub keys: Vec<ListedKey>,
}

/// A key of a listed party.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// The key.
    pub key: PublicKey,
    /// The first second at which it speaks for the party.
    pub valid_from: Timestamp,
    /// The first second at which it no longer does; `None` while it has no end.
    pub valid_until: Option<Timestamp>,
    /// The first second at which it may have been in other hands.
    pub compromised_since: Option<Timestamp>,
}

/// What a roster declares of a party.
pub(crate) fn declared<'r>(roster: &'r [Listed], party: &Party) -> Option<&'r Declared> {
    let keys: Vec<Fingerprint> = party.keys().iter().map(PublicKey::fingerprint).collect();
    let entries = entries(roster, party.name(), &keys);
    entries.first()?.declared.as_ref()
}

/// Where a roster has a key.
pub(super) enum Place<'r> {
    /// With the party that it is to speak for.
    Own(&'r ListedKey),
    /// With another.
    Elsewhere,
    /// Nowhere, although it has the party.
    Missing,
    /// Nowhere, nor has it the party.
    Silent,
}

/// Where the roster has a key that is to speak for a party, of whose keys the policy names these.
pub(super) fn place<'r>(
    roster: &'r [Listed],
    (party, named): (&str, &[Fingerprint]),
    key: Fingerprint,
) -> Place<'r> {
    let own = entries(roster, party, named);
    let mut keys = own.iter().flat_map(|listed| &listed.keys);
    if let Some(listed) = keys.find(|listed| listed.key.fingerprint() == key) {
        return Place::Own(listed);
    }
    match (listed(roster, key), own.is_empty()) {
        (Some(_), _) => Place::Elsewhere,
        (None, false) => Place::Missing,
        (None, true) => Place::Silent,
    }
}

/// The entry of the party's name; where there is none, those with its keys, because a policy may call it otherwise.
fn entries<'r>(roster: &'r [Listed], party: &str, named: &[Fingerprint]) -> Vec<&'r Listed> {
    if let Some(entry) = roster.iter().find(|listed| listed.name == party) {
        return vec![entry];
    }
    let has_key = |entry: &&Listed| {
        let mut keys = entry.keys.iter();
        keys.any(|listed| named.contains(&listed.key.fingerprint()))
    };
    roster.iter().filter(has_key).collect()
}

/// A key by its material, with whatever party the roster has it.
pub(super) fn listed(roster: &[Listed], key: Fingerprint) -> Option<&ListedKey> {
    let mut keys = roster.iter().flat_map(|listed| &listed.keys);
    keys.find(|listed| listed.key.fingerprint() == key)
}

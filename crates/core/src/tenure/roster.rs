//! What a roster that the caller trusts says of keys: it can take votes away and never give one.

use crate::key::PublicKey;
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

/// What a roster declares of a party, which it knows by its keys, whatever the policy calls it; else by its name.
pub(crate) fn declared<'r>(roster: &'r [Listed], party: &Party) -> Option<&'r Declared> {
    let has_key = |listed: &&Listed| {
        let mut keys = listed.keys.iter();
        keys.any(|it| {
            let mut own = party.keys().iter();
            own.any(|key| key.fingerprint() == it.key.fingerprint())
        })
    };
    let by_key = roster.iter().find(has_key);
    let listed = by_key.or_else(|| roster.iter().find(|it| it.name == party.name()));
    listed?.declared.as_ref()
}

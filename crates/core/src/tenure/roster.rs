//! What a roster that the caller trusts says of keys: it can take votes away and never give one.

use crate::key::PublicKey;
use crate::time::Timestamp;

/// A party as a roster lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name, which policies use, too.
    pub name: String,
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

//! The roster: who the parties are, one target file `rebuilders/NAME.json` each.
//!
//! **Enters:** target files that the role `rebuilders` vouches for; parties of our own making.
//! **Leaves:** a [`Roster`] in which every key has at most one party, or the first fault.
//! **Never:** a judgement of whether parties are independent: domains are as declared.

mod party;

use std::collections::BTreeMap;

use quorate::json::{JsonError, ShapeError};
use quorate::key::Fingerprint;
use quorate::tenure::{Listed, ListedKey};

pub use party::{Domain, Party, PartyKey};

use crate::limits::TrustLimits;
use crate::metadata::{RoleName, TargetPath, computed_id};

/// The folder of the roster's files among the targets.
const FOLDER: &str = "rebuilders";

/// The role that vouches for the roster.
pub fn role() -> RoleName {
    RoleName::delegated(FOLDER).expect("a plain word is a role's name")
}

/// Where the party of that name has its file.
///
/// # Errors
/// [`RosterError::Name`] when the text can be no party's name.
pub fn path_of(name: &str) -> Result<TargetPath, RosterError> {
    if !quorate::attest::is_party_name(name) {
        return Err(RosterError::Name(name.chars().take(60).collect()));
    }
    TargetPath::parse(&format!("{FOLDER}/{name}.json"))
        .map_err(|_| RosterError::Name(name.to_owned()))
}

/// All parties, each key of at most one of them.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    parties: BTreeMap<String, Party>,
    holders: BTreeMap<Fingerprint, String>,
    by_id: BTreeMap<String, String>,
}

impl Roster {
    /// Reads the files of a roster.
    ///
    /// # Errors
    /// [`RosterError`] for a file that is no party's entry, an entry under another party's path, and a key of two parties.
    pub fn read<'f>(
        files: impl IntoIterator<Item = (&'f TargetPath, &'f [u8])>,
        limits: &TrustLimits,
    ) -> Result<Self, RosterError> {
        let mut roster = Self::default();
        for (path, bytes) in files {
            let party = Party::read(bytes, limits).map_err(|source| RosterError::Entry {
                path: path.clone(),
                source,
            })?;
            if path_of(&party.name)? != *path {
                return Err(RosterError::OtherPath {
                    path: path.clone(),
                    name: party.name,
                });
            }
            roster.add(party, limits)?;
        }
        Ok(roster)
    }

    /// Adds a party, or puts a new entry in the place of one of that name.
    ///
    /// # Errors
    /// [`RosterError::SharedKey`] when another party has one of its keys; [`RosterError::TooMany`].
    pub fn add(&mut self, party: Party, limits: &TrustLimits) -> Result<(), RosterError> {
        self.remove(&party.name);
        if self.parties.len() >= limits.parties_max {
            return Err(RosterError::TooMany(limits.parties_max));
        }
        for PartyKey { key, .. } in &party.keys {
            if let Some(other) = self.holders.get(&key.fingerprint()) {
                return Err(RosterError::SharedKey {
                    key_id: key.id().to_owned(),
                    first: other.clone(),
                    second: party.name,
                });
            }
        }
        for PartyKey { key, .. } in &party.keys {
            self.holders.insert(key.fingerprint(), party.name.clone());
            if let Ok(id) = computed_id(key) {
                self.by_id.insert(id, party.name.clone());
            }
        }
        self.parties.insert(party.name.clone(), party);
        Ok(())
    }

    /// Takes a party out, where it is there.
    pub fn remove(&mut self, name: &str) -> Option<Party> {
        self.holders.retain(|_, holder| holder != name);
        self.by_id.retain(|_, holder| holder != name);
        self.parties.remove(name)
    }

    /// The party of that name.
    pub fn party(&self, name: &str) -> Option<&Party> {
        self.parties.get(name)
    }

    /// All parties by name.
    pub fn parties(&self) -> impl ExactSizeIterator<Item = &Party> {
        self.parties.values()
    }

    /// What judging needs to know of it.
    pub fn listed(&self) -> Vec<Listed> {
        let keys = |party: &Party| {
            let keys = party.keys.iter().map(|it| ListedKey {
                key: it.key.clone(),
                valid_from: it.valid_from,
                valid_until: it.valid_until,
                compromised_since: it.compromised_since,
            });
            keys.collect()
        };
        let parties = self.parties.values();
        parties
            .map(|party| Listed {
                name: party.name.clone(),
                declared: party.declared(),
                keys: keys(party),
            })
            .collect()
    }

    /// The name of the party whose key metadata lists under that id.
    pub fn holder_of(&self, key_id: &str) -> Option<&str> {
        self.by_id.get(key_id).map(String::as_str)
    }
}

/// Why files are no roster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// A text that can be no party's name.
    #[error(
        "{0:?} is no party's name: lower-case letters, digits, plus, minus and dot, at most 64"
    )]
    Name(String),
    /// A file that is no entry.
    #[error("{path}: {source}")]
    Entry {
        /// The file.
        path: TargetPath,
        /// What is wrong with it.
        source: PartyError,
    },
    /// An entry in another party's place.
    #[error("{path}: it is the entry of {name}, which has another path")]
    OtherPath {
        /// The file.
        path: TargetPath,
        /// The name inside.
        name: String,
    },
    /// One key of two parties: it would be two votes.
    #[error("{first} and {second} both have the key {key_id}, and a key has one party")]
    SharedKey {
        /// The key's id.
        key_id: String,
        /// One party.
        first: String,
        /// The other.
        second: String,
    },
    /// More parties than a roster may have.
    #[error("more than {0} parties")]
    TooMany(usize),
}

/// Why a file is no party's entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartyError {
    /// Larger than an entry may be.
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// Another kind of file.
    #[error("{0:?} is not a party's entry")]
    Type(String),
    /// A newer version of the format.
    #[error("{0:?} is newer than this program; update quorate")]
    Newer(String),
    /// JSON of another form, or a value that may not stand there.
    #[error("{0}")]
    Shape(#[from] ShapeError),
}

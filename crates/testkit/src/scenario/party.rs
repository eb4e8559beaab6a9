//! A party with its machines' keys, and what it publishes.

use std::borrow::Cow;

use quorate::attest::rebuild::Rebuild;
use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::key::SigningKey;
use quorate::verify::Evidence;

use super::sample::Stated;
use super::{ed25519, metablock, signed};

/// An operator who rebuilds.
#[derive(Debug)]
pub struct Party {
    /// Its name, in the policy and in its own statements.
    pub name: String,
    /// The keys of its machines.
    pub keys: Vec<SigningKey>,
}

impl Party {
    /// The party of that name with one Ed25519 key.
    pub fn new(name: &str) -> Self {
        Self::with_keys(name, 1)
    }

    /// The party of that name with `count` Ed25519 keys.
    pub fn with_keys(name: &str, count: usize) -> Self {
        let keys = (0..count).map(|at| ed25519(&format!("{name} {at}")));
        Self {
            name: name.to_owned(),
            keys: keys.collect(),
        }
    }

    /// What this party would state of that build.
    pub fn rebuild(&self, sample: &impl Stated) -> Rebuild {
        sample.by(&self.name)
    }

    /// Its signed statement of that build, by its first key.
    pub fn statement(&self, sample: &impl Stated) -> Evidence<'static> {
        self.statement_by(0, sample)
    }

    /// Its signed statement of that build, by the key at that position.
    pub fn statement_by(&self, key: usize, sample: &impl Stated) -> Evidence<'static> {
        self.signs(key, &self.rebuild(sample).statement())
    }

    /// Its signed link of that build, by its first key.
    pub fn link(&self, sample: &impl Stated) -> Evidence<'static> {
        self.signs(0, &self.rebuild(sample).link())
    }

    /// Its link of that build as a metablock, by its first key.
    pub fn old_link(&self, sample: &impl Stated) -> Evidence<'static> {
        let bytes = metablock(&self.rebuild(sample).link(), [&self.keys[0]]);
        evidence(&format!("{}.old.link", self.name), bytes)
    }

    /// Any payload, signed by the key at that position.
    pub fn signs(&self, key: usize, payload: &[u8]) -> Evidence<'static> {
        let bytes = signed(PAYLOAD_TYPE_IN_TOTO, payload, [&self.keys[key]]);
        evidence(&format!("{}.{key}", self.name), bytes)
    }
}

/// A document that may be evidence.
pub fn evidence(origin: &str, bytes: Vec<u8>) -> Evidence<'static> {
    Evidence {
        origin: origin.to_owned(),
        bytes: Cow::Owned(bytes),
    }
}

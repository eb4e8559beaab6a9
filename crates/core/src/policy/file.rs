//! `policy.toml` → the payloads of layout and terms.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use serde::Deserialize;

use super::rules::{delivered, rebuild_step};
use super::terms::{Environment, OnDissent, Terms, TermsError};
use crate::digest::Sha256;
use crate::intoto::{Glob, Layout};
use crate::key::PublicKey;
use crate::limits::Limits;
use crate::time::{TimeError, Timestamp};

const FORMAT: &str = "quorate-policy/1";
const FORMAT_STEM: &str = "quorate-policy/";

/// A policy as its owner writes it; `docs/spec/policy.md` has every key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    #[serde(rename = "format")]
    _format: String,
    name: String,
    artifacts: String,
    threshold: usize,
    expires: String,
    #[serde(default)]
    readme: String,
    on_dissent: Option<OnDissent>,
    owners: OwnersTable,
    materials: Option<MaterialsTable>,
    #[serde(rename = "party", default)]
    parties: Vec<PartyTable>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnersTable {
    needed: usize,
    keys: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaterialsTable {
    #[serde(rename = "source")]
    _source: Option<SourceRule>,
    environment: Option<Environment>,
}

/// The source must always be the same: the key is there to be said, not to be changed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SourceRule {
    Same,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyTable {
    name: String,
    keys: Vec<String>,
}

/// Keys by id, and parties with the ids of their keys.
type KeyedParties = (BTreeMap<String, PublicKey>, Vec<(String, Vec<String>)>);

/// What is to be signed: two payloads, each for an envelope of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The policy's name, from which file names are made.
    pub name: String,
    /// Payload of the in-toto layout.
    pub layout: Vec<u8>,
    /// Payload of the terms.
    pub terms: Vec<u8>,
    /// What is allowed and weak, for the owner to read.
    pub warnings: Vec<String>,
}

impl PolicyFile {
    /// Reads `policy.toml`. Unknown keys are errors: a misspelt key would be a rule that nobody applies.
    ///
    /// # Errors
    /// [`CompileError`] when the text is too long, not TOML, of a newer format, or has a missing or unknown key.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, CompileError> {
        if text.len() > limits.policy_bytes_max {
            return Err(CompileError::TooLarge {
                bytes_max: limits.policy_bytes_max,
            });
        }
        // The format is read first: in a newer one, unknown keys are not the user's mistake.
        #[derive(Deserialize)]
        struct Header {
            format: String,
        }
        let header: Header = toml::from_str(text).map_err(CompileError::toml)?;
        match header.format.as_str() {
            FORMAT => toml::from_str(text).map_err(CompileError::toml),
            newer if newer.starts_with(FORMAT_STEM) => Err(CompileError::Newer(newer.to_owned())),
            other => Err(CompileError::Format(other.to_owned())),
        }
    }

    /// The key references of the file: names of key files, for the caller to read.
    pub fn key_references(&self) -> BTreeSet<&str> {
        let parties = self.parties.iter().flat_map(|party| &party.keys);
        parties
            .chain(&self.owners.keys)
            .map(String::as_str)
            .collect()
    }

    /// Makes the two documents. `keys` holds a key for each of [`Self::key_references`]; `at` is the time against which the expiry is held.
    ///
    /// # Errors
    /// [`CompileError`] when the policy could never be in force: threshold 0 or above the number of parties, one key at two
    /// places, a past expiry, names that are not plain.
    pub fn compile(
        &self,
        keys: &BTreeMap<String, PublicKey>,
        at: Timestamp,
        limits: &Limits,
    ) -> Result<Compiled, CompileError> {
        let expires = Timestamp::parse(&self.expires).map_err(CompileError::Expires)?;
        if expires <= at {
            return Err(CompileError::Expired { expires, at });
        }
        let threshold = NonZeroUsize::new(self.threshold).ok_or(CompileError::ThresholdZero)?;
        if threshold.get() > self.parties.len() {
            return Err(CompileError::ThresholdTooHigh {
                threshold: threshold.get(),
                parties: self.parties.len(),
            });
        }
        let key = |reference: &String| {
            keys.get(reference)
                .filter(|key| !key.is_openpgp())
                .cloned()
                .ok_or_else(|| match keys.get(reference) {
                    None => CompileError::KeyMissing(reference.clone()),
                    Some(_) => CompileError::OpenPgp(reference.clone()),
                })
        };
        let (functionaries, parties) = self.parties_with(key)?;
        let artifacts = Glob::parse(&self.artifacts)
            .ok()
            .filter(|pattern| !pattern.as_str().is_empty())
            .ok_or(CompileError::Artifacts)?;
        let layout = self
            .layout(expires, threshold, functionaries, &artifacts)
            .to_json()
            .to_text();
        let terms = Terms {
            name: self.name.clone(),
            layout: Sha256::of(&layout),
            artifacts,
            parties,
            owners: self.owners.keys.iter().map(key).collect::<Result<_, _>>()?,
            owners_needed: NonZeroUsize::new(self.owners.needed).ok_or(CompileError::OwnersZero)?,
            environment: self
                .materials
                .as_ref()
                .and_then(|materials| materials.environment)
                .unwrap_or(Environment::Any),
            on_dissent: self.on_dissent.unwrap_or(OnDissent::Report),
        };
        let terms = terms.consistent(limits)?;
        let warnings = self.warnings(&terms);
        Ok(Compiled {
            name: self.name.clone(),
            layout,
            terms: terms.to_json().to_text(),
            warnings,
        })
    }

    /// The keys of all parties by id, and each party with the ids of its keys; one key has one place.
    fn parties_with(
        &self,
        key: impl Fn(&String) -> Result<PublicKey, CompileError>,
    ) -> Result<KeyedParties, CompileError> {
        let mut functionaries: BTreeMap<String, PublicKey> = BTreeMap::new();
        let mut holders = BTreeMap::new();
        let mut parties = Vec::new();
        for party in &self.parties {
            let mut ids = Vec::new();
            for reference in &party.keys {
                let key = key(reference)?;
                if let Some(other) = holders.insert(key.fingerprint(), party.name.clone()) {
                    return Err(CompileError::OneKeyTwoPlaces {
                        reference: reference.clone(),
                        first: other,
                        second: party.name.clone(),
                    });
                }
                ids.push(key.id().to_owned());
                if functionaries.insert(key.id().to_owned(), key).is_some() {
                    return Err(CompileError::OneIdTwoKeys(reference.clone()));
                }
            }
            parties.push((party.name.clone(), ids));
        }
        Ok((functionaries, parties))
    }

    fn layout(
        &self,
        expires: Timestamp,
        threshold: NonZeroUsize,
        keys: BTreeMap<String, PublicKey>,
        artifacts: &Glob,
    ) -> Layout {
        Layout {
            expires,
            readme: self.readme.clone(),
            steps: vec![rebuild_step(threshold, keys.keys().cloned().collect())],
            keys,
            inspections: vec![delivered(artifacts)],
        }
    }

    fn warnings(&self, terms: &Terms) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.threshold == 1 {
            warnings.push("threshold 1: one party alone can make any bytes pass".to_owned());
        }
        if self.threshold * 2 <= self.parties.len() && terms.on_dissent == OnDissent::Report {
            warnings.push(format!("threshold {} of {} parties: two groups with different bytes can both be confirmed; raise it or set on_dissent = \"refuse\"", self.threshold, self.parties.len()));
        }
        for (name, ids) in terms.parties.iter().filter(|(_, ids)| ids.len() > 1) {
            warnings.push(format!("party {name} has {} keys: quorate counts it once, other in-toto verifiers count keys", ids.len()));
        }
        warnings
    }
}

/// Why a policy cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Larger than a policy may be.
    #[error("larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// An OpenPGP key where a key signs DSSE envelopes.
    #[error(
        "{0} is an OpenPGP key, and owners and parties sign DSSE envelopes, which OpenPGP keys do not"
    )]
    OpenPgp(String),
    /// Not TOML, or a key is missing, unknown or of the wrong type.
    #[error("{0}")]
    Toml(String),
    /// A format that this program does not know.
    #[error("format {0:?} is newer than this program; update quorate")]
    Newer(String),
    /// Another file altogether.
    #[error("format {0:?} is not a policy; expected {FORMAT:?}")]
    Format(String),
    /// `expires` is not a time.
    #[error("expires: {0}")]
    Expires(TimeError),
    /// `expires` has passed.
    #[error("it expired at {expires} and it is {at}; set a later `expires`")]
    Expired {
        /// The expiry.
        expires: Timestamp,
        /// The time it was held against.
        at: Timestamp,
    },
    /// Threshold 0.
    #[error("threshold = 0 would confirm everything; it must be at least 1")]
    ThresholdZero,
    /// More agreement than there are parties.
    #[error("threshold = {threshold} can never be reached by {parties} parties")]
    ThresholdTooHigh {
        /// Parties asked for.
        threshold: usize,
        /// Parties named.
        parties: usize,
    },
    /// Nobody would have to sign.
    #[error("owners.needed = 0 would let anybody change the policy; it must be at least 1")]
    OwnersZero,
    /// The caller gave no key for a reference.
    #[error("no key for {0:?}")]
    KeyMissing(String),
    /// One key at two parties, or twice at one.
    #[error("{reference:?}: the key of {first} and of {second} is one key")]
    OneKeyTwoPlaces {
        /// The second reference.
        reference: String,
        /// The party that has it already.
        first: String,
        /// The party that names it again.
        second: String,
    },
    /// Two keys under one id.
    #[error("{0:?}: its key id belongs to another key already")]
    OneIdTwoKeys(String),
    /// The artifact pattern is empty or too long.
    #[error("artifacts: a pattern must have 1 to 4,096 characters")]
    Artifacts,
    /// Names or counts that the terms refuse.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

impl CompileError {
    fn toml(error: toml::de::Error) -> Self {
        Self::Toml(error.to_string().trim_end().to_owned())
    }
}

//! `policy.toml` → the payloads of layout and terms.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU64, NonZeroUsize};

use serde::Deserialize;

use super::delivered::{Comparison, DeliveredTable};
use super::diversity::{self, DiversityError, DiversityRule};
use super::party::{PartyTable, PartyTerms};
use super::rules::{delivered, rebuild_step};
use super::source::{SourceFiles, SourceTable, SourceTerms};
use super::steps::{Problem, StepTerms, StepsError};
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
    #[serde(default = "first")]
    version: NonZeroU64,
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
    #[serde(default)]
    diversity: Vec<DiversityRule>,
    source: Option<SourceTable>,
    delivered: Option<DeliveredTable>,
    #[serde(rename = "step", default)]
    steps: Vec<StepTable>,
}

fn first() -> NonZeroU64 {
    NonZeroU64::MIN
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
struct StepTable {
    name: String,
    parties: Vec<String>,
    threshold: usize,
    uses: Vec<String>,
    #[serde(default)]
    may_add: Vec<String>,
    #[serde(default)]
    makes: Vec<String>,
    #[serde(default)]
    requires: Vec<String>,
}

impl StepTable {
    fn terms(&self) -> Result<StepTerms, StepsError> {
        let problem = |problem| StepsError::Step {
            step: self.name.clone(),
            problem,
        };
        let patterns = |texts: &[String]| {
            let pattern = |text: &String| match Glob::parse(text) {
                Ok(pattern) if !text.is_empty() => Ok(pattern),
                _ => Err(problem(Problem::Pattern(text.clone()))),
            };
            texts.iter().map(pattern).collect::<Result<Vec<_>, _>>()
        };
        if self.threshold == 0 || self.threshold > self.parties.len() {
            return Err(problem(Problem::Threshold {
                threshold: self.threshold,
                parties: self.parties.len(),
            }));
        }
        Ok(StepTerms {
            name: self.name.clone(),
            parties: self.parties.clone(),
            uses: self.uses.clone(),
            may_add: patterns(&self.may_add)?,
            makes: patterns(&self.makes)?,
            requires: self.requires.clone(),
        })
    }
}

/// Keys by id; parties with the ids of their keys, those that rebuild and those that do not.
type KeyedParties = (BTreeMap<String, PublicKey>, [Vec<PartyTerms>; 2]);

/// What is to be signed: two payloads, each for an envelope of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The policy's name, from which file names are made.
    pub name: String,
    /// Its version.
    pub version: NonZeroU64,
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

    /// The names of files of OpenPGP certificates, for the caller to read and take apart.
    pub fn certificate_files(&self) -> &[String] {
        self.source.as_ref().map_or(&[], SourceTable::certificates)
    }

    /// The names of other files that the source table names, for the caller to read.
    pub fn text_files(&self) -> Vec<&str> {
        self.source
            .as_ref()
            .map_or_else(Vec::new, SourceTable::texts)
    }

    /// Makes the two documents. `files` holds what [`Self::certificate_files`] and [`Self::text_files`] name; `keys` holds a key for each of [`Self::key_references`]; `at` is the time against which the expiry is held.
    ///
    /// # Errors
    /// [`CompileError`] when the policy could never be in force: threshold 0 or above the number of parties, one key at two
    /// places, a past expiry, names that are not plain.
    pub fn compile(
        &self,
        keys: &BTreeMap<String, PublicKey>,
        files: &SourceFiles,
        at: Timestamp,
        limits: &Limits,
    ) -> Result<Compiled, CompileError> {
        let expires = Timestamp::parse(&self.expires).map_err(CompileError::Expires)?;
        if expires <= at {
            return Err(CompileError::Expired { expires, at });
        }
        let threshold = NonZeroUsize::new(self.threshold).ok_or(CompileError::ThresholdZero)?;
        let rebuilders = self.parties.iter().filter(|party| party.rebuilds).count();
        if threshold.get() > rebuilders {
            return Err(CompileError::ThresholdTooHigh {
                threshold: threshold.get(),
                parties: rebuilders,
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
        let (functionaries, [parties, later_parties]) = self.parties_with(key)?;
        let artifacts = Glob::parse(&self.artifacts)
            .ok()
            .filter(|pattern| !pattern.as_str().is_empty())
            .ok_or(CompileError::Artifacts)?;
        let mut terms = Terms {
            name: self.name.clone(),
            version: self.version,
            layout: Sha256::of(b""),
            artifacts,
            parties,
            later_parties,
            diversity: self.diversity.clone(),
            steps: self.step_terms()?,
            source: self.source_terms(files)?,
            comparison: self.comparison()?,
            owners: self.owners.keys.iter().map(key).collect::<Result<_, _>>()?,
            owners_needed: NonZeroUsize::new(self.owners.needed).ok_or(CompileError::OwnersZero)?,
            environment: self
                .materials
                .as_ref()
                .and_then(|materials| materials.environment)
                .unwrap_or(Environment::Any),
            on_dissent: self.on_dissent.unwrap_or(OnDissent::Report),
        };
        terms = terms.consistent(limits)?;
        diversity::consistent(&terms.diversity, threshold, &terms.parties)?;
        let layout = self.layout(expires, threshold, functionaries, &terms);
        let layout = layout.to_json().to_text();
        terms.layout = Sha256::of(&layout);
        let warnings = self.warnings(&terms);
        Ok(Compiled {
            name: self.name.clone(),
            version: self.version,
            layout,
            terms: terms.to_json().to_text(),
            warnings,
        })
    }

    fn step_terms(&self) -> Result<Vec<StepTerms>, TermsError> {
        let steps = self.steps.iter().map(StepTable::terms);
        Ok(steps.collect::<Result<_, _>>()?)
    }

    fn source_terms(&self, files: &SourceFiles) -> Result<SourceTerms, TermsError> {
        match &self.source {
            None => Ok(SourceTerms::default()),
            Some(table) => Ok(table.terms(files)?),
        }
    }

    fn comparison(&self) -> Result<Comparison, TermsError> {
        match &self.delivered {
            None => Ok(Comparison::Bytes),
            Some(table) => Ok(table.comparison()?),
        }
    }

    /// The keys of all parties by id, and each party with the ids of its keys; one key has one place.
    fn parties_with(
        &self,
        key: impl Fn(&String) -> Result<PublicKey, CompileError>,
    ) -> Result<KeyedParties, CompileError> {
        let mut functionaries: BTreeMap<String, PublicKey> = BTreeMap::new();
        let mut holders = BTreeMap::new();
        let (mut parties, mut later) = (Vec::new(), Vec::new());
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
            let list = if party.rebuilds {
                &mut parties
            } else {
                &mut later
            };
            list.push(party.terms(ids).map_err(TermsError::Shape)?);
        }
        Ok((functionaries, [parties, later]))
    }

    fn layout(
        &self,
        expires: Timestamp,
        threshold: NonZeroUsize,
        keys: BTreeMap<String, PublicKey>,
        terms: &Terms,
    ) -> Layout {
        let of = |parties: &[PartyTerms]| {
            let ids = parties.iter().flat_map(|party| party.keyids.clone());
            let mut ids: Vec<String> = ids.collect();
            ids.sort();
            ids
        };
        let mut steps = vec![rebuild_step(threshold, of(&terms.parties))];
        for (table, step) in self.steps.iter().zip(&terms.steps) {
            let threshold = NonZeroUsize::new(table.threshold).unwrap_or(NonZeroUsize::MAX);
            steps.push(step.in_layout(threshold, terms.keys_of(step)));
        }
        Layout {
            expires,
            readme: self.readme.clone(),
            inspections: vec![delivered(&terms.artifacts, terms.last_step())],
            steps,
            keys,
        }
    }

    fn warnings(&self, terms: &Terms) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.threshold == 1 {
            warnings.push("threshold 1: one party alone can make any bytes pass".to_owned());
        }
        if self.threshold * 2 <= terms.parties.len() && terms.on_dissent == OnDissent::Report {
            warnings.push(format!("threshold {} of {} parties: two groups with different bytes can both be confirmed; raise it or set on_dissent = \"refuse\"", self.threshold, terms.parties.len()));
        }
        for party in terms.parties.iter().chain(&terms.later_parties) {
            let keys = party.keyids.len();
            if keys > 1 {
                warnings.push(format!("party {} has {keys} keys: quorate counts it once, other in-toto verifiers count keys", party.name));
            }
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
    /// Rules about independence that nobody could satisfy.
    #[error(transparent)]
    Diversity(#[from] DiversityError),
    /// Names or counts that the terms refuse.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

impl CompileError {
    fn toml(error: toml::de::Error) -> Self {
        Self::Toml(error.to_string().trim_end().to_owned())
    }
}

//! Two signed documents and the owners' keys → a policy in force at a given time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU64, NonZeroUsize};

use super::PolicyError;
use super::bound::BoundRelease;
use super::declared::Declared;
use super::delivered::Comparison;
use super::diversity::{self, DiversityRule};
use super::owners::Owners;
use super::party::PartyTerms;
use super::rules::{delivered, rebuild_step};
use super::source::SourceTerms;
use super::steps::StepTerms;
use super::terms::{Environment, OnDissent, PAYLOAD_TYPE_TERMS, Terms};
use crate::attest::rebuild::STEP;
use crate::digest::Sha256;
use crate::envelope::{Envelope, Opened, PAYLOAD_TYPE_IN_TOTO};
use crate::intoto::{Glob, Layout, Step};
use crate::key::{Fingerprint, PublicKey};
use crate::limits::Limits;
use crate::time::Timestamp;

/// A policy that enough owners signed and that is in force. Only [`Policy::open`] makes one.
///
/// It does not promise that the parties are independent of each other: that is what its owners say.
///
/// ```compile_fail,E0451
/// # fn lower(policy: quorate::policy::Policy) {
/// let forged = quorate::policy::Policy { threshold: std::num::NonZeroUsize::MIN, ..policy };
/// # }
/// ```
#[derive(Debug)]
pub struct Policy {
    name: String,
    version: NonZeroU64,
    threshold: NonZeroUsize,
    parties: Vec<Party>,
    diversity: Vec<DiversityRule>,
    bound: Option<BoundRelease>,
    steps: Vec<LaterStep>,
    source: SourceTerms,
    comparison: Comparison,
    artifacts: Glob,
    environment: Environment,
    on_dissent: OnDissent,
    expires: Timestamp,
    signed_by: usize,
    owners: usize,
}

/// An operator who rebuilds: the unit of a vote.
#[derive(Clone, Debug)]
pub struct Party {
    terms: PartyTerms,
    keys: Vec<PublicKey>,
}

impl Party {
    /// The name that the policy gives it.
    pub fn name(&self) -> &str {
        &self.terms.name
    }

    /// Its keys; any of them speaks for the party.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// What it declares, where the policy says it.
    pub fn declared(&self) -> Option<&Declared> {
        self.terms.declared.as_ref()
    }

    /// The first second at which it is trusted; `None`: from ever.
    pub fn valid_from(&self) -> Option<Timestamp> {
        self.terms.valid_from
    }

    /// The first second at which it no longer is; `None`: for ever.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.terms.valid_until
    }
}

/// A step between the rebuilt result and what is delivered.
#[derive(Clone, Debug)]
pub struct LaterStep {
    threshold: NonZeroUsize,
    parties: Vec<Party>,
    terms: StepTerms,
    step: Step,
}

impl LaterStep {
    fn assemble(
        terms: &StepTerms,
        in_layout: &Step,
        all: &Terms,
        everybody: &BTreeMap<String, Party>,
    ) -> Result<Self, PolicyError> {
        let threshold = in_layout.threshold;
        if *in_layout != terms.in_layout(threshold, all.keys_of(terms)) {
            return Err(PolicyError::Rules);
        }
        let parties = terms.parties.iter().map(|name| everybody[name].clone());
        let parties: Vec<Party> = parties.collect();
        if threshold.get() > parties.len() {
            return Err(PolicyError::Threshold {
                threshold: threshold.get(),
                parties: parties.len(),
            });
        }
        Ok(Self {
            threshold,
            parties,
            terms: terms.clone(),
            step: in_layout.clone(),
        })
    }

    /// The step's name.
    pub fn name(&self) -> &str {
        &self.step.name
    }

    /// How many of its parties must state the same.
    pub fn threshold(&self) -> NonZeroUsize {
        self.threshold
    }

    /// The parties that may carry it out.
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// The steps whose products it takes: `rebuild`, or later steps before it.
    pub fn uses(&self) -> &[String] {
        &self.terms.uses
    }

    /// What the terms say of it: the layout's rules no longer tell what it may add from what it makes.
    pub fn terms(&self) -> &StepTerms {
        &self.terms
    }

    /// The step with its artifact rules, as the layout has it.
    pub fn step(&self) -> &Step {
        &self.step
    }
}

/// Parties by name, each with its keys; a key has one party, whatever ids it has.
fn keyed<'t>(
    layout: &Layout,
    parties: impl Iterator<Item = &'t PartyTerms>,
) -> Result<BTreeMap<String, Party>, PolicyError> {
    let mut fingerprints = BTreeSet::new();
    let mut keyed = BTreeMap::new();
    for terms in parties {
        let mut keys = Vec::new();
        for id in &terms.keyids {
            let key = layout.keys.get(id);
            let key = key.ok_or_else(|| PolicyError::UnknownKey(id.clone()))?;
            if !fingerprints.insert(key.fingerprint()) {
                return Err(PolicyError::OneKeyTwice(id.clone()));
            }
            if key.is_openpgp() {
                return Err(PolicyError::OpenPgp {
                    party: terms.name.clone(),
                    id: id.clone(),
                });
            }
            keys.push(key.clone());
        }
        let party = Party {
            terms: terms.clone(),
            keys,
        };
        keyed.insert(terms.name.clone(), party);
    }
    Ok(keyed)
}

impl Policy {
    /// Puts a policy in force at time `at`: signatures first, then content, then expiry.
    ///
    /// # Errors
    /// [`PolicyError`] with the one reason why the policy is not in force.
    pub fn open(
        layout: &[u8],
        terms: &[u8],
        owners: &Owners,
        at: Timestamp,
        limits: &Limits,
    ) -> Result<Self, PolicyError> {
        let trusted: Vec<&PublicKey> = owners.keys.iter().collect();
        let opened_terms = opened(Document::Terms, terms, &trusted, owners.needed, limits)?;
        let opened_layout = opened(Document::Layout, layout, &trusted, owners.needed, limits)?;
        let signed_by = signers_of_both(&opened_layout, &opened_terms, owners.needed)?;
        let read_terms = read(Document::Terms, &opened_terms, limits, |value| {
            Terms::from_json(value, limits).map_err(PolicyError::Terms)
        })?;
        let read_layout = read(Document::Layout, &opened_layout, limits, |value| {
            Layout::from_json(value, limits).map_err(PolicyError::Layout)
        })?;
        // The owners that the policy itself names must have signed in the number it asks for, whoever the caller trusts.
        let own: Vec<&PublicKey> = read_terms.owners.iter().collect();
        let needed = read_terms.owners_needed;
        signers_of_both(
            &opened(Document::Layout, layout, &own, needed, limits)?,
            &opened(Document::Terms, terms, &own, needed, limits)?,
            needed,
        )?;
        if opened_layout.payload().map(Sha256::of) != Some(read_terms.layout) {
            return Err(PolicyError::AnotherLayout);
        }
        owners.admit(read_terms.version)?;
        // in-toto 1.0 §4.3.1: `expires` is the time after which it is not to be trusted; like the reference tools we refuse at it, too. Whoever
        // binds a release vouches for its policy now, and for that release alone: docs/decisions/0020.
        if read_layout.expires <= at && owners.bound.is_none() {
            return Err(PolicyError::Expired {
                expires: read_layout.expires,
                at,
            });
        }
        Self::assemble(read_layout, read_terms, signed_by, owners)
    }

    fn assemble(
        layout: Layout,
        terms: Terms,
        signed_by: usize,
        owners: &Owners,
    ) -> Result<Self, PolicyError> {
        let Some((rebuild, later)) = layout.steps.split_first() else {
            return Err(PolicyError::Steps);
        };
        if rebuild.name != STEP || later.len() != terms.steps.len() {
            return Err(PolicyError::Steps);
        }
        // A rule that this program does not apply would be a promise that nobody keeps.
        if *rebuild != rebuild_step(rebuild.threshold, rebuild.pubkeys.clone())
            || layout.inspections != [delivered(&terms.artifacts, terms.last_step())]
        {
            return Err(PolicyError::Rules);
        }
        if let Some(id) = rebuild
            .pubkeys
            .iter()
            .find(|id| !layout.keys.contains_key(*id))
        {
            return Err(PolicyError::UnknownKey(id.clone()));
        }
        let everybody = keyed(&layout, terms.parties.iter().chain(&terms.later_parties))?;
        let steps = terms.steps.iter().zip(later);
        let steps = steps
            .map(|(step, in_layout)| LaterStep::assemble(step, in_layout, &terms, &everybody))
            .collect::<Result<_, _>>()?;
        let mut unclaimed: BTreeSet<&String> = rebuild.pubkeys.iter().collect();
        let mut parties = Vec::new();
        for PartyTerms { name, keyids, .. } in &terms.parties {
            if let Some(id) = keyids.iter().find(|id| !unclaimed.remove(id)) {
                return Err(PolicyError::KeyNotInStep {
                    party: name.clone(),
                    id: id.clone(),
                });
            }
            parties.push(everybody[name].clone());
        }
        if let Some(id) = unclaimed.first() {
            return Err(PolicyError::KeyWithoutParty((*id).clone()));
        }
        if rebuild.threshold.get() > parties.len() {
            return Err(PolicyError::Threshold {
                threshold: rebuild.threshold.get(),
                parties: parties.len(),
            });
        }
        diversity::consistent(&terms.diversity, rebuild.threshold, &terms.parties)
            .map_err(PolicyError::Diversity)?;
        Ok(Self {
            name: terms.name,
            version: terms.version,
            diversity: terms.diversity,
            bound: owners.bound.clone(),
            threshold: rebuild.threshold,
            parties,
            steps,
            source: terms.source,
            comparison: terms.comparison,
            artifacts: terms.artifacts,
            environment: terms.environment,
            on_dissent: terms.on_dissent,
            expires: layout.expires,
            signed_by,
            owners: owners.keys.len(),
        })
    }

    /// The policy's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version: a later one takes the place of those before it.
    pub fn version(&self) -> NonZeroU64 {
        self.version
    }

    /// k: how many parties must agree.
    pub fn threshold(&self) -> NonZeroUsize {
        self.threshold
    }

    /// How independent of each other those must be who agree.
    pub fn diversity(&self) -> &[DiversityRule] {
        &self.diversity
    }

    /// The one release that it judges, where it is in force for that one alone.
    pub fn bound(&self) -> Option<&BoundRelease> {
        self.bound.as_ref()
    }

    /// The n parties.
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// What may happen to the result before it is delivered, in order; empty when the rebuilt files themselves are delivered.
    pub fn steps(&self) -> &[LaterStep] {
        &self.steps
    }

    /// What counts as released source.
    pub fn source(&self) -> &SourceTerms {
        &self.source
    }

    /// How the file in hand is compared: what of it the caller must look at beside its digest.
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// Names of build outputs that the policy speaks of.
    pub fn artifacts(&self) -> &Glob {
        &self.artifacts
    }

    /// Whether environments must be equal.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// What a dissenter does to the verdict.
    pub fn on_dissent(&self) -> OnDissent {
        self.on_dissent
    }

    /// When the policy ends.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// How many of the caller's owners signed both documents, and how many keys the caller gave.
    pub fn signatures(&self) -> (usize, usize) {
        (self.signed_by, self.owners)
    }
}

/// The two documents of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The in-toto layout.
    Layout,
    /// The terms beside it.
    Terms,
}

impl std::fmt::Display for Document {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Layout => "layout",
            Self::Terms => "terms",
        })
    }
}

/// Opens one document and demands `needed` distinct signers of `keys`.
fn opened<'a>(
    document: Document,
    bytes: &'a [u8],
    keys: &[&PublicKey],
    needed: NonZeroUsize,
    limits: &Limits,
) -> Result<Opened<'a>, PolicyError> {
    if bytes.len() > limits.policy_bytes_max {
        return Err(PolicyError::TooLarge {
            document,
            bytes_max: limits.policy_bytes_max,
        });
    }
    let envelope = Envelope::parse(bytes, limits)
        .map_err(|source| PolicyError::Envelope { document, source })?;
    let under_signed = |signed: &BTreeSet<Fingerprint>| {
        let missing = keys
            .iter()
            .filter(|key| !signed.contains(&key.fingerprint()))
            .map(|key| key.id().to_owned())
            .collect();
        PolicyError::UnderSigned {
            document,
            have: signed.len(),
            needed: needed.get(),
            missing,
        }
    };
    let opened = envelope
        .open(keys, limits)
        .map_err(|_| under_signed(&BTreeSet::new()))?;
    if opened.signers().len() < needed.get() {
        return Err(under_signed(opened.signers()));
    }
    Ok(opened)
}

/// The number of owners that signed both documents, which must be enough: each owner is to see what it takes part in.
fn signers_of_both(
    layout: &Opened<'_>,
    terms: &Opened<'_>,
    needed: NonZeroUsize,
) -> Result<usize, PolicyError> {
    let have = layout.signers().intersection(terms.signers()).count();
    if have < needed.get() {
        return Err(PolicyError::DifferentSigners {
            have,
            needed: needed.get(),
        });
    }
    Ok(have)
}

fn read<T>(
    document: Document,
    opened: &Opened<'_>,
    limits: &Limits,
    read: impl FnOnce(&crate::json::Json<'_>) -> Result<T, PolicyError>,
) -> Result<T, PolicyError> {
    let expected = match document {
        Document::Layout => PAYLOAD_TYPE_IN_TOTO,
        Document::Terms => PAYLOAD_TYPE_TERMS,
    };
    if opened.payload_type() != expected || opened.payload().is_none() {
        return Err(PolicyError::PayloadType {
            document,
            found: opened.payload_type().to_owned(),
            expected,
        });
    }
    let value = opened
        .json(limits)
        .map_err(|source| PolicyError::Json { document, source })?;
    read(&value)
}

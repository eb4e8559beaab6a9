//! The second signed document beside the layout: what a layout has no words for. `docs/spec/policy.md`.

use std::collections::BTreeSet;
use std::num::{NonZeroU64, NonZeroUsize};

use super::delivered::{Comparison, DeliveredError};
use super::diversity::DiversityRule;
use super::party::PartyTerms;
use super::source::{SourceError, SourceTerms};
use super::steps::{self, StepTerms, StepsError};
use crate::attest::is_party_name;
use crate::attest::rebuild::STEP;
use crate::digest::Sha256;
use crate::intoto::Glob;
use crate::json::{Json, Members, Object, ShapeError, integer, object, string};
use crate::key::{KeyError, PublicKey, key_to_json, plain_key_from_json};
use crate::limits::Limits;

/// The payload type of terms.
pub const PAYLOAD_TYPE_TERMS: &str = "application/vnd.quorate.policy-terms+json";
const TYPE: &str = "https://quorate.dev/policy-terms/v1";
const TYPE_STEM: &str = "https://quorate.dev/policy-terms/";

/// Every member that terms may have.
const MEMBERS: [&str; 14] = [
    "_type",
    "artifacts",
    "delivered",
    "diversity",
    "laterParties",
    "layout",
    "materials",
    "name",
    "onDissent",
    "owners",
    "parties",
    "source",
    "steps",
    "version",
];

/// What the owners say beside the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The policy's name.
    pub name: String,
    /// Its version: a later one takes the place of those before it.
    pub version: NonZeroU64,
    /// SHA-256 of the payload of the layout that these terms belong to.
    pub layout: Sha256,
    /// Names of build outputs that this policy speaks of.
    pub artifacts: Glob,
    /// Parties that rebuild.
    pub parties: Vec<PartyTerms>,
    /// Parties that carry out later steps and do not rebuild.
    pub later_parties: Vec<PartyTerms>,
    /// How independent of each other those must be who agree.
    pub diversity: Vec<DiversityRule>,
    /// What may happen to the result before it is delivered, in order.
    pub steps: Vec<StepTerms>,
    /// What counts as released source.
    pub source: SourceTerms,
    /// How the file in hand is compared.
    pub comparison: Comparison,
    /// Keys of the owners.
    pub owners: Vec<PublicKey>,
    /// How many owners must sign both documents.
    pub owners_needed: NonZeroUsize,
    /// Whether the build environments must be equal, too.
    pub environment: Environment,
    /// What a party with another result does to the verdict.
    pub on_dissent: OnDissent,
}

/// Whether parties must have built in the same environment for their results to count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Any environment: agreement across different ones is the stronger evidence.
    Any,
    /// The same build root and the same installed packages.
    Same,
}

/// What a dissenting party does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDissent {
    /// It is named; k parties that agree are enough.
    Report,
    /// It is named and the artifact is refused.
    Refuse,
}

impl Environment {
    fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Same => "same",
        }
    }
}

impl OnDissent {
    fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Refuse => "refuse",
        }
    }
}

impl Terms {
    /// The terms as JSON.
    pub fn to_json(&self) -> Json<'static> {
        let owners = Json::object([
            (
                "needed",
                Json::number(i128::try_from(self.owners_needed.get()).unwrap_or(i128::MAX)),
            ),
            (
                "keys",
                Json::Array(self.owners.iter().map(key_to_json).collect()),
            ),
        ]);
        let later = [
            (
                "laterParties",
                self.later_parties
                    .iter()
                    .map(PartyTerms::to_json)
                    .collect::<Vec<_>>(),
            ),
            ("steps", self.steps.iter().map(StepTerms::to_json).collect()),
            (
                "diversity",
                self.diversity.iter().map(|rule| rule.to_json()).collect(),
            ),
        ];
        let later = later
            .into_iter()
            .filter(|(_, items)| !items.is_empty())
            .map(|(name, items)| (name, Json::Array(items)));
        let always = [
            ("_type", Json::text(TYPE)),
            ("name", Json::text(self.name.clone())),
            ("version", Json::number(self.version.get())),
            (
                "layout",
                Json::object([("sha256", Json::text(self.layout.to_string()))]),
            ),
            ("artifacts", Json::text(self.artifacts.as_str().to_owned())),
            (
                "parties",
                Json::Array(self.parties.iter().map(PartyTerms::to_json).collect()),
            ),
            ("owners", owners),
            (
                "materials",
                Json::object([
                    ("source", Json::text("same")),
                    ("environment", Json::text(self.environment.name())),
                ]),
            ),
            ("onDissent", Json::text(self.on_dissent.name())),
        ];
        let compared = self.comparison.to_json();
        let compared = compared.map(|comparison| ("delivered", comparison));
        let source = self.source.to_json().map(|source| ("source", source));
        Json::object(
            always
                .into_iter()
                .chain(later)
                .chain(compared)
                .chain(source),
        )
    }

    /// Reads terms; every member must be there and be understood.
    ///
    /// # Errors
    /// [`TermsError`] for anything missing, unknown, doubled or out of range, and for a newer version.
    pub fn from_json(value: &Json<'_>, limits: &Limits) -> Result<Self, TermsError> {
        let members = object(value)?;
        known_type(members)?;
        members.only(&MEMBERS)?;
        let materials = members.read("materials", object)?;
        materials
            .only(&["environment", "source"])
            .map_err(|error| error.within("materials"))?;
        materials.read("source", |value| one_of(value, &[("same", ())]))?;
        let owners = members.read("owners", object)?;
        owners
            .only(&["keys", "needed"])
            .map_err(|error| error.within("owners"))?;
        let terms = Self {
            name: members.read("name", string)?.to_owned(),
            version: members.read("version", |value| {
                NonZeroU64::new(integer(value)?)
                    .ok_or_else(|| ShapeError::new("versions begin with 1"))
            })?,
            layout: members.read("layout", |value| {
                let digests = object(value)?;
                digests.only(&["sha256"])?;
                digests.read("sha256", |value| {
                    Sha256::parse(string(value)?)
                        .map_err(|error| ShapeError::new(error.to_string()))
                })
            })?,
            artifacts: members.read("artifacts", steps::pattern)?,
            parties: members.read_items("parties", PartyTerms::from_json)?,
            later_parties: optional(members, "laterParties", PartyTerms::from_json)?,
            diversity: optional(members, "diversity", DiversityRule::from_json)?,
            source: match members.get("source") {
                None => SourceTerms::default(),
                Some(_) => members.read("source", SourceTerms::from_json)?,
            },
            comparison: match members.get("delivered") {
                None => Comparison::Bytes,
                Some(_) => members.read("delivered", Comparison::from_json)?,
            },
            steps: optional(members, "steps", StepTerms::from_json)?,
            owners: read_owner_keys(owners.required("keys")?)?,
            owners_needed: owners.read("needed", |value| {
                NonZeroUsize::new(integer(value)?)
                    .ok_or_else(|| ShapeError::new("0 owners would let anybody sign"))
            })?,
            environment: materials.read("environment", |value| {
                one_of(
                    value,
                    &[("any", Environment::Any), ("same", Environment::Same)],
                )
            })?,
            on_dissent: members.read("onDissent", |value| {
                one_of(
                    value,
                    &[("report", OnDissent::Report), ("refuse", OnDissent::Refuse)],
                )
            })?,
        };
        terms.consistent(limits)
    }

    /// The ids of the keys that may carry out a later step, sorted.
    pub(super) fn keys_of(&self, step: &StepTerms) -> Vec<String> {
        let all = self.parties.iter().chain(&self.later_parties);
        let own = all.filter(|party| step.parties.contains(&party.name));
        let mut ids: Vec<String> = own.flat_map(|party| party.keyids.clone()).collect();
        ids.sort();
        ids
    }

    /// The step whose products are delivered.
    pub(super) fn last_step(&self) -> &str {
        self.steps.last().map_or(STEP, |step| &step.name)
    }

    /// Names are plain and unique, counts are in range, one key has one place.
    pub(super) fn consistent(self, limits: &Limits) -> Result<Self, TermsError> {
        if !is_party_name(&self.name) {
            return Err(TermsError::Name(self.name));
        }
        if self.parties.is_empty()
            || self.parties.len() + self.later_parties.len() > limits.parties_max
        {
            return Err(TermsError::Count("parties", limits.parties_max));
        }
        if self.owners.is_empty() || self.owners.len() > limits.keys_max {
            return Err(TermsError::Count("owners' keys", limits.keys_max));
        }
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for PartyTerms { name, keyids, .. } in self.parties.iter().chain(&self.later_parties) {
            if !is_party_name(name) || !names.insert(name) {
                return Err(TermsError::Name(name.clone()));
            }
            if keyids.is_empty() || keyids.len() > limits.keys_max {
                return Err(TermsError::Count("keys of a party", limits.keys_max));
            }
            if let Some(id) = keyids.iter().find(|id| !ids.insert(*id)) {
                return Err(TermsError::KeyTwice(id.clone()));
            }
        }
        steps::consistent(&self.steps, &names)?;
        self.source.consistent()?;
        let step_names = self.steps.iter().map(|step| step.name.as_str());
        self.comparison.consistent(&step_names.collect())?;
        let busy = |name: &String| self.steps.iter().any(|step| step.parties.contains(name));
        if let Some(party) = self.later_parties.iter().find(|party| !busy(&party.name)) {
            return Err(TermsError::Idle(party.name.clone()));
        }
        let owners: BTreeSet<_> = self.owners.iter().map(PublicKey::fingerprint).collect();
        if owners.len() != self.owners.len() {
            return Err(TermsError::OwnerTwice);
        }
        if self.owners_needed.get() > owners.len() {
            return Err(TermsError::OwnersNeeded {
                needed: self.owners_needed.get(),
                owners: owners.len(),
            });
        }
        Ok(self)
    }
}

/// Refuses other documents, and newer versions of this one.
fn known_type(members: &Object<'_>) -> Result<(), TermsError> {
    match members.read("_type", string)? {
        TYPE => {}
        newer if newer.starts_with(TYPE_STEM) => {
            return Err(TermsError::Newer(newer.to_owned()));
        }
        _ => {
            return Err(ShapeError::new(format!("expected {TYPE:?}"))
                .within("_type")
                .into());
        }
    }
    Ok(())
}

/// The items of a list that a policy without them leaves out.
fn optional<T>(
    members: &Object<'_>,
    name: &str,
    read: impl Fn(&Json<'_>) -> Result<T, ShapeError>,
) -> Result<Vec<T>, ShapeError> {
    let items = match members.get(name) {
        None => return Ok(Vec::new()),
        Some(_) => members.read_items(name, read)?,
    };
    if items.is_empty() {
        return Err(ShapeError::new("empty; leave it out").within(name));
    }
    Ok(items)
}

fn read_owner_keys(value: &Json<'_>) -> Result<Vec<PublicKey>, TermsError> {
    let keys = crate::json::array(value)?;
    keys.iter()
        .map(|key| plain_key_from_json(key, None).map_err(TermsError::Key))
        .collect()
}

fn one_of<T: Copy>(value: &Json<'_>, known: &[(&str, T)]) -> Result<T, ShapeError> {
    let found = string(value)?;
    let names = || {
        known
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(" or ")
    };
    known
        .iter()
        .find(|(name, _)| *name == found)
        .map(|(_, value)| *value)
        .ok_or_else(|| ShapeError::new(format!("expected {}, found {found:?}", names())))
}

/// Why terms cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TermsError {
    /// A member is missing, unknown or of the wrong form.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// A version that this program does not know.
    #[error("{0:?} is newer than this program; update quorate")]
    Newer(String),
    /// An owner's key cannot be used.
    #[error("an owner's key: {0}")]
    Key(KeyError),
    /// A name that is used twice or is not plain.
    #[error(
        "the name {0:?} is used twice or has other than lower-case letters, digits and +-. (2 to 64 characters)"
    )]
    Name(String),
    /// None, or too many.
    #[error("there must be 1 to {1} {0}")]
    Count(&'static str, usize),
    /// One key id at two parties.
    #[error("key {0} has two places")]
    KeyTwice(String),
    /// Later steps that cannot be used.
    #[error(transparent)]
    Steps(#[from] StepsError),
    /// Words about the source that cannot be used.
    #[error("source: {0}")]
    Source(#[from] SourceError),
    /// A comparison that cannot be made.
    #[error("delivered: {0}")]
    Delivered(#[from] DeliveredError),
    /// A party that neither rebuilds nor carries out a step.
    #[error("party {0:?} neither rebuilds nor carries out a step")]
    Idle(String),
    /// One owner's key twice.
    #[error("one owner's key is listed twice")]
    OwnerTwice,
    /// More owners are needed than there are.
    #[error("{needed} of {owners} owners can never sign")]
    OwnersNeeded {
        /// Signatures asked for.
        needed: usize,
        /// Distinct owners.
        owners: usize,
    },
}

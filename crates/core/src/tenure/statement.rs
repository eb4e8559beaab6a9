//! What parties sign about keys: rotation, revocation, witness. `docs/spec/party-keys.md`.

use std::collections::BTreeSet;

use crate::attest::is_party_name;
use crate::digest::Sha256;
use crate::json::{self, Json, JsonError, Members, Object, ShapeError, object, string};
use crate::key::{KeyError, PublicKey, key_to_json, plain_key_from_json};
use crate::limits::Limits;
use crate::time::Timestamp;

/// The payload type of these statements.
pub const PAYLOAD_TYPE_KEYS: &str = "application/vnd.quorate.party-keys+json";
const ROTATION: &str = "https://quorate.dev/party-rotation/v1";
const REVOCATION: &str = "https://quorate.dev/party-revocation/v1";
const WITNESS: &str = "https://quorate.dev/party-witness/v1";
const STEM: &str = "https://quorate.dev/party-";
/// Bytes of a reason for people.
const REASON_BYTES_MAX: usize = 200;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyStatement {
    /// A new key takes the place of an old one.
    Rotation(Box<Rotation>),
    /// A key is compromised.
    Revocation(Box<Revocation>),
    /// Signatures that a party has seen.
    Witness(Witness),
}

/// From `at` on the new key speaks for the party, and the old one no longer does. It takes the signatures of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The party.
    pub party: String,
    /// The key that ends.
    pub old: PublicKey,
    /// The key that begins.
    pub new: PublicKey,
    /// The first second of the new one.
    pub at: Timestamp,
}

/// From `compromised_since` on somebody else may have had the key. It takes the signature of the key itself or of a key of its party that
/// is no machine's, and nothing undoes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The party.
    pub party: String,
    /// The key.
    pub key: PublicKey,
    /// The first second at which it may have been in other hands.
    pub compromised_since: Timestamp,
    /// Why, for people.
    pub reason: String,
}

/// At `at` the party had these signatures, in whatever envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The party that had them.
    pub party: String,
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the bytes of each signature: [`crate::envelope::Envelope::marks`].
    pub signatures: BTreeSet<Sha256>,
}

impl KeyStatement {
    /// Reads the payload of an envelope of [`PAYLOAD_TYPE_KEYS`].
    ///
    /// # Errors
    /// [`KeyStatementError`] for anything missing, unknown or out of range.
    pub fn from_payload(payload: &[u8], limits: &Limits) -> Result<Self, KeyStatementError> {
        Self::from_json(&json::parse(payload, limits)?)
    }

    pub(crate) fn from_json(value: &Json<'_>) -> Result<Self, KeyStatementError> {
        let members = object(value)?;
        match members.read("_type", string)? {
            ROTATION => Ok(Self::Rotation(Box::new(Rotation::read(members)?))),
            REVOCATION => Ok(Self::Revocation(Box::new(Revocation::read(members)?))),
            WITNESS => Ok(Self::Witness(Witness::read(members)?)),
            other if other.starts_with(STEM) => {
                Err(KeyStatementError::Newer(other.chars().take(60).collect()))
            }
            _ => Err(
                ShapeError::new("expected a rotation, a revocation or a witness")
                    .within("_type")
                    .into(),
            ),
        }
    }

    /// The payload to be signed.
    pub fn to_payload(&self) -> Vec<u8> {
        match self {
            Self::Rotation(it) => Json::object([
                ("_type", Json::text(ROTATION)),
                ("party", Json::text(it.party.clone())),
                ("old", key_to_json(&it.old)),
                ("new", key_to_json(&it.new)),
                ("at", Json::text(it.at.to_string())),
            ]),
            Self::Revocation(it) => Json::object([
                ("_type", Json::text(REVOCATION)),
                ("party", Json::text(it.party.clone())),
                ("key", key_to_json(&it.key)),
                (
                    "compromisedSince",
                    Json::text(it.compromised_since.to_string()),
                ),
                ("reason", Json::text(it.reason.clone())),
            ]),
            Self::Witness(it) => Json::object([
                ("_type", Json::text(WITNESS)),
                ("party", Json::text(it.party.clone())),
                ("at", Json::text(it.at.to_string())),
                (
                    "signatures",
                    Json::texts(it.signatures.iter().map(ToString::to_string)),
                ),
            ]),
        }
        .to_text()
    }

    /// The party that it is about.
    pub fn party(&self) -> &str {
        match self {
            Self::Rotation(it) => &it.party,
            Self::Revocation(it) => &it.party,
            Self::Witness(it) => &it.party,
        }
    }
}

impl Rotation {
    fn read(members: &Object<'_>) -> Result<Self, KeyStatementError> {
        members.only(&["_type", "at", "new", "old", "party"])?;
        let rotation = Self {
            party: members.read("party", party)?,
            old: key(members, "old")?,
            new: key(members, "new")?,
            at: members.read("at", time)?,
        };
        if rotation.old.fingerprint() == rotation.new.fingerprint() {
            return Err(ShapeError::new("the key that ends").within("new").into());
        }
        Ok(rotation)
    }
}

impl Revocation {
    fn read(members: &Object<'_>) -> Result<Self, KeyStatementError> {
        members.only(&["_type", "compromisedSince", "key", "party", "reason"])?;
        Ok(Self {
            party: members.read("party", party)?,
            key: key(members, "key")?,
            compromised_since: members.read("compromisedSince", time)?,
            reason: members.read("reason", reason)?,
        })
    }
}

impl Witness {
    fn read(members: &Object<'_>) -> Result<Self, ShapeError> {
        members.only(&["_type", "at", "party", "signatures"])?;
        let listed = members.read_items("signatures", |value| {
            Sha256::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
        })?;
        let count = listed.len();
        let signatures: BTreeSet<Sha256> = listed.into_iter().collect();
        if signatures.is_empty() || signatures.len() != count {
            return Err(ShapeError::new("expected at least one, none twice").within("signatures"));
        }
        Ok(Self {
            party: members.read("party", party)?,
            at: members.read("at", time)?,
            signatures,
        })
    }
}

fn key(members: &Object<'_>, name: &str) -> Result<PublicKey, KeyStatementError> {
    let key = plain_key_from_json(members.required(name)?, None).map_err(KeyStatementError::Key)?;
    // A label of its own choice could be another key's, whose signatures would be looked for with this one.
    if !key.has_computed_id() {
        return Err(
            ShapeError::new("its id is not the one that is computed from it")
                .within(name)
                .into(),
        );
    }
    Ok(key)
}

fn party(value: &Json<'_>) -> Result<String, ShapeError> {
    let text = string(value)?;
    if is_party_name(text) {
        return Ok(text.to_owned());
    }
    Err(ShapeError::new("expected a party's name"))
}

fn time(value: &Json<'_>) -> Result<Timestamp, ShapeError> {
    Timestamp::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
}

/// One line that a terminal shows as it is.
fn reason(value: &Json<'_>) -> Result<String, ShapeError> {
    let text = string(value)?;
    if text.len() > REASON_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(ShapeError::new("expected one line of at most 200 bytes"));
    }
    Ok(text.to_owned())
}

/// Why a statement about keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStatementError {
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// A member is missing, unknown or of the wrong form.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// A kind that this program does not know.
    #[error("{0:?} is newer than this program; update quorate")]
    Newer(String),
    /// A key that cannot be used.
    #[error("a key: {0}")]
    Key(KeyError),
}

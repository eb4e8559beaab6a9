//! Role → unsigned file, and a signature into a file of any role.

use quorate::json::{self, Json, JsonError, Members, ShapeError, canonical};
use quorate::key::{PublicKey, SigningKey};

use super::key::{computed_id, to_hex};
use super::{Common, MetadataError, Role, SPEC_VERSION};
use crate::limits::TrustLimits;

/// The file of a role without a signature, in compact JSON with sorted members.
pub fn unsigned<R: Role>(role: &R) -> Vec<u8> {
    let Common { version, expires } = role.common();
    let mut members = vec![
        ("_type", Json::text(R::TYPE)),
        ("expires", Json::text(expires.to_string())),
        ("spec_version", Json::text(SPEC_VERSION)),
        ("version", Json::number(version.number())),
    ];
    members.extend(role.own_members());
    Json::object([
        ("signatures", Json::Array(Vec::new())),
        ("signed", Json::object(members)),
    ])
    .to_text()
}

/// Whoever can sign: a key in a file, an agent that holds one.
pub trait Signer {
    /// The public half.
    fn public(&self) -> &PublicKey;

    /// Signs exactly `message` by the key's one scheme.
    ///
    /// # Errors
    /// [`SignerError`] when it does not.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

impl Signer for SigningKey {
    fn public(&self) -> &PublicKey {
        Self::public(self)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(Self::sign(self, message))
    }
}

impl<S: Signer + ?Sized> Signer for &S {
    fn public(&self) -> &PublicKey {
        (**self).public()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        (**self).sign(message)
    }
}

/// Why a signer gave no signature, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignerError(pub String);

/// Adds a key's signature over the canonical form of `signed`; an earlier one under its id is replaced.
///
/// It signs whatever it is given: who signs looks first at what would change (`repository::describe`).
///
/// # Errors
/// [`SignError`] when the file is no metadata, or the key cannot stand in one.
pub fn sign(file: &[u8], key: &dyn Signer, limits: &TrustLimits) -> Result<Vec<u8>, SignError> {
    let bytes_max = limits
        .snapshot_bytes_max
        .max(limits.targets_bytes_max)
        .max(limits.root_bytes_max);
    if file.len() > bytes_max {
        return Err(MetadataError::TooLarge { bytes_max }.into());
    }
    let value = json::parse(file, &limits.json)?;
    let members = json::object(&value)?;
    members.only(&["signatures", "signed"])?;
    let signed = members.required("signed")?;
    let id = computed_id(key.public())?;
    let mut signatures: Vec<Json<'_>> = Vec::new();
    for signature in members.read("signatures", json::array)? {
        let by = json::object(signature)?.read("keyid", json::string)?;
        if by != id {
            signatures.push(signature.clone());
        }
    }
    let covered = canonical(signed);
    let signature = key.sign(&covered)?;
    // What nobody could verify must not take the place of a good one.
    if !key.public().verifies(&covered, &signature) {
        return Err(SignError::Wrong(id));
    }
    signatures.push(Json::object([
        ("keyid", Json::text(id)),
        ("sig", Json::text(to_hex(&signature))),
    ]));
    let file = Json::object([
        ("signatures", Json::Array(signatures)),
        ("signed", signed.clone()),
    ]);
    Ok(file.to_text())
}

/// Why a file was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// JSON of another form.
    #[error("not a metadata file: {0}")]
    Shape(#[from] ShapeError),
    /// The signer does not sign.
    #[error("no signature: {0}")]
    Signer(#[from] SignerError),
    /// The signer signs something else, or with another key.
    #[error("what was signed does not verify under the key {0}")]
    Wrong(String),
    /// Too large, or a key that cannot sign metadata.
    #[error("{0}")]
    Metadata(#[from] MetadataError),
}

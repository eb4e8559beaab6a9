//! Making envelopes: DSSE, and the older metablock for consumers that read nothing else.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::message::Message;
use super::{Envelope, EnvelopeError};
use crate::digest::hex;
use crate::json::{self, Json, Members, Object, array, canonical, string};
use crate::key::{OpenPgpSignature, SigningKey};
use crate::limits::Limits;

/// A DSSE envelope over exactly `payload`, with one signature for each key; a JSON text with a final newline.
pub fn sign(payload_type: &str, payload: &[u8], keys: &[&SigningKey]) -> Vec<u8> {
    let document = Document::Dsse {
        payload_type: payload_type.to_owned(),
        payload_text: STANDARD.encode(payload),
        message: Message::of(payload_type, payload),
    };
    document.signed_by(keys)
}

/// An envelope without signatures, to be signed by [`add_signature`].
pub fn unsigned(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    sign(payload_type, payload, &[])
}

/// An in-toto metablock over `signed`, with one signature for each key; a JSON text with a final newline.
///
/// The signatures cover the canonical form of `signed` as it is given, with every member that it has, and stand in hex:
///
/// ```json
/// {"signatures":[{"keyid":"…","sig":"HEX"}],"signed":{…}}
/// ```
pub fn sign_metablock(signed: &Json<'_>, keys: &[&SigningKey]) -> Vec<u8> {
    Document::Metablock(signed.clone()).signed_by(keys)
}

/// A metablock without signatures, to be signed by [`add_signature`].
pub fn unsigned_metablock(signed: &Json<'_>) -> Vec<u8> {
    sign_metablock(signed, &[])
}

/// Adds `key`'s signature to an envelope of either form and keeps the others; an earlier signature under the same key id is
/// replaced. The form and the payload stay as they are; a metablock's signature covers the canonical form of what was received.
///
/// # Errors
/// [`SignError`] when the bytes are not an envelope, or have no room for another signature.
pub fn add_signature(
    bytes: &[u8],
    key: &SigningKey,
    limits: &Limits,
) -> Result<Vec<u8>, SignError> {
    let (document, signatures) = Document::read(bytes, limits)?;
    let signature = document.signature(key, &document.message());
    document.with_signature(signatures, key.public().id(), signature, limits)
}

/// Adds an OpenPGP signature to a metablock, as [`add_signature`] does with a key. It must be over the canonical form of
/// `signed`; whether it is, only [`Envelope::open`] says.
///
/// # Errors
/// [`SignError`] as there, and for a DSSE envelope, which has no place for OpenPGP signatures.
pub fn add_openpgp_signature(
    bytes: &[u8],
    signature: &OpenPgpSignature,
    limits: &Limits,
) -> Result<Vec<u8>, SignError> {
    let (document, signatures) = Document::read(bytes, limits)?;
    if matches!(document, Document::Dsse { .. }) {
        return Err(SignError::OpenPgpOnDsse);
    }
    document.with_signature(signatures, signature.key_id(), signature.to_json(), limits)
}

/// Signs an envelope of either form anew: the signatures it has go, and each of `keys` signs the payload as it is.
///
/// # Errors
/// [`SignError`] when the bytes are not an envelope.
pub fn replace_signatures(
    bytes: &[u8],
    keys: &[&SigningKey],
    limits: &Limits,
) -> Result<Vec<u8>, SignError> {
    let (document, _) = Document::read(bytes, limits)?;
    Ok(document.signed_by(keys))
}

/// The same envelope without its signatures.
///
/// # Errors
/// [`SignError`] when the bytes are not an envelope.
pub fn drop_signatures(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, SignError> {
    replace_signatures(bytes, &[], limits)
}

/// What is signed, in the form that it will be written in.
enum Document<'a> {
    Dsse {
        payload_type: String,
        message: Message,
        /// The payload in the very base64 that was received.
        payload_text: String,
    },
    Metablock(Json<'a>),
}

impl<'a> Document<'a> {
    /// Takes an envelope apart; the signatures come as they stand there.
    fn read(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Vec<Json<'a>>), EnvelopeError> {
        // The envelope must be one that readers take before anybody's key touches it.
        Envelope::parse(bytes, limits)?;
        let Json::Object(mut members) = json::parse(bytes, limits)? else {
            unreachable!("an envelope is an object")
        };
        let signatures = members.read("signatures", array)?.to_vec();
        let document = match members.take("signed") {
            Some(signed) => Self::Metablock(signed),
            None => Self::read_dsse(&members)?,
        };
        Ok((document, signatures))
    }

    fn read_dsse(members: &Object<'a>) -> Result<Self, EnvelopeError> {
        let payload_text = members.read("payload", string)?;
        let payload_type = members.read("payloadType", string)?;
        Ok(Self::Dsse {
            payload_type: payload_type.to_owned(),
            message: Message::decoded(payload_type, payload_text)?,
            payload_text: payload_text.to_owned(),
        })
    }

    /// The bytes that a signature on this document covers.
    fn message(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Dsse { message, .. } => Cow::Borrowed(message.signed()),
            Self::Metablock(signed) => Cow::Owned(canonical(signed)),
        }
    }

    fn signature(&self, key: &SigningKey, message: &[u8]) -> Json<'static> {
        let signature = key.sign(message);
        let text = match self {
            Self::Dsse { .. } => STANDARD.encode(signature),
            Self::Metablock(_) => hex(&signature),
        };
        Json::object([
            ("keyid", Json::text(key.public().id().to_owned())),
            ("sig", Json::text(text)),
        ])
    }

    /// The text with one more signature, in the place of those under the same key id.
    fn with_signature(
        self,
        mut signatures: Vec<Json<'a>>,
        key_id: &str,
        signature: Json<'static>,
        limits: &Limits,
    ) -> Result<Vec<u8>, SignError> {
        let own_id = Json::text(key_id.to_owned());
        signatures.retain(|other| !matches!(other, Json::Object(members) if members.get("keyid") == Some(&own_id)));
        if signatures.len() >= limits.signatures_max {
            return Err(SignError::Envelope(EnvelopeError::TooManySignatures {
                count: signatures.len() + 1,
                count_max: limits.signatures_max,
            }));
        }
        signatures.push(signature);
        Ok(self.into_text(signatures))
    }

    fn signed_by(self, keys: &[&SigningKey]) -> Vec<u8> {
        let message = self.message();
        let signatures = keys
            .iter()
            .map(|key| self.signature(key, &message))
            .collect();
        self.into_text(signatures)
    }

    fn into_text(self, signatures: Vec<Json<'a>>) -> Vec<u8> {
        let signatures = ("signatures", Json::Array(signatures));
        let members = match self {
            Self::Dsse {
                payload_type,
                payload_text,
                ..
            } => vec![
                ("payload", Json::text(payload_text)),
                ("payloadType", Json::text(payload_type)),
                signatures,
            ],
            Self::Metablock(signed) => vec![("signed", signed), signatures],
        };
        let mut text = Json::object(members).to_text();
        text.push(b'\n');
        text
    }
}

/// Why a signature could not be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Not an envelope at all, or one with too many signatures.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// An OpenPGP signature for a DSSE envelope.
    #[error(
        "a DSSE envelope has no place for OpenPGP signatures; make the document as a metablock"
    )]
    OpenPgpOnDsse,
}

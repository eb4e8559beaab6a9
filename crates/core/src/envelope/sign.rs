//! Making envelopes: DSSE only. Metablocks are read, never written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Envelope, EnvelopeError, decode_base64, pre_authentication_encoding};
use crate::json::{self, Json, Members, object, string};
use crate::key::SigningKey;
use crate::limits::Limits;

/// A DSSE envelope over exactly `payload`, with one signature for each key; a JSON text with a final newline.
pub fn sign(payload_type: &str, payload: &[u8], keys: &[&SigningKey]) -> Vec<u8> {
    let message = pre_authentication_encoding(payload_type, payload);
    let signatures = keys.iter().map(|key| signature(key, &message)).collect();
    envelope_text(
        payload_type,
        Json::text(STANDARD.encode(payload)),
        signatures,
    )
}

/// An envelope without signatures, to be signed by [`add_signature`].
pub fn unsigned(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    sign(payload_type, payload, &[])
}

/// Adds `key`'s signature to a DSSE envelope and keeps the others; an earlier signature under the same key id is replaced.
///
/// # Errors
/// [`SignError`] when the bytes are not a DSSE envelope.
pub fn add_signature(
    bytes: &[u8],
    key: &SigningKey,
    limits: &Limits,
) -> Result<Vec<u8>, SignError> {
    // The envelope must be one that readers take before anybody's key touches it.
    Envelope::parse(bytes, limits)?;
    let value = json::parse(bytes, limits).map_err(EnvelopeError::from)?;
    let members = object(&value).map_err(EnvelopeError::from)?;
    if members.get("signed").is_some() {
        return Err(SignError::Metablock);
    }
    let payload_type = members
        .read("payloadType", string)
        .map_err(EnvelopeError::from)?;
    let payload = members
        .read("payload", string)
        .map_err(EnvelopeError::from)?;
    let decoded = decode_base64(payload).map_err(EnvelopeError::from)?;
    let mut signatures: Vec<Json<'_>> = members
        .read("signatures", json::array)
        .map_err(EnvelopeError::from)?
        .to_vec();
    let own_id = Json::text(key.public().id().to_owned());
    signatures.retain(|signature| !matches!(signature, Json::Object(members) if members.get("keyid") == Some(&own_id)));
    signatures.push(signature(
        key,
        &pre_authentication_encoding(payload_type, &decoded),
    ));
    Ok(envelope_text(payload_type, Json::text(payload), signatures))
}

fn signature(key: &SigningKey, message: &[u8]) -> Json<'static> {
    Json::object([
        ("keyid", Json::text(key.public().id().to_owned())),
        ("sig", Json::text(STANDARD.encode(key.sign(message)))),
    ])
}

fn envelope_text(payload_type: &str, payload: Json<'_>, signatures: Vec<Json<'_>>) -> Vec<u8> {
    let members = [
        ("payload", payload),
        ("payloadType", Json::text(payload_type)),
        ("signatures", Json::Array(signatures)),
    ];
    let mut text = Json::object(members).to_text();
    text.push(b'\n');
    text
}

/// Why a signature could not be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Not an envelope at all.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The old form, which is only read here.
    #[error(
        "an in-toto metablock, which is read but not signed here; make the document anew as a DSSE envelope"
    )]
    Metablock,
}

//! Signed bytes: who signed exactly these bytes.
//!
//! **Enters:** bytes of any origin, and the keys whose signatures would count.
//! **Leaves:** an [`Opened`] payload with the keys that signed it.
//! **Never:** a payload before a signature over it was checked; a re-encoded DSSE payload; a signature for its key id's sake.

mod message;
mod sign;
mod signature;
mod unverified;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Sha256;
use crate::json::{self, Json, JsonError, Members, ShapeError, canonical, string};
use crate::key::{Fingerprint, PublicKey};
use crate::limits::Limits;

use message::Message;
use signature::{Checks, Signature, SignatureEncoding, Signer, read_signatures};

pub use sign::{
    SignError, add_openpgp_signature, add_signature, drop_signatures, replace_signatures, sign,
    sign_metablock, unsigned, unsigned_metablock,
};

/// The payload type of in-toto layouts, links and statements (ITE-5, attestation framework v1).
pub const PAYLOAD_TYPE_IN_TOTO: &str = "application/vnd.in-toto+json";

/// How an envelope is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeForm {
    /// DSSE 1.0: signatures cover the payload's bytes.
    Dsse,
    /// The older in-toto metablock: signatures cover the canonical form of `signed`.
    Metablock,
}

/// A signed document that nobody has looked into yet: DSSE 1.0 or an in-toto metablock.
///
/// ```json
/// {"payload": "BASE64", "payloadType": "application/vnd.in-toto+json", "signatures": [{"keyid": "…", "sig": "BASE64"}]}
/// {"signed": {…}, "signatures": [{"keyid": "…", "sig": "HEX"}, {"keyid": "…", "other_headers": "HEX", "signature": "HEX"}]}
/// ```
///
/// It has no accessor for its payload; [`Self::open`] is the only way to it:
///
/// ```compile_fail,E0616
/// fn peek<'e>(envelope: &'e quorate::envelope::Envelope<'_>) {
///     let _ = &envelope.content;
/// }
/// ```
pub struct Envelope<'a> {
    content: Content<'a>,
    signatures: Vec<Signature>,
    /// As received: the digest that reasons call the document by is made when somebody asks.
    bytes: &'a [u8],
}

enum Content<'a> {
    Dsse {
        message: Message,
        payload_type: String,
    },
    Metablock(Json<'a>),
}

impl<'a> Envelope<'a> {
    /// Reads an envelope of either form. Nothing in it is trusted yet.
    ///
    /// # Errors
    /// [`EnvelopeError`] when the bytes are too large, not strict JSON, or of neither form.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        if bytes.len() > limits.envelope_bytes_max {
            return Err(EnvelopeError::TooLarge {
                bytes_max: limits.envelope_bytes_max,
            });
        }
        let value = json::parse(bytes, limits)?;
        Self::from_json(value, bytes, limits)
    }

    fn from_json(value: Json<'a>, bytes: &'a [u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        let Json::Object(mut members) = value else {
            return Err(ShapeError::new("expected an object").into());
        };
        let metablock = members.get("signed").is_some();
        if metablock && members.get("payload").is_some() {
            return Err(ShapeError::new(
                "both `signed` and `payload`: two documents in one envelope",
            )
            .into());
        }
        let encoding = if metablock {
            SignatureEncoding::Hex
        } else {
            SignatureEncoding::Base64
        };
        let signatures = read_signatures(&members, encoding, limits)?;
        let content = match members.take("signed") {
            Some(signed) => Content::Metablock(signed),
            None => {
                let payload_type = members.read("payloadType", string)?.to_owned();
                let decoded = |value| Message::decoded(&payload_type, string(value)?);
                Content::Dsse {
                    message: members.read("payload", decoded)?,
                    payload_type,
                }
            }
        };
        Ok(Self {
            content,
            signatures,
            bytes,
        })
    }

    /// SHA-256 of the envelope's bytes as received: what reasons call it by.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.bytes)
    }

    /// How the envelope is written.
    pub fn form(&self) -> EnvelopeForm {
        match self.content {
            Content::Dsse { .. } => EnvelopeForm::Dsse,
            Content::Metablock(_) => EnvelopeForm::Metablock,
        }
    }

    /// The key ids that its signatures name, in their order: labels that nobody checked, for messages alone.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.signatures
            .iter()
            .filter_map(|signature| signature.key_id.as_deref())
    }

    /// The marks of its signatures: SHA-256 of the bytes of each, checked or not. Only who has a key can have made a mark's signature, so
    /// that whoever writes a mark down can say later that the signature was there by then.
    pub fn marks(&self) -> impl Iterator<Item = Sha256> {
        self.signatures.iter().filter_map(Signature::mark)
    }

    /// What kind of payload a DSSE envelope says that it has, although nobody checked a signature: only to choose whose keys to try.
    pub(crate) fn unverified_payload_type(&self) -> Option<&str> {
        match &self.content {
            Content::Dsse { payload_type, .. } => Some(payload_type),
            Content::Metablock(_) => None,
        }
    }

    /// The payload of a DSSE envelope although nobody checked a signature: only to learn which keys a document names for itself.
    pub(crate) fn dangerous_unverified_payload(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Dsse { message, .. } => Some(message.payload()),
            Content::Metablock(_) => None,
        }
    }

    /// Gives the payload out if at least one of `keys` signed exactly its bytes.
    ///
    /// A signature's key id narrows the search when one of `keys` has that label and is otherwise ignored (DSSE 1.0: it must
    /// not be used for security decisions). A repeated or foreign signature adds nothing and harms nothing.
    ///
    /// # Errors
    /// [`NotSigned`] when no key of `keys` has a valid signature.
    pub fn open(self, keys: &[&PublicKey], limits: &Limits) -> Result<Opened<'a>, NotSigned> {
        let mut unbounded = usize::MAX;
        self.open_within(keys, limits, &mut unbounded)
    }

    /// As [`Self::open`], for documents in which ids are part of the agreement (in-toto links): a signature that names a key id
    /// counts for the key of that id alone. One that names none is tried with all.
    pub(crate) fn open_by_id(
        mut self,
        keys: &[&PublicKey],
        limits: &Limits,
        all_left: &mut usize,
    ) -> Result<Opened<'a>, NotSigned> {
        let is_offered = |id: &String| keys.iter().any(|key| key.has_id(id));
        self.signatures
            .retain(|signature| signature.key_id.as_ref().is_none_or(is_offered));
        self.open_within(keys, limits, all_left)
    }

    /// As [`Self::open`], and takes the checks from what is left for a whole body of evidence, too.
    pub(crate) fn open_within(
        self,
        keys: &[&PublicKey],
        limits: &Limits,
        all_left: &mut usize,
    ) -> Result<Opened<'a>, NotSigned> {
        let message = match &self.content {
            Content::Dsse { message, .. } => Cow::Borrowed(message.signed()),
            Content::Metablock(signed) => Cow::Owned(canonical(signed)),
        };
        let mut signed_by = BTreeSet::new();
        let mut marks: BTreeMap<Fingerprint, BTreeSet<Sha256>> = BTreeMap::new();
        let checks_max = limits.signature_checks_max.min(*all_left);
        let mut checks = Checks::of(checks_max, &message);
        for signature in &self.signatures {
            let Some(signer) = signature.signer(&message, keys, &mut checks) else {
                continue;
            };
            marks.entry(signer.0).or_default().extend(signature.mark());
            signed_by.insert(signer);
        }
        *all_left -= checks_max - checks.units_left;
        if signed_by.is_empty() {
            return Err(NotSigned {
                digest: self.digest(),
                unchecked: checks.ran_out,
            });
        }
        Ok(Opened {
            content: self.content,
            signers: signed_by.iter().map(|(key, _)| *key).collect(),
            signed_by,
            marks,
            bytes: self.bytes,
        })
    }
}

/// A payload of which it is known who signed exactly its bytes. Only [`Envelope::open`] makes one.
///
/// It does not promise that the signers may say what it says: that is the policy's part.
///
/// ```compile_fail,E0451
/// # fn rename(opened: quorate::envelope::Opened<'_>, signers: std::collections::BTreeSet<quorate::key::Fingerprint>) {
/// let forged = quorate::envelope::Opened { signers, ..opened };
/// # }
/// ```
#[derive(Debug)]
pub struct Opened<'a> {
    content: Content<'a>,
    signers: BTreeSet<Fingerprint>,
    signed_by: BTreeSet<Signer>,
    marks: BTreeMap<Fingerprint, BTreeSet<Sha256>>,
    bytes: &'a [u8],
}

impl<'a> Opened<'a> {
    /// The keys, of those that were offered, that signed this payload; never empty.
    /// A subkey's signature is its OpenPGP key's.
    pub fn signers(&self) -> &BTreeSet<Fingerprint> {
        &self.signers
    }

    /// The keys that signed with the id of each as the offered keys have it; a subkey's id where the subkey signed.
    pub fn signer_ids(&self) -> impl Iterator<Item = (Fingerprint, &str)> {
        self.signed_by.iter().map(|(key, id)| (*key, id.as_str()))
    }

    /// The marks of the valid signatures by one key, as [`Envelope::marks`] has them.
    pub(crate) fn marks_of(&self, key: Fingerprint) -> impl Iterator<Item = Sha256> {
        self.marks.get(&key).into_iter().flatten().copied()
    }

    /// SHA-256 of the envelope's bytes as received.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.bytes)
    }

    /// The payload type that the signature covers; a metablock's is in-toto's.
    pub fn payload_type(&self) -> &str {
        match &self.content {
            Content::Dsse { payload_type, .. } => payload_type,
            Content::Metablock(_) => PAYLOAD_TYPE_IN_TOTO,
        }
    }

    /// The exact bytes that DSSE signatures cover; `None` for a metablock, whose signatures cover a canonical form.
    pub fn payload(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Dsse { message, .. } => Some(message.payload()),
            Content::Metablock(_) => None,
        }
    }

    /// The payload as JSON; a metablock's is lent, not copied.
    ///
    /// # Errors
    /// [`JsonError`] when a DSSE payload is not one strict JSON document.
    pub fn json(&self, limits: &Limits) -> Result<Cow<'_, Json<'_>>, JsonError> {
        match &self.content {
            Content::Dsse { message, .. } => json::parse(message.payload(), limits).map(Cow::Owned),
            Content::Metablock(signed) => Ok(Cow::Borrowed(signed)),
        }
    }
}

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Dsse { .. } => "Dsse",
            Self::Metablock(_) => "Metablock",
        })
    }
}

/// Why bytes are not an envelope.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Larger than an envelope may be.
    #[error("larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// More signatures than an envelope may have.
    #[error("{count} signatures, more than {count_max}")]
    TooManySignatures {
        /// The number of signatures.
        count: usize,
        /// The limit.
        count_max: usize,
    },
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// JSON of another form.
    #[error("not an envelope: {0}")]
    Shape(#[from] ShapeError),
}

/// None of the offered keys signed this envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no valid signature by any of the keys that could count")]
pub struct NotSigned {
    /// SHA-256 of the envelope.
    pub digest: Sha256,
    /// Whether signatures were left unchecked because the limits on checks were reached.
    pub unchecked: bool,
}

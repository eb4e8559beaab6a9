//! Signatures of an envelope, and whose they are.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::EnvelopeError;
use crate::digest::{Sha256, hex_into};
use crate::json::{Json, Members, Object, ShapeError, array, object, string};
use crate::key::{Fingerprint, OpenPgpSignature, PublicKey};
use crate::limits::Limits;

pub(super) struct Signature {
    pub(super) key_id: Option<String>,
    proof: Proof,
}

enum Proof {
    Plain(Vec<u8>),
    OpenPgp(OpenPgpSignature),
    /// Of a form that cannot be checked here; it counts for nobody and harms nobody.
    Foreign,
}

/// Who made a signature: the key, and the id that it or its subkey has.
pub(super) type Signer = (Fingerprint, String);

impl Signature {
    /// SHA-256 of the signature's bytes; an OpenPGP signature has none, since its bytes are made anew.
    pub(super) fn mark(&self) -> Option<Sha256> {
        match &self.proof {
            Proof::Plain(bytes) => Some(Sha256::of(bytes)),
            Proof::OpenPgp(_) | Proof::Foreign => None,
        }
    }

    /// The first of `keys` that made this signature; each attempt is one of `checks`, and none left is nobody.
    pub(super) fn signer(
        &self,
        message: &[u8],
        keys: &[&PublicKey],
        checks: &mut Checks,
    ) -> Option<Signer> {
        let claimed = self.key_id.as_deref();
        let named = |key: &PublicKey| claimed.is_some_and(|id| key.has_id(id));
        let any_named = keys.iter().any(|key| named(key));
        for key in keys.iter().filter(|key| !any_named || named(key)) {
            for id in key.ids() {
                // A subkey's id means that subkey; an older tool's id of a key means the key.
                let means_another =
                    |claimed: &str| claimed != id && key.ids().any(|own| own == claimed);
                if claimed.is_some_and(means_another) {
                    continue;
                }
                checks.take(key)?;
                if self.is_by(key, id, message) {
                    return Some((key.fingerprint(), id.to_owned()));
                }
            }
        }
        None
    }

    fn is_by(&self, key: &PublicKey, id: &str, message: &[u8]) -> bool {
        match &self.proof {
            Proof::Plain(bytes) => key.verifies(message, bytes),
            Proof::OpenPgp(signature) => key.verifies_openpgp(id, message, signature),
            Proof::Foreign => false,
        }
    }
}

/// What may still be spent on checking the signatures over one message: a check hashes all of it.
pub(super) struct Checks {
    pub(super) units_left: usize,
    units_each: usize,
    pub(super) ran_out: bool,
}

impl Checks {
    pub(super) fn of(units: usize, message: &[u8]) -> Self {
        Self {
            units_left: units,
            units_each: Limits::signature_check_units(message.len()),
            ran_out: false,
        }
    }

    fn take(&mut self, key: &PublicKey) -> Option<()> {
        let cost = self.units_each + key.check_units_above_one();
        let left = self.units_left.checked_sub(cost);
        self.ran_out |= left.is_none();
        self.units_left = left?;
        Some(())
    }
}

#[derive(Clone, Copy)]
pub(super) enum SignatureEncoding {
    Hex,
    Base64,
}

pub(super) fn read_signatures(
    members: &Object<'_>,
    encoding: SignatureEncoding,
    limits: &Limits,
) -> Result<Vec<Signature>, EnvelopeError> {
    let listed = members.read("signatures", array)?;
    if listed.len() > limits.signatures_max {
        return Err(EnvelopeError::TooManySignatures {
            count: listed.len(),
            count_max: limits.signatures_max,
        });
    }
    Ok(members.read_items("signatures", |value| read_signature(value, encoding))?)
}

fn read_signature(value: &Json<'_>, encoding: SignatureEncoding) -> Result<Signature, ShapeError> {
    let members = object(value)?;
    let key_id = match members.get("keyid") {
        None | Some(Json::Null) => None,
        Some(id) => Some(
            string(id)
                .map_err(|error| error.within("keyid"))?
                .to_owned(),
        )
        .filter(|id| !id.is_empty()),
    };
    Ok(Signature {
        key_id,
        proof: read_proof(members, encoding).unwrap_or(Proof::Foreign),
    })
}

fn read_proof(members: &Object<'_>, encoding: SignatureEncoding) -> Option<Proof> {
    match (members.get("sig"), encoding) {
        (Some(sig), SignatureEncoding::Base64) => {
            decode_base64(string(sig).ok()?).ok().map(Proof::Plain)
        }
        (Some(sig), SignatureEncoding::Hex) => decode_hex(string(sig).ok()?).ok().map(Proof::Plain),
        // OpenPGP signatures stand on metablocks alone: DSSE has no place for the headers that they cover.
        (None, SignatureEncoding::Hex) => OpenPgpSignature::from_json(members).map(Proof::OpenPgp),
        (None, SignatureEncoding::Base64) => None,
    }
}

pub(super) fn decode_base64(text: &str) -> Result<Vec<u8>, ShapeError> {
    // DSSE 1.0: either alphabet.
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .map_err(|_| ShapeError::new("not base64"))
}

fn decode_hex(text: &str) -> Result<Vec<u8>, ShapeError> {
    let mut bytes = vec![0; text.len() / 2];
    hex_into(text, &mut bytes).ok_or_else(|| ShapeError::new("not lower-case hex"))?;
    Ok(bytes)
}

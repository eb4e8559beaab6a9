//! OpenPGP keys and signatures as in-toto metadata holds them: main key with subkeys, and version 4 signatures taken apart.
//!
//! The certificate that a key came from, with its self-signatures, flags and revocations, is not in the metadata: whoever signs
//! the metadata vouches for the key. Reading certificates is the part of the crate `quorate-openpgp`.

use super::material::Material;
use super::{Fingerprint, PublicKey, Scheme};
use crate::digest::{Sha256, hex, hex_into};
use crate::json::{Json, Members, Object, ShapeError, object, string};
use crate::time::Timestamp;

/// What an OpenPGP key has beside its material.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) lifetime: Lifetime,
    pub(super) subkeys: Vec<Subkey>,
}

/// A key of its own that the main key lets speak for it.
#[derive(Clone, Debug)]
pub(super) struct Subkey {
    pub(super) id: String,
    pub(super) material: Material,
    pub(super) scheme: Scheme,
    pub(super) lifetime: Lifetime,
    pub(super) fingerprint: Fingerprint,
}

/// When a key was made and how long it is valid, in seconds; metadata may leave out both or the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) creation_time: Option<u32>,
    pub(super) validity_period: Option<u32>,
}

impl Lifetime {
    /// RFC 4880 §5.2.3.6: valid from its creation until the period has passed; a period of zero never ends.
    pub(super) fn holds_at(self, time: Timestamp) -> bool {
        let Some(created) = self.creation_time.map(i64::from) else {
            return true;
        };
        let end = match self.validity_period {
            None | Some(0) => i64::MAX,
            Some(period) => created.saturating_add(i64::from(period)),
        };
        (created..end).contains(&time.unix_seconds())
    }
}

impl PublicKey {
    /// Whether this is an OpenPGP key, whose signatures stand on metablocks alone.
    pub fn is_openpgp(&self) -> bool {
        self.certificate.is_some()
    }

    /// The key's own id and those of its subkeys, which only OpenPGP keys have.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let subkeys = self.certificate.iter().flat_map(|found| &found.subkeys);
        std::iter::once(self.id()).chain(subkeys.map(|subkey| subkey.id.as_str()))
    }

    /// Whether the label is this key's or one of its subkeys'. A key that no file gave an id has the one that older tools compute, too.
    pub fn has_id(&self, id: &str) -> bool {
        self.ids().any(|own| own == id) || self.legacy_id.as_deref() == Some(id)
    }

    /// The fingerprints of the key's material and of its subkeys': keys that share one are not independent.
    pub fn fingerprints(&self) -> impl Iterator<Item = Fingerprint> {
        let subkeys = self.certificate.iter().flat_map(|found| &found.subkeys);
        std::iter::once(self.fingerprint()).chain(subkeys.map(|subkey| subkey.fingerprint))
    }

    /// The key with those subkeys that are valid at `time`; `None` when the key itself is not.
    ///
    /// Only OpenPGP keys have a lifetime: others come back as they are. A key counts neither before its creation nor from the
    /// second on in which its validity period has passed.
    pub fn at(&self, time: Timestamp) -> Option<Self> {
        let mut valid = self.clone();
        if let Some(certificate) = &mut valid.certificate {
            if !certificate.lifetime.holds_at(time) {
                return None;
            }
            certificate
                .subkeys
                .retain(|subkey| subkey.lifetime.holds_at(time));
        }
        Some(valid)
    }

    /// Whether `signature` is over exactly `message` and by this key or the subkey whose id is `id`.
    pub(crate) fn verifies_openpgp(
        &self,
        id: &str,
        message: &[u8],
        signature: &OpenPgpSignature,
    ) -> bool {
        let Some(certificate) = &self.certificate else {
            return false;
        };
        if self.id() == id {
            return signature.verified_by(&self.material, self.scheme, message);
        }
        certificate
            .subkeys
            .iter()
            .filter(|subkey| subkey.id == id)
            .any(|subkey| signature.verified_by(&subkey.material, subkey.scheme, message))
    }
}

/// An OpenPGP version 4 signature over a binary document with SHA-256, as in-toto metablocks hold it.
///
/// ```json
/// {"keyid": "40 HEX", "other_headers": "HEX", "signature": "HEX"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPgpSignature {
    key_id: String,
    other_headers: Vec<u8>,
    signature: Vec<u8>,
}

/// RFC 4880 §9.1: RSA for encryption and signing, RSA for signing alone, EdDSA (RFC 9580 §9.1 calls it EdDSALegacy).
const ALGORITHM_RSA: u8 = 1;
const ALGORITHM_RSA_SIGN: u8 = 3;
const ALGORITHM_EDDSA: u8 = 22;
/// RFC 4880 §5.2.3: version 4, type 0x00 (binary document), algorithm, SHA-256, length of the hashed subpackets.
const VERSION_4: u8 = 4;
const TYPE_BINARY_DOCUMENT: u8 = 0;
const DIGEST_SHA256: u8 = 8;

impl OpenPgpSignature {
    /// Takes the parts of a signature: the id of the key that made it (40 digits of lower-case hex), the packet from its
    /// version octet to the end of the hashed subpackets, and the signature's numbers (RSA's one, or Ed25519's R and S).
    ///
    /// # Errors
    /// [`OpenPgpSignatureError`] when the packet is not of version 4, type 0x00, RSA or EdDSA, SHA-256, and complete.
    pub fn new(
        key_id: &str,
        other_headers: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<Self, OpenPgpSignatureError> {
        if !is_key_id(key_id) {
            return Err(OpenPgpSignatureError::KeyId);
        }
        let [version, kind, algorithm, digest, high, low, hashed @ ..] = &other_headers[..] else {
            return Err(OpenPgpSignatureError::Length);
        };
        if *version != VERSION_4 {
            return Err(OpenPgpSignatureError::Version(*version));
        }
        if *kind != TYPE_BINARY_DOCUMENT {
            return Err(OpenPgpSignatureError::Type(*kind));
        }
        if ![ALGORITHM_RSA, ALGORITHM_RSA_SIGN, ALGORITHM_EDDSA].contains(algorithm) {
            return Err(OpenPgpSignatureError::Algorithm(*algorithm));
        }
        if *digest != DIGEST_SHA256 {
            return Err(OpenPgpSignatureError::Digest(*digest));
        }
        if hashed.len() != usize::from(u16::from_be_bytes([*high, *low])) {
            return Err(OpenPgpSignatureError::Length);
        }
        Ok(Self {
            key_id: key_id.to_owned(),
            other_headers,
            signature,
        })
    }

    /// The id of the key or subkey that the signature names.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Reads the form of metablocks; `None` for anything else, which counts for nobody.
    pub(crate) fn from_json(members: &Object<'_>) -> Option<Self> {
        let bytes = |name| {
            let text = string(members.get(name)?).ok()?;
            let mut bytes = vec![0; text.len() / 2];
            hex_into(text, &mut bytes).map(|()| bytes)
        };
        let key_id = string(members.get("keyid")?).ok()?;
        Self::new(key_id, bytes("other_headers")?, bytes("signature")?).ok()
    }

    pub(crate) fn to_json(&self) -> Json<'static> {
        Json::object([
            ("keyid", Json::text(self.key_id.clone())),
            ("other_headers", Json::text(hex(&self.other_headers))),
            ("signature", Json::text(hex(&self.signature))),
        ])
    }

    fn verified_by(&self, material: &Material, scheme: Scheme, message: &[u8]) -> bool {
        let algorithm = self.other_headers[2];
        let signed = self.signed_bytes(message);
        // The numbers come without their leading zeros (RFC 4880 §3.2).
        match (scheme, algorithm) {
            (Scheme::OpenPgpRsa, ALGORITHM_RSA | ALGORITHM_RSA_SIGN) => {
                let signature = left_padded(&self.signature, material.rsa_modulus_bytes());
                signature.is_some_and(|signature| {
                    material.verifies(Scheme::RsaPkcs1Sha256, &signed, &signature)
                })
            }
            (Scheme::OpenPgpEd25519, ALGORITHM_EDDSA) => {
                // What Ed25519 signs here is the digest (RFC 9580 §5.2.3.3).
                let digest = Sha256::of(&signed);
                let signature = left_padded(&self.signature, 64);
                signature.is_some_and(|signature| {
                    material.verifies(Scheme::Ed25519, digest.as_bytes(), &signature)
                })
            }
            _ => false,
        }
    }

    /// RFC 4880 §5.2.4: the document, the hashed part of the packet, and a trailer with its length.
    fn signed_bytes(&self, message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(self.other_headers.len())
            .expect("a header and subpackets of a 16-bit length");
        [
            message,
            &self.other_headers,
            &[VERSION_4, 0xff],
            &length.to_be_bytes(),
        ]
        .concat()
    }
}

/// `None` when the bytes are more than `length`.
fn left_padded(bytes: &[u8], length: usize) -> Option<Vec<u8>> {
    let missing = length.checked_sub(bytes.len())?;
    Some([&vec![0; missing][..], bytes].concat())
}

/// A version 4 fingerprint, by which in-toto names OpenPGP keys.
pub(super) fn is_key_id(id: &str) -> bool {
    let mut bytes = [0; 20];
    hex_into(id, &mut bytes).is_some()
}

/// Why a signature is not one that in-toto metadata can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenPgpSignatureError {
    /// Not the 40 digits of a version 4 fingerprint.
    #[error("the key id is not 40 digits of lower-case hex")]
    KeyId,
    /// Another version of the packet.
    #[error("version {0}, and only version 4 is supported")]
    Version(u8),
    /// A signature over something else than a binary document.
    #[error("type 0x{0:02x}, and only signatures over binary documents (0x00) count")]
    Type(u8),
    /// A public key algorithm that is not supported.
    #[error("public key algorithm {0}, and only RSA (1, 3) and EdDSA (22) are supported")]
    Algorithm(u8),
    /// Another digest than SHA-256.
    #[error(
        "digest algorithm {0}, and in-toto has SHA-256 (8) alone; sign with `--digest-algo SHA256`"
    )]
    Digest(u8),
    /// The hashed subpackets do not fill the headers exactly.
    #[error("the headers are not as long as they say")]
    Length,
}

/// The subkeys of an OpenPGP key in JSON.
pub(super) fn subkeys_to_json(certificate: &Certificate) -> Json<'static> {
    Json::object(certificate.subkeys.iter().map(|subkey| {
        let members = key_members(&subkey.id, &subkey.material, subkey.scheme, subkey.lifetime);
        (subkey.id.clone(), Json::object(members))
    }))
}

/// The members that main keys and subkeys have alike.
pub(super) fn key_members(
    id: &str,
    material: &Material,
    scheme: Scheme,
    lifetime: Lifetime,
) -> Vec<(&'static str, Json<'static>)> {
    let (kind, public) = match material.ed25519_bytes() {
        Some(bytes) => ("eddsa", Json::object([("q", Json::text(hex(bytes)))])),
        None => {
            let (n, e) = material.rsa_numbers();
            let public = [("e", Json::text(hex(&e))), ("n", Json::text(hex(&n)))];
            ("rsa", Json::object(public))
        }
    };
    let keyval = Json::object([("private", Json::text("")), ("public", public)]);
    let mut members = vec![
        ("type", Json::text(kind)),
        ("method", Json::text(scheme.name())),
        ("hashes", Json::texts([HASHES])),
        ("keyid", Json::text(id.to_owned())),
        ("keyval", keyval),
    ];
    let seconds = [
        ("creation_time", lifetime.creation_time),
        ("validity_period", lifetime.validity_period),
    ];
    let seconds = seconds.into_iter();
    members.extend(
        seconds.filter_map(|(name, seconds)| Some((name, Json::number(i128::from(seconds?))))),
    );
    members
}

/// The one value of `hashes`.
pub(super) const HASHES: &str = "pgp+SHA2";

/// Reads the parts of a key that main keys and subkeys have alike, `id` being the name under which a map held it.
pub(super) fn read_lifetime(members: &Object<'_>) -> Result<Lifetime, ShapeError> {
    let seconds = |name: &str| match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => crate::json::integer(value)
            .map(Some)
            .map_err(|error| error.within(name)),
    };
    let lifetime = Lifetime {
        creation_time: seconds("creation_time")?,
        validity_period: seconds("validity_period")?,
    };
    if lifetime.creation_time.is_none() && lifetime.validity_period.is_some_and(|period| period > 0)
    {
        let problem = "a validity period without a creation time: nobody can say when it ends";
        return Err(ShapeError::new(problem).within("validity_period"));
    }
    Ok(lifetime)
}

/// The two numbers of an RSA key, or the point of an Ed25519 key, in hex.
pub(super) fn read_numbers<const N: usize>(
    keyval: &Object<'_>,
    names: [&'static str; N],
) -> Result<[Vec<u8>; N], ShapeError> {
    let public = keyval.read("public", object)?;
    public
        .only(&names)
        .map_err(|error| error.within("public"))?;
    let mut numbers = std::array::from_fn(|_| Vec::new());
    for (number, name) in numbers.iter_mut().zip(names) {
        *number = public
            .read(name, |value| {
                let text = string(value)?;
                let mut bytes = vec![0; text.len() / 2];
                hex_into(text, &mut bytes)
                    .map(|()| bytes)
                    .ok_or_else(|| ShapeError::new("expected lower-case hex"))
            })
            .map_err(|error| error.within("public"))?;
    }
    Ok(numbers)
}

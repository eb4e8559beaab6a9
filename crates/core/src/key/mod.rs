//! Keys: who could have signed, and whether a signature is theirs.
//!
//! **Enters:** key files (PEM, in-toto JSON), messages and signatures of any origin.
//! **Leaves:** [`PublicKey`]s that are strong enough to count, each with one scheme, and a yes or no for each signature.
//! **Never:** trust in a key id: it is a label. Two keys are one key when their material is ([`PublicKey::fingerprint`]).

mod intoto;
mod material;
mod signing;

pub(crate) use intoto::{key_from_json, key_to_json};
pub use signing::{SigningKey, SigningKeyError};

use crate::digest::Sha256;
use crate::json::{self, JsonError, ShapeError};
use crate::limits::Limits;
use material::Material;

/// A signature scheme; each key has exactly one, fixed when the key is read, never chosen by a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Ed25519 by the strict rule: canonical encodings, no small-order points.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, signature in DER.
    EcdsaP256,
    /// ECDSA over P-384 with SHA-384, signature in DER.
    EcdsaP384,
    /// RSASSA-PSS, MGF1 and digest SHA-256, any salt length.
    RsaPssSha256,
    /// RSASSA-PSS, MGF1 and digest SHA-384, any salt length.
    RsaPssSha384,
    /// RSASSA-PSS, MGF1 and digest SHA-512, any salt length.
    RsaPssSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
}

impl Scheme {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Ed25519, "ed25519"),
        (Self::EcdsaP256, "ecdsa-sha2-nistp256"),
        (Self::EcdsaP384, "ecdsa-sha2-nistp384"),
        (Self::RsaPssSha256, "rsassa-pss-sha256"),
        (Self::RsaPssSha384, "rsassa-pss-sha384"),
        (Self::RsaPssSha512, "rsassa-pss-sha512"),
        (Self::RsaPkcs1Sha256, "rsa-pkcs1v15-sha256"),
        (Self::RsaPkcs1Sha384, "rsa-pkcs1v15-sha384"),
        (Self::RsaPkcs1Sha512, "rsa-pkcs1v15-sha512"),
    ];

    /// The name that in-toto metadata uses.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(scheme, _)| *scheme == self)
            .map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(scheme, _)| *scheme)
    }
}

/// A public key with its one scheme and the label that metadata knows it by.
///
/// Equality is equality of material and scheme; labels do not matter.
#[derive(Clone, Debug)]
pub struct PublicKey {
    material: Material,
    scheme: Scheme,
    id: String,
    fingerprint: Fingerprint,
}

/// SHA-256 of a key's canonical SubjectPublicKeyInfo: what tells keys apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Sha256);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

impl PublicKey {
    /// Reads a key file: PEM `PUBLIC KEY` (SPKI) or one in-toto key in JSON.
    ///
    /// A PEM file names no scheme: RSA keys read from one are PSS with SHA-256, as in-toto has it. The Ed25519 SPKI with a NULL
    /// parameter, which RFC 8410 §3 forbids and rebuilderd publishes, is read as the key it means.
    ///
    /// # Errors
    /// [`KeyError`] for anything else: private keys, weak keys, unknown types.
    pub fn from_file(bytes: &[u8], limits: &Limits) -> Result<Self, KeyError> {
        if bytes.len() > limits.policy_bytes_max {
            return Err(KeyError::TooLarge {
                bytes_max: limits.policy_bytes_max,
            });
        }
        if bytes.trim_ascii_start().starts_with(b"{") {
            let value = json::parse(bytes, limits)?;
            return key_from_json(&value, None);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| KeyError::Unrecognised)?;
        Self::from_pem(text)
    }

    /// Reads a PEM `PUBLIC KEY`; see [`Self::from_file`].
    ///
    /// # Errors
    /// [`KeyError`] as there.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let material = Material::from_pem(text)?;
        let scheme = material.default_scheme();
        Ok(Self::new(material, scheme, None))
    }

    fn new(material: Material, scheme: Scheme, id: Option<String>) -> Self {
        let fingerprint = Fingerprint(Sha256::of(&material.to_spki_der()));
        let mut key = Self {
            material,
            scheme,
            id: String::new(),
            fingerprint,
        };
        key.id = id.unwrap_or_else(|| intoto::computed_id(&key));
        key
    }

    /// The label that metadata knows this key by; SHA-256 in hex over the key's in-toto form unless its file said otherwise.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What tells this key from others, whatever they are called.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The one scheme by which this key's signatures are checked.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The key as PEM SPKI, standard parameters, with a final newline.
    pub fn to_pem(&self) -> String {
        self.material.to_pem()
    }

    /// Whether `signature` is this key's over exactly `message`, by the key's one scheme.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.material.verifies(self.scheme, message, signature)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.scheme == other.scheme
    }
}

impl Eq for PublicKey {}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither PEM nor JSON.
    #[error("not a public key: neither PEM `PUBLIC KEY` nor an in-toto key in JSON")]
    Unrecognised,
    /// A private key where a public one belongs.
    #[error(
        "a private key where the public one belongs; make the public file with `quorate key show --public`"
    )]
    Private,
    /// A larger file than any key.
    #[error("larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// The encoding is broken.
    #[error("not a well-formed SubjectPublicKeyInfo")]
    Encoding,
    /// A key type or curve that is not supported.
    #[error(
        "key type {0} is not supported; use Ed25519, ECDSA P-256 or P-384, or RSA of at least 2048 bits"
    )]
    Type(String),
    /// A scheme that is not supported or not for this key type.
    #[error("scheme {scheme:?} is not known for key type {keytype:?}")]
    Scheme {
        /// The key type as the file names it.
        keytype: String,
        /// The scheme as the file names it.
        scheme: String,
    },
    /// A key that proves nothing: small order, too short, an exponent out of range.
    #[error("weak key: {0}")]
    Weak(&'static str),
    /// Not JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// JSON, but no key.
    #[error("not an in-toto key: {0}")]
    Shape(#[from] ShapeError),
}

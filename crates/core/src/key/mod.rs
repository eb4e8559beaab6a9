//! Keys: who could have signed, and whether a signature is theirs.
//!
//! **Enters:** key files (PEM, in-toto JSON with OpenPGP keys in it), messages and signatures of any origin.
//! **Leaves:** [`PublicKey`]s that are strong enough to count, each with one scheme, and a yes or no for each signature.
//! **Never:** trust in a key id: it is a label. Two keys are one key when their material is ([`PublicKey::fingerprint`]).

mod derived;
mod intoto;
mod material;
mod openpgp;
mod private_file;
mod scheme;
mod signing;

pub(crate) use intoto::{key_from_json, key_to_json, plain_key_from_json};
pub use openpgp::{OpenPgpSignature, OpenPgpSignatureError};
pub use scheme::Scheme;
pub use signing::{SigningKey, SigningKeyError};

use crate::digest::Sha256;
use crate::json::{self, Json, JsonError, ShapeError, object};
use crate::limits::Limits;
pub(crate) use material::Material;
use openpgp::Certificate;

/// A public key with its one scheme and the label that metadata knows it by.
///
/// Equality is equality of material and scheme; labels do not matter, nor do the subkeys of an OpenPGP key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    material: Material,
    scheme: Scheme,
    id: String,
    fingerprint: Fingerprint,
    /// The id that older tools compute for this key, when no file gave it one.
    legacy_id: Option<String>,
    /// What only an OpenPGP key has.
    certificate: Option<Certificate>,
}

/// SHA-256 of a key's canonical SubjectPublicKeyInfo: what tells keys apart. An OpenPGP key has that of its material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    fn of(material: &Material) -> Self {
        Self(Sha256::of(&material.to_spki_der()))
    }
}

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
    /// [`KeyError`] for anything else: private keys, weak keys, unknown types; and for OpenPGP keys, because who is named by
    /// such a file signs DSSE envelopes. [`public_keys_from_file`] reads those.
    pub fn from_file(bytes: &[u8], limits: &Limits) -> Result<Self, KeyError> {
        match KeyFile::parse(bytes, limits)? {
            KeyFile::Json(value) => plain_key_from_json(&value, None),
            KeyFile::Pem(text) => Self::from_pem(text),
        }
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
        let mut key = Self {
            fingerprint: Fingerprint::of(&material),
            material,
            scheme,
            id: String::new(),
            legacy_id: None,
            certificate: None,
        };
        match id {
            Some(id) => key.id = id,
            None => {
                key.id = intoto::computed_id(&key);
                key.legacy_id = Some(intoto::legacy_id(&key));
            }
        }
        key
    }

    fn openpgp(material: Material, scheme: Scheme, id: String, certificate: Certificate) -> Self {
        Self {
            certificate: Some(certificate),
            ..Self::new(material, scheme, Some(id))
        }
    }

    /// What a signature check by this key costs beyond one by an Ed25519 key, in units of [`Limits::signature_check_units`]: it grows with
    /// the square of an RSA modulus, and a key of 8,192 bits with the largest exponent takes 3 ms.
    pub(crate) fn check_units_above_one(&self) -> usize {
        (self.material.rsa_modulus_bytes() / 128).pow(2)
    }

    /// The same key with another scheme of its type, such as `rsa-pkcs1v15-sha256`; a computed id changes with it.
    ///
    /// # Errors
    /// [`KeyError::Scheme`] when the scheme is not known or not this key type's; an OpenPGP key has no other.
    pub fn with_scheme(&self, name: &str) -> Result<Self, KeyError> {
        let scheme = Scheme::from_name(name)
            .filter(|scheme| !self.is_openpgp() && self.material.supports(*scheme))
            .ok_or_else(|| KeyError::Scheme {
                keytype: self.material.keytype().to_owned(),
                scheme: name.to_owned(),
            })?;
        let label = (self.id != intoto::computed_id(self)).then(|| self.id.clone());
        Ok(Self::new(self.material.clone(), scheme, label))
    }

    /// The same key under another id, such as the one that older tools compute.
    ///
    /// # Errors
    /// [`KeyError::Shape`] when the id is not a bounded word.
    pub fn with_id(&self, id: &str) -> Result<Self, KeyError> {
        let id = intoto::label(id)?;
        Ok(Self { id, ..self.clone() })
    }

    /// The key as in-toto 1.0 §4.2 writes it in JSON, with its id; an OpenPGP key with its subkeys.
    pub fn to_json(&self) -> Json<'static> {
        key_to_json(self)
    }

    /// The label that metadata knows this key by; SHA-256 in hex over the key's in-toto form unless its file said otherwise.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the label is the one that is computed from the key: then no other key has it.
    pub(crate) fn has_computed_id(&self) -> bool {
        self.id == intoto::computed_id(self)
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

/// Reads the keys of a file: one key in PEM or in-toto JSON as [`PublicKey::from_file`] does, an OpenPGP key in in-toto JSON, or a
/// JSON map from id to key as layouts have it.
///
/// # Errors
/// [`KeyError`] for the first thing that is no key, a key whose id is not that of the map, no key at all, and more keys than
/// [`Limits::keys_max`].
pub fn public_keys_from_file(bytes: &[u8], limits: &Limits) -> Result<Vec<PublicKey>, KeyError> {
    let value = match KeyFile::parse(bytes, limits)? {
        KeyFile::Pem(text) => return Ok(vec![PublicKey::from_pem(text)?]),
        KeyFile::Json(value) => value,
    };
    let members = object(&value)?;
    if members
        .get("keyval")
        .is_some_and(|found| matches!(found, Json::Object(inner) if inner.get("keyval").is_none()))
    {
        return Ok(vec![key_from_json(&value, None)?]);
    }
    if members.is_empty() {
        return Err(ShapeError::new("a map without a key").into());
    }
    if members.len() > limits.keys_max {
        return Err(KeyError::TooMany {
            what: "keys",
            count_max: limits.keys_max,
        });
    }
    members
        .iter()
        .map(|(id, key)| key_from_json(key, Some(id)))
        .collect()
}

/// A key file whose size met the limit, and whose form is known.
enum KeyFile<'a> {
    Pem(&'a str),
    Json(Json<'a>),
}

impl<'a> KeyFile<'a> {
    fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, KeyError> {
        if bytes.len() > limits.policy_bytes_max {
            return Err(KeyError::TooLarge {
                bytes_max: limits.policy_bytes_max,
            });
        }
        if bytes.trim_ascii_start().starts_with(b"{") {
            return Ok(Self::Json(json::parse(bytes, limits)?));
        }
        std::str::from_utf8(bytes)
            .map(Self::Pem)
            .map_err(|_| KeyError::Unrecognised)
    }
}

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
        "key type {0} is not supported; use Ed25519, ECDSA P-256, P-384 or P-521, or RSA of at least 2048 bits"
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
    /// OpenPGP with DSA.
    #[error(
        "an OpenPGP DSA key: its 1024-bit forms are weak and it is not supported; use RSA or Ed25519"
    )]
    Dsa,
    /// An OpenPGP key where a key signs DSSE envelopes.
    #[error(
        "an OpenPGP key, which signs in-toto metablocks alone; a key that signs DSSE envelopes belongs here, such as one of `quorate key new`"
    )]
    OpenPgp,
    /// A subkey that cannot be used; the key is refused whole.
    #[error("subkey {id}: {source}")]
    Subkey {
        /// The subkey's id.
        id: String,
        /// What is wrong with it.
        source: Box<Self>,
    },
    /// An X.509 certificate in the place of a key.
    #[error("X.509 certificates are not supported; name the key itself")]
    Certificate,
    /// A key whose own id is not the one that it stands under.
    #[error("the key under id {id} calls itself {own_id}, and a key has one id")]
    TwoIds {
        /// The id under which it stands.
        id: String,
        /// The id that it names itself.
        own_id: String,
    },
    /// More keys than one file may have.
    #[error("more than {count_max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        count_max: usize,
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

//! Private keys: the only place of core that makes signatures. It has no source of randomness; every scheme here is deterministic.

use ed25519_dalek::Signer;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};

use super::PublicKey;
use super::material::Material;

/// A private key that can sign: Ed25519, ECDSA P-256 or P-384. Cannot be printed.
pub struct SigningKey {
    secret: Secret,
    public: PublicKey,
}

enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

impl SigningKey {
    /// Makes an Ed25519 key from 32 bytes, which must come from a good source of randomness.
    pub fn ed25519_from_seed(seed: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let material = Material::Ed25519(secret.verifying_key());
        Self::new(Secret::Ed25519(Box::new(secret)), material)
    }

    /// Reads an unencrypted PKCS#8 key in PEM (`PRIVATE KEY`).
    ///
    /// # Errors
    /// [`SigningKeyError`] when the file is something else or the key type cannot sign here.
    pub fn from_pem(text: &str) -> Result<Self, SigningKeyError> {
        let text = text.trim();
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
            return Err(SigningKeyError::Encrypted);
        }
        if !text.starts_with("-----BEGIN PRIVATE KEY-----") {
            return Err(SigningKeyError::NotPkcs8);
        }
        let (_, document) =
            pkcs8::SecretDocument::from_pem(text).map_err(|_| SigningKeyError::NotPkcs8)?;
        let der = document.as_bytes();
        if let Ok(pair) = ed25519_secret(der) {
            return Ok(Self::ed25519_from_seed(&pair));
        }
        if let Ok(secret) = p256::ecdsa::SigningKey::from_pkcs8_der(der) {
            let material = Material::P256(*secret.verifying_key());
            return Ok(Self::new(Secret::P256(secret), material));
        }
        if let Ok(secret) = p384::ecdsa::SigningKey::from_pkcs8_der(der) {
            let material = Material::P384(*secret.verifying_key());
            return Ok(Self::new(Secret::P384(secret), material));
        }
        Err(SigningKeyError::Type)
    }

    fn new(secret: Secret, material: Material) -> Self {
        let scheme = material.default_scheme();
        Self {
            secret,
            public: PublicKey::new(material, scheme, None),
        }
    }

    /// The key as unencrypted PKCS#8 PEM: write it to a file that only its owner can read.
    ///
    /// # Errors
    /// [`SigningKeyError::NotPkcs8`] when the key cannot be encoded, which no supported type does.
    pub fn to_pem(&self) -> Result<String, SigningKeyError> {
        let encoded = match &self.secret {
            Secret::Ed25519(secret) => return Ok(ed25519_pem(&secret.to_bytes())),
            Secret::P256(secret) => secret.to_pkcs8_pem(LineEnding::LF),
            Secret::P384(secret) => secret.to_pkcs8_pem(LineEnding::LF),
        };
        encoded
            .map(|text| text.as_str().to_owned())
            .map_err(|_| SigningKeyError::NotPkcs8)
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs exactly `message` by the key's one scheme.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Ed25519(secret) => secret.sign(message).to_vec(),
            Secret::P256(secret) => Signer::<p256::ecdsa::DerSignature>::sign(secret, message)
                .as_bytes()
                .to_vec(),
            Secret::P384(secret) => Signer::<p384::ecdsa::DerSignature>::sign(secret, message)
                .as_bytes()
                .to_vec(),
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SigningKey({})", self.public.id())
    }
}

/// RFC 8410 §7: the PKCS#8 header of an Ed25519 key; a seed in an octet string in an octet string follows.
const ED25519_PKCS8_HEADER: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

fn ed25519_pem(seed: &[u8; 32]) -> String {
    let der = [&ED25519_PKCS8_HEADER[..], seed].concat();
    pem_rfc7468::encode_string("PRIVATE KEY", LineEnding::LF, &der)
        .expect("a key is short enough for PEM")
}

fn ed25519_secret(der: &[u8]) -> Result<[u8; 32], SigningKeyError> {
    let info = pkcs8::PrivateKeyInfoRef::try_from(der).map_err(|_| SigningKeyError::NotPkcs8)?;
    if info.algorithm.oid != const_oid::ObjectIdentifier::new_unwrap("1.3.101.112") {
        return Err(SigningKeyError::Type);
    }
    let wrapped = info.private_key.as_bytes();
    let seed = wrapped
        .strip_prefix(&[0x04, 0x20])
        .ok_or(SigningKeyError::NotPkcs8)?;
    seed.try_into().map_err(|_| SigningKeyError::NotPkcs8)
}

/// Why a private key cannot sign here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// Not PEM `PRIVATE KEY`.
    #[error(
        "not a private key in PKCS#8 PEM; make one with `quorate key new`, or convert with `openssl pkcs8 -topk8 -nocrypt`"
    )]
    NotPkcs8,
    /// A passphrase protects the key.
    #[error("the key is encrypted, which is not supported yet; decrypt it with `openssl pkcs8`")]
    Encrypted,
    /// RSA and other types verify here but do not sign.
    #[error("this key type does not sign here; use Ed25519, ECDSA P-256 or P-384")]
    Type,
}

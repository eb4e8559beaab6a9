//! Private keys: the only place of core that makes signatures. It has no source of randomness; every scheme here is deterministic.

use ed25519_dalek::Signer;
use pkcs8::{EncodePrivateKey, LineEnding};
use rsa::signature::RandomizedSigner;

use super::derived::DerivedNumbers;
use super::material::Material;
use super::{KeyError, PublicKey, Scheme, private_file};

/// A private key that can sign: Ed25519, ECDSA P-256, P-384 or P-521, RSA of 2048 bits and more. Cannot be printed.
pub struct SigningKey {
    secret: Secret,
    public: PublicKey,
}

pub(super) enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(Box<p521::ecdsa::SigningKey>),
    Rsa(Box<rsa::PrivateKey>),
}

impl Secret {
    /// Takes an RSA key that is as strong as a public one must be, and whose parts belong together.
    pub(super) fn from_rsa(key: rsa::PrivateKey) -> Result<Self, SigningKeyError> {
        Material::from_rsa(key.to_public_key()).map_err(|error| match error {
            KeyError::Weak(reason) => SigningKeyError::Weak(reason),
            _ => SigningKeyError::Unrecognised,
        })?;
        key.validate().map_err(|_| SigningKeyError::Unrecognised)?;
        Ok(Self::Rsa(Box::new(key)))
    }

    fn material(&self) -> Material {
        match self {
            Self::Ed25519(secret) => Material::Ed25519(secret.verifying_key()),
            Self::P256(secret) => Material::P256(*secret.verifying_key()),
            Self::P384(secret) => Material::P384(*secret.verifying_key()),
            Self::P521(secret) => Material::P521(Box::new(*secret.verifying_key())),
            Self::Rsa(secret) => Material::Rsa(secret.to_public_key()),
        }
    }
}

impl SigningKey {
    /// Makes an Ed25519 key from 32 bytes, which must come from a good source of randomness.
    pub fn ed25519_from_seed(seed: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        Self::new(Secret::Ed25519(Box::new(secret)))
    }

    /// Reads a private key in PEM that no passphrase protects: PKCS#8 (`PRIVATE KEY`), SEC1 (`EC PRIVATE KEY`, RFC 5915) or
    /// PKCS#1 (`RSA PRIVATE KEY`). It signs by the usual scheme of its type; an RSA key by PSS with SHA-256.
    ///
    /// # Errors
    /// [`SigningKeyError`] when the file is something else or the key type cannot sign here; [`SigningKeyError::Encrypted`]
    /// when [`Self::from_encrypted_pem`] could read it.
    pub fn from_pem(text: &str) -> Result<Self, SigningKeyError> {
        private_file::plain(text).map(Self::new)
    }

    /// Reads a private key in PKCS#8 PEM that `passphrase` protects (`ENCRYPTED PRIVATE KEY`, PBES2 of RFC 8018).
    ///
    /// # Errors
    /// [`SigningKeyError`] when the passphrase is wrong, the key is not encrypted, or is so in a form that is not supported or
    /// that would take very long.
    pub fn from_encrypted_pem(text: &str, passphrase: &[u8]) -> Result<Self, SigningKeyError> {
        private_file::encrypted(text, passphrase).map(Self::new)
    }

    fn new(secret: Secret) -> Self {
        let material = secret.material();
        let scheme = material.default_scheme();
        Self {
            public: PublicKey::new(material, scheme, None),
            secret,
        }
    }

    /// The same key with another scheme of its type, such as `rsa-pkcs1v15-sha256`; its key id changes with it.
    ///
    /// # Errors
    /// [`KeyError::Scheme`] when the scheme is not known or not this key type's.
    pub fn with_scheme(self, name: &str) -> Result<Self, KeyError> {
        Ok(Self {
            public: self.public.with_scheme(name)?,
            secret: self.secret,
        })
    }

    /// The same key under another id: what signatures are labelled with.
    ///
    /// # Errors
    /// [`KeyError::Shape`] when the id is not a bounded word.
    pub fn with_id(self, id: &str) -> Result<Self, KeyError> {
        Ok(Self {
            public: self.public.with_id(id)?,
            secret: self.secret,
        })
    }

    /// The key as unencrypted PKCS#8 PEM: write it to a file that only its owner can read.
    ///
    /// # Errors
    /// [`SigningKeyError::Unrecognised`] when the key cannot be encoded, which no supported type does.
    pub fn to_pem(&self) -> Result<String, SigningKeyError> {
        let encoded = match &self.secret {
            Secret::Ed25519(secret) => return Ok(ed25519_pem(&secret.to_bytes())),
            Secret::P256(secret) => secret.to_pkcs8_pem(LineEnding::LF),
            Secret::P384(secret) => secret.to_pkcs8_pem(LineEnding::LF),
            Secret::P521(secret) => secret.to_pkcs8_pem(LineEnding::LF),
            Secret::Rsa(secret) => secret.to_pkcs8_pem(LineEnding::LF),
        };
        encoded
            .map(|text| text.as_str().to_owned())
            .map_err(|_| SigningKeyError::Unrecognised)
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
            Secret::P521(secret) => {
                Signer::<p521::ecdsa::DerSignature>::sign(secret.as_ref(), message)
                    .as_bytes()
                    .to_vec()
            }
            Secret::Rsa(secret) => rsa_signature(secret, self.public.scheme(), message),
        }
    }
}

/// RFC 8017 §8; the PSS salt is as long as the digest, which every verifier takes.
fn rsa_signature(key: &rsa::PrivateKey, scheme: Scheme, message: &[u8]) -> Vec<u8> {
    use rsa::{pkcs1v15, pss};
    use sha2::{Sha256, Sha384, Sha512};
    let der = key.to_pkcs8_der().expect("an RSA key encodes");
    let mut numbers = DerivedNumbers::new(der.as_bytes(), scheme.name(), message);
    macro_rules! signed {
        ($padding:ident, $digest:ty) => {
            $padding::SigningKey::<$digest>::new(key.clone())
                .try_sign_with_rng(&mut numbers, message)
                .map(|signature| Box::<[u8]>::from(signature).into_vec())
        };
    }
    let signature = match scheme {
        Scheme::RsaPssSha384 => signed!(pss, Sha384),
        Scheme::RsaPssSha512 => signed!(pss, Sha512),
        Scheme::RsaPkcs1Sha256 => signed!(pkcs1v15, Sha256),
        Scheme::RsaPkcs1Sha384 => signed!(pkcs1v15, Sha384),
        Scheme::RsaPkcs1Sha512 => signed!(pkcs1v15, Sha512),
        _ => signed!(pss, Sha256),
    };
    signature.expect("a validated key of 2048 bits has room for every digest and salt")
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

/// Why a private key cannot sign here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// Not a private key in PEM.
    #[error(
        "not a private key in PEM; make one with `quorate key new`, or convert with `openssl pkcs8 -topk8`"
    )]
    Unrecognised,
    /// A passphrase protects the key.
    #[error("the key is encrypted; give its passphrase")]
    Encrypted,
    /// A passphrase was given for a key that none protects.
    #[error("a passphrase was given, and the key is not encrypted")]
    NotEncrypted,
    /// Encrypted in the older form of openssl, whose key derivation is a single MD5.
    #[error(
        "the key is encrypted in openssl's older form, which is not supported; convert it with `openssl pkcs8 -topk8`"
    )]
    EncryptedTraditional,
    /// Encrypted by a scheme other than PBES2 with PBKDF2 or scrypt.
    #[error(
        "the key is encrypted by a scheme that is not supported; convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc`"
    )]
    Encryption,
    /// Encrypted with a key derivation that takes more time or memory than a key file may ask for.
    #[error("the key's passphrase derivation takes more than a key file may ask for")]
    Costly,
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the key")]
    Passphrase,
    /// A type that does not sign here.
    #[error("this key type does not sign here; use Ed25519, ECDSA P-256, P-384 or P-521, or RSA")]
    Type,
    /// A key under which a signature would prove nothing.
    #[error("weak key: {0}")]
    Weak(&'static str),
}

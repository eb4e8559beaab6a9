//! Key material: SPKI in, SPKI out, one verification rule per scheme.

use const_oid::ObjectIdentifier;
use der::{Decode, Encode};
use ed25519_dalek::VerifyingKey as Ed25519Key;
use pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use rsa::signature::Verifier;
use spki::SubjectPublicKeyInfoRef;

use super::{KeyError, Scheme};

pub(super) const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ID_EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ID_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ID_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ID_P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ID_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// RSA moduli: 2048 is the floor of in-toto 1.0 §4.2; above 8192 a check costs more than a caller would expect.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;
/// The smallest public exponent in common use that has no history of forgeries against sloppy padding.
const RSA_EXPONENT_MIN: u64 = 65_537;

#[derive(Clone, Debug)]
pub(crate) enum Material {
    Ed25519(Ed25519Key),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(Box<p521::ecdsa::VerifyingKey>),
    Rsa(rsa::PublicKey),
}

impl Material {
    pub(super) fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) =
            pem_rfc7468::decode_vec(text.trim().as_bytes()).map_err(|_| KeyError::Unrecognised)?;
        match label {
            "PUBLIC KEY" => Self::from_spki_der(&der),
            "PRIVATE KEY"
            | "ENCRYPTED PRIVATE KEY"
            | "EC PRIVATE KEY"
            | "RSA PRIVATE KEY"
            | "OPENSSH PRIVATE KEY" => Err(KeyError::Private),
            other => Err(KeyError::Type(format!("PEM {other}"))),
        }
    }

    fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Encoding)?;
        match info.algorithm.oid {
            ID_ED25519 => {
                // RFC 8410 §3 wants absent parameters; NULL is what some rebuilders publish. Anything else is refused.
                if info
                    .algorithm
                    .parameters
                    .is_some_and(|parameters| !parameters.is_null())
                {
                    return Err(KeyError::Encoding);
                }
                Self::from_ed25519_bytes(
                    info.subject_public_key
                        .as_bytes()
                        .ok_or(KeyError::Encoding)?,
                )
            }
            ID_EC => match info
                .algorithm
                .parameters_oid()
                .map_err(|_| KeyError::Encoding)?
            {
                ID_P256 => Ok(Self::P256(
                    DecodePublicKey::from_public_key_der(der).map_err(|_| KeyError::Encoding)?,
                )),
                ID_P384 => Ok(Self::P384(
                    DecodePublicKey::from_public_key_der(der).map_err(|_| KeyError::Encoding)?,
                )),
                ID_P521 => Ok(Self::P521(Box::new(
                    DecodePublicKey::from_public_key_der(der).map_err(|_| KeyError::Encoding)?,
                ))),
                other => Err(KeyError::Type(format!("ECDSA curve {other}"))),
            },
            ID_RSA => Self::from_rsa(
                rsa::PublicKey::from_public_key_der(der).map_err(|_| KeyError::Encoding)?,
            ),
            other => Err(KeyError::Type(other.to_string())),
        }
    }

    pub(crate) fn from_ed25519_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = bytes.try_into().map_err(|_| KeyError::Encoding)?;
        let key = Ed25519Key::from_bytes(bytes).map_err(|_| KeyError::Encoding)?;
        // A small-order key verifies one signature for nearly every message. A point in a second spelling would be a second
        // fingerprint for one key.
        if key.is_weak() {
            return Err(KeyError::Weak(
                "an Ed25519 key of small order, under which a signature proves nothing",
            ));
        }
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::Encoding);
        }
        Ok(Self::Ed25519(key))
    }

    /// Takes an uncompressed point of the curve of that name (RFC 5656 §10.1).
    pub(crate) fn from_sec1(curve: &str, point: &[u8]) -> Result<Self, KeyError> {
        // SEC1 §2.3.3: a compressed point would be a second spelling of the key.
        if point.first() != Some(&4) {
            return Err(KeyError::Encoding);
        }
        match curve {
            "nistp256" => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::P256),
            "nistp384" => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::P384),
            "nistp521" => p521::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map(|key| Self::P521(Box::new(key))),
            other => return Err(KeyError::Type(format!("ECDSA curve {other}"))),
        }
        .map_err(|_| KeyError::Encoding)
    }

    pub(super) fn from_rsa(key: rsa::PublicKey) -> Result<Self, KeyError> {
        use rsa::traits::PublicKeyParts;
        if !RSA_BITS.contains(&key.n().bit_width()) {
            return Err(KeyError::Weak("an RSA key must have 2048 to 8192 bits"));
        }
        let exponent = key.e().to_be_bytes();
        let exponent = exponent.iter().try_fold(0u64, |sum, byte| {
            sum.checked_mul(256)?.checked_add(u64::from(*byte))
        });
        if !exponent.is_some_and(|exponent| exponent >= RSA_EXPONENT_MIN && exponent % 2 == 1) {
            return Err(KeyError::Weak(
                "an RSA key must have an odd public exponent of at least 65537",
            ));
        }
        Ok(Self::Rsa(key))
    }

    /// Takes modulus and exponent, most significant byte first.
    pub(crate) fn from_rsa_numbers(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        use rsa::pkcs1::{RsaPublicKeyRef, UintRef};
        let number = |bytes| UintRef::new(bytes).map_err(|_| KeyError::Encoding);
        let key = RsaPublicKeyRef {
            modulus: number(n)?,
            public_exponent: number(e)?,
        };
        Self::from_rsa(rsa::PublicKey::try_from(key).map_err(|_| KeyError::Encoding)?)
    }

    /// Modulus and exponent without leading zeros; empty for other keys.
    pub(super) fn rsa_numbers(&self) -> (Vec<u8>, Vec<u8>) {
        use rsa::traits::PublicKeyParts;
        let trimmed = |bytes: Box<[u8]>| {
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            bytes[zeros..].to_vec()
        };
        match self {
            Self::Rsa(key) => (trimmed(key.n_bytes()), trimmed(key.e_bytes())),
            _ => (Vec::new(), Vec::new()),
        }
    }

    /// The length of an RSA signature; 0 for other keys.
    pub(super) fn rsa_modulus_bytes(&self) -> usize {
        use rsa::traits::PublicKeyParts;
        match self {
            Self::Rsa(key) => key.size(),
            _ => 0,
        }
    }

    pub(super) fn default_scheme(&self) -> Scheme {
        match self {
            Self::Ed25519(_) => Scheme::Ed25519,
            Self::P256(_) => Scheme::EcdsaP256,
            Self::P384(_) => Scheme::EcdsaP384,
            Self::P521(_) => Scheme::EcdsaP521,
            Self::Rsa(_) => Scheme::RsaPssSha256,
        }
    }

    /// Whether the scheme is one of this key type's; OpenPGP schemes come with OpenPGP keys alone.
    pub(super) fn supports(&self, scheme: Scheme) -> bool {
        match self {
            Self::Ed25519(_) => scheme == Scheme::Ed25519,
            Self::P256(_) => scheme == Scheme::EcdsaP256,
            Self::P384(_) => scheme == Scheme::EcdsaP384,
            Self::P521(_) => scheme == Scheme::EcdsaP521,
            Self::Rsa(_) => matches!(
                scheme,
                Scheme::RsaPssSha256
                    | Scheme::RsaPssSha384
                    | Scheme::RsaPssSha512
                    | Scheme::RsaPkcs1Sha256
                    | Scheme::RsaPkcs1Sha384
                    | Scheme::RsaPkcs1Sha512
            ),
        }
    }

    pub(super) fn keytype(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "ed25519",
            Self::P256(_) | Self::P384(_) | Self::P521(_) => "ecdsa",
            Self::Rsa(_) => "rsa",
        }
    }

    /// The raw key, for the one key type that in-toto writes in hex.
    pub(super) fn ed25519_bytes(&self) -> Option<&[u8; 32]> {
        if let Self::Ed25519(key) = self {
            Some(key.as_bytes())
        } else {
            None
        }
    }

    pub(super) fn to_spki_der(&self) -> Vec<u8> {
        let encoded = match self {
            Self::Ed25519(key) => return ed25519_spki(key.as_bytes()),
            Self::P256(key) => key.to_public_key_der(),
            Self::P384(key) => key.to_public_key_der(),
            Self::P521(key) => key.to_public_key_der(),
            Self::Rsa(key) => key.to_public_key_der(),
        };
        encoded.expect("a parsed key encodes").into_vec()
    }

    pub(super) fn to_pem(&self) -> String {
        pem_rfc7468::encode_string("PUBLIC KEY", LineEnding::LF, &self.to_spki_der())
            .expect("a key is short enough for PEM")
    }

    pub(crate) fn verifies(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        // An OpenPGP key's signature is never one over the bare message.
        if !self.supports(scheme) {
            return false;
        }
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Self::P256(key) => p256::ecdsa::DerSignature::try_from(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::DerSignature::try_from(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P521(key) => p521::ecdsa::DerSignature::try_from(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::Rsa(key) => rsa_verifies(key, scheme, message, signature),
        }
    }
}

fn rsa_verifies(key: &rsa::PublicKey, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
    use rsa::{pkcs1v15, pss};
    fn pss_verifies<D: sha2::digest::Digest + sha2::digest::FixedOutputReset>(
        key: &rsa::PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let verifier = pss::VerifyingKey::<D>::new_with_auto_salt_len(key.clone());
        pss::Signature::try_from(signature)
            .is_ok_and(|signature| verifier.verify(message, &signature).is_ok())
    }
    fn pkcs1_verifies<D: sha2::digest::Digest + const_oid::AssociatedOid>(
        key: &rsa::PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let verifier = pkcs1v15::VerifyingKey::<D>::new(key.clone());
        pkcs1v15::Signature::try_from(signature)
            .is_ok_and(|signature| verifier.verify(message, &signature).is_ok())
    }
    match scheme {
        Scheme::RsaPssSha256 => pss_verifies::<sha2::Sha256>(key, message, signature),
        Scheme::RsaPssSha384 => pss_verifies::<sha2::Sha384>(key, message, signature),
        Scheme::RsaPssSha512 => pss_verifies::<sha2::Sha512>(key, message, signature),
        Scheme::RsaPkcs1Sha256 => pkcs1_verifies::<sha2::Sha256>(key, message, signature),
        Scheme::RsaPkcs1Sha384 => pkcs1_verifies::<sha2::Sha384>(key, message, signature),
        Scheme::RsaPkcs1Sha512 => pkcs1_verifies::<sha2::Sha512>(key, message, signature),
        _ => false,
    }
}

/// RFC 8410 §4: the standard form, without parameters.
fn ed25519_spki(key: &[u8; 32]) -> Vec<u8> {
    let info = spki::SubjectPublicKeyInfo {
        algorithm: spki::AlgorithmIdentifierRef {
            oid: ID_ED25519,
            parameters: None,
        },
        subject_public_key: der::asn1::BitStringRef::from_bytes(key)
            .expect("32 bytes are a bit string"),
    };
    info.to_der().expect("a fixed structure encodes")
}

//! Private key files: PKCS#8, plain or under a passphrase, and the two older forms that openssl writes.

use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::{DecodePrivateKey, EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use rsa::pkcs1::DecodeRsaPrivateKey;

use super::signing::{Secret, SigningKeyError};

/// Rounds of PBKDF2 that a key file may ask for: openssl writes 2,048, careful people a million, which takes about a second.
const PBKDF2_ROUNDS_MAX: u32 = 10_000_000;
/// Bytes of memory that a key file may ask scrypt for: openssl's default is 16 MiB.
const SCRYPT_BYTES_MAX: u64 = 256 << 20;
/// Passes over that memory.
const SCRYPT_PASSES_MAX: u16 = 64;

/// Reads a private key that no passphrase protects.
pub(super) fn plain(text: &str) -> Result<Secret, SigningKeyError> {
    // Whether it is a whole one can only be said with its passphrase.
    if text
        .trim_start()
        .starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    {
        return Err(SigningKeyError::Encrypted);
    }
    let (label, document) = decoded(text)?;
    let der = document.as_bytes();
    match label {
        "PRIVATE KEY" => pkcs8(der),
        "EC PRIVATE KEY" => sec1(der),
        "RSA PRIVATE KEY" => rsa::PrivateKey::from_pkcs1_der(der)
            .map_err(|_| SigningKeyError::Unrecognised)
            .and_then(Secret::from_rsa),
        _ => Err(SigningKeyError::Unrecognised),
    }
}

/// Reads a private key in PKCS#8 that a passphrase protects (PBES2).
pub(super) fn encrypted(text: &str, passphrase: &[u8]) -> Result<Secret, SigningKeyError> {
    let (label, document) = decoded(text)?;
    if label != "ENCRYPTED PRIVATE KEY" {
        return Err(SigningKeyError::NotEncrypted);
    }
    let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|_| SigningKeyError::Encryption)?;
    let parameters = info
        .encryption_algorithm
        .pbes2()
        .ok_or(SigningKeyError::Encryption)?;
    let bounded = match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count <= PBKDF2_ROUNDS_MAX,
        Kdf::Scrypt(kdf) => {
            // RFC 7914 §2: 128 × N × r bytes, p times over.
            let bytes = kdf
                .cost_parameter
                .checked_mul(u64::from(kdf.block_size))
                .and_then(|blocks| blocks.checked_mul(128));
            bytes.is_some_and(|bytes| bytes <= SCRYPT_BYTES_MAX)
                && kdf.parallelization <= SCRYPT_PASSES_MAX
        }
        _ => return Err(SigningKeyError::Encryption),
    };
    if !bounded {
        return Err(SigningKeyError::Costly);
    }
    let plain = info
        .decrypt(passphrase)
        .map_err(|_| SigningKeyError::Passphrase)?;
    pkcs8(plain.as_bytes())
}

/// The label and the content of the private key in `text`, in whose front `openssl ecparam -genkey` writes the curve.
fn decoded(text: &str) -> Result<(&str, SecretDocument), SigningKeyError> {
    const CURVE_END: &str = "-----END EC PARAMETERS-----";
    let text = text.trim();
    let text = match text.split_once(CURVE_END) {
        Some((curve, key)) if curve.starts_with("-----BEGIN EC PARAMETERS-----") => {
            key.trim_start()
        }
        _ => text,
    };
    // RFC 1421 headers, by which openssl marks its own older encryption; PKCS#8 has none.
    if text
        .lines()
        .nth(1)
        .is_some_and(|line| line.starts_with("Proc-Type:") && line.contains("ENCRYPTED"))
    {
        return Err(SigningKeyError::EncryptedTraditional);
    }
    SecretDocument::from_pem(text).map_err(|_| SigningKeyError::Unrecognised)
}

fn pkcs8(der: &[u8]) -> Result<Secret, SigningKeyError> {
    if let Ok(seed) = ed25519_seed(der) {
        return Ok(Secret::Ed25519(Box::new(
            ed25519_dalek::SigningKey::from_bytes(&seed),
        )));
    }
    if let Ok(secret) = p256::ecdsa::SigningKey::from_pkcs8_der(der) {
        return Ok(Secret::P256(secret));
    }
    if let Ok(secret) = p384::ecdsa::SigningKey::from_pkcs8_der(der) {
        return Ok(Secret::P384(secret));
    }
    if let Ok(secret) = p521::ecdsa::SigningKey::from_pkcs8_der(der) {
        return Ok(Secret::P521(Box::new(secret)));
    }
    rsa::PrivateKey::from_pkcs8_der(der)
        .map_err(|_| SigningKeyError::Type)
        .and_then(Secret::from_rsa)
}

/// RFC 5915: the curve stands in the key.
fn sec1(der: &[u8]) -> Result<Secret, SigningKeyError> {
    if let Ok(secret) = p256::SecretKey::from_sec1_der(der) {
        return Ok(Secret::P256(secret.into()));
    }
    if let Ok(secret) = p384::SecretKey::from_sec1_der(der) {
        return Ok(Secret::P384(secret.into()));
    }
    if let Ok(secret) = p521::SecretKey::from_sec1_der(der) {
        return Ok(Secret::P521(Box::new(secret.into())));
    }
    Err(SigningKeyError::Type)
}

fn ed25519_seed(der: &[u8]) -> Result<[u8; 32], SigningKeyError> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| SigningKeyError::Unrecognised)?;
    if info.algorithm.oid != super::material::ID_ED25519 {
        return Err(SigningKeyError::Type);
    }
    let wrapped = info.private_key.as_bytes();
    let seed = wrapped
        .strip_prefix(&[0x04, 0x20])
        .ok_or(SigningKeyError::Unrecognised)?;
    seed.try_into().map_err(|_| SigningKeyError::Unrecognised)
}

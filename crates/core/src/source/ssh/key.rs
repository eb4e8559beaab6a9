//! SSH public keys: the seven types whose signatures count, each with one encoding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::wire::Wire;
use crate::digest::Sha256;
use crate::key::{KeyError, Material};

/// The smallest RSA modulus that is accepted here, where keys that made old tags count for new ones: 128 bits of security.
const RSA_BITS_MIN: usize = 3_072;
/// The largest, as everywhere here: above it a check costs more than a caller would expect.
const RSA_BITS_MAX: usize = 8_192;

/// A public key in SSH's form (RFC 4253 §6.6, 8709, 5656; OpenSSH's PROTOCOL.u2f), equal to another when all its bytes are.
#[derive(Clone, Debug)]
pub struct SshPublicKey {
    kind: KeyType,
    material: Material,
    /// What a security key was made for, such as `ssh:`; only those have one.
    application: Option<Vec<u8>>,
    blob: Vec<u8>,
}

impl PartialEq for SshPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.blob == other.blob
    }
}

impl Eq for SshPublicKey {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyType {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa,
    SkEd25519,
    SkEcdsaP256,
}

impl KeyType {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Ed25519, "ssh-ed25519"),
        (Self::EcdsaP256, "ecdsa-sha2-nistp256"),
        (Self::EcdsaP384, "ecdsa-sha2-nistp384"),
        (Self::EcdsaP521, "ecdsa-sha2-nistp521"),
        (Self::Rsa, "ssh-rsa"),
        (Self::SkEd25519, "sk-ssh-ed25519@openssh.com"),
        (Self::SkEcdsaP256, "sk-ecdsa-sha2-nistp256@openssh.com"),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Result<Self, SshKeyError> {
        let known = Self::ALL.iter().find(|(_, known)| *known == name);
        if let Some((kind, _)) = known {
            return Ok(*kind);
        }
        if name == "ssh-dss" {
            return Err(SshKeyError::Dsa);
        }
        if name.ends_with("-cert-v01@openssh.com") || name.ends_with("-cert-v00@openssh.com") {
            return Err(SshKeyError::Certificate(shown(name)));
        }
        Err(SshKeyError::Type(shown(name)))
    }
}

impl SshPublicKey {
    /// Reads the binary form, as in signatures and, in base64, in key files.
    ///
    /// # Errors
    /// [`SshKeyError`] for other types, certificates, weak keys, a second spelling of a key, and bytes behind it.
    pub fn from_wire(blob: &[u8]) -> Result<Self, SshKeyError> {
        let mut wire = Wire::new(blob);
        let name = wire.text().ok_or(SshKeyError::Encoding)?;
        let kind = KeyType::from_name(name)?;
        let material = material(kind, &mut wire)?;
        let is_security_key = matches!(kind, KeyType::SkEd25519 | KeyType::SkEcdsaP256);
        let application = match is_security_key {
            true => Some(wire.string().ok_or(SshKeyError::Encoding)?.to_vec()),
            false => None,
        };
        wire.end().ok_or(SshKeyError::Encoding)?;
        Ok(Self {
            kind,
            material,
            application,
            blob: blob.to_vec(),
        })
    }

    /// Whether this is a name of a key type, known or refused by name. It tells a key from options in `allowed_signers`.
    pub(super) fn is_type_name(word: &str) -> bool {
        !matches!(KeyType::from_name(word), Err(SshKeyError::Type(_)))
    }

    /// SSH's name of the key's type.
    pub fn type_name(&self) -> &'static str {
        self.kind.name()
    }

    /// `SHA256:` and base64, as ssh-keygen prints it.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::of(&self.blob);
        format!("SHA256:{}", STANDARD_NO_PAD.encode(digest.as_bytes()))
    }

    pub(super) const fn kind(&self) -> KeyType {
        self.kind
    }

    pub(super) const fn material(&self) -> &Material {
        &self.material
    }

    pub(super) fn application(&self) -> Option<&[u8]> {
        self.application.as_deref()
    }
}

fn material(kind: KeyType, wire: &mut Wire<'_>) -> Result<Material, SshKeyError> {
    let encoding = || SshKeyError::Encoding;
    match kind {
        KeyType::Ed25519 | KeyType::SkEd25519 => {
            let point = wire.string().ok_or_else(encoding)?;
            Ok(Material::from_ed25519_bytes(point)?)
        }
        KeyType::Rsa => {
            let exponent = wire.positive().ok_or_else(encoding)?;
            let modulus = wire.positive().ok_or_else(encoding)?;
            let unused = modulus.first().map_or(0, |first| first.leading_zeros());
            let bits = (modulus.len() * 8).saturating_sub(unused as usize);
            if bits < RSA_BITS_MIN {
                return Err(SshKeyError::ShortRsa(bits));
            }
            if bits > RSA_BITS_MAX {
                return Err(SshKeyError::Weak("an RSA key may have at most 8192 bits"));
            }
            Ok(Material::from_rsa_numbers(modulus, exponent)?)
        }
        KeyType::EcdsaP256 | KeyType::SkEcdsaP256 | KeyType::EcdsaP384 | KeyType::EcdsaP521 => {
            let curve = wire.text().ok_or_else(encoding)?;
            // RFC 5656 §3.1: the curve stands in the type's name and again here.
            let named = kind.name().split('@').next().unwrap_or_default();
            if !named.ends_with(&format!("ecdsa-sha2-{curve}")) {
                return Err(SshKeyError::Encoding);
            }
            Ok(Material::from_sec1(
                curve,
                wire.string().ok_or_else(encoding)?,
            )?)
        }
    }
}

/// A foreign name in a reason.
fn shown(name: &str) -> String {
    name.chars()
        .take(60)
        .flat_map(char::escape_default)
        .collect()
}

/// Why a key does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SshKeyError {
    /// Bytes that are no key, a second spelling of one, or more than one.
    #[error("not an SSH public key in its one encoding")]
    Encoding,
    /// DSA.
    #[error("ssh-dss keys do not count: DSA of 1024 bits with SHA-1")]
    Dsa,
    /// A certificate in a key's place.
    #[error(
        "{0} is a certificate: who may sign is named by keys here, because a certificate is valid by dates and a revocation list that no policy names"
    )]
    Certificate(String),
    /// A short RSA key.
    #[error("an RSA key of {0} bits is too short: 3072 are needed")]
    ShortRsa(usize),
    /// A key that proves nothing, or costs too much.
    #[error("{0}")]
    Weak(&'static str),
    /// A type that is not known here.
    #[error("the key type {0:?} is not known")]
    Type(String),
}

impl From<KeyError> for SshKeyError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Weak(reason) => Self::Weak(reason),
            _ => Self::Encoding,
        }
    }
}

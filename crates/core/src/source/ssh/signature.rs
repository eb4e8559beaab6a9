//! SSHSIG: a detached signature by an SSH key (OpenSSH's PROTOCOL.sshsig).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::KeyType;
use super::wire::{Wire, push_string};
use super::{SshKeyError, SshPublicKey};
use crate::digest::{Sha256, Sha512};
use crate::key::Scheme;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
/// The characters that ssh-keygen writes on a line (`sshbuf_dtob64` with wrapping).
const LINE_CHARACTERS: usize = 70;
/// A signature by the largest RSA key, of 8192 bits, has 3.1 KiB.
const ARMOUR_BYTES_MAX: usize = 16 << 10;

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
/// PROTOCOL.u2f: the user touched the key.
const USER_PRESENT: u8 = 1;

/// A signature that was read and not checked: [`super::AllowedSigners::signer`] does that.
///
/// ```text
/// "SSHSIG"  uint32 1  string publickey  string namespace  string reserved  string hash_algorithm  string signature
/// ```
#[derive(Clone, Debug)]
pub struct SshSignature {
    key: SshPublicKey,
    namespace: String,
    hash: Hash,
    mark: Mark,
}

#[derive(Clone, Copy, Debug)]
enum Hash {
    Sha256,
    Sha512,
}

/// The signature proper.
#[derive(Clone, Debug)]
enum Mark {
    /// By the scheme, in the form that [`crate::key`] verifies.
    Plain(Scheme, Vec<u8>),
    /// By a security key, over what it adds: flags and a counter.
    SecurityKey(Scheme, Vec<u8>, [u8; 5]),
}

impl SshSignature {
    /// Reads an armoured signature as ssh-keygen writes it: one block, lines of 70 characters, nothing around it.
    ///
    /// # Errors
    /// [`SshSignatureError`] for another version, key type, hash or signature scheme than are listed in docs/spec/git-tags.md, for a
    /// security key that nobody touched, and for any byte too many.
    pub fn parse(armour: &[u8]) -> Result<Self, SshSignatureError> {
        let blob = dearmour(armour).ok_or(SshSignatureError::Armour)?;
        let mut wire = Wire::new(&blob);
        let encoding = || SshSignatureError::Encoding;
        if wire.take(MAGIC.len()) != Some(MAGIC) {
            return Err(SshSignatureError::Encoding);
        }
        let version = wire.u32().ok_or_else(encoding)?;
        if version != VERSION {
            return Err(SshSignatureError::Version(version));
        }
        let key = wire.string().ok_or_else(encoding)?;
        let namespace = wire.text().ok_or_else(encoding)?;
        let reserved = wire.string().ok_or_else(encoding)?;
        let hash = wire.string().ok_or_else(encoding)?;
        let mark = wire.string().ok_or_else(encoding)?;
        wire.end().ok_or_else(encoding)?;
        // PROTOCOL.sshsig: the namespace must not be empty.
        if namespace.is_empty() {
            return Err(SshSignatureError::NoNamespace);
        }
        if !reserved.is_empty() {
            return Err(SshSignatureError::Reserved);
        }
        let key = SshPublicKey::from_wire(key)?;
        Ok(Self {
            namespace: namespace.to_owned(),
            hash: match hash {
                b"sha256" => Hash::Sha256,
                b"sha512" => Hash::Sha512,
                other => return Err(SshSignatureError::Hash(shown(other))),
            },
            mark: mark_by(&key, mark)?,
            key,
        })
    }

    /// The key by which it says to be made.
    pub const fn key(&self) -> &SshPublicKey {
        &self.key
    }

    /// The namespace that it is for.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Whether it is over exactly `message`, by its key. Says nothing about whether the key counts.
    pub(super) fn is_over(&self, message: &[u8]) -> bool {
        let signed = self.signed(message);
        let material = self.key.material();
        match &self.mark {
            Mark::Plain(scheme, mark) => material.verifies(*scheme, &signed, mark),
            Mark::SecurityKey(scheme, mark, added) => {
                // PROTOCOL.u2f: SHA-256 of the application, flags, counter, SHA-256 of the message.
                let application = Sha256::of(self.key.application().unwrap_or_default());
                let message = Sha256::of(&signed);
                let signed: [&[u8]; 3] = [application.as_bytes(), added, message.as_bytes()];
                material.verifies(*scheme, &signed.concat(), mark)
            }
        }
    }

    /// The bytes that are signed for a message; its hash stands for it.
    fn signed(&self, message: &[u8]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        push_string(&mut out, self.namespace.as_bytes());
        push_string(&mut out, b"");
        match self.hash {
            Hash::Sha256 => {
                push_string(&mut out, b"sha256");
                push_string(&mut out, Sha256::of(message).as_bytes());
            }
            Hash::Sha512 => {
                push_string(&mut out, b"sha512");
                push_string(&mut out, Sha512::of(message).as_bytes());
            }
        }
        out
    }
}

/// The base64 between the two lines, in the one way that ssh-keygen breaks it.
fn dearmour(armour: &[u8]) -> Option<Vec<u8>> {
    if armour.len() > ARMOUR_BYTES_MAX {
        return None;
    }
    let text = std::str::from_utf8(armour).ok()?;
    let body = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body = body.strip_suffix('\n')?;
    let mut base64 = String::with_capacity(body.len());
    let mut lines = body.split('\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        let fits = if is_last {
            (1..=LINE_CHARACTERS).contains(&line.len())
        } else {
            line.len() == LINE_CHARACTERS
        };
        fits.then(|| base64.push_str(line))?;
    }
    STANDARD.decode(base64).ok()
}

/// Reads the signature proper, whose scheme must be the key's.
fn mark_by(key: &SshPublicKey, blob: &[u8]) -> Result<Mark, SshSignatureError> {
    let mut wire = Wire::new(blob);
    let encoding = || SshSignatureError::Encoding;
    let name = wire.text().ok_or_else(encoding)?;
    let scheme = scheme(key.kind(), name)?;
    let body = wire.string().ok_or_else(encoding)?;
    let mark = match key.kind() {
        KeyType::Ed25519 | KeyType::SkEd25519 => body.to_vec(),
        // RFC 8332 §3: as long as the modulus, which the check demands.
        KeyType::Rsa => body.to_vec(),
        _ => ecdsa_der(body).ok_or_else(encoding)?,
    };
    let mark = match key.application() {
        None => Mark::Plain(scheme, mark),
        Some(_) => {
            let added: [u8; 5] = wire
                .take(5)
                .and_then(|b| b.try_into().ok())
                .ok_or_else(encoding)?;
            if Wire::new(&added)
                .byte()
                .is_none_or(|flags| flags & USER_PRESENT == 0)
            {
                return Err(SshSignatureError::Untouched);
            }
            Mark::SecurityKey(scheme, mark, added)
        }
    };
    wire.end().ok_or_else(encoding)?;
    Ok(mark)
}

fn scheme(kind: KeyType, name: &str) -> Result<Scheme, SshSignatureError> {
    let other = || SshSignatureError::Scheme {
        key: kind.name(),
        scheme: shown(name.as_bytes()),
    };
    match kind {
        // RFC 8332: `ssh-rsa` as the name of a scheme means SHA-1.
        KeyType::Rsa => match name {
            "rsa-sha2-256" => Ok(Scheme::RsaPkcs1Sha256),
            "rsa-sha2-512" => Ok(Scheme::RsaPkcs1Sha512),
            _ => Err(other()),
        },
        _ if name != kind.name() => Err(other()),
        KeyType::Ed25519 | KeyType::SkEd25519 => Ok(Scheme::Ed25519),
        KeyType::EcdsaP256 | KeyType::SkEcdsaP256 => Ok(Scheme::EcdsaP256),
        KeyType::EcdsaP384 => Ok(Scheme::EcdsaP384),
        KeyType::EcdsaP521 => Ok(Scheme::EcdsaP521),
    }
}

/// RFC 5656 §3.1.2 writes the two numbers as `mpint`s; the key room verifies DER.
fn ecdsa_der(body: &[u8]) -> Option<Vec<u8>> {
    use der::Encode as _;
    let mut wire = Wire::new(body);
    let numbers = [wire.positive()?, wire.positive()?];
    wire.end()?;
    let [r, s] = numbers.map(|number| der::asn1::UintRef::new(number).ok());
    vec![r?, s?].to_der().ok()
}

fn shown(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.chars()
        .take(60)
        .flat_map(char::escape_default)
        .collect()
}

/// Why an SSH signature can't be read, or is of a kind that never counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SshSignatureError {
    /// Not the armour that ssh-keygen writes.
    #[error(
        "not one SSH SIGNATURE block in the form that ssh-keygen writes, with nothing around it"
    )]
    Armour,
    /// The armour holds something else, or something more.
    #[error("the SSH signature is malformed, or has bytes too many")]
    Encoding,
    /// A version other than 1.
    #[error("the SSH signature has version {0}, and 1 is known")]
    Version(u32),
    /// No namespace.
    #[error("the SSH signature is for no namespace")]
    NoNamespace,
    /// The field that is reserved is used.
    #[error("the SSH signature uses a field that is reserved")]
    Reserved,
    /// A hash other than SHA-256 and SHA-512.
    #[error("the SSH signature hashes with {0:?}; sha256 and sha512 are known")]
    Hash(String),
    /// The key does not count.
    #[error("{0}")]
    Key(#[from] SshKeyError),
    /// A scheme that is not the key's, or weak.
    #[error(
        "the SSH signature is by the scheme {scheme:?}, which does not count for a key of type {key}"
    )]
    Scheme {
        /// The key's type.
        key: &'static str,
        /// The scheme that is named.
        scheme: String,
    },
    /// A security key signed without a touch.
    #[error("the security key signed without anybody touching it")]
    Untouched,
}

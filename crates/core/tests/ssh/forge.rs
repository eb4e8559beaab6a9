//! Signatures that ssh-keygen would not make, field by field.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256, Sha512};

/// RFC 4251 `string`.
pub(crate) fn string(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    let length = u32::try_from(bytes.len()).expect("short");
    [&length.to_be_bytes(), bytes].concat()
}

/// The fields of an SSHSIG, each of which a test can set.
#[derive(Clone)]
pub(crate) struct Forged {
    pub(crate) magic: Vec<u8>,
    pub(crate) version: u32,
    pub(crate) key: Vec<u8>,
    pub(crate) namespace: Vec<u8>,
    pub(crate) reserved: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    pub(crate) mark: Vec<u8>,
    pub(crate) trailing: Vec<u8>,
}

impl Forged {
    pub(crate) fn blob(&self) -> Vec<u8> {
        [
            self.magic.clone(),
            self.version.to_be_bytes().to_vec(),
            string(&self.key),
            string(&self.namespace),
            string(&self.reserved),
            string(&self.hash),
            string(&self.mark),
            self.trailing.clone(),
        ]
        .concat()
    }

    pub(crate) fn armour(&self) -> Vec<u8> {
        armour(&self.blob())
    }

    /// A good signature by the key that `seed` makes.
    pub(crate) fn ed25519(seed: u8, message: &[u8]) -> Self {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let signed = signed(b"git", b"sha512", &Sha512::digest(message));
        let mark = secret.sign(&signed).to_bytes();
        Self::good(
            ed25519_key(seed),
            [string("ssh-ed25519"), string(mark)].concat(),
        )
    }

    pub(crate) fn good(key: Vec<u8>, mark: Vec<u8>) -> Self {
        Self {
            magic: b"SSHSIG".to_vec(),
            version: 1,
            key,
            namespace: b"git".to_vec(),
            reserved: Vec::new(),
            hash: b"sha512".to_vec(),
            mark,
            trailing: Vec::new(),
        }
    }
}

/// What is signed for a message of this digest.
pub(crate) fn signed(namespace: &[u8], hash: &[u8], digest: &[u8]) -> Vec<u8> {
    [
        b"SSHSIG".to_vec(),
        string(namespace),
        string(""),
        string(hash),
        string(digest),
    ]
    .concat()
}

pub(crate) fn armour(blob: &[u8]) -> Vec<u8> {
    let base64 = STANDARD.encode(blob).into_bytes();
    let lines: Vec<_> = base64.chunks(70).collect();
    let body = lines.join(&b'\n');
    [
        b"-----BEGIN SSH SIGNATURE-----\n",
        &body[..],
        b"\n-----END SSH SIGNATURE-----\n",
    ]
    .concat()
}

pub(crate) fn ed25519_key(seed: u8) -> Vec<u8> {
    let point = SigningKey::from_bytes(&[seed; 32]).verifying_key();
    [string("ssh-ed25519"), string(point.as_bytes())].concat()
}

/// `TYPE BASE64`, as key files have it.
pub(crate) fn key_line(kind: &str, blob: &[u8]) -> String {
    format!("{kind} {}", STANDARD.encode(blob))
}

pub(crate) fn ed25519_line(seed: u8) -> String {
    key_line("ssh-ed25519", &ed25519_key(seed))
}

/// What a security key adds to a message: PROTOCOL.u2f.
pub(crate) fn touched(application: &str, added: &[u8], signed: &[u8]) -> Vec<u8> {
    let digests = [
        Sha256::digest(application.as_bytes()),
        Sha256::digest(signed),
    ];
    [&digests[0][..], added, &digests[1]].concat()
}

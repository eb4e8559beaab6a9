//! Who may sign tags, and the seam behind which OpenPGP is judged.

use std::num::NonZeroUsize;

use crate::source::ssh::{AllowedSigners, Principal};
use crate::time::Timestamp;

/// Whose signatures make a tag a release. Kinds of keys that are not named here sign for nobody.
#[derive(Clone, Debug)]
pub struct TagSigners {
    /// How many distinct signers must have signed. A tag has one signature block: an SSH signature is one signer, an OpenPGP block
    /// can hold several.
    pub needed: NonZeroUsize,
    /// SSH keys, when any may sign.
    pub ssh: Option<AllowedSigners>,
    /// OpenPGP certificates, binary or armoured.
    pub openpgp: Vec<Vec<u8>>,
}

/// Judges OpenPGP signatures: by the certificates given and at the time given, without a key ring or a clock.
pub trait OpenPgpVerifier {
    /// Lists who of `certificates` validly signed exactly `message`, judged at `at`; `signature` is an armoured detached signature.
    ///
    /// # Errors
    /// The reason, for a person, when nobody did or the signature can't be read.
    fn verify(
        &self,
        certificates: &[Vec<u8>],
        signature: &[u8],
        message: &[u8],
        at: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String>;
}

/// A certificate that signed, and by which of its keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenPgpSigner {
    /// The certificate's fingerprint in lower-case hex. Signers are counted by it.
    pub certificate: String,
    /// The fingerprint of the key that made the signature.
    pub key: String,
}

/// Refuses every OpenPGP signature, for programs that are built without a judge of them.
#[derive(Clone, Copy, Debug)]
pub struct NoOpenPgp;

impl OpenPgpVerifier for NoOpenPgp {
    fn verify(
        &self,
        _: &[Vec<u8>],
        _: &[u8],
        _: &[u8],
        _: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String> {
        Err("this program does not judge OpenPGP signatures".to_owned())
    }
}

/// Somebody who signed a tag and may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagSigner {
    /// By an SSH key of the allowed signers.
    Ssh(Principal),
    /// By an OpenPGP certificate of those given.
    OpenPgp(OpenPgpSigner),
}

impl std::fmt::Display for TagSigner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ssh(principal) => write!(out, "{} by {}", principal.name, principal.key),
            Self::OpenPgp(signer) => {
                write!(out, "OpenPGP {} by {}", signer.certificate, signer.key)
            }
        }
    }
}

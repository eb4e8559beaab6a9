//! Who may sign tags, and the seam behind which OpenPGP is judged.

use std::num::NonZeroUsize;

use crate::source::openpgp::OpenPgpSigner;
use crate::source::ssh::{AllowedSigners, Principal};

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
            Self::OpenPgp(signer) if signer.certificate == signer.key => {
                write!(out, "OpenPGP {}", signer.certificate)
            }
            Self::OpenPgp(signer) => {
                write!(out, "OpenPGP {} by {}", signer.certificate, signer.key)
            }
        }
    }
}

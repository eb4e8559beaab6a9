//! Signed afterwards: takes a code signature out of a delivered file, and hashes what the file was before.
//!
//! **Enters:** a delivered file that can be read and sought, the format of its signature, [`Limits`].
//! **Leaves:** [`Unsigned`]: the digests of what the signer was given, and which bytes were taken out or put back.
//! **Never:** a verdict about who signed; a decompressor; a written file; contents in memory; a signature of a form that leaves room for other data.
//!
//! The rules are those of `docs/spec/signature-only.md`.

mod apk;
mod cursor;
mod deb;
mod delivered;
mod der;
mod error;
mod limits;
mod pe;
mod rebuilt;
mod x509;

use std::io::{Read, Seek};

use delivered::Delivered;

pub use error::UnsignError;
pub use limits::Limits;
pub use rebuilt::{Candidate, Region, Unsigned};

/// The format of a signature that is added to a file after its build. Each has its own rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SignatureFormat {
    /// The signing block of an Android package: APK signature schemes 2, 3 and 3.1. Scheme 1 signs by members of the archive and has no rule.
    ApkSigningBlock,
    /// The certificate table of a Windows PE file.
    Authenticode,
    /// The `_gpg…` members at the end of a Debian package, as `debsigs` adds them.
    Debsigs,
    /// A signature in another file: this one is as it was.
    Detached,
}

impl SignatureFormat {
    /// Every format that has a rule.
    pub const ALL: [Self; 4] = [
        Self::ApkSigningBlock,
        Self::Authenticode,
        Self::Debsigs,
        Self::Detached,
    ];

    /// The name in policies and on command lines: `apk`, `pe`, `debsigs` or `detached`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApkSigningBlock => "apk",
            Self::Authenticode => "pe",
            Self::Debsigs => "debsigs",
            Self::Detached => "detached",
        }
    }

    /// Reads a name as [`name`](Self::name) writes it.
    ///
    /// # Errors
    /// [`UnsignError::NoRule`] for any other text.
    pub fn parse(name: &str) -> Result<Self, UnsignError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| UnsignError::no_rule(name))
    }
}

/// Takes the signature of `format` out of `file` and hashes what the signer was given.
///
/// The format comes from the caller, never from the file. The file is read from its beginning to its end once more after its signature was
/// read: whoever calls must know that it does not change meanwhile, as with every file that is judged.
///
/// # Errors
/// [`UnsignError`] when the file has no signature of this format, when the signature has any form but the specified one, and when the file
/// cannot be read. A file is never taken for unsigned because its signature was not understood.
pub fn unsigned<R: Read + Seek>(
    file: &mut R,
    format: SignatureFormat,
    limits: &Limits,
) -> Result<Unsigned, UnsignError> {
    let mut delivered = Delivered::new(file)?;
    let plans = match format {
        SignatureFormat::ApkSigningBlock => apk::plans(&mut delivered, limits)?,
        SignatureFormat::Debsigs => deb::plans(&mut delivered, limits)?,
        SignatureFormat::Authenticode => pe::plans(&mut delivered, limits)?,
        SignatureFormat::Detached => vec![rebuilt::Plan::default()],
    };
    rebuilt::hash(&mut delivered, plans)
}

//! APK signature schemes 2, 3 and 3.1: sequences in sequences, each with its length, walked to the last byte.
//!
//! ```text
//! signers: signer: signed data: digests, certificates, (sdk range), attributes │ (sdk range) │ signatures │ public key
//! ```

use crate::cursor::Cursor;
use crate::der::two_integers;
use crate::error::bounded;
use crate::x509::{Certificate, SIGNATURE_VALUE_BYTES_MAX};
use crate::{Limits, UnsignError};

use super::rotation;

const SIGNERS: &str = "the signers of an APK signature";
const SIGNER: &str = "a signer of an APK signature";
const SIGNED_DATA: &str = "the signed data of an APK signer";
const DIGESTS: &str = "the digests of an APK signer";
const CERTIFICATES: &str = "the certificates of an APK signer";
const ATTRIBUTES: &str = "the attributes of an APK signer";
const ATTRIBUTE: &str = "an attribute of an APK signer";
const SIGNATURES: &str = "the signatures of an APK signer";
pub(super) const SIGNATURE: &str = "a signature of an APK signer";
const PUBLIC_KEY: &str = "the public key of an APK signer";
const ALGORITHM: &str = "a signature algorithm of an APK signer";

/// Two integers of 521 bits in DER.
const ECDSA_BYTES_MAX: u64 = 141;

const STRIPPING_PROTECTION: u32 = 0xbeef_f00d;
const ROTATION: u32 = 0x3ba0_6f8c;
const ROTATION_MIN_SDK: u32 = 0x559f_8b02;
const ROTATION_ON_DEVELOPMENT: u32 = 0xc2a6_b3ba;

/// Which scheme a pair of the signing block has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    V2,
    V3,
    V31,
}

impl Scheme {
    pub(super) const fn of(id: u32) -> Option<Self> {
        match id {
            0x7109_871a => Some(Self::V2),
            0xf053_68c0 => Some(Self::V3),
            0x1b93_ad61 => Some(Self::V31),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::V2 => "scheme 2",
            Self::V3 => "scheme 3",
            Self::V31 => "scheme 3.1",
        }
    }
}

/// How a signature's bytes and its content digest are formed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rsa,
    /// ECDSA and DSA: two integers.
    Pair,
}

impl Algorithm {
    /// The algorithm of an id, and the size of its content digest in bytes. Verity digests have a 64-bit size behind them.
    pub(super) fn of(id: u32) -> Result<(Self, usize), UnsignError> {
        match id {
            0x0101 | 0x0103 => Ok((Self::Rsa, 32)),
            0x0102 | 0x0104 => Ok((Self::Rsa, 64)),
            0x0201 | 0x0301 => Ok((Self::Pair, 32)),
            0x0202 => Ok((Self::Pair, 64)),
            0x0421 => Ok((Self::Rsa, 40)),
            0x0423 | 0x0425 => Ok((Self::Pair, 40)),
            _ => Err(UnsignError::unknown(ALGORITHM, format!("{id:#06x}"))),
        }
    }

    /// Refuses a value that no signature by the certificate's key has the form of.
    pub(super) fn form(self, value: &[u8], by: &Certificate<'_>) -> Result<(), UnsignError> {
        let max = match self {
            Self::Rsa => SIGNATURE_VALUE_BYTES_MAX,
            Self::Pair => ECDSA_BYTES_MAX,
        };
        bounded(
            "the size of an APK signature in bytes",
            value.len() as u64,
            max,
        )?;
        match self {
            Self::Pair => two_integers(value, SIGNATURE),
            Self::Rsa if value.len() == by.rsa_bytes()? => Ok(()),
            Self::Rsa => Err(UnsignError::refused(
                SIGNATURE,
                "it is not as long as the modulus",
            )),
        }
    }
}

/// Walks the value of a scheme's pair.
pub(super) fn walk(value: &[u8], scheme: Scheme, limits: &Limits) -> Result<(), UnsignError> {
    let mut all = Cursor::new(value, SIGNERS);
    let mut signers = all.prefixed(SIGNERS)?;
    all.end()?;
    let mut count = 0;
    while !signers.is_empty() {
        count += 1;
        bounded(
            "the number of APK signers",
            count,
            limits.signers_max as u64,
        )?;
        signer(signers.prefixed(SIGNER)?, scheme, limits)?;
    }
    if count == 0 {
        return Err(UnsignError::refused(SIGNERS, "there is none"));
    }
    Ok(())
}

fn signer(mut signer: Cursor<'_>, scheme: Scheme, limits: &Limits) -> Result<(), UnsignError> {
    let mut data = signer.prefixed(SIGNED_DATA)?;
    let sdk_range = sdk_range(&mut signer, scheme)?;
    let signatures = signer.prefixed(SIGNATURES)?;
    let public_key = signer.prefixed(PUBLIC_KEY)?.rest();
    signer.end()?;

    let algorithms = digests(data.prefixed(DIGESTS)?)?;
    let certificate = certificates(data.prefixed(CERTIFICATES)?, limits)?;
    if self::sdk_range(&mut data, scheme)? != sdk_range {
        return Err(UnsignError::refused(
            SIGNED_DATA,
            "its SDK range is not the signer's",
        ));
    }
    attributes(data.prefixed(ATTRIBUTES)?, scheme, &certificate, limits)?;
    if scheme == Scheme::V2 && !data.is_empty() {
        // apksigner writes a fourth sequence, always empty.
        data.prefixed(SIGNED_DATA)?.end()?;
    }
    data.end()?;
    if public_key != certificate.public_key {
        return Err(UnsignError::refused(
            PUBLIC_KEY,
            "it is not the first certificate's",
        ));
    }
    if self::signatures(signatures, &certificate)? != algorithms {
        return Err(UnsignError::refused(
            SIGNATURES,
            "their algorithms are not those of the digests",
        ));
    }
    Ok(())
}

/// The lowest and the highest version of Android that the signer is for. Scheme 2 has none.
fn sdk_range(from: &mut Cursor<'_>, scheme: Scheme) -> Result<Option<(u32, u32)>, UnsignError> {
    if scheme == Scheme::V2 {
        return Ok(None);
    }
    Ok(Some((from.u32()?, from.u32()?)))
}

/// The algorithms' ids, in order, each once.
fn digests(mut digests: Cursor<'_>) -> Result<Vec<u32>, UnsignError> {
    let mut ids = Vec::new();
    while !digests.is_empty() {
        let mut digest = digests.prefixed(DIGESTS)?;
        let id = digest.u32()?;
        let value = digest.prefixed(DIGESTS)?.rest();
        digest.end()?;
        if value.len() != Algorithm::of(id)?.1 {
            return Err(UnsignError::refused(
                DIGESTS,
                "one has not the size of its algorithm",
            ));
        }
        if ids.contains(&id) {
            return Err(UnsignError::Twice { what: ALGORITHM });
        }
        ids.push(id);
    }
    if ids.is_empty() {
        return Err(UnsignError::refused(DIGESTS, "there is none"));
    }
    Ok(ids)
}

/// Reads all certificates and gives the first, which is the signer's own.
fn certificates<'a>(mut list: Cursor<'a>, limits: &Limits) -> Result<Certificate<'a>, UnsignError> {
    let mut all: Vec<Certificate<'a>> = Vec::new();
    while !list.is_empty() {
        let next = Certificate::parse(list.prefixed(CERTIFICATES)?.rest())?;
        // Android takes the first alone; the others are its chain.
        if all.last().is_some_and(|last| last.issuer != next.subject) {
            return Err(UnsignError::refused(CERTIFICATES, "they are no chain"));
        }
        if all.contains(&next) {
            return Err(UnsignError::Twice { what: CERTIFICATES });
        }
        all.push(next);
        let max = limits.certificates_max as u64;
        bounded("the number of certificates", all.len() as u64, max)?;
    }
    let first = all.first().copied();
    first.ok_or(UnsignError::refused(CERTIFICATES, "there is none"))
}

fn attributes(
    mut list: Cursor<'_>,
    scheme: Scheme,
    certificate: &Certificate<'_>,
    limits: &Limits,
) -> Result<(), UnsignError> {
    let mut seen = Vec::new();
    while !list.is_empty() {
        let mut attribute = list.prefixed(ATTRIBUTE)?;
        let id = attribute.u32()?;
        if seen.contains(&id) {
            return Err(UnsignError::Twice { what: ATTRIBUTE });
        }
        seen.push(id);
        match (scheme, id) {
            // The highest scheme that the package is signed with: apksig's ids of schemes 3 and 3.1.
            (Scheme::V2, STRIPPING_PROTECTION) => match attribute.u32()? {
                3 | 31 => {}
                other => {
                    return Err(UnsignError::unknown(
                        ATTRIBUTE,
                        format!("{id:#010x} = {other}"),
                    ));
                }
            },
            (Scheme::V3 | Scheme::V31, ROTATION) => {
                rotation::walk(attribute, certificate, limits)?;
                continue;
            }
            (Scheme::V3 | Scheme::V31, ROTATION_MIN_SDK) => drop(attribute.u32()?),
            (Scheme::V3 | Scheme::V31, ROTATION_ON_DEVELOPMENT) => {}
            _ => return Err(UnsignError::unknown(ATTRIBUTE, format!("{id:#010x}"))),
        }
        attribute.end()?;
    }
    Ok(())
}

/// The ids of the signatures' algorithms, in order.
fn signatures(mut list: Cursor<'_>, by: &Certificate<'_>) -> Result<Vec<u32>, UnsignError> {
    let mut ids = Vec::new();
    while !list.is_empty() {
        let mut signature = list.prefixed(SIGNATURE)?;
        let id = signature.u32()?;
        let value = signature.prefixed(SIGNATURE)?.rest();
        signature.end()?;
        Algorithm::of(id)?.0.form(value, by)?;
        ids.push(id);
    }
    Ok(ids)
}

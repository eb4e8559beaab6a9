//! What is signed: the digest of a PE image, or a time (RFC 3161 §2.4.2).

use crate::UnsignError;
use crate::der::{BIT_STRING, Der, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE};
use crate::error::bounded;

const CONTENT: &str = "the content that Authenticode signs";
const IMAGE: &str = "the description of the image that Authenticode signs";
const TIME: &str = "the content of a timestamp";
const ALGORITHM: &str = "an algorithm of a signature";

/// 1.3.6.1.4.1.311.2.1.15
const PE_IMAGE_DATA: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 15];

/// The two forms that signers write for want of a file name: `<<<Obsolete>>>`, and nothing.
const OBSOLETE: &[u8] = b"\xa2\x1e\x80\x1c\0<\0<\0<\0O\0b\0s\0o\0l\0e\0t\0e\0>\0>\0>";
const NO_NAME: &[u8] = b"\xa2\x02\x80\x00";

const GENERALIZED_TIME: u8 = 0x18;
const BOOLEAN: u8 = 0x01;

/// A timestamp is some 100 bytes, and its service's name.
const TIME_BYTES_MAX: u64 = 1024;

/// SpcIndirectDataContent. Page hashes have no rule: they would be room that grows with the file.
pub(super) fn image_digest(mut content: Der<'_>) -> Result<(), UnsignError> {
    let mut outer = content.inside(SEQUENCE, CONTENT)?;
    content.end()?;
    let mut data = outer.inside(SEQUENCE, IMAGE)?;
    oid(&mut data, PE_IMAGE_DATA, IMAGE)?;
    let mut image = data.inside(SEQUENCE, IMAGE)?;
    data.end()?;
    let flags = image.expect(BIT_STRING)?.content;
    let link = image.expect(0xa0)?.content;
    image.end()?;
    // One bit or none: "include resources", or nothing at all.
    if ![&[0][..], &[7, 0x80]].contains(&flags) {
        return Err(UnsignError::refused(
            IMAGE,
            "its flags are none that signers write",
        ));
    }
    if ![OBSOLETE, NO_NAME].contains(&link) {
        return Err(UnsignError::refused(
            IMAGE,
            "its link is none that signers write; page hashes have no rule here",
        ));
    }
    digest_info(outer.inside(SEQUENCE, CONTENT)?)?;
    outer.end()
}

/// TSTInfo.
pub(super) fn time(content: &[u8]) -> Result<(), UnsignError> {
    bounded(
        "the size of a timestamp's content in bytes",
        content.len() as u64,
        TIME_BYTES_MAX,
    )?;
    crate::der::tiled(content, TIME)?;
    let mut all = Der::new(content, TIME);
    let mut time = all.inside(SEQUENCE, TIME)?;
    all.end()?;
    time.expect(INTEGER)?;
    time.expect(OID)?;
    digest_info(time.inside(SEQUENCE, TIME)?)?;
    time.expect(INTEGER)?; // serial number
    time.expect(GENERALIZED_TIME)?;
    // Accuracy, ordering, nonce, name of the service. Extensions can hold anything and have no rule.
    for tag in [SEQUENCE, BOOLEAN, INTEGER, 0xa0] {
        time.optional(tag)?;
    }
    time.end()
}

fn digest_info(mut info: Der<'_>) -> Result<(), UnsignError> {
    let size = digest_algorithm(&mut info)?;
    let digest = info.expect(OCTET_STRING)?.content;
    info.end()?;
    if digest.len() != size {
        return Err(UnsignError::refused(
            CONTENT,
            "a digest has not the size of its algorithm",
        ));
    }
    Ok(())
}

/// Reads the algorithm of a digest and gives the digest's size in bytes.
pub(super) fn digest_algorithm(from: &mut Der<'_>) -> Result<usize, UnsignError> {
    match algorithm(from)? {
        // 1.3.14.3.2.26
        [0x2b, 0x0e, 3, 2, 0x1a] => Ok(20),
        // 2.16.840.1.101.3.4.2.*
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, which @ 1..=3] => Ok(usize::from(*which) * 16 + 16),
        other => Err(unknown(other)),
    }
}

/// How the value of a signature is formed.
pub(super) enum Form {
    Rsa,
    TwoIntegers,
}

/// Reads the algorithm of a signature.
pub(super) fn signature_algorithm(from: &mut Der<'_>) -> Result<Form, UnsignError> {
    match algorithm(from)? {
        // 1.2.840.113549.1.1.*: RSA with PKCS#1 v1.5, with and without the digest's name.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 | 5 | 11..=13] => Ok(Form::Rsa),
        // 1.2.840.10045.2.1 and .4.3.*: ECDSA, in the same two ways.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2..=4] => {
            Ok(Form::TwoIntegers)
        }
        other => Err(unknown(other)),
    }
}

/// The identifier of an algorithm that has no parameters.
fn algorithm<'a>(from: &mut Der<'a>) -> Result<&'a [u8], UnsignError> {
    let mut algorithm = from.inside(SEQUENCE, ALGORITHM)?;
    let id = algorithm.expect(OID)?.content;
    if let Some(null) = algorithm.optional(NULL)? {
        Der::new(null.content, ALGORITHM).end()?;
    }
    algorithm.end()?;
    Ok(id)
}

fn unknown(id: &[u8]) -> UnsignError {
    UnsignError::unknown(ALGORITHM, dotted(id))
}

/// Refuses any other identifier than this.
pub(super) fn oid(
    from: &mut Der<'_>,
    wanted: &[u8],
    what: &'static str,
) -> Result<(), UnsignError> {
    let found = from.expect(OID)?.content;
    if found == wanted {
        return Ok(());
    }
    Err(UnsignError::unknown(what, dotted(found)))
}

/// An object identifier as people write it, cut at 20 numbers (X.690 §8.19).
pub(super) fn dotted(id: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number = 0_u64;
    for byte in id {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first.to_string());
                number -= first * 40;
            }
            numbers.push(number.to_string());
            number = 0;
        }
    }
    numbers.truncate(20);
    numbers.join(".")
}

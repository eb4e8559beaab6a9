//! The attributes of a signer. Which there may be depends on what is signed; what is not known is refused.

use crate::UnsignError;
use crate::der::{Der, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, tiled};
use crate::error::bounded;

use super::content::dotted;

const SIGNED: &str = "the signed attribute";
const UNSIGNED: &str = "the unsigned attribute";
const ATTRIBUTE: &str = "an attribute of a signer";

/// 1.2.840.113549.1.9
const PKCS9: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9];
/// 1.3.6.1.4.1.311
const MICROSOFT: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37];

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A name and an address are the longest that a signer writes.
const SIGNED_BYTES_MAX: u64 = 1024;

/// What a signer signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A program.
    Program,
    /// A time, as a token or as a countersignature.
    Time,
}

/// What an unsigned attribute holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsigned {
    /// A timestamp token (RFC 3161).
    Token,
    /// A countersignature (RFC 5652 §11.4).
    Countersignature,
    /// More signatures of the program.
    Nested,
}

/// Walks the signed attributes.
pub(super) fn signed(list: Der<'_>, purpose: Purpose) -> Result<(), UnsignError> {
    bounded(
        "the size of the signed attributes in bytes",
        list.rest().len() as u64,
        SIGNED_BYTES_MAX,
    )?;
    tiled(list.rest(), SIGNED)?;
    each(list, |id, mut values| {
        let known = signed_value(id, &mut values, purpose)?;
        if !known {
            return Err(UnsignError::unknown(SIGNED, dotted(id)));
        }
        values.end()
    })
}

/// Walks the unsigned attributes, which no signature covers, and passes their values on.
pub(super) fn unsigned<'a>(
    list: Der<'a>,
    mut take: impl FnMut(Unsigned, Der<'a>) -> Result<(), UnsignError>,
) -> Result<(), UnsignError> {
    each(list, |id, values| {
        let kind = if id == [MICROSOFT, &[3, 3, 1]].concat() {
            Unsigned::Token
        } else if id == [PKCS9, &[6]].concat() {
            Unsigned::Countersignature
        } else if id == [MICROSOFT, &[2, 4, 1]].concat() {
            Unsigned::Nested
        } else {
            return Err(UnsignError::unknown(UNSIGNED, dotted(id)));
        };
        take(kind, values)
    })
}

/// Each attribute with its values, at least one. No attribute is there twice.
fn each<'a>(
    mut list: Der<'a>,
    mut take: impl FnMut(&'a [u8], Der<'a>) -> Result<(), UnsignError>,
) -> Result<(), UnsignError> {
    let mut seen = Vec::new();
    while !list.is_empty() {
        let mut attribute = list.inside(SEQUENCE, ATTRIBUTE)?;
        let id = attribute.expect(OID)?.content;
        let values = attribute.inside(SET, ATTRIBUTE)?;
        attribute.end()?;
        if seen.contains(&id) {
            return Err(UnsignError::Twice { what: ATTRIBUTE });
        }
        seen.push(id);
        if values.is_empty() {
            return Err(values.refused("it has no value"));
        }
        take(id, values)?;
    }
    Ok(())
}

/// Reads the one value of a known attribute; `false` says that it is not known.
fn signed_value(id: &[u8], values: &mut Der<'_>, purpose: Purpose) -> Result<bool, UnsignError> {
    let program = purpose == Purpose::Program;
    match (id.strip_prefix(PKCS9), id.strip_prefix(MICROSOFT)) {
        // contentType, messageDigest
        (Some([3]), _) => drop(values.expect(OID)?),
        (Some([4]), _) => digest(values)?,
        // signingTime
        (Some([5]), _) => time(values)?,
        // sequenceNumber
        (Some([25, 4]), _) if program => drop(values.expect(INTEGER)?),
        // signingCertificate, its second version, and the protection of algorithms (RFC 6211)
        (Some([16, 2, 12 | 47] | [52]), _) if !program => drop(values.expect(SEQUENCE)?),
        // SpcStatementType, SpcSpOpusInfo
        (_, Some([2, 1, 11])) if program => statement(values)?,
        (_, Some([2, 1, 12])) if program => description(values)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn digest(values: &mut Der<'_>) -> Result<(), UnsignError> {
    match values.expect(OCTET_STRING)?.content.len() {
        20 | 32 | 48 | 64 => Ok(()),
        _ => Err(values.refused("its digest has the size of no algorithm")),
    }
}

fn time(values: &mut Der<'_>) -> Result<(), UnsignError> {
    let time = values.any()?;
    let is_time = matches!(
        (time.tag, time.content.len()),
        (UTC_TIME, 13) | (GENERALIZED_TIME, 15)
    );
    if !is_time
        || time
            .content
            .split_last()
            .is_none_or(|(last, digits)| *last != b'Z' || !digits.iter().all(u8::is_ascii_digit))
    {
        return Err(values.refused("its time is not in its one spelling"));
    }
    Ok(())
}

/// Individual or commercial: 1.3.6.1.4.1.311.2.1.21 and .22.
fn statement(values: &mut Der<'_>) -> Result<(), UnsignError> {
    let mut list = values.inside(SEQUENCE, SIGNED)?;
    let id = list.expect(OID)?.content;
    list.end()?;
    match id.strip_prefix(MICROSOFT) {
        Some([2, 1, 21 | 22]) => Ok(()),
        _ => Err(UnsignError::unknown(SIGNED, dotted(id))),
    }
}

/// A name, `[0] { [0] or [1] text }`, and an address, `[1] { [0] text }`, each optional.
fn description(values: &mut Der<'_>) -> Result<(), UnsignError> {
    let mut info = values.inside(SEQUENCE, SIGNED)?;
    for (tag, texts) in [(0xa0, &[0x80, 0x81][..]), (0xa1, &[0x80])] {
        let Some(part) = info.optional(tag)? else {
            continue;
        };
        let mut part = Der::new(part.content, SIGNED);
        if !texts.contains(&part.any()?.tag) {
            return Err(part.refused("its description is no text"));
        }
        part.end()?;
    }
    info.end()
}

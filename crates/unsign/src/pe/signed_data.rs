//! PKCS#7 SignedData (RFC 2315 §9, RFC 5652 §5) as Authenticode has it: one signer, walked to the last byte.

use crate::der::{Der, INTEGER, OCTET_STRING, SEQUENCE, SET, two_integers};
use crate::error::bounded;
use crate::x509::{Certificate, SIGNATURE_VALUE_BYTES_MAX};
use crate::{Limits, UnsignError};

use super::attributes::{self, Purpose, Unsigned};
use super::certificates::Certificates;
use super::content::{self, Form};

const SIGNATURE: &str = "an Authenticode signature";
const TOKEN: &str = "a timestamp";
const SIGNER: &str = "the signer of a signature";

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// 1.3.6.1.4.1.311.2.1.4
const INDIRECT_DATA: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 4];
/// 1.2.840.113549.1.9.16.1.4
const TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];

/// What a signature stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// An entry of the table.
    Table,
    /// Another signature of the same program.
    Nested,
    /// A timestamp's attribute.
    Token,
}

impl Place {
    const fn what(self) -> &'static str {
        match self {
            Self::Table | Self::Nested => SIGNATURE,
            Self::Token => TOKEN,
        }
    }
}

/// Walks the signature of an entry of the table.
pub(super) fn authenticode(bytes: &[u8], limits: &Limits) -> Result<(), UnsignError> {
    let mut all = Der::new(bytes, SIGNATURE);
    content_info(&mut all, Place::Table, limits)?;
    all.end()
}

fn content_info(from: &mut Der<'_>, place: Place, limits: &Limits) -> Result<(), UnsignError> {
    let what = place.what();
    let mut info = from.inside(SEQUENCE, what)?;
    content::oid(&mut info, SIGNED_DATA, what)?;
    let mut explicit = info.inside(0xa0, what)?;
    info.end()?;
    let data = explicit.inside(SEQUENCE, what)?;
    explicit.end()?;
    signed_data(data, place, limits)
}

fn signed_data(mut data: Der<'_>, place: Place, limits: &Limits) -> Result<(), UnsignError> {
    let what = place.what();
    match (place, data.expect(INTEGER)?.content) {
        (_, [1]) | (Place::Token, [3]) => {}
        _ => return Err(data.refused("its version is unknown")),
    }
    let mut digests = data.inside(SET, what)?;
    content::digest_algorithm(&mut digests)?;
    digests.end()?;
    encapsulated(data.inside(SEQUENCE, what)?, place)?;
    let certificates = data.optional(0xa0)?.map_or(&[][..], |list| list.content);
    let mut certificates = Certificates::parse(Der::new(certificates, what), limits)?;
    if data.optional(0xa1)?.is_some() {
        return Err(data.refused("it holds revocation lists"));
    }
    let mut signers = data.inside(SET, what)?;
    data.end()?;
    signer(
        signers.inside(SEQUENCE, SIGNER)?,
        place,
        &mut certificates,
        limits,
    )?;
    signers.end()?;
    certificates.refuse_strangers()
}

fn encapsulated(mut info: Der<'_>, place: Place) -> Result<(), UnsignError> {
    let what = place.what();
    let wanted = if place == Place::Token {
        TIME
    } else {
        INDIRECT_DATA
    };
    content::oid(&mut info, wanted, what)?;
    let mut explicit = info.inside(0xa0, what)?;
    info.end()?;
    if place != Place::Token {
        return content::image_digest(explicit);
    }
    let time = explicit.expect(OCTET_STRING)?.content;
    explicit.end()?;
    content::time(time)
}

/// SignerInfo of a program or of a token.
fn signer<'a>(
    mut signer: Der<'a>,
    place: Place,
    certificates: &mut Certificates<'a>,
    limits: &Limits,
) -> Result<(), UnsignError> {
    let purpose = match place {
        Place::Table | Place::Nested => Purpose::Program,
        Place::Token => Purpose::Time,
    };
    covered(&mut signer, purpose, certificates)?;
    let Some(list) = signer.optional(0xa1)? else {
        return signer.end();
    };
    signer.end()?;
    if list.content.is_empty() {
        return Err(signer.refused("its unsigned attributes are there and none"));
    }
    attributes::unsigned(Der::new(list.content, SIGNER), |kind, mut values| {
        match (kind, place) {
            (Unsigned::Nested, Place::Table) => return nested(values, limits),
            (Unsigned::Token, Place::Table | Place::Nested) => {
                content_info(&mut values, Place::Token, limits)?;
            }
            (Unsigned::Countersignature, Place::Table | Place::Nested) => {
                let mut counter = values.inside(SEQUENCE, SIGNER)?;
                covered(&mut counter, Purpose::Time, certificates)?;
                counter.end()?;
            }
            (Unsigned::Nested, _) => {
                return Err(values.refused("a nested signature holds another one"));
            }
            (_, Place::Token) => return Err(values.refused("a timestamp holds another one")),
        }
        values.end()
    })
}

fn nested(mut values: Der<'_>, limits: &Limits) -> Result<(), UnsignError> {
    let mut count = 0;
    while !values.is_empty() {
        count += 1;
        let max = limits.signers_max as u64;
        bounded("the number of nested signatures", count, max)?;
        content_info(&mut values, Place::Nested, limits)?;
    }
    Ok(())
}

/// A SignerInfo up to its signature.
fn covered<'a>(
    signer: &mut Der<'a>,
    purpose: Purpose,
    certificates: &mut Certificates<'a>,
) -> Result<(), UnsignError> {
    if signer.expect(INTEGER)?.content != [1] {
        return Err(signer.refused("its version is not 1"));
    }
    let mut name = signer.inside(SEQUENCE, SIGNER)?;
    let (issuer, serial) = (name.expect(SEQUENCE)?.whole, name.expect(INTEGER)?.whole);
    name.end()?;
    let certificate = certificates.of_signer(issuer, serial)?;
    content::digest_algorithm(signer)?;
    attributes::signed(signer.inside(0xa0, SIGNER)?, purpose)?;
    let form = content::signature_algorithm(signer)?;
    value(signer.expect(OCTET_STRING)?.content, &form, &certificate)
}

/// Refuses a value that no signature by the certificate's key has the form of.
fn value(value: &[u8], form: &Form, by: &Certificate<'_>) -> Result<(), UnsignError> {
    bounded(
        "the size of a signature in bytes",
        value.len() as u64,
        SIGNATURE_VALUE_BYTES_MAX,
    )?;
    match form {
        Form::TwoIntegers => two_integers(value, SIGNER),
        Form::Rsa if value.len() == by.rsa_bytes()? => Ok(()),
        Form::Rsa => Err(UnsignError::refused(
            SIGNER,
            "its signature is not as long as the modulus",
        )),
    }
}

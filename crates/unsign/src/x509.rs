//! X.509 certificates by their outer structure (RFC 5280 §4.1). Whose they are and whether they hold is judged elsewhere.

use crate::UnsignError;
use crate::der::{BIT_STRING, Der, INTEGER, SEQUENCE, tiled, unsigned_integer};
use crate::error::bounded;

const CERTIFICATE: &str = "an X.509 certificate";
const PUBLIC_KEY: &str = "a public key";

/// A certificate with two RSA keys of 8192 bits and long names.
const CERTIFICATE_BYTES_MAX: u64 = 8 << 10;

/// RSA of 8192 bits.
pub(crate) const SIGNATURE_VALUE_BYTES_MAX: u64 = 1024;

/// What is looked at in a certificate: DER elements as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Certificate<'a> {
    pub(crate) issuer: &'a [u8],
    pub(crate) serial: &'a [u8],
    pub(crate) subject: &'a [u8],
    /// SubjectPublicKeyInfo.
    pub(crate) public_key: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads exactly one certificate.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, UnsignError> {
        bounded(
            "the size of a certificate in bytes",
            bytes.len() as u64,
            CERTIFICATE_BYTES_MAX,
        )?;
        tiled(bytes, CERTIFICATE)?;
        let mut all = Der::new(bytes, CERTIFICATE);
        let mut outer = all.inside(SEQUENCE, CERTIFICATE)?;
        all.end()?;
        let mut signed = outer.inside(SEQUENCE, CERTIFICATE)?;
        let algorithm = outer.expect(SEQUENCE)?;
        let signature = outer.expect(BIT_STRING)?;
        outer.end()?;
        bounded(
            "the size of a certificate's signature in bytes",
            signature.content.len() as u64,
            SIGNATURE_VALUE_BYTES_MAX + 1,
        )?;

        signed.optional(VERSION)?;
        let serial = signed.expect(INTEGER)?.whole;
        // RFC 5280 §4.1.1.2: the same algorithm stands inside, where the signature covers it.
        if signed.expect(SEQUENCE)?.whole != algorithm.whole {
            return Err(outer.refused("its two signature algorithms differ"));
        }
        let issuer = signed.expect(SEQUENCE)?.whole;
        signed.expect(SEQUENCE)?; // validity
        let subject = signed.expect(SEQUENCE)?.whole;
        let public_key = signed.expect(SEQUENCE)?.whole;
        for tag in [ISSUER_ID, SUBJECT_ID, EXTENSIONS] {
            signed.optional(tag)?;
        }
        signed.end()?;
        Ok(Self {
            issuer,
            serial,
            subject,
            public_key,
        })
    }

    /// The size in bytes of the modulus of its RSA key.
    pub(crate) fn rsa_bytes(&self) -> Result<usize, UnsignError> {
        let mut all = Der::new(self.public_key, PUBLIC_KEY);
        let mut info = all.inside(SEQUENCE, PUBLIC_KEY)?;
        info.expect(SEQUENCE)?; // algorithm
        let bits = info.expect(BIT_STRING)?;
        // No bits of the last byte are unused.
        let Some((0, key)) = bits.content.split_first() else {
            return Err(info.refused("its bits do not end with a byte"));
        };
        let mut key = Der::new(key, PUBLIC_KEY).inside(SEQUENCE, PUBLIC_KEY)?;
        unsigned_integer(key.expect(INTEGER)?, PUBLIC_KEY).map(<[u8]>::len)
    }
}

const VERSION: u8 = 0xa0;
const ISSUER_ID: u8 = 0x81;
const SUBJECT_ID: u8 = 0x82;
const EXTENSIONS: u8 = 0xa3;

//! The certificates beside a signature. No signature covers them, so each must be on the way from a signer upwards.

use crate::der::Der;
use crate::error::bounded;
use crate::x509::Certificate;
use crate::{Limits, UnsignError};

const CERTIFICATES: &str = "the certificates of a signature";

/// Certificates, and which of them a signer has named so far.
pub(super) struct Certificates<'a> {
    all: Vec<Certificate<'a>>,
    signers: Vec<Certificate<'a>>,
}

impl<'a> Certificates<'a> {
    pub(super) fn parse(mut list: Der<'a>, limits: &Limits) -> Result<Self, UnsignError> {
        let mut all = Vec::new();
        while !list.is_empty() {
            let next = Certificate::parse(list.any()?.whole)?;
            if all.contains(&next) {
                return Err(UnsignError::Twice { what: CERTIFICATES });
            }
            all.push(next);
            let max = limits.certificates_max as u64;
            bounded("the number of certificates", all.len() as u64, max)?;
        }
        let signers = Vec::new();
        Ok(Self { all, signers })
    }

    /// The certificate that a signer names by issuer and serial number.
    pub(super) fn of_signer(
        &mut self,
        issuer: &[u8],
        serial: &[u8],
    ) -> Result<Certificate<'a>, UnsignError> {
        let of = |one: &&Certificate<'a>| one.issuer == issuer && one.serial == serial;
        let found = self.all.iter().find(of).copied();
        let found = found.ok_or(UnsignError::refused(
            CERTIFICATES,
            "the signer's own is missing",
        ))?;
        self.signers.push(found);
        Ok(found)
    }

    /// Refuses certificates that are in no signer's chain: a known place for other data, in a certificate made for it.
    pub(super) fn refuse_strangers(self) -> Result<(), UnsignError> {
        let mut known = self.signers;
        let mut strangers = self.all;
        strangers.retain(|one| !known.contains(one));
        loop {
            let before = known.len();
            let (issuers, rest): (Vec<_>, Vec<_>) = strangers
                .into_iter()
                .partition(|one| known.iter().any(|below| below.issuer == one.subject));
            known.extend(issuers);
            strangers = rest;
            if strangers.is_empty() {
                return Ok(());
            }
            if known.len() == before {
                return Err(UnsignError::refused(
                    CERTIFICATES,
                    "one is in no signer's chain",
                ));
            }
        }
    }
}

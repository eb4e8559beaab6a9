//! No verdict without a certificate that can matter: evidence comes from anybody, and what is missing may be a revocation.

use std::collections::BTreeSet;

use crate::digest::Sha256;
use crate::policy::NamedCertificates;
use crate::source::openpgp::{OpenPgpSigner, OpenPgpVerifier};
use crate::time::Timestamp;

/// Checks signatures only where every certificate of the policy that claims one of their keys is there.
#[derive(Debug)]
pub(super) struct Complete<'c> {
    pub(super) named: &'c NamedCertificates,
    pub(super) given: BTreeSet<Sha256>,
    pub(super) openpgp: &'c dyn OpenPgpVerifier,
}

impl Complete<'_> {
    /// The named certificates that can matter to the signatures in `document`: all, where that cannot be told.
    pub(super) fn involved(&self, document: &[u8]) -> BTreeSet<Sha256> {
        match self.openpgp.issuers(document) {
            Ok(issuers) => self.named.claiming(&issuers).copied().collect(),
            Err(_) => self.named.digests().copied().collect(),
        }
    }

    fn demand(&self, document: &[u8]) -> Result<(), String> {
        let involved = self.involved(document);
        match involved.iter().find(|sha256| !self.given.contains(sha256)) {
            None => Ok(()),
            Some(sha256) => Err(format!(
                "the certificate with sha256 {sha256}, which the policy names, is missing: keep the policy's .certificates file beside its layout"
            )),
        }
    }
}

impl OpenPgpVerifier for Complete<'_> {
    fn verify(
        &self,
        certificates: &[Vec<u8>],
        signature: &[u8],
        message: &[u8],
        at: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String> {
        self.demand(signature)?;
        self.openpgp.verify(certificates, signature, message, at)
    }

    fn clear_signed(
        &self,
        certificates: &[Vec<u8>],
        document: &[u8],
        at: Timestamp,
    ) -> Result<(Vec<u8>, Vec<OpenPgpSigner>), String> {
        self.demand(document)?;
        self.openpgp.clear_signed(certificates, document, at)
    }
}

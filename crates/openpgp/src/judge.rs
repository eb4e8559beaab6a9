//! The seam to the judge: OpenPGP signatures of releases, checked by this crate.

use std::collections::BTreeSet;

use quorate::limits::Limits;
use quorate::source::openpgp::{OpenPgpSigner, OpenPgpVerifier};
use quorate::time::Timestamp;

use crate::verify::{Signer, cleartext, issuers, signers};

/// Checks OpenPGP signatures for the library `quorate`, under its standard limits.
#[derive(Clone, Copy, Debug)]
pub struct Sequoia;

impl OpenPgpVerifier for Sequoia {
    fn verify(
        &self,
        certificates: &[Vec<u8>],
        signature: &[u8],
        message: &[u8],
        at: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String> {
        signers(certificates, signature, message, at, &Limits::STANDARD)
            .map(named)
            .map_err(|refusal| refusal.to_string())
    }

    fn clear_signed(
        &self,
        certificates: &[Vec<u8>],
        document: &[u8],
        at: Timestamp,
    ) -> Result<(Vec<u8>, Vec<OpenPgpSigner>), String> {
        cleartext(certificates, document, at, &Limits::STANDARD)
            .map(|(text, signers)| (text, named(signers)))
            .map_err(|refusal| refusal.to_string())
    }

    fn issuers(&self, document: &[u8]) -> Result<BTreeSet<String>, String> {
        issuers(document).map_err(|refusal| refusal.to_string())
    }
}

fn named(signers: Vec<Signer>) -> Vec<OpenPgpSigner> {
    let signers = signers.into_iter();
    signers
        .map(|signer| OpenPgpSigner {
            certificate: signer.certificate,
            key: signer.key,
        })
        .collect()
}

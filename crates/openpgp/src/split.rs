//! A file of certificates → the certificates, one by one, as they stand.

use std::collections::BTreeMap;

use sequoia_openpgp as openpgp;

use openpgp::cert::Cert;
use openpgp::cert::raw::RawCertParser;
use openpgp::packet::Tag;
use openpgp::parse::Parse;
use openpgp::serialize::MarshalInto as _;

use crate::CertificateError;
use crate::certificate::{blocks, unreadable};
use crate::keyring::certificate_ids;

/// Bytes of a file of certificates: Debian's keyring of developers has about 30 MB.
const FILE_BYTES_MAX: usize = 128 << 20;
/// Certificates of one file.
const COUNT_MAX: usize = 5_000;

/// Takes a file apart into its certificates, armoured or binary, each as the bytes that stand in the file.
///
/// Nothing is judged: a certificate that does not hold is among them. Private keys are refused.
///
/// # Errors
/// [`CertificateError`] when the file is too large, holds no certificate, or anything else than certificates.
pub fn split_certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(CertificateError::TooLarge {
            bytes_max: FILE_BYTES_MAX,
        });
    }
    let mut certificates = Vec::new();
    for block in blocks(bytes) {
        for certificate in RawCertParser::from_bytes(block).map_err(unreadable)? {
            let certificate = certificate.map_err(unreadable)?;
            if certificates.len() == COUNT_MAX {
                return Err(CertificateError::TooMany {
                    count_max: COUNT_MAX,
                });
            }
            if certificate.packets().any(|packet| is_secret(packet.tag())) {
                return Err(CertificateError::Private {
                    id: format!("{:x}", certificate.fingerprint()),
                });
            }
            certificates.push(certificate.as_bytes().to_vec());
        }
    }
    if certificates.is_empty() {
        return Err(CertificateError::None);
    }
    Ok(certificates)
}

/// Makes one certificate of copies that have the same main key; the others stay as they are.
///
/// Whoever names certificates one by one would else leave it to others which copy counts: an old one lacks the revocation.
///
/// # Errors
/// [`CertificateError`] when a copy cannot be read, and so not be merged.
pub fn merge_copies(certificates: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut copies: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for certificate in certificates {
        let id = certificate_ids(&certificate)?.join(" ");
        let known = copies.entry(id).or_default();
        if !known.contains(&certificate) {
            known.push(certificate);
        }
    }
    copies.into_values().map(merged).collect()
}

fn merged(mut copies: Vec<Vec<u8>>) -> Result<Vec<u8>, CertificateError> {
    if copies.len() == 1 {
        return Ok(copies.remove(0));
    }
    let read = |copy: &Vec<u8>| Cert::from_bytes(copy).map_err(unreadable);
    let mut copies = copies.iter().map(read);
    let first = copies.next().ok_or(CertificateError::None)??;
    let all = copies.try_fold(first, |all, copy| {
        all.merge_public(copy?).map_err(unreadable)
    })?;
    all.to_vec().map_err(unreadable)
}

fn is_secret(tag: Tag) -> bool {
    matches!(tag, Tag::SecretKey | Tag::SecretSubkey)
}

//! A file of certificates → the certificates, one by one, as they stand.

use sequoia_openpgp as openpgp;

use openpgp::cert::raw::RawCertParser;
use openpgp::packet::Tag;
use openpgp::parse::Parse;

use crate::CertificateError;
use crate::certificate::blocks;

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
    let unreadable =
        |error: openpgp::anyhow::Error| CertificateError::Unreadable(error.to_string());
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

fn is_secret(tag: Tag) -> bool {
    matches!(tag, Tag::SecretKey | Tag::SecretSubkey)
}

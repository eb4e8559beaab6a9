//! Certificates → functionary keys that were valid at a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorate::json::Json;
use quorate::key::{KeyError, PublicKey, public_keys_from_file};
use quorate::limits::Limits;
use quorate::time::Timestamp;
use sequoia_openpgp as openpgp;

use openpgp::cert::{Cert, CertParser, ValidCert};
use openpgp::crypto::mpi;
use openpgp::packet::{Key, key};
use openpgp::parse::Parse;
use openpgp::types::{Curve, RevocationStatus};

use crate::standard::{policy_at, system_time};

/// Where an armoured block begins; files of several certificates are often several blocks.
const ARMOR: &str = "-----BEGIN PGP ";

/// Reads the certificates of a file, armoured or binary, and makes the functionary key of each that holds at `at`.
///
/// A key has the certificate's main key and those of its subkeys that were made for signing, and are neither expired nor
/// revoked at `at`; subkeys of a type that in-toto has no method for are left out. What the certificate says about the main key's
/// use is not carried over: in-toto has no place for it, and whoever holds the main key can make itself a signing subkey. Which
/// algorithms a certificate's own signatures may use is the matter of sequoia's standard policy as of `at`, with SHA-1 where it is
/// not broken.
///
/// # Errors
/// [`CertificateError`] for the first certificate that cannot be used. One bad certificate fails the file: who names keys that
/// all must have signed would otherwise ask for less than they think.
pub fn functionary_keys(
    bytes: &[u8],
    at: Timestamp,
    limits: &Limits,
) -> Result<Vec<PublicKey>, CertificateError> {
    if bytes.len() > limits.policy_bytes_max {
        return Err(CertificateError::TooLarge {
            bytes_max: limits.policy_bytes_max,
        });
    }
    let at = system_time(at).ok_or(CertificateError::Time)?;
    let mut keys = Vec::new();
    for block in blocks(bytes) {
        let parser = CertParser::from_bytes(block).map_err(unreadable)?;
        for certificate in parser {
            if keys.len() == limits.keys_max {
                return Err(CertificateError::TooMany {
                    count_max: limits.keys_max,
                });
            }
            keys.push(functionary_key(
                &certificate.map_err(unreadable)?,
                at,
                limits,
            )?);
        }
    }
    if keys.is_empty() {
        return Err(CertificateError::None);
    }
    Ok(keys)
}

/// The armoured blocks of a text file, or the whole of a binary one.
pub(crate) fn blocks(bytes: &[u8]) -> Vec<&[u8]> {
    let Some(text) = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.contains(ARMOR))
    else {
        return vec![bytes];
    };
    let starts: Vec<usize> = text.match_indices(ARMOR).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let blocks = starts.iter().zip(ends);
    blocks.map(|(start, end)| &bytes[*start..end]).collect()
}

pub(crate) fn unreadable(error: openpgp::anyhow::Error) -> CertificateError {
    CertificateError::Unreadable(error.to_string())
}

fn functionary_key(
    certificate: &Cert,
    at: SystemTime,
    limits: &Limits,
) -> Result<PublicKey, CertificateError> {
    let id = format!("{:x}", certificate.fingerprint());
    if certificate.is_tsk() {
        return Err(CertificateError::Private { id });
    }
    let policy = policy_at(at);
    let valid = match certificate.with_policy(&policy, at) {
        Ok(valid) => valid,
        Err(error) => {
            let problem = error.to_string();
            return Err(CertificateError::Invalid { id, problem });
        }
    };
    // A revocation by somebody whom the certificate names as its revoker cannot be checked here, and is not ignored.
    if !matches!(
        valid.revocation_status(),
        RevocationStatus::NotAsFarAsWeKnow
    ) {
        return Err(CertificateError::Revoked { id });
    }
    if let Err(error) = valid.alive() {
        let problem = error.to_string();
        return Err(CertificateError::Expired { id, problem });
    }
    let json = main_key(&valid).ok_or_else(|| CertificateError::Algorithm {
        algorithm: valid.primary_key().key().pk_algo().to_string(),
        id: id.clone(),
    })?;
    // Read as from a layout: what a layout would refuse is refused here.
    let mut keys = public_keys_from_file(&json.to_text(), limits)
        .map_err(|source| CertificateError::Key { id, source })?;
    keys.pop().ok_or(CertificateError::None)
}

/// The certificate in in-toto's form; `None` when the main key is of a type that in-toto has no method for.
fn main_key(valid: &ValidCert<'_>) -> Option<Json<'static>> {
    let main = valid.primary_key();
    let mut members = key_members(main.key(), main.key_validity_period())?;
    let subkeys: Vec<(String, Json<'static>)> = valid
        .keys()
        .subkeys()
        .for_signing()
        .alive()
        .revoked(false)
        .filter_map(|subkey| {
            let members = key_members(subkey.key(), subkey.key_validity_period())?;
            let id = format!("{:x}", subkey.key().fingerprint());
            Some((id, Json::object(members)))
        })
        .collect();
    if !subkeys.is_empty() {
        members.push(("subkeys", Json::object(subkeys)));
    }
    Some(Json::object(members))
}

fn key_members<R: key::KeyRole>(
    key: &Key<key::PublicParts, R>,
    validity: Option<Duration>,
) -> Option<Vec<(&'static str, Json<'static>)>> {
    let (kind, method, public) = match key.mpis() {
        mpi::PublicKey::RSA { e, n } => {
            let public = [
                ("e", Json::text(hex(e.value()))),
                ("n", Json::text(hex(n.value()))),
            ];
            ("rsa", "pgp+rsa-pkcsv1.5", Json::object(public))
        }
        mpi::PublicKey::EdDSA {
            curve: Curve::Ed25519,
            q,
        } => {
            // RFC 9580 §5.5.5.5: a point of this curve stands behind an octet of 0x40.
            let point = q.value().strip_prefix(&[0x40])?;
            let public = Json::object([("q", Json::text(hex(point)))]);
            ("eddsa", "pgp+eddsa-ed25519", public)
        }
        _ => return None,
    };
    let created = key.creation_time().duration_since(UNIX_EPOCH).ok()?;
    let keyval = Json::object([("private", Json::text("")), ("public", public)]);
    let mut members = vec![
        ("type", Json::text(kind)),
        ("method", Json::text(method)),
        ("hashes", Json::texts(["pgp+SHA2"])),
        ("keyid", Json::text(format!("{:x}", key.fingerprint()))),
        ("keyval", keyval),
        ("creation_time", Json::number(created.as_secs())),
    ];
    if let Some(validity) = validity {
        members.push(("validity_period", Json::number(validity.as_secs())));
    }
    Some(members)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a file of certificates gives no functionary keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A larger file than certificates need.
    #[error(
        "larger than {bytes_max} bytes; export without images and other people's signatures: `gpg --export-options export-minimal`"
    )]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// More certificates than a file may have.
    #[error("more than {count_max} certificates")]
    TooMany {
        /// The limit.
        count_max: usize,
    },
    /// A time before 1970.
    #[error("a time before 1970, when there were no keys")]
    Time,
    /// Not OpenPGP, or broken.
    #[error("not an OpenPGP certificate: {0}")]
    Unreadable(String),
    /// No certificate in the file.
    #[error("no OpenPGP certificate in it")]
    None,
    /// A private key where a certificate belongs.
    #[error("private key {id} where the certificate belongs; write that with `gpg --export`")]
    Private {
        /// Fingerprint of the main key.
        id: String,
    },
    /// Not valid under the policy at that time: not yet made, or without a self-signature of enough strength.
    #[error("certificate {id} is not valid at that time: {problem}")]
    Invalid {
        /// Fingerprint of the main key.
        id: String,
        /// What sequoia says.
        problem: String,
    },
    /// Expired at that time.
    #[error("certificate {id} does not hold at that time: {problem}")]
    Expired {
        /// Fingerprint of the main key.
        id: String,
        /// What sequoia says.
        problem: String,
    },
    /// Revoked, or perhaps revoked by a revoker of the owner's choice.
    #[error("certificate {id} is revoked")]
    Revoked {
        /// Fingerprint of the main key.
        id: String,
    },
    /// A main key that in-toto has no method for.
    #[error(
        "the main key of certificate {id} is {algorithm}; in-toto has OpenPGP keys of RSA and Ed25519 (EdDSA)"
    )]
    Algorithm {
        /// Fingerprint of the main key.
        id: String,
        /// The algorithm's name.
        algorithm: String,
    },
    /// A key that does not count as a functionary's.
    #[error("certificate {id}: {source}")]
    Key {
        /// Fingerprint of the main key.
        id: String,
        /// What is wrong with it.
        source: KeyError,
    },
}

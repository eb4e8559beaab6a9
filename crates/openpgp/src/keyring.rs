//! Keyrings → the certificates that hold given keys, without looking closely at the others.

use std::collections::{BTreeMap, BTreeSet};

use sequoia_openpgp as openpgp;

use openpgp::cert::Cert;
use openpgp::cert::raw::{RawCert, RawCertParser};
use openpgp::packet::Tag;
use openpgp::parse::Parse;
use openpgp::{Fingerprint, KeyHandle, KeyID};

use crate::certificate::{CertificateError, blocks, unreadable};

/// Bytes of all certificates that one call takes: Debian's keyring has 28.5 MB.
const CERTIFICATES_BYTES_MAX: usize = 64 << 20;

/// Lists the fingerprints of the main keys in a certificate or keyring, in lower-case hex, in the file's order, copies included.
///
/// It looks at main keys only: nothing is said about what else the certificates hold, and whether they are valid.
///
/// # Errors
/// [`CertificateError`] when the file has no certificate, a private key, something that is no certificate, or more than 64 MiB.
pub fn certificate_ids(bytes: &[u8]) -> Result<Vec<String>, CertificateError> {
    let ids = frames([bytes])?;
    Ok(ids.iter().map(|raw| hex(&raw.fingerprint())).collect())
}

/// Lists the IDs of all keys in a certificate or keyring, main keys and subkeys, 16 digits of lower-case hex each.
///
/// They are what signatures name, and no identities: anybody can make a key of a given ID.
///
/// # Errors
/// [`CertificateError`] as [`certificate_ids`] has it.
pub fn key_ids(bytes: &[u8]) -> Result<BTreeSet<String>, CertificateError> {
    let raw = frames([bytes])?;
    let keys = raw.iter().flat_map(RawCert::keys);
    Ok(keys.map(|key| self::key_id(&key.keyid())).collect())
}

/// A key ID as this crate prints it.
pub(crate) fn key_id(id: &KeyID) -> String {
    format!("{id:x}")
}

/// A fingerprint as this crate prints it.
pub(crate) fn hex(fingerprint: &Fingerprint) -> String {
    format!("{fingerprint:x}")
}

/// Certificates that are listed for signers, read once for many documents.
///
/// Only frames and keys are read: to look closely at all of a large keyring takes minutes.
#[derive(Debug)]
pub struct Certificates<'a> {
    raw: Vec<RawCert<'a>>,
    /// The main keys of the certificates that claim a key.
    claims: BTreeMap<KeyID, BTreeSet<Fingerprint>>,
}

impl<'a> Certificates<'a> {
    /// Reads certificates and keyrings, armoured or binary.
    ///
    /// # Errors
    /// [`CertificateError`] when one of them has no certificate, a private key, or something broken (it might be the copy that holds a
    /// revocation), when there is none, or all together have more than 64 MiB.
    pub fn read(items: &'a [Vec<u8>]) -> Result<Self, CertificateError> {
        let raw = frames(items.iter().map(Vec::as_slice))?;
        let mut claims: BTreeMap<KeyID, BTreeSet<Fingerprint>> = BTreeMap::new();
        for certificate in &raw {
            for key in certificate.keys() {
                let claimed = claims.entry(key.keyid()).or_default();
                claimed.insert(certificate.fingerprint());
            }
        }
        Ok(Self { raw, claims })
    }

    /// The certificates that claim any of these keys, each once: copies are merged, so that what any copy says counts.
    pub(crate) fn holders(&self, keys: &[KeyHandle]) -> Result<Vec<Cert>, CertificateError> {
        // By the main key: a copy that holds a revocation may lack the subkey that signed.
        let main = self.claimants(keys);
        let mut holders: Vec<Cert> = Vec::new();
        for raw in &self.raw {
            let fingerprint = raw.fingerprint();
            if !main.contains(&fingerprint) {
                continue;
            }
            let certificate = Cert::try_from(raw).map_err(unreadable)?;
            match holders
                .iter_mut()
                .find(|held| held.fingerprint() == fingerprint)
            {
                Some(held) => {
                    *held = held.clone().merge_public(certificate).map_err(unreadable)?;
                }
                None => holders.push(certificate),
            }
        }
        Ok(holders)
    }

    /// The main keys of the certificates that claim one of these keys.
    fn claimants(&self, keys: &[KeyHandle]) -> BTreeSet<&Fingerprint> {
        let claims = |key| self.claims.get(&KeyID::from(key));
        keys.iter().filter_map(claims).flatten().collect()
    }
}

/// The certificates of all files, uninterpreted.
fn frames<'a>(
    items: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<RawCert<'a>>, CertificateError> {
    let mut left = CERTIFICATES_BYTES_MAX;
    let mut all = Vec::new();
    for item in items {
        let before = all.len();
        left = left
            .checked_sub(item.len())
            .ok_or(CertificateError::TooLarge {
                bytes_max: CERTIFICATES_BYTES_MAX,
            })?;
        for block in blocks(item) {
            for raw in RawCertParser::from_bytes(block).map_err(unreadable)? {
                all.push(public(raw.map_err(unreadable)?)?);
            }
        }
        if all.len() == before {
            return Err(CertificateError::None);
        }
    }
    if all.is_empty() {
        return Err(CertificateError::None);
    }
    Ok(all)
}

/// The certificate, unless private keys are in it.
fn public(raw: RawCert<'_>) -> Result<RawCert<'_>, CertificateError> {
    let is_private = |tag| matches!(tag, Tag::SecretKey | Tag::SecretSubkey);
    if raw.packets().any(|packet| is_private(packet.tag())) {
        let id = hex(&raw.fingerprint());
        return Err(CertificateError::Private { id });
    }
    Ok(raw)
}

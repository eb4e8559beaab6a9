//! Detached and clear-signed documents → who signed exactly these bytes, by certificates that are listed.

use std::collections::BTreeSet;
use std::time::SystemTime;

use quorate::limits::Limits;
use quorate::time::Timestamp;
use sequoia_openpgp as openpgp;

use openpgp::cert::Cert;
use openpgp::packet::Signature;
use openpgp::parse::{Dearmor, PacketParserBuilder, Parse};
use openpgp::types::SignatureType;
use openpgp::{KeyHandle, KeyID, Packet};

use crate::armor::{Cleartext, dearmor};
use crate::candidate::{AnyKey, Candidate};
use crate::keyring::{Certificates, key_id};
use crate::refusal::SignatureRefusal;
use crate::standard::{digest_binds_documents, system_time, timestamp};

/// Bytes of a block: one signature of RSA with 8192 bits and notations has about 2 KiB, armour adds a third.
const BLOCK_BYTES_MAX: usize = 64 << 10;
/// Signatures in a block: more people than that sign in files of their own.
const SIGNATURES_MAX: usize = 16;

/// Somebody who signed, by their certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Fingerprint of the certificate's main key in lower-case hex: who it is.
    pub certificate: String,
    /// Fingerprint of the key that signed, which is the main key or a subkey.
    pub key: String,
    /// The name that the owner gives first. It is what they say about themselves, unless somebody looked.
    pub user_id: Option<String>,
    /// When it was made, as the signer says. Nothing here rests on it, except that it is not after the time of the judgement.
    pub made: Timestamp,
}

/// Verifies a detached block of signatures over exactly `message`, and says who made them.
///
/// `certificates` are certificates and keyrings, armoured or binary; only their keys count. Copies of a certificate are merged, so
/// that a revocation in any of them counts. `signature` is one block, armoured or binary, with nothing before, after or between
/// but at most 16 signatures of version 4 or 6 over a binary document. Each of them must hold, or none does. Several by one
/// certificate are one signer, who is listed with the first.
///
/// Keys must hold at `at`: the time that the caller knows the signature to have existed at. When the signer says that it was made
/// is a claim, and a stolen key that has expired can claim anything. The rules are sequoia's standard policy as of `at`, and
/// stricter: `docs/spec/openpgp.md`.
///
/// It does not say that the signers meant the message in the caller's sense, nor that a user ID is true.
///
/// # Errors
/// [`SignatureRefusal`] of the first signature that does not hold, with its most specific reason.
pub fn signers(
    certificates: &[Vec<u8>],
    signature: &[u8],
    message: &[u8],
    at: Timestamp,
    limits: &Limits,
) -> Result<Vec<Signer>, SignatureRefusal> {
    Certificates::read(certificates)?.signers(signature, message, at, limits)
}

/// Verifies a clear-signed document, such as a Debian `.dsc`, and returns the text that is signed, and who signed it.
///
/// The document is one frame (RFC 9580 §7) from its first byte to its last, one line end after it excepted. The text is what the
/// signature covers: without the escaping of dashes, without spaces and tabs at the ends of lines, with a line feed between two
/// lines and none after the last. Take it, and not the document, for anything that follows. Signatures, keys and `at` are as
/// in [`signers`], except that signatures are over a text document.
///
/// # Errors
/// [`SignatureRefusal`] as [`signers`] has it, also when the frame is broken or has headers other than `Hash`.
pub fn cleartext(
    certificates: &[Vec<u8>],
    document: &[u8],
    at: Timestamp,
    limits: &Limits,
) -> Result<(Vec<u8>, Vec<Signer>), SignatureRefusal> {
    Certificates::read(certificates)?.cleartext(document, at, limits)
}

/// The IDs of the keys that the signatures in a detached block name, or in the first armoured block of a document. Nothing is verified.
///
/// # Errors
/// [`SignatureRefusal`] when there is no such block, or it cannot be read.
pub(crate) fn issuers(document: &[u8]) -> Result<BTreeSet<String>, SignatureRefusal> {
    const BEGIN: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
    let mut places = document.windows(BEGIN.len());
    let begin = places.position(|window| window == BEGIN).unwrap_or(0);
    let block = detached(document.get(begin..).unwrap_or_default())?;
    let issuers = block.iter().flat_map(Signature::get_issuers);
    Ok(issuers.map(|issuer| key_id(&KeyID::from(issuer))).collect())
}

impl Certificates<'_> {
    /// [`signers`] by these certificates.
    ///
    /// # Errors
    /// As [`signers`].
    pub fn signers(
        &self,
        signature: &[u8],
        message: &[u8],
        at: Timestamp,
        limits: &Limits,
    ) -> Result<Vec<Signer>, SignatureRefusal> {
        let case = Case {
            certificates: self,
            kind: SignatureType::Binary,
            message,
            at,
            limits,
        };
        case.judge(&detached(signature)?)
    }

    /// [`cleartext`] by these certificates.
    ///
    /// # Errors
    /// As [`cleartext`].
    pub fn cleartext(
        &self,
        document: &[u8],
        at: Timestamp,
        limits: &Limits,
    ) -> Result<(Vec<u8>, Vec<Signer>), SignatureRefusal> {
        let bytes_max = limits.policy_bytes_max;
        if document.len() > bytes_max {
            return Err(SignatureRefusal::TooLarge { bytes_max });
        }
        let parts = Cleartext::parse(document).map_err(SignatureRefusal::Form)?;
        let case = Case {
            certificates: self,
            kind: SignatureType::Text,
            message: &parts.covered,
            at,
            limits,
        };
        let signers = case.judge(&signatures(&parts.packets)?)?;
        Ok((parts.text, signers))
    }
}

/// The latest time at which a signature of the block says that it was made. Nothing is verified.
///
/// It is a claim. As the `at` of [`signers`] it asks whether the keys were valid when their owners say that they signed, which
/// whoever has an old key can make true. It is for evidence that is called weak.
///
/// # Errors
/// [`SignatureRefusal`] when the bytes are not one block, or a signature has no time.
pub fn claimed_time(signature: &[u8]) -> Result<Timestamp, SignatureRefusal> {
    let mut latest = None;
    for one in &detached(signature)? {
        latest = latest.max(Some(made(one)?));
    }
    latest.ok_or(SignatureRefusal::Form("it has no packets"))
}

/// The signatures of a detached block in either form.
fn detached(block: &[u8]) -> Result<Vec<Signature>, SignatureRefusal> {
    if block.len() > BLOCK_BYTES_MAX {
        return Err(SignatureRefusal::TooLarge {
            bytes_max: BLOCK_BYTES_MAX,
        });
    }
    // RFC 9580 §4.2: the first bit of a packet is one, which no armour's is.
    if block.first().is_some_and(|first| first & 0x80 != 0) {
        return signatures(block);
    }
    signatures(&dearmor(block).map_err(SignatureRefusal::Form)?)
}

fn signatures(packets: &[u8]) -> Result<Vec<Signature>, SignatureRefusal> {
    let unreadable =
        |error: openpgp::anyhow::Error| SignatureRefusal::Unreadable(error.to_string());
    if packets.is_empty() {
        return Err(SignatureRefusal::Form("it has no packets"));
    }
    if packets.len() > BLOCK_BYTES_MAX {
        return Err(SignatureRefusal::TooLarge {
            bytes_max: BLOCK_BYTES_MAX,
        });
    }
    let pile = PacketParserBuilder::from_bytes(packets)
        .map_err(unreadable)?
        .dearmor(Dearmor::Disabled)
        .into_packet_pile()
        .map_err(unreadable)?;
    let mut found = Vec::new();
    for (index, packet) in pile.into_children().enumerate() {
        if index == SIGNATURES_MAX {
            return Err(SignatureRefusal::TooMany {
                count_max: SIGNATURES_MAX,
            });
        }
        match packet {
            Packet::Signature(signature) if matches!(signature.version(), 4 | 6) => {
                found.push(signature);
            }
            _ => return Err(SignatureRefusal::NotASignature { number: index + 1 }),
        }
    }
    Ok(found)
}

/// When the signer says that it was made.
fn made(signature: &Signature) -> Result<Timestamp, SignatureRefusal> {
    signature
        .signature_creation_time()
        .and_then(timestamp)
        .ok_or(SignatureRefusal::Form(
            "a signature does not say when it was made",
        ))
}

/// Everything that a block's signatures are held against.
struct Case<'a> {
    certificates: &'a Certificates<'a>,
    kind: SignatureType,
    message: &'a [u8],
    at: Timestamp,
    limits: &'a Limits,
}

impl Case<'_> {
    fn judge(&self, block: &[Signature]) -> Result<Vec<Signer>, SignatureRefusal> {
        let at = system_time(self.at).ok_or(SignatureRefusal::Time)?;
        let issuers: Vec<KeyHandle> = block.iter().flat_map(Signature::get_issuers).collect();
        let holders = self.certificates.holders(&issuers)?;
        let mut checks = self.limits.signature_checks_max;
        let mut signers: Vec<Signer> = Vec::new();
        for signature in block {
            let signer = self.signer(signature, &holders, at, &mut checks)?;
            if !signers
                .iter()
                .any(|known| known.certificate == signer.certificate)
            {
                signers.push(signer);
            }
        }
        Ok(signers)
    }

    fn signer(
        &self,
        signature: &Signature,
        holders: &[Cert],
        at: SystemTime,
        checks: &mut usize,
    ) -> Result<Signer, SignatureRefusal> {
        if signature.typ() != self.kind {
            return Err(SignatureRefusal::Kind {
                found: format!("{:?}", signature.typ()),
                expected: match self.kind {
                    SignatureType::Text => "Text",
                    _ => "Binary",
                },
            });
        }
        if !digest_binds_documents(signature.hash_algo()) {
            return Err(SignatureRefusal::WeakDigest {
                digest: signature.hash_algo().to_string(),
            });
        }
        let issuers = signature.get_issuers();
        let named = issuers.first().ok_or(SignatureRefusal::NoIssuer)?;
        let made = made(signature)?;
        let mut good: Option<Signer> = None;
        let mut refusal = SignatureRefusal::Unlisted {
            key: format!("{named:x}"),
        };
        for (holder, key) in candidates(holders, &issuers) {
            *checks = checks
                .checked_sub(Limits::signature_check_units(self.message.len()))
                .ok_or(SignatureRefusal::Work)?;
            let candidate = Candidate {
                certificate: holder,
                key,
                signature,
                made,
                at: self.at,
                at_system: at,
            };
            match candidate.judge(self.message) {
                Ok(signer) => {
                    if good.is_some() {
                        return Err(SignatureRefusal::Ambiguous { key: signer.key });
                    }
                    good = Some(signer);
                }
                Err(found) if found.rank() >= refusal.rank() => refusal = found,
                Err(_) => {}
            }
        }
        good.ok_or(refusal)
    }
}

/// The keys that the signature may mean, with the certificates that claim them. Issuers are hints; only the arithmetic decides.
fn candidates<'a>(
    holders: &'a [Cert],
    issuers: &'a [KeyHandle],
) -> impl Iterator<Item = (&'a Cert, AnyKey<'a>)> {
    holders
        .iter()
        .flat_map(|holder| holder.keys().map(move |key| (holder, key)))
        .filter(|(_, key)| {
            let handle = key.key().key_handle();
            issuers.iter().any(|issuer| issuer.aliases(&handle))
        })
}

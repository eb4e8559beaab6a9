//! A detached signature → the parts that an in-toto metablock holds.

use quorate::key::{OpenPgpSignature, OpenPgpSignatureError};
use sequoia_openpgp as openpgp;

use openpgp::crypto::mpi;
use openpgp::parse::Parse;
use openpgp::serialize::MarshalInto;
use openpgp::{Fingerprint, Packet, PacketPile};

/// Bytes of a detached signature: one of RSA with 8192 bits and notations has about 2 KiB, armour adds a third.
const SIGNATURE_BYTES_MAX: usize = 64 << 10;

/// Takes apart a signature that `gpg --detach-sign --digest-algo SHA256` made, armoured or binary.
///
/// Nothing is checked but its form: whose it is, and over what, is for [`Envelope::open`](quorate::envelope::Envelope::open).
///
/// # Errors
/// [`DetachedSignatureError`] when the bytes are not exactly one signature of version 4 by RSA or Ed25519 (EdDSA) over a binary
/// document with SHA-256, or when it does not name its key's fingerprint.
pub fn signature_from_detached(bytes: &[u8]) -> Result<OpenPgpSignature, DetachedSignatureError> {
    if bytes.len() > SIGNATURE_BYTES_MAX {
        return Err(DetachedSignatureError::TooLarge {
            bytes_max: SIGNATURE_BYTES_MAX,
        });
    }
    let unreadable =
        |error: openpgp::anyhow::Error| DetachedSignatureError::Unreadable(error.to_string());
    let packets: Vec<Packet> = PacketPile::from_bytes(bytes)
        .map_err(unreadable)?
        .into_children()
        .collect();
    let [Packet::Signature(signature)] = &packets[..] else {
        return Err(DetachedSignatureError::NotOne {
            packets: packets.len(),
        });
    };
    let issuer = signature
        .issuer_fingerprints()
        .find_map(|issuer| match issuer {
            Fingerprint::V4(_) => Some(format!("{issuer:x}")),
            _ => None,
        })
        .ok_or(DetachedSignatureError::Issuer)?;
    let hashed = signature.hashed_area().to_vec().map_err(unreadable)?;
    let length = u16::try_from(hashed.len()).map_err(|_| OpenPgpSignatureError::Length)?;
    // RFC 4880 §5.2.3: version, type, algorithm, digest, length.
    let mut headers = vec![
        signature.version(),
        signature.typ().into(),
        signature.pk_algo().into(),
        signature.hash_algo().into(),
    ];
    headers.extend(length.to_be_bytes());
    headers.extend(hashed);
    let numbers = match signature.mpis() {
        mpi::Signature::RSA { s } => s.value().to_vec(),
        mpi::Signature::EdDSA { r, s } => {
            let padded =
                |number: &mpi::MPI| number.value_padded(32).map(std::borrow::Cow::into_owned);
            [
                padded(r).map_err(unreadable)?,
                padded(s).map_err(unreadable)?,
            ]
            .concat()
        }
        // The headers name the algorithm, and say why it is refused.
        _ => Vec::new(),
    };
    Ok(OpenPgpSignature::new(&issuer, headers, numbers)?)
}

/// Why bytes are not a signature that in-toto metadata can hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetachedSignatureError {
    /// Larger than any signature.
    #[error("larger than {bytes_max} bytes, which no detached signature is")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Not OpenPGP, or broken.
    #[error("not an OpenPGP signature: {0}")]
    Unreadable(String),
    /// Not one signature alone.
    #[error("{packets} packets that are not exactly one signature; sign with `gpg --detach-sign`")]
    NotOne {
        /// The number of packets.
        packets: usize,
    },
    /// The key's fingerprint is missing.
    #[error("the signature does not name the fingerprint of its key, as gpg does from 2.1 on")]
    Issuer,
    /// A form that in-toto metadata does not have.
    #[error(transparent)]
    Form(#[from] OpenPgpSignatureError),
}

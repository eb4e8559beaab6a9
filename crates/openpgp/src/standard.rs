//! Which algorithms hold anything together at a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorate::time::Timestamp;
use sequoia_openpgp as openpgp;

use openpgp::crypto::mpi;
use openpgp::packet::{Key, key};
use openpgp::policy::{HashAlgoSecurity, StandardPolicy};
use openpgp::types::{Curve, HashAlgorithm};

/// Bits of a modulus that counts: below 2048 RSA is within reach; above 16,384 it only costs, and gpg makes none.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=16_384;

/// The time as sequoia takes it; `None` before 1970, when there were no keys.
pub(crate) fn system_time(at: Timestamp) -> Option<SystemTime> {
    let seconds = u64::try_from(at.unix_seconds()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// The time as core takes it; `None` when a file holds one that has no spelling.
pub(crate) fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Timestamp::from_unix_seconds(i64::try_from(seconds).ok()?)
}

/// Sequoia's standard as of `at`, except that SHA-1 holds self-signatures together after 2023, too.
///
/// What an owner signs about their own key is forged with a second preimage, which nobody has for SHA-1, and not with a collision;
/// sequoia refuses prepared collisions besides. Many certificates in use were never signed again. The file itself comes from
/// whoever asks, who may as well name the bare key.
pub(crate) fn policy_at(at: SystemTime) -> StandardPolicy<'static> {
    let mut policy = StandardPolicy::at(at);
    policy.accept_hash_property(
        HashAlgorithm::SHA1,
        HashAlgoSecurity::SecondPreImageResistance,
    );
    policy
}

/// The same for certificates whose keys sign documents: what is broken today is refused at every `at`, as is the use of SHA-1
/// where another person chose what is signed.
pub(crate) fn signers_policy_at(at: SystemTime) -> StandardPolicy<'static> {
    let mut policy = policy_at(at);
    policy.reject_hash(HashAlgorithm::MD5);
    policy.reject_hash(HashAlgorithm::RipeMD);
    policy.reject_hash_property_at(
        HashAlgorithm::SHA1,
        HashAlgoSecurity::CollisionResistance,
        UNIX_EPOCH,
    );
    policy
}

/// Whether a digest binds a signature to one document: no collision is in sight.
pub(crate) fn digest_binds_documents(digest: HashAlgorithm) -> bool {
    matches!(
        digest,
        HashAlgorithm::SHA256
            | HashAlgorithm::SHA384
            | HashAlgorithm::SHA512
            | HashAlgorithm::SHA3_256
            | HashAlgorithm::SHA3_512
    )
}

/// What is weak about a key, or not supported: DSA, small RSA, odd curves. `None` for a key that counts.
pub(crate) fn weakness<P: key::KeyParts, R: key::KeyRole>(key: &Key<P, R>) -> Option<String> {
    match key.mpis() {
        mpi::PublicKey::RSA { n, .. } if RSA_BITS.contains(&n.bits()) => None,
        mpi::PublicKey::RSA { n, .. } => Some(format!("RSA of {} bits", n.bits())),
        mpi::PublicKey::EdDSA {
            curve: Curve::Ed25519,
            ..
        }
        | mpi::PublicKey::ECDSA {
            curve: Curve::NistP256 | Curve::NistP384 | Curve::NistP521,
            ..
        }
        | mpi::PublicKey::Ed25519 { .. }
        | mpi::PublicKey::Ed448 { .. } => None,
        mpi::PublicKey::EdDSA { curve, .. } | mpi::PublicKey::ECDSA { curve, .. } => {
            Some(format!("{} on {curve}", key.pk_algo()))
        }
        _ => Some(key.pk_algo().to_string()),
    }
}

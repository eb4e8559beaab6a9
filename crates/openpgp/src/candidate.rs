//! One signature against one key of one certificate.

use std::time::SystemTime;

use quorate::time::Timestamp;
use sequoia_openpgp as openpgp;

use openpgp::cert::amalgamation::ValidateAmalgamation;
use openpgp::cert::amalgamation::key::ErasedKeyAmalgamation;
use openpgp::cert::{Cert, ValidCert};
use openpgp::packet::{Signature, key};
use openpgp::policy::{HashAlgoSecurity, Policy, StandardPolicy};
use openpgp::types::RevocationType;

use crate::keyring::hex;
use crate::refusal::SignatureRefusal;
use crate::standard::{signers_policy_at, timestamp, weakness};
use crate::verify::Signer;

/// A main key or subkey where it stands in its certificate.
pub(crate) type AnyKey<'a> = ErasedKeyAmalgamation<'a, key::PublicParts>;

/// What is to be judged.
pub(crate) struct Candidate<'a> {
    pub(crate) certificate: &'a Cert,
    pub(crate) key: AnyKey<'a>,
    pub(crate) signature: &'a Signature,
    /// When the signer says that it was made.
    pub(crate) made: Timestamp,
    pub(crate) at: Timestamp,
    pub(crate) at_system: SystemTime,
}

impl Candidate<'_> {
    /// The signer, when this key made the signature over `message` and both hold at the time.
    pub(crate) fn judge(&self, message: &[u8]) -> Result<Signer, SignatureRefusal> {
        self.is_strong()?;
        self.made_this(message)?;
        self.is_not_revoked()?;
        self.is_made()?;
        let policy = signers_policy_at(self.at_system);
        let valid = self
            .certificate
            .with_policy(&policy, self.at_system)
            .map_err(|error| self.invalid(&error))?;
        self.may_sign(&policy, &valid)?;
        self.signature_holds(&policy)?;
        Ok(Signer {
            certificate: hex(&self.certificate.fingerprint()),
            key: self.id(),
            user_id: user_id(&valid),
            made: self.made,
        })
    }

    fn id(&self) -> String {
        hex(&self.key.key().fingerprint())
    }

    fn main_id(&self) -> String {
        hex(&self.certificate.fingerprint())
    }

    /// A strong subkey under a weak main key is as weak as that, since the main key may add others.
    fn is_strong(&self) -> Result<(), SignatureRefusal> {
        let main = weakness(self.certificate.primary_key().key());
        let own = weakness(self.key.key());
        let weak = own.map(|what| (self.id(), what));
        match weak.or_else(|| main.map(|what| (self.main_id(), what))) {
            Some((key, what)) => Err(SignatureRefusal::WeakKey { key, what }),
            None => Ok(()),
        }
    }

    fn made_this(&self, message: &[u8]) -> Result<(), SignatureRefusal> {
        let key = self.key.key();
        // Sequoia calls this a bad signature, which says less.
        if timestamp(key.creation_time()).is_none_or(|born| self.made < born) {
            return Err(SignatureRefusal::OlderThanKey {
                key: self.id(),
                made: self.made,
            });
        }
        self.signature
            .verify_message(key, message)
            .map_err(|_| SignatureRefusal::Bad { key: self.id() })
    }

    /// Stricter than sequoia in two things: a later signature of the owner lifts no revocation, and a revocation by a weak digest counts.
    fn is_not_revoked(&self) -> Result<(), SignatureRefusal> {
        let (main, own) = (self.certificate.primary_key(), &self.key);
        not_revoked(
            &self.main_id(),
            self.at,
            main.self_revocations(),
            main.other_revocations(),
        )?;
        not_revoked(
            &self.id(),
            self.at,
            own.self_revocations(),
            own.other_revocations(),
        )
    }

    fn is_made(&self) -> Result<(), SignatureRefusal> {
        if self.made > self.at {
            return Err(SignatureRefusal::MadeLater {
                made: self.made,
                at: self.at,
            });
        }
        let main = self.certificate.primary_key().key().creation_time();
        let own = self.key.key().creation_time();
        for (key, born) in [(self.main_id(), main), (self.id(), own)] {
            let born = timestamp(born).ok_or(SignatureRefusal::Time)?;
            if born > self.at {
                return Err(SignatureRefusal::NotYetMade {
                    key,
                    made: born,
                    at: self.at,
                });
            }
        }
        Ok(())
    }

    fn may_sign(
        &self,
        policy: &StandardPolicy<'_>,
        certificate: &ValidCert<'_>,
    ) -> Result<(), SignatureRefusal> {
        let main = certificate.primary_key();
        if main.alive().is_err() {
            return Err(self.expired(self.main_id(), main.key_expiration_time()));
        }
        let key = self
            .key
            .clone()
            .with_policy(policy, self.at_system)
            .map_err(|error| self.invalid(&error))?;
        if key.alive().is_err() {
            return Err(self.expired(self.id(), key.key_expiration_time()));
        }
        if !key.for_signing() {
            return Err(SignatureRefusal::NotForSigning { key: self.id() });
        }
        Ok(())
    }

    fn signature_holds(&self, policy: &StandardPolicy<'_>) -> Result<(), SignatureRefusal> {
        let key = self.id();
        if self
            .signature
            .signature_alive(self.at_system, None)
            .is_err()
        {
            let at = self.at;
            return Err(SignatureRefusal::SignatureExpired { key, at });
        }
        policy
            .signature(self.signature, HashAlgoSecurity::CollisionResistance)
            .map_err(|error| SignatureRefusal::Critical {
                key,
                problem: format!("{error:#}"),
            })
    }

    fn expired(&self, key: String, until: Option<SystemTime>) -> SignatureRefusal {
        SignatureRefusal::Expired {
            key,
            // An end without a spelling is not after the judgement's time, which has one.
            until: until.and_then(timestamp).unwrap_or(self.at),
            at: self.at,
        }
    }

    fn invalid(&self, error: &openpgp::anyhow::Error) -> SignatureRefusal {
        let (key, at) = (self.id(), self.at);
        match error.root_cause().downcast_ref() {
            Some(openpgp::Error::NoBindingSignature(_)) => {
                SignatureRefusal::NotYetBound { key, at }
            }
            _ => SignatureRefusal::Invalid {
                key,
                at,
                problem: format!("{error:#}"),
            },
        }
    }
}

/// The owner's first name for themselves at that time.
fn user_id(valid: &ValidCert<'_>) -> Option<String> {
    let first = valid.primary_userid().ok()?;
    String::from_utf8(first.userid().value().to_vec()).ok()
}

/// Refuses a key that is revoked at that time, or may be.
fn not_revoked<'a>(
    key: &str,
    at: Timestamp,
    own: impl Iterator<Item = &'a Signature>,
    mut others: impl Iterator<Item = &'a Signature>,
) -> Result<(), SignatureRefusal> {
    let mut earliest: Option<Timestamp> = None;
    for revocation in own {
        let soft = revocation
            .reason_for_revocation()
            .is_some_and(|(reason, _)| reason.revocation_type() == RevocationType::Soft);
        let since = revocation.signature_creation_time().and_then(timestamp);
        let Some(since) = since.filter(|_| soft) else {
            let key = key.to_owned();
            return Err(SignatureRefusal::RevokedHard { key });
        };
        earliest = Some(earliest.map_or(since, |known| known.min(since)));
    }
    let key = key.to_owned();
    match earliest.filter(|since| *since <= at) {
        Some(since) => Err(SignatureRefusal::RevokedSince { key, since }),
        // A revocation by somebody whom the certificate names as its revoker cannot be checked here, and is not ignored.
        None if others.next().is_some() => Err(SignatureRefusal::RevokedPerhaps { key }),
        None => Ok(()),
    }
}

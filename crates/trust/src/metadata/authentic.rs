//! Received → authentic: the one place where signatures on metadata are counted.

use std::collections::BTreeSet;

use quorate::time::Timestamp;

use super::{Received, Role, RoleKeys, Root, TopRole, Version};

/// A metadata file that enough holders of its role signed. Only this file makes one.
///
/// It says nothing about age: whether the version is the newest and not expired is the workflow's matter.
#[derive(Clone, Debug)]
pub struct Authentic<R> {
    content: R,
    bytes: Vec<u8>,
    signed_by: Vec<String>,
}

impl<R: Role> Received<R> {
    /// Demands the signatures of enough of `holders`, each key counted once by its material (§5.3.4, §5.4.2, §5.5.3, §5.6.3).
    ///
    /// # Errors
    /// [`TooFewSignatures`] with who did sign.
    pub fn signed_by(self, holders: &RoleKeys) -> Result<Authentic<R>, TooFewSignatures> {
        let signed_by = self.signers(holders);
        if signed_by.len() < holders.threshold() {
            return Err(TooFewSignatures {
                role: R::TYPE.to_owned(),
                needed: holders.threshold(),
                signed_by,
            });
        }
        Ok(Authentic {
            content: self.content,
            bytes: self.bytes,
            signed_by,
        })
    }

    /// The ids of those of `holders` who signed.
    pub fn signers(&self, holders: &RoleKeys) -> Vec<String> {
        let mut counted = BTreeSet::new();
        self.signatures
            .iter()
            .filter(|signature| {
                let (Some(key), Some(bytes)) = (holders.key(&signature.key_id), &signature.bytes)
                else {
                    return false;
                };
                key.verifies(&self.covered, bytes) && counted.insert(key.fingerprint())
            })
            .map(|signature| signature.key_id.clone())
            .collect()
    }
}

impl Received<Root> {
    /// A root that its own holders signed: how a pinned root begins a chain. Whoever calls this has compared it with the pin.
    ///
    /// # Errors
    /// [`TooFewSignatures`].
    pub fn signed_by_itself(self) -> Result<Authentic<Root>, TooFewSignatures> {
        let holders = self.content.role(TopRole::Root).clone();
        self.signed_by(&holders)
    }

    /// A root that the holders of the one before it signed, and its own (§5.3.4).
    ///
    /// # Errors
    /// [`TooFewSignatures`] of either.
    pub fn signed_by_both(
        self,
        before: &Authentic<Root>,
    ) -> Result<Authentic<Root>, TooFewSignatures> {
        let old_holders = before.content().role(TopRole::Root);
        let signed_by = self.signers(old_holders);
        if signed_by.len() < old_holders.threshold() {
            return Err(TooFewSignatures {
                role: format!("root {}", before.version()),
                needed: old_holders.threshold(),
                signed_by,
            });
        }
        self.signed_by_itself()
    }
}

impl<R: Role> Authentic<R> {
    /// The content.
    pub fn content(&self) -> &R {
        &self.content
    }

    /// The file as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The ids of the holders whose signatures counted.
    pub fn signers(&self) -> &[String] {
        &self.signed_by
    }

    /// The file's version.
    pub fn version(&self) -> Version {
        self.content.common().version
    }

    /// The first second at which the file no longer counts.
    pub fn expires(&self) -> Timestamp {
        self.content.common().expires
    }

    /// Whether the file no longer counts at `time`.
    pub fn is_expired(&self, time: Timestamp) -> bool {
        self.expires() <= time
    }
}

/// Fewer holders of a role signed than it needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of {needed} needed holders of {role} signed", signed_by.len())]
pub struct TooFewSignatures {
    /// The role, or the root, whose holders did not sign.
    pub role: String,
    /// How many are needed.
    pub needed: usize,
    /// The ids of those who did.
    pub signed_by: Vec<String>,
}

//! The judgement of an update: bytes in, a longer chain of trusted metadata out, or a refusal. Pure: its time is fixed when it begins.

use std::collections::BTreeMap;

use quorate::digest::Sha256;
use quorate::time::Timestamp;

use super::TrustError;
use crate::limits::TrustLimits;
use crate::metadata::{
    Authentic, Received, Role, RoleKeys, RoleName, Root, Snapshot, Targets, TimestampRole, TopRole,
};

/// How a timestamp was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is newer than what was seen.
    New,
    /// It has the version that was seen, which stays.
    Unchanged,
}

/// What is trusted so far in one update.
#[derive(Clone, Debug)]
pub struct Trusted {
    time: Timestamp,
    is_floor: bool,
    limits: TrustLimits,
    root: Authentic<Root>,
    timestamp: Option<Authentic<TimestampRole>>,
    snapshot: Option<Authentic<Snapshot>>,
    roles: BTreeMap<RoleName, Authentic<Targets>>,
}

impl Trusted {
    /// Begins with a root that the caller compared with its pin. `time` is the time of everything that follows (§5.1).
    ///
    /// # Errors
    /// [`TrustError`] when it is malformed or not signed by its own holders. Its expiry is looked at after newer roots were sought (§5.3.10).
    pub fn from_pinned_root(
        bytes: &[u8],
        time: Timestamp,
        limits: TrustLimits,
    ) -> Result<Self, TrustError> {
        let root = Received::<Root>::read(bytes, &limits)
            .map_err(TrustError::metadata("root"))?
            .signed_by_itself()
            .map_err(TrustError::signatures("root"))?;
        Ok(Self {
            time,
            is_floor: false,
            limits,
            root,
            timestamp: None,
            snapshot: None,
            roles: BTreeMap::new(),
        })
    }

    /// Takes the next root (§5.3.4, §5.3.5). What stood below it must be taken anew.
    ///
    /// # Errors
    /// [`TrustError`] unless the holders of the root before and its own signed it, and its version follows by exactly one.
    pub fn take_root(&mut self, bytes: &[u8]) -> Result<(), TrustError> {
        let received =
            Received::<Root>::read(bytes, &self.limits).map_err(TrustError::metadata("root"))?;
        let root = received
            .signed_by_both(&self.root)
            .map_err(TrustError::signatures("root"))?;
        match self.root.version().next() {
            Some(expected) if expected == root.version() => {}
            expected => {
                return Err(TrustError::RootJump {
                    expected: expected.unwrap_or(self.root.version()),
                    found: root.version(),
                });
            }
        }
        self.root = root;
        self.timestamp = None;
        self.snapshot = None;
        self.roles.clear();
        Ok(())
    }

    /// Takes a timestamp that was seen in an earlier update: a floor, whether expired or not.
    ///
    /// # Errors
    /// [`TrustError`] when it is malformed or the holders of today did not sign it.
    pub fn take_seen_timestamp(&mut self, bytes: &[u8]) -> Result<(), TrustError> {
        let seen: Authentic<TimestampRole> = self.top_level(bytes, TopRole::Timestamp)?;
        if self
            .timestamp
            .as_ref()
            .is_none_or(|before| before.version() < seen.version())
        {
            self.timestamp = Some(seen);
        }
        Ok(())
    }

    /// Takes a snapshot that was seen in an earlier update: a floor, whether expired or not.
    ///
    /// # Errors
    /// [`TrustError`] when it is malformed or the holders of today did not sign it.
    pub fn take_seen_snapshot(&mut self, bytes: &[u8]) -> Result<(), TrustError> {
        let seen: Authentic<Snapshot> = self.top_level(bytes, TopRole::Snapshot)?;
        if self
            .snapshot
            .as_ref()
            .is_none_or(|before| before.version() < seen.version())
        {
            self.snapshot = Some(seen);
        }
        Ok(())
    }

    /// Takes the repository's timestamp (§5.4).
    ///
    /// # Errors
    /// [`TrustError`] when it is not signed, older than what was seen, names an older snapshot, or has expired.
    pub fn take_timestamp(&mut self, bytes: &[u8]) -> Result<Accepted, TrustError> {
        let new: Authentic<TimestampRole> = self.top_level(bytes, TopRole::Timestamp)?;
        if let Some(seen) = &self.timestamp {
            let rollback = |role: &str, seen, offered| TrustError::Rollback {
                role: role.to_owned(),
                seen,
                offered,
            };
            if new.version() < seen.version() {
                return Err(rollback("timestamp", seen.version(), new.version()));
            }
            if new.version() == seen.version() {
                // §5.4.3.1: the one that was seen stays, and must be in force itself.
                self.refuse_expired("timestamp", seen)?;
                return Ok(Accepted::Unchanged);
            }
            let (before, after) = (seen.content().snapshot(), new.content().snapshot());
            if after.version < before.version {
                return Err(rollback("snapshot", before.version, after.version));
            }
        }
        self.refuse_expired("timestamp", &new)?;
        self.timestamp = Some(new);
        Ok(Accepted::New)
    }

    /// Takes the snapshot that the timestamp names (§5.5).
    ///
    /// # Errors
    /// [`TrustError`] when it is another file, is not signed, drops or lowers a role that was seen, or has expired.
    pub fn take_snapshot(&mut self, bytes: &[u8]) -> Result<(), TrustError> {
        let name = "snapshot";
        let timestamp = self.timestamp()?;
        self.refuse_expired("timestamp", timestamp)?;
        let pin = timestamp.content().snapshot();
        pin.matches(bytes).map_err(TrustError::mismatch(name))?;
        if let Some(seen) = self.snapshot.as_ref().filter(|seen| seen.bytes() == bytes) {
            // Read and found signed already: with ten thousand roles that is most of an update.
            refuse_other_version(name, pin.version, seen)?;
            self.refuse_expired(name, seen)?;
            self.roles.clear();
            return Ok(());
        }
        let new: Authentic<Snapshot> = self.top_level(bytes, TopRole::Snapshot)?;
        refuse_other_version(name, pin.version, &new)?;
        if let Some(seen) = &self.snapshot {
            for (role, before) in seen.content().roles() {
                let Some(after) = new.content().meta(role) else {
                    return Err(TrustError::Vanished(role.clone()));
                };
                if after.version < before.version {
                    return Err(TrustError::Rollback {
                        role: role.to_string(),
                        seen: before.version,
                        offered: after.version,
                    });
                }
            }
        }
        self.refuse_expired(name, &new)?;
        self.snapshot = Some(new);
        self.roles.clear();
        Ok(())
    }

    /// Takes the file of a role that the snapshot names (§5.6), as `delegator` delegates it; `targets` has none.
    ///
    /// # Errors
    /// [`TrustError`] when it is another file, not signed by those whom the delegator names, or has expired.
    pub fn take_role(
        &mut self,
        role: &RoleName,
        delegator: Option<&RoleName>,
        bytes: &[u8],
    ) -> Result<(), TrustError> {
        let name = role.as_str();
        let holders = self.holders(role, delegator)?;
        let snapshot = self.snapshot()?;
        self.refuse_expired("snapshot", snapshot)?;
        let pin = snapshot
            .content()
            .meta(role)
            .ok_or_else(|| TrustError::NotInSnapshot(role.clone()))?;
        pin.matches(bytes).map_err(TrustError::mismatch(name))?;
        // The root alone says who holds `targets`, and another root forgets all roles: the same bytes need not be judged for each path.
        let known = self.roles.get(role).filter(|_| delegator.is_none());
        if let Some(known) = known.filter(|known| known.bytes() == bytes) {
            refuse_other_version(name, pin.version, known)?;
            return self.refuse_expired(name, known);
        }
        let new = Received::<Targets>::read(bytes, &self.limits)
            .map_err(TrustError::metadata(name))?
            .signed_by(&holders)
            .map_err(TrustError::signatures(name))?;
        refuse_other_version(name, pin.version, &new)?;
        self.refuse_expired(name, &new)?;
        self.roles.insert(role.clone(), new);
        Ok(())
    }

    /// Refuses a root that is not in force (§5.3.10).
    ///
    /// # Errors
    /// [`TrustError::Expired`].
    pub fn refuse_expired_root(&self) -> Result<(), TrustError> {
        self.refuse_expired("root", &self.root)
    }

    /// The newest root.
    pub fn root(&self) -> &Authentic<Root> {
        &self.root
    }

    /// The newest timestamp, in force or seen before.
    ///
    /// # Errors
    /// [`TrustError::NotStored`] when there is none.
    pub fn timestamp(&self) -> Result<&Authentic<TimestampRole>, TrustError> {
        self.timestamp
            .as_ref()
            .ok_or_else(|| TrustError::NotStored("timestamp".to_owned()))
    }

    /// The newest snapshot, in force or seen before.
    ///
    /// # Errors
    /// [`TrustError::NotStored`] when there is none.
    pub fn snapshot(&self) -> Result<&Authentic<Snapshot>, TrustError> {
        self.snapshot
            .as_ref()
            .ok_or_else(|| TrustError::NotStored("snapshot".to_owned()))
    }

    /// A role that was taken.
    pub fn role(&self, role: &RoleName) -> Option<&Authentic<Targets>> {
        self.roles.get(role)
    }

    /// All roles that were taken.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = (&RoleName, &Authentic<Targets>)> {
        self.roles.iter()
    }

    /// Says in refusals that the time is that of the floor, which nobody sees otherwise.
    pub(super) fn name_floor(&mut self) {
        self.is_floor = true;
    }

    /// The time of the update.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The limits of the update.
    pub fn limits(&self) -> &TrustLimits {
        &self.limits
    }

    /// What tells the holders of the online roles from others. Where it changes, floors that were seen under the old ones no longer hold
    /// (§5.3.11): whoever stole those keys may have set them out of reach.
    pub fn online_holders_mark(&self) -> String {
        let marks: Vec<String> = [TopRole::Snapshot, TopRole::Timestamp]
            .iter()
            .flat_map(|role| {
                let mut marks = self.root.content().role(*role).marks();
                marks.push(role.name().to_owned());
                marks
            })
            .collect();
        let digest = Sha256::of(marks.join("\n").as_bytes()).to_string();
        digest.chars().take(16).collect()
    }

    fn top_level<R: Role>(&self, bytes: &[u8], role: TopRole) -> Result<Authentic<R>, TrustError> {
        Received::<R>::read(bytes, &self.limits)
            .map_err(TrustError::metadata(role.name()))?
            .signed_by(self.root.content().role(role))
            .map_err(TrustError::signatures(role.name()))
    }

    fn holders(
        &self,
        role: &RoleName,
        delegator: Option<&RoleName>,
    ) -> Result<RoleKeys, TrustError> {
        let Some(delegator) = delegator else {
            return Ok(self.root.content().role(TopRole::Targets).clone());
        };
        self.roles
            .get(delegator)
            .and_then(|delegator| delegator.content().delegations().get(role))
            .map(|delegation| delegation.keys.clone())
            .ok_or_else(|| TrustError::NotStored(format!("a delegation of {role} by {delegator}")))
    }

    fn refuse_expired<R: Role>(&self, name: &str, role: &Authentic<R>) -> Result<(), TrustError> {
        if !role.is_expired(self.time) {
            return Ok(());
        }
        Err(TrustError::Expired {
            role: name.to_owned(),
            version: role.version(),
            expires: role.expires(),
            time: self.time,
            by_floor: self.is_floor,
        })
    }
}

fn refuse_other_version<R: Role>(
    name: &str,
    said: crate::metadata::Version,
    file: &Authentic<R>,
) -> Result<(), TrustError> {
    if said == file.version() {
        return Ok(());
    }
    Err(TrustError::OtherVersion {
        name: name.to_owned(),
        said,
        found: file.version(),
    })
}

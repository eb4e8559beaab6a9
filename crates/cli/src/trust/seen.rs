//! The newest version of each project's policy that this user has judged by: an older one is refused, whoever still signs it.

use std::num::NonZeroU64;

use quorate::json::{self, Json, Members, ShapeError};
use quorate_trust::client::ProjectPolicy;
use quorate_trust::disk::{Disk, OnBusy};

use super::LIMITS;
use super::args::StoreArguments;
use super::store::Store;
use crate::error::CommandError;

/// The folder of these files; a project's name is a plain file name.
pub(super) const FOLDER: &str = "policies";
const TYPE: &str = "https://quorate.dev/policy-seen/v1";
const BYTES_MAX: usize = 1_024;

/// What one file says.
struct Seen {
    role: String,
    version: NonZeroU64,
}

/// The version below which a policy of this project is refused.
///
/// # Errors
/// Also when the file does not hold: whoever damages it must not take the floor away.
pub(super) fn version_min(
    store: &Store,
    policy: &ProjectPolicy,
) -> Result<NonZeroU64, CommandError> {
    let seen = read(store, &store.disk()?, policy)?;
    Ok(seen.map_or(NonZeroU64::MIN, |seen| seen.version))
}

/// Remembers that a policy of this version was in force.
pub(crate) fn remember_version(
    arguments: &StoreArguments,
    policy: &ProjectPolicy,
    version: NonZeroU64,
) -> Result<(), CommandError> {
    let store = Store::locate(arguments.store.as_deref())?;
    let mut disk = store.disk()?;
    let locked = disk.lock(OnBusy::Wait);
    let _lock = locked.map_err(|error| store.unable(&error))?;
    // Another process may have written a newer one meanwhile.
    let before = read(&store, &disk, policy)?;
    if before.is_some_and(|seen| version <= seen.version) {
        return Ok(());
    }
    let seen = Seen {
        role: policy.role().to_string(),
        version,
    };
    disk.write(&name(policy), &seen.to_bytes())
        .map_err(|error| store.unable(&error))
}

fn name(policy: &ProjectPolicy) -> String {
    format!("{FOLDER}/{}.json", policy.project())
}

fn read(store: &Store, disk: &Disk, policy: &ProjectPolicy) -> Result<Option<Seen>, CommandError> {
    let name = name(policy);
    let read = disk.read(&name, BYTES_MAX);
    let Some(bytes) = read.map_err(|error| store.unable(&error))? else {
        return Ok(None);
    };
    let seen = Seen::read(&bytes).map_err(|problem| {
        CommandError::refused(format!("the store: {name}: {problem}")).hint(
            "it says which version of the policy was seen; `quorate trust pin --replace` begins anew, or take the file away when you know that version",
        )
    })?;
    // A project that got a role of another name starts anew: whoever stole the keys of the old one may have set the version out of reach.
    Ok(Some(seen).filter(|seen| seen.role == policy.role().as_str()))
}

impl Seen {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let value = json::parse(bytes, &LIMITS.json).map_err(|error| error.to_string())?;
        let read = || -> Result<Self, ShapeError> {
            let members = json::object(&value)?;
            members.only(&["_type", "role", "version"])?;
            if members.read("_type", json::string)? != TYPE {
                return Err(ShapeError::new("not a seen policy of this version"));
            }
            let version = members.read("version", json::integer)?;
            Ok(Self {
                role: members.read("role", json::string)?.to_owned(),
                version: NonZeroU64::new(version)
                    .ok_or_else(|| ShapeError::new("a version is at least 1"))?,
            })
        };
        read().map_err(|error| error.to_string())
    }

    fn to_bytes(&self) -> Vec<u8> {
        Json::object([
            ("_type", Json::text(TYPE)),
            ("role", Json::text(self.role.clone())),
            ("version", Json::number(self.version.get())),
        ])
        .to_text()
    }
}

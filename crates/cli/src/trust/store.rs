//! A user's store: the client's files, and beside them the pin and where the last update came from.

use std::env;
use std::path::{Path, PathBuf};

use quorate::digest::Sha256;
use quorate::json::{self, Json, Members, ShapeError};
use quorate_trust::client::{Client, Pin, TrustError};
use quorate_trust::disk::{Disk, DiskError, OnBusy};
use quorate_trust::metadata::Version;

use super::LIMITS;
use super::place::Place;
use crate::error::CommandError;
use crate::output;

/// The pin.
const PIN: &str = "pin.json";
const PIN_TYPE: &str = "https://quorate.dev/pin/v1";
const PIN_BYTES_MAX: usize = 1_024;
/// The folder or address of the repository from which the last update came: what was not looked at then is asked for there.
const PLACE: &str = "repository";
const PLACE_BYTES_MAX: usize = 8_192;

/// A folder with a user's trust.
pub(super) struct Store {
    folder: PathBuf,
}

/// Which root is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pinned {
    pub(super) version: Version,
    pub(super) sha256: Sha256,
}

impl Store {
    /// The folder that the user names, or the usual one.
    pub(super) fn locate(named: Option<&Path>) -> Result<Self, CommandError> {
        if let Some(folder) = named {
            return Ok(Self {
                folder: folder.to_owned(),
            });
        }
        // The XDG base directory specification: a relative path in the variable counts for none.
        let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let home = env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
        let data = data.filter(|path| path.is_absolute()).or(home);
        let data = data.filter(|path| path.is_absolute()).ok_or_else(|| {
            CommandError::unable("neither XDG_DATA_HOME nor HOME says where trust is kept")
                .hint("name a folder with --store")
        })?;
        Ok(Self {
            folder: data.join("quorate/trust"),
        })
    }

    pub(super) fn disk(&self) -> Result<Disk, CommandError> {
        Disk::open(&self.folder).map_err(|error| self.unable(&error))
    }

    pub(super) fn pinned(&self) -> Result<Option<Pinned>, CommandError> {
        if !self.folder.is_dir() {
            return Ok(None);
        }
        let read = self.disk()?.read(PIN, PIN_BYTES_MAX);
        let Some(bytes) = read.map_err(|error| self.unable(&error))? else {
            return Ok(None);
        };
        Pinned::read(&bytes).map(Some).map_err(|problem| {
            CommandError::refused(format!("{}/{PIN}: {problem}", self.folder.display()))
                .hint("pin the root again with --replace")
        })
    }

    /// Writes the pin; whoever calls this holds the lock.
    pub(super) fn write_pin(&self, disk: &mut Disk, pinned: &Pinned) -> Result<(), CommandError> {
        disk.write(PIN, &pinned.to_bytes())
            .map_err(|error| self.unable(&error))
    }

    /// The client under the pin.
    pub(super) fn client(&self) -> Result<Client, CommandError> {
        let pinned = self.pinned()?.ok_or_else(|| {
            CommandError::unable(format!("{}: no root is pinned", self.folder.display())).hint(
                "get the root or its SHA-256 from somebody you trust, then `quorate trust pin FILE`; nothing is trusted on first use",
            )
        })?;
        let pin = Pin::Digest {
            version: pinned.version,
            sha256: pinned.sha256,
        };
        Client::open(&self.folder, pin, OnBusy::Wait, LIMITS).map_err(|error| refusal(&error))
    }

    /// Remembers where the repository is.
    pub(super) fn remember(&self, place: &Place) -> Result<(), CommandError> {
        let Some(text) = place.to_text() else {
            output::talk("the repository's path is not remembered: it is not one line of UTF-8");
            return Ok(());
        };
        let mut disk = self.disk()?;
        let written = disk
            .lock(OnBusy::Wait)
            .and_then(|_lock| disk.write(PLACE, format!("{text}\n").as_bytes()));
        written.map_err(|error| self.unable(&error))
    }

    /// Where the last update came from, where that is still there.
    pub(super) fn place(&self) -> Result<Option<Place>, CommandError> {
        let read = self.disk()?.read(PLACE, PLACE_BYTES_MAX);
        let bytes = read.map_err(|error| self.unable(&error))?;
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.and_then(|text| Place::remembered(text.trim_end_matches('\n'))))
    }

    pub(super) fn unable(&self, error: &DiskError) -> CommandError {
        CommandError::unable(format!("the store: {error}"))
    }
}

impl Pinned {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let value = json::parse(bytes, &LIMITS.json).map_err(|error| error.to_string())?;
        let read = || -> Result<Self, ShapeError> {
            let members = json::object(&value)?;
            members.only(&["_type", "sha256", "version"])?;
            if members.read("_type", json::string)? != PIN_TYPE {
                return Err(ShapeError::new("not a pin of this version"));
            }
            let version = members.read("version", json::integer)?;
            Ok(Self {
                version: Version::new(version)
                    .ok_or_else(|| ShapeError::new("a version is at least 1"))?,
                sha256: members.read("sha256", |value| {
                    Sha256::parse(json::string(value)?)
                        .map_err(|error| ShapeError::new(error.to_string()))
                })?,
            })
        };
        read().map_err(|error| error.to_string())
    }

    fn to_bytes(self) -> Vec<u8> {
        Json::object([
            ("_type", Json::text(PIN_TYPE)),
            ("version", Json::number(self.version.number())),
            ("sha256", Json::text(self.sha256.to_string())),
        ])
        .to_text()
    }
}

impl std::fmt::Display for Pinned {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "root {} with SHA-256 {}", self.version, self.sha256)
    }
}

/// What a client says: something was judged and refused, or there was nothing to judge.
pub(super) fn refusal(error: &TrustError) -> CommandError {
    let message = output::line(&format!("trust: {error}"));
    match error {
        TrustError::NotStored(_) => CommandError::unable(message)
            .hint("`quorate trust update PLACE` brings it from the repository"),
        TrustError::Store(_) | TrustError::Fetch { .. } | TrustError::Missing(_) => {
            CommandError::unable(message)
        }
        TrustError::NoTarget(_) | TrustError::Naming(_) => CommandError::unable(message).hint(
            "no policy is known for it: its project puts one into the trust repository with `quorate trust delegate` and `policy`; --policy and --owner name another",
        ),
        TrustError::Expired { by_floor: true, .. } => CommandError::refused(message).hint(
            "set the clock, and update; where an update was made by a clock that was ahead, write the true time, as in 2027-01-01T00:00:00Z, into the file `floor` of the store",
        ),
        TrustError::Expired { .. } => CommandError::refused(message).hint(
            "`quorate trust update PLACE`; where the repository has nothing newer, ask who keeps it",
        ),
        TrustError::Medium { .. } => CommandError::refused(message).hint(
            "where this machine has no other way to trust, `quorate trust update DIR --medium` takes it; otherwise ask who serves it why",
        ),
        _ => CommandError::refused(message),
    }
}

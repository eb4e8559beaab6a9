//! `quorate trust publish` and `refresh`: what is signed becomes visible.

use std::path::Path;
use std::process::ExitCode;

use quorate::key::SigningKey;
use quorate::time::Timestamp;
use quorate_trust::metadata::Role as _;
use quorate_trust::repository::{
    Ceremony, Folder, Online, Publication, Renew, RepositoryError, TakeBack,
};

use super::LIMITS;
use super::args::OnlineArguments;
use super::ceremony::{after, at, published};
use super::change_args::PublishArguments;
use super::signer::key_file;
use crate::error::CommandError;
use crate::output;
use crate::source;

/// The online keys and times of one publication.
struct Desk {
    keys: Vec<SigningKey>,
    at: Timestamp,
    snapshot_expires: Timestamp,
    timestamp_expires: Timestamp,
}

impl Desk {
    fn open(arguments: &OnlineArguments) -> Result<Self, CommandError> {
        let at = source::time(arguments.at)?;
        let passphrase = arguments.passphrase_file.as_deref();
        let keys = arguments.online_key.iter();
        Ok(Self {
            keys: keys
                .map(|path| key_file(path, passphrase))
                .collect::<Result<_, _>>()?,
            at,
            snapshot_expires: after(at, arguments.snapshot_days)?,
            timestamp_expires: after(at, arguments.timestamp_days)?,
        })
    }

    fn online(&self) -> Online<'_> {
        Online {
            snapshot: &self.keys,
            snapshot_expires: self.snapshot_expires,
            timestamp: &self.keys,
            timestamp_expires: self.timestamp_expires,
        }
    }
}

pub(super) fn publish(arguments: &PublishArguments) -> Result<ExitCode, CommandError> {
    let (repository, ceremony) = (arguments.repository.as_path(), arguments.ceremony.as_path());
    let take_back = match arguments.take_back {
        true => TakeBack::Accepted,
        false => TakeBack::Refused,
    };
    let desk = Desk::open(&arguments.online)?;
    if !ceremony.is_dir() {
        return Err(CommandError::unable(format!(
            "{}: no ceremony is there",
            ceremony.display()
        )));
    }
    let signed = Ceremony::open(ceremony, LIMITS).map_err(|error| at(ceremony, &error))?;
    let mut folder = Folder::open(repository, LIMITS).map_err(|error| at(repository, &error))?;
    let publication = folder.publish(&signed, desk.online(), desk.at, take_back);
    let publication = publication.map_err(|error| {
        let failure = at(ceremony, &error);
        match error {
            RepositoryError::Signatures { .. } => {
                failure.hint("`quorate trust diff` says whose signatures are missing")
            }
            _ => failure,
        }
    })?;
    say(&publication)?;
    let first = "metadata/1.root.json";
    if publication.writes.iter().any(|(name, _)| name == first) {
        output::talk(&output::line(&format!(
            "next: hand out {}, or its SHA-256, to those who are to trust it: `quorate trust pin FILE`",
            repository.join(first).display()
        )));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn refresh(
    repository: &Path,
    arguments: &OnlineArguments,
) -> Result<ExitCode, CommandError> {
    let desk = Desk::open(arguments)?;
    let (mut folder, state) = published(repository)?;
    let half = after(desk.at, arguments.snapshot_days.div_ceil(2))?;
    // A snapshot costs every client a file: it is made anew when half of its time is gone, or nobody of today signed it.
    let renew = match state.online() {
        Some((_, snapshot)) if snapshot.expires() > half => Renew::Timestamp,
        _ => Renew::Both,
    };
    let publication = folder
        .refresh(renew, desk.online())
        .map_err(|error| at(repository, &error))?;
    say(&publication)
}

pub(super) fn export(
    repository: &Path,
    medium: &Path,
    days: u16,
    arguments: &OnlineArguments,
) -> Result<ExitCode, CommandError> {
    let desk = Desk::open(arguments)?;
    let (mut folder, _) = published(repository)?;
    let until = after(desk.at, days)?;
    let on_medium = Online {
        snapshot_expires: until,
        timestamp_expires: until,
        ..desk.online()
    };
    let exported = folder
        .export(medium, on_medium, desk.online())
        .map_err(|error| at(repository, &error))?;
    let root = exported.root().map(|root| ("root", root.expires()));
    let roles = exported.roles();
    let roles = roles.map(|(name, role)| (name.as_str(), role.unverified().common().expires));
    for (name, expires) in roles.chain(root).filter(|(_, expires)| *expires < until) {
        output::talk(&output::line(&format!(
            "{name} expires {expires}, before the medium does"
        )));
    }
    output::answer(&output::line(&format!(
        "{}: a medium until {until}",
        medium.display()
    )))?;
    Ok(ExitCode::SUCCESS)
}

fn say(publication: &Publication) -> Result<ExitCode, CommandError> {
    let names = publication.writes.iter().map(|(name, _)| name.as_str());
    output::answer(&names.collect::<Vec<_>>().join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

//! What every verb that prepares a change has in common: a repository, a time, and a folder for the holders.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate::key::PublicKey;
use quorate::time::Timestamp;
use quorate_trust::metadata::RoleName;
use quorate_trust::repository::{
    Bins, Ceremony, Change, Expiries, Folder, Holders, Pending, Repository, RepositoryError, review,
};

use super::LIMITS;
use super::args::ChangeArguments;
use super::names::Names;
use crate::error::CommandError;
use crate::output;
use crate::source::{self, public_key};

const DAY_SECONDS: i64 = 86_400;
/// Root, targets and projects: as long as people keep a key in a safe place without looking.
const YEAR_DAYS: u16 = 365;
/// The roster: a board that does not meet in a quarter does not look after it.
const REBUILDERS_DAYS: u16 = 90;
/// Hash bins.
const BINS_DAYS: u16 = 180;

/// A repository that a change is prepared over.
pub(super) struct Preparation {
    pub(super) folder: Folder,
    pub(super) repository: Repository,
    pub(super) names: Names,
    pub(super) at: Timestamp,
    pub(super) expiries: Expiries,
    ceremony: PathBuf,
}

impl Preparation {
    pub(super) fn open(arguments: &ChangeArguments) -> Result<Self, CommandError> {
        let (folder, repository) = published(&arguments.repository)?;
        let at = source::time(arguments.at)?;
        Ok(Self {
            names: Names::of_repository(&folder, &repository),
            folder,
            repository,
            at,
            expiries: expiries(at)?,
            ceremony: arguments.ceremony.clone(),
        })
    }

    /// Writes the files for the holders and says what they change.
    pub(super) fn prepare(&self, change: &Change) -> Result<ExitCode, CommandError> {
        prepare(
            Some(&self.folder),
            &self.repository,
            &self.names,
            &self.ceremony,
            change,
        )
    }
}

/// Opens a repository, which must have something published.
pub(super) fn published(path: &Path) -> Result<(Folder, Repository), CommandError> {
    let empty = || {
        CommandError::unable(format!("{}: no trust repository is there", path.display()))
            .hint("`quorate trust init` and `quorate trust publish` make one")
    };
    if !path.join("metadata").is_dir() {
        return Err(empty());
    }
    let folder = Folder::open(path, LIMITS).map_err(|error| at(path, &error))?;
    let repository = folder.read().map_err(|error| at(path, &error))?;
    match repository.root() {
        Some(_) => Ok((folder, repository)),
        None => Err(empty()),
    }
}

pub(super) fn prepare(
    published: Option<&Folder>,
    repository: &Repository,
    names: &Names,
    folder: &Path,
    change: &Change,
) -> Result<ExitCode, CommandError> {
    let mut ceremony = Ceremony::open(folder, LIMITS).map_err(|error| at(folder, &error))?;
    ceremony
        .prepare(repository, change)
        .map_err(|error| match error {
            RepositoryError::Stray(name) => CommandError::unable(format!(
                "{}: {name} is there, and a ceremony begins in an empty folder",
                folder.display()
            ))
            .hint("name a folder that does not exist yet"),
            error => at(folder, &error),
        })?;
    if let Some(published) = published {
        ceremony
            .keep(published, repository)
            .map_err(|error| at(folder, &error))?;
    }
    let files = ceremony.files().map_err(|error| at(folder, &error))?;
    let before = ceremony.before().map_err(|error| at(folder, &error))?;
    let review = review(&before, &files, &LIMITS).map_err(|error| at(folder, &error))?;
    let lines: Vec<String> = review
        .words
        .iter()
        .map(|line| names.in_line(line))
        .collect();
    output::answer(&lines.join("\n"))?;
    say_missing(&review.pending, names);
    output::talk(&format!(
        "next: each holder runs `quorate trust sign {} --key KEY`",
        folder.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Refuses a ceremony that nobody could publish any more. Call it last, so that what is to be seen was seen.
pub(super) fn refuse_stale(folder: &Path, stale: &[String]) -> Result<(), CommandError> {
    match stale {
        [] => Ok(()),
        files => Err(CommandError::refused(output::line(&format!(
            "{}: {}: prepared from an older state of the repository; prepare it anew",
            folder.display(),
            files.join(", ")
        )))),
    }
}

/// The same as talk.
pub(super) fn say_missing(pending: &[Pending], names: &Names) {
    for line in missing(pending, names) {
        output::talk(&line);
    }
}

/// Who has to sign what, and how many did. Hash bins in the same state share a line.
pub(super) fn missing(pending: &[Pending], names: &Names) -> Vec<String> {
    let mut lines = Vec::new();
    let mut bins: Vec<(String, usize)> = Vec::new();
    for file in pending {
        let state = state(file, names);
        let role = file.quorums.first().map(|quorum| quorum.role.as_str());
        let role = role.and_then(|role| RoleName::delegated(role).ok());
        if !role.is_some_and(|role| Bins::is_bin(&role)) {
            lines.push(format!("{}: {state}", file.file));
            continue;
        }
        match bins.iter_mut().find(|(known, _)| *known == state) {
            Some((_, count)) => *count += 1,
            None => bins.push((state, 1)),
        }
    }
    lines.extend(bins.into_iter().map(|(state, count)| {
        let bins = if count == 1 { "bin" } else { "bins" };
        format!("{count} hash {bins}: {state}")
    }));
    lines
}

fn state(file: &Pending, names: &Names) -> String {
    if file.quorums.is_empty() {
        return "nobody is known to hold it".to_owned();
    }
    let quorums = file.quorums.iter().map(|quorum| {
        let (holders, signed) = (&quorum.holders, &quorum.signed_by);
        let others = holders.ids().filter(|id| !signed.iter().any(|it| it == id));
        let others: Vec<String> = others.map(|id| names.key(id)).collect();
        let by = match signed.is_empty() {
            true => String::new(),
            false => format!(" by {}", names.keys(signed).join(", ")),
        };
        let open = match signed.len() >= holders.threshold() {
            true => String::new(),
            false => format!("; not yet by {}", others.join(", ")),
        };
        // A root has two sets of holders, and which is which must be said.
        let of = match quorum.role.starts_with("root ") {
            true => format!(" of {}", quorum.role),
            false => String::new(),
        };
        let (count, needed) = (signed.len(), holders.threshold());
        format!("{count} of {needed} needed holders{of} signed{by}{open}")
    });
    quorums.collect::<Vec<_>>().join("; ")
}

pub(super) fn expiries(at: Timestamp) -> Result<Expiries, CommandError> {
    let year = after(at, YEAR_DAYS)?;
    Ok(Expiries {
        root: year,
        targets: year,
        rebuilders: after(at, REBUILDERS_DAYS)?,
        bins: after(at, BINS_DAYS)?,
        project: year,
    })
}

pub(super) fn after(at: Timestamp, days: u16) -> Result<Timestamp, CommandError> {
    Timestamp::from_unix_seconds(at.unix_seconds() + i64::from(days) * DAY_SECONDS)
        .ok_or_else(|| CommandError::unable("a time after the year 9999"))
}

/// Reads holders' keys; without a number more than half of them must sign.
pub(super) fn holders(paths: &[PathBuf], needed: Option<u64>) -> Result<Holders, CommandError> {
    let keys: Vec<PublicKey> = paths
        .iter()
        .map(|path| public_key(path))
        .collect::<Result<_, _>>()?;
    let half = keys.len() as u64 / 2 + 1;
    Ok(Holders {
        threshold: needed.unwrap_or(half),
        keys,
    })
}

/// What the repository side says about a folder: something was read and is refused, or could not be read.
pub(super) fn at(path: &Path, error: &RepositoryError) -> CommandError {
    let message = output::line(&format!("{}: {error}", path.display()));
    match error {
        RepositoryError::Disk(_) | RepositoryError::Empty | RepositoryError::Occupied(_) => {
            CommandError::unable(message)
        }
        _ => CommandError::refused(message),
    }
}

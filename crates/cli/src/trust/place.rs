//! Where a repository is: a folder, or an address of http or https.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use quorate_http::{Address, HttpFetch};
use quorate_trust::client::{Fetch, FolderFetch};

use crate::error::CommandError;
use crate::output;

/// Fetching that takes longer is shown.
const SHOWN_FROM: Duration = Duration::from_secs(1);

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A folder of this machine, by its whole path.
    Folder(PathBuf),
    /// A server.
    Server(Address),
}

impl Place {
    /// Reads what a user names: a folder that is there, `file:///PATH` of one, or an address.
    pub(super) fn named(place: &Path) -> Result<Self, CommandError> {
        let text = place.to_string_lossy();
        if Address::is_meant(&text) {
            return Address::parse(&text)
                .map(Self::Server)
                .map_err(|error| CommandError::unable(output::line(&error.to_string())));
        }
        let folder = match text.split_once("://") {
            None => place.to_owned(),
            Some(("file", path)) if path.starts_with('/') && !path.contains('%') => {
                PathBuf::from(path)
            }
            Some((scheme, _)) => {
                return Err(CommandError::unable(format!(
                    "{}: {scheme} is not spoken here; a repository is a folder, file:///PATH without escapes, http://… or https://…",
                    output::line(&text)
                ))
                .hint("mirror the files with a tool of your choice and name the folder: whoever brings them, they are judged by their signatures"));
            }
        };
        std::fs::canonicalize(&folder)
            .map(Self::Folder)
            .map_err(|error| CommandError::unable(format!("{}: {error}", output::line(&text))))
    }

    /// Reads what [`Self::to_text`] wrote; `None` for a folder that is no longer there, and for what it did not write.
    pub(super) fn remembered(text: &str) -> Option<Self> {
        if Address::is_meant(text) {
            return Address::parse(text).ok().map(Self::Server);
        }
        let folder = PathBuf::from(text);
        (folder.is_absolute() && folder.is_dir()).then_some(Self::Folder(folder))
    }

    /// One line; `None` for a folder whose path is none.
    pub(super) fn to_text(&self) -> Option<&str> {
        let text = match self {
            Self::Folder(folder) => folder.to_str()?,
            Self::Server(address) => address.as_str(),
        };
        (!text.contains('\n')).then_some(text)
    }

    /// Whoever brings files from there. Nothing is asked for yet.
    pub(super) fn fetch(&self) -> Box<dyn Fetch> {
        match self {
            Self::Folder(folder) => Box::new(FolderFetch::new(folder)),
            Self::Server(address) => {
                let mut fetch = HttpFetch::of_repository(address);
                let (begun, mut bar) = (Instant::now(), None);
                fetch.observe(move |name, bytes| {
                    if begun.elapsed() >= SHOWN_FROM {
                        let bar = bar.get_or_insert_with(spinner);
                        bar.set_message(output::line(name));
                        bar.set_position(bytes);
                    }
                });
                Box::new(fetch)
            }
        }
    }
}

/// Shows only on a terminal, and is cleared with the value.
fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("fetching {msg} {bytes} {elapsed}");
    ProgressBar::new_spinner().with_style(style.unwrap_or(ProgressStyle::default_spinner()))
}

//! Holders for people: by the name that the roster has for a key, else by the beginning of its id.

use std::path::Path;

use quorate_trust::repository::{Folder, Repository};
use quorate_trust::roster::Roster;

use crate::output;

/// Digits of a key's id that tell it from others on a screen.
const SHORT: usize = 16;
/// Digits of an id as metadata has it.
const FULL: usize = 64;

/// What keys are called.
#[derive(Debug, Default)]
pub(super) struct Names {
    roster: Roster,
}

impl Names {
    pub(super) fn of(roster: Roster) -> Self {
        Self { roster }
    }

    /// Names are a courtesy: a roster that does not hold is named, and then nobody has a name.
    pub(super) fn of_repository(folder: &Folder, repository: &Repository) -> Self {
        match folder.roster(repository) {
            Ok(roster) => Self::of(roster),
            Err(error) => {
                output::talk(&format!("no names of holders: {error}"));
                Self::default()
            }
        }
    }

    /// A key by its id.
    pub(super) fn key(&self, id: &str) -> String {
        let short: String = id.chars().take(SHORT).collect();
        match self.roster.holder_of(id) {
            Some(name) => format!("{name} ({short})"),
            None => short,
        }
    }

    pub(super) fn keys(&self, ids: &[String]) -> Vec<String> {
        ids.iter().map(|id| self.key(id)).collect()
    }

    /// The same line with keys by name. A digest of a file stays whole: holders compare it.
    pub(super) fn in_line(&self, line: &str) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut before = "";
        for word in line.split(' ') {
            let id = word.trim_end_matches([',', ':']);
            let hex = id.len() == FULL && id.bytes().all(|digit| digit.is_ascii_hexdigit());
            words.push(match hex && before != "bytes," {
                true => format!("{}{}", self.key(id), &word[id.len()..]),
                false => word.to_owned(),
            });
            before = word;
        }
        output::line(&words.join(" "))
    }
}

/// A path on one line.
pub(super) fn shown(path: &Path) -> String {
    output::line(&path.to_string_lossy())
}

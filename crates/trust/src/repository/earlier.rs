//! What a new document does to the one that is published: told to holders loudly where something goes away, and refused where it takes back a theft.

use std::collections::BTreeMap;

use quorate::time::Timestamp;

use super::review::Before;
use super::{Folder, Repository, RepositoryError};
use crate::limits::TrustLimits;
use crate::metadata::{Received, RoleName, TargetFile, TargetPath, Targets};
use crate::naming::{self, Naming, NamingRule, ProjectOf};
use crate::roster::{self, Party, PartyKey};

/// What is published under a path.
pub(super) enum Earlier<'b> {
    /// Nothing.
    Nothing,
    /// Something whose bytes are not here.
    Unknown,
    /// This.
    Is(&'b [u8]),
}

/// The name under which a target file is published.
pub(super) fn published(path: &TargetPath, said: &TargetFile) -> String {
    let hash = said.hashes.for_name().unwrap_or_default();
    format!("targets/{}", path.with_hash(&hash))
}

/// The published documents that a change of these roles is told against. One that does not hold is left out: a roster that went bad must be mendable.
pub(super) fn documents(
    folder: &Folder,
    repository: &Repository,
    changed: impl Fn(&RoleName) -> bool,
) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for role in [RoleName::targets(), roster::role()] {
        let Some(file) = repository.role(&role).filter(|_| changed(&role)) else {
            continue;
        };
        for (path, said) in file.unverified().targets() {
            let told = role == roster::role() || *path == naming::path();
            if told && let Ok(bytes) = folder.target(repository, &role, path) {
                found.insert(published(path, said), bytes);
            }
        }
    }
    found
}

/// Naming rules, and those that go away.
pub(super) fn describe_naming(
    bytes: &[u8],
    old: &Earlier<'_>,
    limits: &TrustLimits,
) -> Vec<String> {
    let path = naming::path();
    let new = match Naming::read(bytes, limits) {
        Ok(new) => new,
        Err(error) => return vec![format!("{path}: NOT READABLE: {error}")],
    };
    let mut lines: Vec<String> = new.rules.iter().map(describe_rule).collect();
    match old {
        Earlier::Nothing => {}
        Earlier::Unknown => lines.push(not_here(&path)),
        Earlier::Is(bytes) => match Naming::read(bytes, limits) {
            Err(_) => lines.push(not_here(&path)),
            Ok(old) => {
                let gone = old.rules.iter().filter(|rule| !new.rules.contains(rule));
                lines.extend(
                    gone.map(|rule| format!("{}: THIS RULE GOES AWAY", describe_rule(rule))),
                );
            }
        },
    }
    lines
}

fn describe_rule(rule: &NamingRule) -> String {
    let pattern = rule.pattern.as_str();
    match &rule.project {
        ProjectOf::Named(project) => format!("naming: {pattern:?} belongs to {project}"),
        ProjectOf::Before(text) => {
            format!("naming: {pattern:?} belongs to the project named before {text:?}")
        }
    }
}

/// A document that is taken out and has no successor.
pub(super) fn describe_removed(role: &RoleName, path: &TargetPath) -> Option<String> {
    if *path == naming::path() {
        return Some("naming: EVERY RULE GOES AWAY".to_owned());
    }
    (*role == roster::role()).then(|| format!("{path}: THE ENTRY OF THIS PARTY IS REMOVED"))
}

/// A party's entry, and what it changes.
pub(super) fn describe_party(
    path: &TargetPath,
    bytes: &[u8],
    old: &Earlier<'_>,
    limits: &TrustLimits,
) -> Vec<String> {
    let party = match Party::read(bytes, limits) {
        Ok(party) => party,
        Err(error) => return vec![format!("{path}: NOT READABLE: {error}")],
    };
    let (name, domain) = (&party.name, &party.domain);
    let mut lines = vec![format!(
        "party {name}: {} ({}), hosting {}, country {}, toolchain {}, roles {}, contact {}",
        party.operator,
        party.principal,
        domain.hosting,
        domain.country,
        domain.toolchain,
        party.roles.join(" "),
        party.contact
    )];
    let keys = party.keys.iter();
    lines.extend(keys.map(|listed| format!("party {name}: {}", describe_key(listed))));
    match old {
        Earlier::Nothing => {}
        Earlier::Unknown => lines.push(not_here(path)),
        Earlier::Is(bytes) => match Party::read(bytes, limits) {
            Err(_) => lines.push(not_here(path)),
            Ok(old) => {
                let changes = changes(&old, &party).into_iter();
                lines.extend(changes.map(|change| format!("party {name}: {change}")));
            }
        },
    }
    lines
}

fn not_here(path: &TargetPath) -> String {
    format!(
        "{path}: WHAT IT REPLACES IS NOT HERE, so that nobody sees what goes away; `quorate trust diff` tells it from a repository"
    )
}

fn describe_key(listed: &PartyKey) -> String {
    let from = match listed.valid_from.unix_seconds() {
        0 => format!("from the beginning ({})", listed.valid_from),
        _ => format!("from {}", listed.valid_from),
    };
    let until = listed.valid_until;
    let until = until.map_or("without end".to_owned(), |until| format!("until {until}"));
    let stolen = listed.compromised_since;
    let stolen = stolen.map_or(String::new(), |since| {
        format!(", COMPROMISED since {since}")
    });
    format!("key {} {from} {until}{stolen}", listed.key.id())
}

/// From old to new, in words.
fn changes(old: &Party, new: &Party) -> Vec<String> {
    let (had, has) = (old.roles.join(" "), new.roles.join(" "));
    let words = [
        ("principal", &old.principal, &new.principal),
        ("operator", &old.operator, &new.operator),
        ("hosting", &old.domain.hosting, &new.domain.hosting),
        ("country", &old.domain.country, &new.domain.country),
        ("toolchain", &old.domain.toolchain, &new.domain.toolchain),
        ("roles", &had, &has),
        ("contact", &old.contact, &new.contact),
    ];
    let changed = words.iter().filter(|(_, old, new)| old != new);
    let mut lines: Vec<String> = changed
        .map(|(what, old, new)| format!("{what} {old} becomes {new}"))
        .collect();
    for before in &old.keys {
        let id = before.key.id();
        match key_of(new, before) {
            None => lines.push(format!("key {id} IS REMOVED")),
            Some(after) => lines.extend(key_changes(before, after)),
        }
    }
    let fresh = new.keys.iter().filter(|after| key_of(old, after).is_none());
    lines.extend(fresh.map(|after| format!("key {} is added", after.key.id())));
    lines
}

fn key_changes(before: &PartyKey, after: &PartyKey) -> Vec<String> {
    let id = after.key.id();
    let end = |end: Option<Timestamp>| end.map_or("without end".to_owned(), |end| end.to_string());
    let mut lines = Vec::new();
    if before.valid_from != after.valid_from {
        let (old, new) = (before.valid_from, after.valid_from);
        lines.push(format!("key {id}: valid from {old} becomes {new}"));
    }
    if before.valid_until != after.valid_until {
        let (old, new) = (end(before.valid_until), end(after.valid_until));
        lines.push(format!("key {id}: valid until {old} becomes {new}"));
    }
    match (before.compromised_since, after.compromised_since) {
        (Some(since), None) => {
            lines.push(format!("key {id} NO LONGER COMPROMISED since {since}"));
        }
        (Some(old), Some(new)) if old < new => {
            lines.push(format!(
                "key {id} COMPROMISED since {old} BECOMES LATER: {new}"
            ));
        }
        (Some(old), Some(new)) if new < old => {
            lines.push(format!("key {id}: compromised since {old} becomes {new}"));
        }
        _ => {}
    }
    lines
}

/// The same key in another entry.
fn key_of<'p>(party: &'p Party, wanted: &PartyKey) -> Option<&'p PartyKey> {
    let wanted = wanted.key.fingerprint();
    let mut keys = party.keys.iter();
    keys.find(|listed| listed.key.fingerprint() == wanted)
}

/// Refuses a roster that forgets a theft: whoever holds its keys must not give a stolen key its votes back, nor hide whose it was.
pub(super) fn refuse_taken_back(
    before: &Before,
    files: &BTreeMap<String, Vec<u8>>,
    limits: &TrustLimits,
) -> Result<(), RepositoryError> {
    let role = roster::role();
    let file = format!("{}.json", role.encoded());
    let (Some(old), Some(new)) = (before.role(&role), files.get(&file)) else {
        return Ok(());
    };
    let new: Received<Targets> =
        Received::read(new, limits).map_err(RepositoryError::metadata(&file))?;
    for (path, said) in old.unverified().targets() {
        let Some(next) = new.unverified().target(path) else {
            return Err(RepositoryError::TakenBack(format!("{path} vanishes")));
        };
        let Some(has) = files.get(&published(path, next)).filter(|_| said != next) else {
            continue;
        };
        // Whoever takes the published entry away must not hide what it said.
        let Earlier::Is(had) = before.document(&role, path) else {
            let name = published(path, said);
            return Err(RepositoryError::Missing(format!(
                "{name}, as the published roster names it,"
            )));
        };
        // An entry that was no entry said nothing that could be taken back.
        let Ok(had) = Party::read(had, limits) else {
            continue;
        };
        let has = Party::read(has, limits).map_err(|source| roster::RosterError::Entry {
            path: path.clone(),
            source,
        })?;
        for stolen in &had.keys {
            let Some(since) = stolen.compromised_since else {
                continue;
            };
            let (name, id) = (&had.name, stolen.key.id());
            let problem = match key_of(&has, stolen).map(|listed| listed.compromised_since) {
                Some(Some(now)) if now <= since => continue,
                Some(Some(now)) => {
                    format!("is compromised since {now} only, and was since {since}")
                }
                Some(None) => format!("is no longer compromised since {since}"),
                None => "is compromised, and vanishes from its entry".to_owned(),
            };
            return Err(RepositoryError::TakenBack(format!(
                "party {name}: key {id} {problem}"
            )));
        }
    }
    Ok(())
}

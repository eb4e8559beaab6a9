//! `quorate trust add-party` and `remove-party`.

use std::process::ExitCode;

use quorate::key::PublicKey;
use quorate::time::Timestamp;
use quorate_trust::repository::put_party;
use quorate_trust::roster::{Domain, Party, PartyKey};

use super::LIMITS;
use super::args::ChangeArguments;
use super::ceremony::Preparation;
use super::change_args::AddPartyArguments;
use crate::error::CommandError;
use crate::source::public_key;

pub(super) fn add(arguments: &AddPartyArguments) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(&arguments.change)?;
    let repository = &preparation.repository;
    let mut roster = preparation
        .folder
        .roster(repository)
        .map_err(CommandError::refused)?;
    let before = roster.party(&arguments.name).cloned();
    match (&before, arguments.replace) {
        (Some(_), false) => {
            return Err(CommandError::refused(format!(
                "the roster has {} already",
                arguments.name
            ))
            .hint("--replace changes the entry; what is not given stays, and keys that are not named end"));
        }
        (None, true) => {
            return Err(CommandError::refused(format!(
                "the roster has no {} to replace",
                arguments.name
            )));
        }
        _ => {}
    }
    let party = party(arguments, before.as_ref(), preparation.at)?;
    // What this command writes must be something that every client reads.
    let party = Party::read(&party.to_bytes(), &LIMITS).map_err(CommandError::refused)?;
    roster
        .add(party.clone(), &LIMITS)
        .map_err(CommandError::refused)?;
    put(&preparation, &party)
}

fn party(
    arguments: &AddPartyArguments,
    before: Option<&Party>,
    at: Timestamp,
) -> Result<Party, CommandError> {
    let given = |word: &Option<String>, had: fn(&Party) -> &String| -> String {
        let had = before.map(had).cloned();
        word.clone().or(had).unwrap_or_default()
    };
    // Whoever answers for a party goes on doing so: an entry that forgot it would make two votes of one.
    let principal = arguments.principal.clone();
    let principal = principal.or_else(|| before.map(|before| before.principal.clone()));
    let roles = match (arguments.role.as_slice(), before) {
        ([], Some(before)) => before.roles.clone(),
        ([], None) => vec!["rebuilder".to_owned()],
        (roles, _) => roles.to_vec(),
    };
    Ok(Party {
        name: arguments.name.clone(),
        principal: principal.unwrap_or_else(|| arguments.name.clone()),
        operator: given(&arguments.operator, |had| &had.operator),
        domain: Domain {
            hosting: given(&arguments.hosting, |had| &had.domain.hosting),
            country: given(&arguments.country, |had| &had.domain.country),
            toolchain: given(&arguments.toolchain, |had| &had.domain.toolchain),
        },
        roles,
        contact: given(&arguments.contact, |had| &had.contact),
        keys: keys(arguments, before, at)?,
    })
}

/// The keys of the entry: those that are named, and those before, which end.
fn keys(
    arguments: &AddPartyArguments,
    before: Option<&Party>,
    at: Timestamp,
) -> Result<Vec<PartyKey>, CommandError> {
    let named: Vec<PublicKey> = arguments
        .key
        .iter()
        .map(|path| public_key(path))
        .collect::<Result<_, _>>()?;
    let mut keys: Vec<PartyKey> = before.map(|before| before.keys.clone()).unwrap_or_default();
    let timed = arguments.from.is_some() || arguments.until.is_some();
    if named.is_empty() {
        return match timed {
            false => Ok(keys),
            true => Err(CommandError::unable(
                "--from and --until are about keys, and none is named",
            )
            .hint("name them with --key")),
        };
    }
    let is_named = |key: &PublicKey| {
        let mut named = named.iter();
        named.any(|named| named.fingerprint() == key.fingerprint())
    };
    let known = keys.iter().filter(|had| is_named(&had.key)).count();
    // One time for a new key and one that is in force would void what the older one signed.
    if timed && known != 0 && known != named.len() {
        return Err(CommandError::unable(
            "--from and --until would be for keys that the entry has and for new ones at once",
        )
        .hint("change them in two ceremonies"));
    }
    for had in &mut keys {
        match is_named(&had.key) {
            true => keep(had, arguments, at)?,
            false => {
                let end = at.max(had.valid_from);
                had.valid_until = Some(had.valid_until.map_or(end, |until| until.min(end)));
            }
        }
    }
    let beginning = Timestamp::from_unix_seconds(0).filter(|_| before.is_none());
    let from = arguments.from.or(beginning).unwrap_or(at);
    for key in named {
        let fingerprint = key.fingerprint();
        if !keys.iter().any(|had| had.key.fingerprint() == fingerprint) {
            keys.push(PartyKey {
                key,
                valid_from: from,
                valid_until: arguments.until,
                compromised_since: None,
            });
        }
    }
    Ok(keys)
}

/// A key that the entry has and that is named again.
fn keep(
    had: &mut PartyKey,
    arguments: &AddPartyArguments,
    at: Timestamp,
) -> Result<(), CommandError> {
    if let Some(end) = had.valid_until
        && end <= at
        && arguments.until.is_none()
    {
        return Err(CommandError::refused(format!(
            "the key {} ended at {end}, and naming it again does not take that back",
            had.key.id()
        ))
        .hint("--until TIME gives it another end; or name a new key"));
    }
    had.valid_from = arguments.from.unwrap_or(had.valid_from);
    had.valid_until = arguments.until.or(had.valid_until);
    Ok(())
}

pub(super) fn remove(arguments: &ChangeArguments, name: &str) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(arguments)?;
    let mut party = listed(&preparation, name)?;
    party.end(preparation.at);
    put(&preparation, &party)
}

/// The party's entry as it is published.
pub(super) fn listed(preparation: &Preparation, name: &str) -> Result<Party, CommandError> {
    let roster = preparation
        .folder
        .roster(&preparation.repository)
        .map_err(CommandError::refused)?;
    let party = roster.party(name).cloned();
    party.ok_or_else(|| CommandError::refused(format!("the roster has no {name}")))
}

/// Prepares an entry in the place of the published one.
pub(super) fn put(preparation: &Preparation, party: &Party) -> Result<ExitCode, CommandError> {
    let change = put_party(party, preparation.expiries.rebuilders);
    preparation.prepare(&change.map_err(CommandError::refused)?)
}

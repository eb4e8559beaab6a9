//! `quorate trust add-party` and `remove-party`.

use std::process::ExitCode;

use quorate::time::Timestamp;
use quorate_trust::repository::put_party;
use quorate_trust::roster::{Domain, Party, PartyKey};

use super::LIMITS;
use super::args::{AddPartyArguments, ChangeArguments};
use super::ceremony::Preparation;
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
            .hint("--replace puts the new entry in its place; keys that it no longer names end"));
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
    let mut keys: Vec<PartyKey> = before.map(|before| before.keys.clone()).unwrap_or_default();
    let mut named = Vec::new();
    for path in &arguments.key {
        let key = public_key(path)?;
        named.push(key.fingerprint());
        if !keys
            .iter()
            .any(|had| had.key.fingerprint() == key.fingerprint())
        {
            keys.push(PartyKey {
                key,
                valid_from: arguments.from.unwrap_or(at),
                valid_until: arguments.until,
                compromised_since: None,
            });
        }
    }
    for had in &mut keys {
        let ended = had.valid_until.is_some_and(|until| until <= at);
        if !named.contains(&had.key.fingerprint()) && !ended {
            had.valid_until = Some(at.max(had.valid_from));
        }
    }
    Ok(Party {
        name: arguments.name.clone(),
        principal: arguments
            .principal
            .as_ref()
            .unwrap_or(&arguments.name)
            .clone(),
        operator: arguments.operator.clone(),
        domain: Domain {
            hosting: arguments.hosting.clone(),
            country: arguments.country.clone(),
            toolchain: arguments.toolchain.clone(),
        },
        roles: arguments.role.clone(),
        contact: arguments.contact.clone(),
        keys,
    })
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

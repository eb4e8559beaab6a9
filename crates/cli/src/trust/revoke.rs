//! `quorate trust revoke`: a stolen key in the roster.

use std::path::Path;
use std::process::ExitCode;

use quorate::envelope::Envelope;
use quorate::key::PublicKey;
use quorate::tenure::{KeyStatement, PAYLOAD_TYPE_KEYS};
use quorate::time::Timestamp;
use quorate_gather::read_bounded;
use quorate_trust::roster::Party;

use super::ceremony::Preparation;
use super::change_args::RevokeArguments;
use super::party;
use crate::error::CommandError;
use crate::source::{LIMITS, public_key};

pub(super) fn run(arguments: &RevokeArguments) -> Result<ExitCode, CommandError> {
    let preparation = Preparation::open(&arguments.change)?;
    let mut party = party::listed(&preparation, &arguments.name)?;
    let (key, since) = match (&arguments.statement, &arguments.key, arguments.since) {
        (Some(path), ..) => stated(path, &party)?,
        (None, Some(path), Some(since)) => (public_key(path)?, since),
        (None, ..) => {
            return Err(CommandError::unable(
                "give --statement, or --key and --since",
            ));
        }
    };
    if !party.compromise(key.fingerprint(), since) {
        return Err(CommandError::refused(format!(
            "the roster does not list the key {} for {}",
            key.id(),
            party.name
        ))
        .hint("a machine's key is revoked by its party's statement alone, which is evidence"));
    }
    party::put(&preparation, &party)
}

/// What the party itself signed, with a key that the roster lists for it.
fn stated(path: &Path, party: &Party) -> Result<(PublicKey, Timestamp), CommandError> {
    let failed = |problem: &dyn std::fmt::Display| {
        CommandError::refused(format!("{}: {problem}", path.display()))
    };
    let bytes = read_bounded(path, LIMITS.envelope_bytes_max)?;
    let envelope = Envelope::parse(&bytes, &LIMITS).map_err(|error| failed(&error))?;
    let keys: Vec<&PublicKey> = party.keys.iter().map(|listed| &listed.key).collect();
    let opened = envelope.open(&keys, &LIMITS).map_err(|_| {
        failed(&format!(
            "no key that the roster lists for {} signed it",
            party.name
        ))
    })?;
    let signers = opened.signers().clone();
    let said = match (opened.payload_type(), opened.payload()) {
        (PAYLOAD_TYPE_KEYS, Some(payload)) => KeyStatement::from_payload(payload, &LIMITS),
        _ => return Err(failed(&"not a statement about keys")),
    };
    match said.map_err(|error| failed(&error))? {
        KeyStatement::Revocation(said) if said.party == party.name => {
            // Else a thief would revoke the key in the place of the stolen one.
            let counts = party.keys.iter().any(|listed| {
                let key = listed.key.fingerprint();
                let sound = listed.compromised_since.is_none() && listed.valid_until.is_none();
                signers.contains(&key) && (sound || key == said.key.fingerprint())
            });
            if !counts {
                return Err(failed(&format!(
                    "the key of {} that signed it has ended or is compromised, and it revokes another",
                    party.name
                )));
            }
            Ok((said.key, said.compromised_since))
        }
        KeyStatement::Revocation(said) => Err(failed(&format!("it is about {}", said.party))),
        _ => Err(failed(&"not a revocation")),
    }
}

//! `quorate party`: what a party signs about its own keys, and about what it has seen. `docs/spec/party-keys.md`.
//!
//! **Enters:** the party's private keys, in files; public keys; folders of evidence; the time.
//! **Leaves:** one signed statement, which is evidence like other.
//! **Never:** a judgement of whether it will count: that takes a policy, and the other parties.

mod args;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use quorate::digest::Sha256;
use quorate::envelope::{Envelope, PAYLOAD_TYPE_IN_TOTO, sign};
use quorate::key::SigningKey;
use quorate::tenure::{
    KeyStatement, MachineLayout, PAYLOAD_TYPE_KEYS, Revocation, Rotation, Witness,
};

pub(crate) use args::PartyVerb;
use args::{
    MachinesArguments, RevokeArguments, RotateArguments, SigningArguments, WitnessArguments,
};

use crate::error::CommandError;
use crate::output;
use crate::source::{self, LIMITS, public_key};
use crate::trust::key_file;

/// Signatures in one witness: as many make an envelope of 13 MiB.
const SIGNATURES_MAX: usize = 200_000;

pub(crate) fn run(verb: PartyVerb) -> Result<ExitCode, CommandError> {
    match verb {
        PartyVerb::Machines(arguments) => machines(&arguments),
        PartyVerb::Rotate(arguments) => rotate(&arguments),
        PartyVerb::Revoke(arguments) => revoke(&arguments),
        PartyVerb::Witness(arguments) => witness(&arguments),
    }
}

fn machines(arguments: &MachinesArguments) -> Result<ExitCode, CommandError> {
    let keys = arguments.machine.iter().map(|path| public_key(path));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    let distinct: BTreeSet<_> = keys.iter().map(|key| key.fingerprint()).collect();
    if distinct.len() != keys.len() {
        return Err(CommandError::unable("one machine's key is given twice"));
    }
    if keys.len() > LIMITS.keys_max {
        return Err(CommandError::unable(format!(
            "more than {} machines in one layout",
            LIMITS.keys_max
        ))
        .hint("make several layouts: they add up"));
    }
    let layout = MachineLayout {
        keys,
        expires: arguments.until,
    };
    let key = own_key(&arguments.signing)?;
    let bytes = sign(PAYLOAD_TYPE_IN_TOTO, &layout.to_payload(), &[&key]);
    write(&arguments.signing.out, &bytes)?;
    output::talk("next: lay it beside the party's evidence");
    Ok(ExitCode::SUCCESS)
}

fn rotate(arguments: &RotateArguments) -> Result<ExitCode, CommandError> {
    let old = own_key(&arguments.signing)?;
    let new = key_file(&arguments.new, arguments.signing.passphrase_file.as_deref())?;
    let said = KeyStatement::Rotation(Box::new(Rotation {
        party: arguments.party.clone(),
        old: old.public().clone(),
        new: new.public().clone(),
        at: source::time(arguments.at)?,
    }));
    state(&arguments.signing, &said, &[&old, &new])?;
    output::talk(
        "next: lay it beside the party's evidence, have others witness it, and name machines again with the new key",
    );
    Ok(ExitCode::SUCCESS)
}

fn revoke(arguments: &RevokeArguments) -> Result<ExitCode, CommandError> {
    let key = own_key(&arguments.signing)?;
    let said = KeyStatement::Revocation(Box::new(Revocation {
        party: arguments.party.clone(),
        key: public_key(&arguments.revoked)?,
        compromised_since: arguments.since,
        reason: arguments.reason.clone(),
    }));
    state(&arguments.signing, &said, &[&key])?;
    output::talk(
        "next: lay it beside the party's evidence; where it is the party's own key, also send it to the roster's holders for `quorate trust revoke`",
    );
    Ok(ExitCode::SUCCESS)
}

fn witness(arguments: &WitnessArguments) -> Result<ExitCode, CommandError> {
    let gathered = quorate_gather::gather(&arguments.evidence, &LIMITS)?;
    let mut signatures: BTreeSet<Sha256> = BTreeSet::new();
    let mut envelopes = 0;
    for document in &gathered.evidence {
        if let Ok(envelope) = Envelope::parse(&document.bytes, &LIMITS) {
            envelopes += 1;
            signatures.extend(envelope.marks());
        }
    }
    if signatures.is_empty() {
        return Err(CommandError::unable("no signed document is there")
            .hint("name the folder in which evidence is kept"));
    }
    if signatures.len() > SIGNATURES_MAX {
        return Err(CommandError::unable(format!(
            "{} signatures, more than {SIGNATURES_MAX} in one witness",
            signatures.len()
        ))
        .hint("witness one part of the evidence after the other"));
    }
    let count = signatures.len();
    let said = KeyStatement::Witness(Witness {
        party: arguments.party.clone(),
        at: source::time(arguments.at)?,
        signatures,
    });
    let key = own_key(&arguments.signing)?;
    state(&arguments.signing, &said, &[&key])?;
    output::talk(&format!(
        "{count} signatures of {envelopes} documents; next: lay it beside that evidence"
    ));
    Ok(ExitCode::SUCCESS)
}

fn own_key(arguments: &SigningArguments) -> Result<SigningKey, CommandError> {
    key_file(&arguments.key, arguments.passphrase_file.as_deref())
}

/// Signs a statement that every reader takes, and writes it.
fn state(
    arguments: &SigningArguments,
    said: &KeyStatement,
    keys: &[&SigningKey],
) -> Result<(), CommandError> {
    let payload = said.to_payload();
    KeyStatement::from_payload(&payload, &LIMITS).map_err(CommandError::unable)?;
    write(&arguments.out, &sign(PAYLOAD_TYPE_KEYS, &payload, keys))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| {
        let taken = error.kind() == std::io::ErrorKind::AlreadyExists;
        let failure = CommandError::unable(format!("{}: {error}", path.display()));
        match taken {
            true => failure.hint("what was signed is never written over; choose another name"),
            false => failure,
        }
    };
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    std::io::Write::write_all(&mut file, bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    output::answer(&path.display().to_string())
}

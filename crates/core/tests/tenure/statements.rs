//! Statements about keys, made as a party or a thief makes them.

use quorate::digest::Sha256;
use quorate::envelope::{Envelope, PAYLOAD_TYPE_IN_TOTO};
use quorate::key::SigningKey;
use quorate::limits::Limits;
use quorate::tenure::{
    KeyStatement, MachineLayout, PAYLOAD_TYPE_KEYS, Revocation, Rotation, Witness,
};
use quorate::time::Timestamp;
use quorate::verify::Evidence;
use quorate_testkit::scenario::{evidence, signed};

pub(super) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a fixed time")
}

pub(super) fn says(name: &str, said: &KeyStatement, keys: &[&SigningKey]) -> Evidence<'static> {
    let bytes = signed(PAYLOAD_TYPE_KEYS, &said.to_payload(), keys.iter().copied());
    evidence(name, bytes)
}

pub(super) fn rotation(
    party: &str,
    (old, new): (&SigningKey, &SigningKey),
    at: &str,
    keys: &[&SigningKey],
) -> Evidence<'static> {
    let said = KeyStatement::Rotation(Box::new(Rotation {
        party: party.to_owned(),
        old: old.public().clone(),
        new: new.public().clone(),
        at: time(at),
    }));
    says(&format!("rotation of {party} at {at}"), &said, keys)
}

pub(super) fn revocation(
    party: &str,
    key: &SigningKey,
    since: &str,
    by: &SigningKey,
) -> Evidence<'static> {
    let said = KeyStatement::Revocation(Box::new(Revocation {
        party: party.to_owned(),
        key: key.public().clone(),
        compromised_since: time(since),
        reason: "the machine was stolen".to_owned(),
    }));
    says(
        &format!("revocation of {party} since {since}"),
        &said,
        &[by],
    )
}

/// What a party saw of these documents.
pub(super) fn witness(
    party: &str,
    key: &SigningKey,
    at: &str,
    saw: &[&Evidence<'_>],
) -> Evidence<'static> {
    let marks = saw.iter().flat_map(|document| marks(document));
    let said = KeyStatement::Witness(Witness {
        party: party.to_owned(),
        at: time(at),
        signatures: marks.collect(),
    });
    says(&format!("{party} saw at {at}"), &said, &[key])
}

fn marks(document: &Evidence<'_>) -> Vec<Sha256> {
    let envelope = Envelope::parse(&document.bytes, &Limits::STANDARD).expect("an envelope");
    envelope.marks().collect()
}

pub(super) fn machines(keys: &[&SigningKey], expires: &str, by: &SigningKey) -> Evidence<'static> {
    let layout = MachineLayout {
        keys: keys.iter().map(|key| key.public().clone()).collect(),
        expires: time(expires),
    };
    let bytes = signed(PAYLOAD_TYPE_IN_TOTO, &layout.to_payload(), [by]);
    evidence(&format!("machines until {expires}"), bytes)
}

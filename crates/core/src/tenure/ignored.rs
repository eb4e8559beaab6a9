//! What was said about keys and changes nothing, with the reason: a holder whose statement is ignored must learn it.

use std::collections::BTreeMap;

use super::apply::{Compromised, Ground, Spoken, candidates, is_whole, is_witness};
use super::book::KeyBook;
use super::{Rotation, Signed};
use crate::key::{Fingerprint, PublicKey};

pub(super) fn ignored(
    ground: &Ground<'_>,
    spoken: &Spoken,
    book: &KeyBook,
    sound: &KeyBook,
    compromised: &Compromised<'_>,
) -> Vec<(usize, String)> {
    let mut ignored = Vec::new();
    let candidates = candidates(ground.base, &spoken.rotations);
    for rotation in &spoken.rotations {
        if let Some(why) = of_rotation(&candidates, book, compromised, rotation) {
            ignored.push((rotation.number, why));
        }
    }
    for revocation in &spoken.revocations {
        if !compromised.counted.contains(&revocation.number) {
            let why = format!(
                "revokes a key of {}, and the other key of {0} that signed it is not in force",
                revocation.said.party
            );
            ignored.push((revocation.number, why));
        }
    }
    for witness in &spoken.witnesses {
        if !is_witness(ground, sound, witness) {
            let why = format!(
                "says what {} saw, and no sound key of {0} signed it, {0} does not rebuild under this policy, or it is from the future",
                witness.said.party
            );
            ignored.push((witness.number, why));
        }
    }
    for layout in &spoken.machines {
        let counts = layout.signers.iter().any(|(signer, marks)| {
            let mut own = book.tenures.iter();
            own.any(|it| {
                it.key.fingerprint() == *signer
                    && it.never.is_none()
                    && compromised.holds(book, &it.party, (*signer, marks))
            })
        });
        if !counts {
            let why = "names machines, and no sound key of a party signed it".to_owned();
            ignored.push((layout.number, why));
        }
    }
    ignored
}

fn of_rotation(
    candidates: &BTreeMap<(&str, Fingerprint), &PublicKey>,
    book: &KeyBook,
    compromised: &Compromised<'_>,
    rotation: &Signed<Rotation>,
) -> Option<String> {
    let said = &rotation.said;
    let signed_by = |key: &PublicKey| rotation.signers.contains_key(&key.fingerprint());
    if !is_whole(rotation) {
        let missing = match (signed_by(&said.old), signed_by(&said.new)) {
            (false, true) => "the old key did not sign it",
            (true, false) => "the new key did not sign it",
            _ => "neither key signed it",
        };
        return Some(format!("rotates a key of {}, and {missing}", said.party));
    }
    let old = said.old.fingerprint();
    if !candidates.contains_key(&(said.party.as_str(), old)) {
        return Some(format!("rotates a key that is none of {}'s", said.party));
    }
    if !candidates.contains_key(&(said.party.as_str(), said.new.fingerprint())) {
        return Some(format!(
            "one of more rotations of {}'s than a party can have had, of which none counts",
            said.party
        ));
    }
    if !compromised.holds(book, &said.party, (old, &rotation.signers[&old])) {
        return Some(format!(
            "rotates a key of {} that is compromised, and too few others had this before",
            said.party
        ));
    }
    None
}

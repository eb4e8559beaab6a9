//! What was said about keys and changes nothing, with the reason: a holder whose statement is ignored must learn it.

use super::apply::{
    Compromised, Ground, Spoken, candidates, holds, is_whole, is_witness, may_revoke,
};
use super::book::KeyBook;
use super::{Rotation, Signed};

pub(super) fn ignored(
    ground: &Ground<'_>,
    spoken: &Spoken,
    book: &KeyBook,
    sound: &KeyBook,
    compromised: &Compromised,
) -> Vec<(String, String)> {
    let mut ignored = Vec::new();
    for rotation in &spoken.rotations {
        if let Some(why) = of_rotation(ground, spoken, book, compromised, rotation) {
            ignored.push((rotation.origin.clone(), why));
        }
    }
    let candidates = candidates(ground.base, &spoken.rotations);
    for revocation in &spoken.revocations {
        if !may_revoke(revocation, &candidates) {
            let why = format!(
                "revokes a key of {}, and neither that key nor another key of {0} signed it",
                revocation.said.party
            );
            ignored.push((revocation.origin.clone(), why));
        }
    }
    for witness in &spoken.witnesses {
        if !is_witness(ground, sound, witness) {
            let why = format!(
                "says what {} saw, and no sound key of {0} signed it, {0} does not rebuild under this policy, or it is from the future",
                witness.said.party
            );
            ignored.push((witness.origin.clone(), why));
        }
    }
    for layout in &spoken.machines {
        let counts = layout.signers.iter().any(|(signer, marks)| {
            let mut own = book.tenures.iter();
            own.any(|it| {
                it.key.fingerprint() == *signer
                    && it.never.is_none()
                    && holds(book, compromised, &it.party, (*signer, marks))
            })
        });
        if !counts {
            let why = "names machines, and no sound key of a party signed it".to_owned();
            ignored.push((layout.origin.clone(), why));
        }
    }
    ignored
}

fn of_rotation(
    ground: &Ground<'_>,
    spoken: &Spoken,
    book: &KeyBook,
    compromised: &Compromised,
    rotation: &Signed<Rotation>,
) -> Option<String> {
    let said = &rotation.said;
    let signed_by = |key: &crate::key::PublicKey| rotation.signers.contains_key(&key.fingerprint());
    if !is_whole(rotation) {
        let missing = match (signed_by(&said.old), signed_by(&said.new)) {
            (false, true) => "the old key did not sign it",
            (true, false) => "the new key did not sign it",
            _ => "neither key signed it",
        };
        return Some(format!("rotates a key of {}, and {missing}", said.party));
    }
    let old = said.old.fingerprint();
    let candidates = candidates(ground.base, &spoken.rotations);
    if !candidates.contains_key(&(said.party.as_str(), old)) {
        return Some(format!("rotates a key that is none of {}'s", said.party));
    }
    if !holds(
        book,
        compromised,
        &said.party,
        (old, &rotation.signers[&old]),
    ) {
        return Some(format!(
            "rotates a key of {} that is compromised, and too few others had this before",
            said.party
        ));
    }
    None
}

//! Keys as the command line names them: a file, or the id of a key that the layout has.

use std::ops::Bound::{Excluded, Unbounded};
use std::path::Path;

use quorate::intoto::Layout;
use quorate::key::{PublicKey, public_keys_from_file};
use quorate_gather::read_bounded;

use crate::error::CommandError;
use crate::source::LIMITS;

/// Fewer digits of an id than this are no name for a key.
const ID_DIGITS_MIN: usize = 8;

/// The keys' ids in the layout, to which they are added when they come from a file.
pub(super) fn resolve(layout: &mut Layout, reference: &str) -> Result<Vec<String>, CommandError> {
    if layout.keys.contains_key(reference) {
        return Ok(vec![reference.to_owned()]);
    }
    let begins = |id: &&String| reference.len() >= ID_DIGITS_MIN && id.starts_with(reference);
    let matching: Vec<&String> = layout.keys.keys().filter(begins).collect();
    match matching.as_slice() {
        [id] => return Ok(vec![(*id).clone()]),
        [] => {}
        _ => {
            let several = format!(
                "{} keys of the layout have ids that start with {reference}",
                matching.len()
            );
            return Err(CommandError::refused(several).hint("give more digits of the id"));
        }
    }
    let path = Path::new(reference);
    if path.symlink_metadata().is_err() {
        let neither = format!("{reference:?} is neither the id of a key of the layout nor a file");
        return Err(CommandError::refused(neither).hint(
            "give a public key file, or an id that `quorate layout show` lists, at least 8 digits of it",
        ));
    }
    let keys = keys_of(path)?;
    keys.into_iter().map(|key| add(layout, key)).collect()
}

/// The public keys of a file: one in PEM, or in-toto keys in JSON.
pub(super) fn keys_of(path: &Path) -> Result<Vec<PublicKey>, CommandError> {
    let bytes = read_bounded(path, LIMITS.policy_bytes_max)?;
    public_keys_from_file(&bytes, &LIMITS)
        .map_err(|error| CommandError::unable(format!("{}: {error}", path.display())))
}

/// Adds a key; one that is there already keeps the id that it has.
pub(super) fn add(layout: &mut Layout, key: PublicKey) -> Result<String, CommandError> {
    let same = |other: &&String| layout.keys[*other] == key;
    if let Some(id) = layout.keys.keys().find(same) {
        return Ok(id.clone());
    }
    let id = key.id().to_owned();
    if layout.keys.contains_key(&id) {
        let taken = format!("the layout has another key under the id {id}");
        return Err(CommandError::refused(taken).hint(
            "ids are labels: take the key as PEM, so that its id is computed from the key itself",
        ));
    }
    layout.keys.insert(id.clone(), key);
    Ok(id)
}

/// As many digits of each id as tell the layout's keys apart, at least 8.
pub(super) fn short_id<'k>(id: &'k str, layout: &Layout) -> &'k str {
    let shared = |other: &str| {
        let same = id.bytes().zip(other.bytes());
        same.take_while(|(one, two)| one == two).count()
    };
    // In the order of ids, those that share most with one stand beside it.
    let before = layout
        .keys
        .range::<str, _>((Unbounded, Excluded(id)))
        .next_back();
    let after = layout
        .keys
        .range::<str, _>((Excluded(id), Unbounded))
        .next();
    let beside = before.into_iter().chain(after);
    let needed = beside
        .map(|(other, _)| shared(other) + 1)
        .max()
        .unwrap_or(0);
    // A cut within a character would be no text; such an id is shown whole.
    id.get(..needed.max(ID_DIGITS_MIN)).unwrap_or(id)
}

//! `dir:PATH`: a folder as one digest, the `dirHash` of the attestation framework.
//!
//! SHA-256 over the lines `HEX  NAME` of its files, in the order of the names' bytes, as
//! `find . -type f | cut -c3- | LC_ALL=C sort | xargs sha256sum | sha256sum` has it.

use std::collections::BTreeMap;
use std::path::Path;

use quorate::digest::{Sha256, Sha256Stream};

use crate::error::{RecordError, Warning};
use crate::exclude::Excludes;
use crate::hash;
use crate::walk::{Walk, io};

/// The digest of the folder, with warnings whose names begin with `uri`.
pub(crate) fn digest(
    folder: &Path,
    uri: &str,
    excludes: &Excludes,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Sha256, Vec<Warning>), RecordError> {
    let metadata = std::fs::metadata(folder).map_err(|error| io(folder, error))?;
    if !metadata.is_dir() {
        return Err(RecordError::NotFolder(folder.to_owned()));
    }
    let mut walk = Walk::new(folder, excludes);
    walk.take(".")?;
    let digests = hash::all(&walk.found, progress)?;
    let mut lines = BTreeMap::new();
    for (found, digest) in walk.found.iter().zip(digests) {
        let name = found.name.replace('\\', "/");
        if name.contains('\n') {
            return Err(RecordError::LineBreak(format!("{uri}/{name}")));
        }
        if lines.insert(name.clone(), digest).is_some() {
            return Err(RecordError::Duplicate {
                first: name.clone(),
                second: found.name.clone(),
                name,
            });
        }
    }
    let mut stream = Sha256Stream::default();
    for (name, digest) in &lines {
        stream.update(format!("{digest}  {name}\n").as_bytes());
    }
    let within = walk
        .warnings
        .into_iter()
        .map(|warning| inside(uri, warning));
    Ok((stream.finish(), within.collect()))
}

/// The same warning about a thing inside `uri`.
fn inside(uri: &str, warning: Warning) -> Warning {
    let name = |path: String| format!("{uri}/{path}");
    match warning {
        Warning::Empty(_) => Warning::Empty(uri.to_owned()),
        Warning::BrokenLink(path) => Warning::BrokenLink(name(path)),
        Warning::Special(path) => Warning::Special(name(path)),
        Warning::Loop(path) => Warning::Loop(name(path)),
        other => other,
    }
}

//! What a store holds, under the names that the suite looks for.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Puts the newest version of each role in the store into a folder, in the place of what is there.
pub(crate) fn show(store: &Path, folder: &Path) -> io::Result<()> {
    let mut newest: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
    let mut found = |path: PathBuf, name: &str| {
        let parts = name
            .strip_suffix(".json")
            .and_then(|name| name.split_once('.'));
        let Some((version, role)) = parts else { return };
        let Ok(version) = version.parse() else { return };
        let known = newest.get(role).map_or(0, |(version, _)| *version);
        if version > known {
            newest.insert(role.to_owned(), (version, path));
        }
    };
    for place in names(store)? {
        let inside = store.join(&place);
        if place != "root" && place != "roles" && !place.starts_with("online-") {
            continue;
        }
        for name in names(&inside)? {
            if name == "seen.json" {
                found(inside.join(&name), "1.timestamp.json");
            } else {
                found(inside.join(&name), &name);
            }
        }
    }
    // A root that was given and never verified is shown as it was given.
    newest
        .entry("root".to_owned())
        .or_insert((0, store.join("pinned")));
    for name in names(folder)? {
        if name.ends_with(".json") {
            fs::remove_file(folder.join(name))?;
        }
    }
    for (role, (_, path)) in newest {
        fs::copy(path, folder.join(format!("{role}.json")))?;
    }
    Ok(())
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

//! Releases whose statements stand in the output folder already: one folder holds what was rebuilt of one release.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use quorate::limits::Limits;
use serde_json::Value;

use crate::error::RebuildError;
use crate::protocol::{Earlier, Release};
use crate::tool;

/// More files than parties and machines put into one folder.
const FILES_MAX: usize = 1_000;

/// What stands in `out`. Nobody's signature is looked at: the words only say what the folder is used for.
///
/// # Errors
/// [`RebuildError::Io`] when the folder cannot be listed.
pub(crate) fn in_folder(out: &Path) -> Result<Vec<Earlier>, RebuildError> {
    let folder = out.join(crate::sign::ATTESTATIONS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RebuildError::io("list", &folder)(error)),
    };
    let paths = entries.take(FILES_MAX).filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = paths.map(|entry| entry.path()).collect();
    paths.sort();
    let statements = paths.iter().filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    Ok(statements.filter_map(|path| release_of(path)).collect())
}

/// Demands that everything in the folder is of one release of `name`; of `version`, where that is known.
///
/// # Errors
/// [`RebuildError::OtherRelease`].
pub(crate) fn demand_same(
    earlier: &[Earlier],
    name: &str,
    version: Option<&str>,
) -> Result<(), RebuildError> {
    let same =
        |it: &&Earlier| it.name == name && version.is_none_or(|version| it.version == version);
    match earlier.iter().find(|it| !same(it)) {
        None => Ok(()),
        Some(other) => Err(RebuildError::OtherRelease {
            found: tool::on_one_line(&format!("{} {}", other.name, other.version)),
            wanted: match version {
                Some(version) => format!("{name} {version}"),
                None => name.to_owned(),
            },
        }),
    }
}

/// The same for what was asked for, before anything is fetched: of a Debian source the version may not be known yet.
pub(crate) fn demand_same_release(
    earlier: &[Earlier],
    release: &Release,
) -> Result<(), RebuildError> {
    match release {
        Release::Debian(release) => demand_same(earlier, &release.name, release.version.as_deref()),
        Release::Git(release) => demand_same(earlier, &release.repository, Some(&release.tag)),
    }
}

/// What a statement says that it is about; whatever is none says nothing.
fn release_of(path: &Path) -> Option<Earlier> {
    // What is no plain file could keep us waiting.
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let most = Limits::STANDARD.envelope_bytes_max as u64;
    File::open(path)
        .ok()?
        .take(most)
        .read_to_end(&mut bytes)
        .ok()?;
    let envelope: Value = serde_json::from_slice(&bytes).ok()?;
    let payload = BASE64.decode(envelope["payload"].as_str()?).ok()?;
    let statement: Value = serde_json::from_slice(&payload).ok()?;
    let said = &statement["predicate"]["buildDefinition"]["externalParameters"];
    let text = |names: [&str; 2]| names.iter().find_map(|name| said[*name].as_str());
    Some(Earlier {
        name: text(["source", "repository"])?.to_owned(),
        version: text(["version", "tag"])?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use base64::Engine as _;
    use serde_json::json;

    use super::{BASE64, Earlier, demand_same, in_folder};

    #[test]
    fn releases_of_a_folder_are_read_and_another_is_refused() {
        let out = tempfile::tempdir().unwrap();
        assert_eq!(in_folder(out.path()).unwrap(), []);
        let folder = out.path().join("attestations");
        fs::create_dir(&folder).unwrap();
        let statement = json!({"predicate": {"buildDefinition": {"externalParameters":
            {"source": "catdoc", "version": "1:0.95-6"}}}});
        let payload = BASE64.encode(statement.to_string());
        let envelope = json!({ "payload": payload }).to_string();
        fs::write(folder.join("rebuild.01234567.json"), envelope).unwrap();
        fs::write(folder.join("other.json"), "{}").unwrap();
        fs::write(folder.join("notes.txt"), "x").unwrap();
        let earlier = in_folder(out.path()).unwrap();
        let catdoc = Earlier {
            name: "catdoc".into(),
            version: "1:0.95-6".into(),
        };
        assert_eq!(earlier, [catdoc]);
        // Which version is the newest is not known before the index is read.
        demand_same(&earlier, "catdoc", None).unwrap();
        demand_same(&earlier, "catdoc", Some("1:0.95-6")).unwrap();
        for (name, version) in [("catdoc", Some("1:0.95-7")), ("hello", None)] {
            let why = demand_same(&earlier, name, version)
                .unwrap_err()
                .to_string();
            assert!(why.contains("statements about catdoc 1:0.95-6"), "{why}");
        }
    }
}

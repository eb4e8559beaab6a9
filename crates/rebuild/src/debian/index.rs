//! The archive's indexes, as apt authenticated them, compared once more with the signed `InRelease` files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quorate::digest::{Digests, Sha256};
use quorate::time::Timestamp;

use super::control::{Paragraph, unarmoured};
use crate::error::RebuildError;
use crate::tool;

/// One signed index of a suite.
pub(crate) struct InRelease {
    /// The suite by its code name, as in `bookworm-updates`.
    pub(crate) suite: String,
    /// Its `Date`.
    pub(crate) date: Timestamp,
    /// Digests of the whole file.
    pub(crate) digests: Digests,
    /// True when binary packages may come from this suite.
    pub(crate) has_packages: bool,
}

/// The lists of one run: every one of them is what an `InRelease` names.
pub(crate) struct Indexes {
    /// The signed indexes, in the order of their file names.
    pub(crate) releases: Vec<InRelease>,
    sources: Vec<PathBuf>,
    packages: Vec<PathBuf>,
}

/// One file of a source package as the index has it.
#[derive(Clone, Debug)]
pub(crate) struct SourceEntryFile {
    /// File name.
    pub(crate) name: String,
    /// Its digest in the index.
    pub(crate) sha256: Sha256,
    /// Its size in the index.
    pub(crate) size: u64,
}

/// A source package as the index has it.
#[derive(Clone, Debug)]
pub(crate) struct SourceEntry {
    /// Name.
    pub(crate) name: String,
    /// Version with epoch.
    pub(crate) version: String,
    /// The architectures that its binaries are for.
    pub(crate) architectures: Vec<String>,
    /// The `.dsc` and what it lists.
    pub(crate) files: Vec<SourceEntryFile>,
}

/// A binary package by name, version and architecture.
pub(crate) type PackageId = (String, String, String);

impl Indexes {
    /// Reads the folder in which apt keeps its lists, and compares each list with the `InRelease` that names it.
    pub(crate) fn read(folder: &Path) -> Result<Self, RebuildError> {
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(folder).map_err(RebuildError::io("list", folder))? {
            let entry = entry.map_err(RebuildError::io("list", folder))?;
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
        let mut indexes = Self {
            releases: Vec::new(),
            sources: Vec::new(),
            packages: Vec::new(),
        };
        let mut lists: BTreeSet<&String> = names.iter().filter(|name| is_list(name)).collect();
        for name in names.iter().filter(|name| name.ends_with("_InRelease")) {
            let prefix = name.trim_end_matches("InRelease");
            let text = read_text(&folder.join(name))?;
            let release = signed_paragraph(name, &text)?;
            let mut has_packages = false;
            let listed: Vec<&String> = lists
                .iter()
                .copied()
                .filter(|list| list.starts_with(prefix))
                .collect();
            for list in listed {
                compare_with_release(&folder.join(list), &list[prefix.len()..], &release)?;
                lists.remove(list);
                let is_packages = list.ends_with("_Packages");
                has_packages |= is_packages;
                let kind = if is_packages {
                    &mut indexes.packages
                } else {
                    &mut indexes.sources
                };
                kind.push(folder.join(list));
            }
            indexes
                .releases
                .push(in_release(name, &text, &release, has_packages)?);
        }
        match lists.first() {
            Some(list) => Err(RebuildError::Unauthenticated(format!(
                "no InRelease names the list {list}"
            ))),
            None if indexes.releases.is_empty() => {
                Err(RebuildError::Unauthenticated("no InRelease".into()))
            }
            None => Ok(indexes),
        }
    }

    /// The newest date of the indexes that the root depends on.
    pub(crate) fn newest_binary_date(&self) -> Option<Timestamp> {
        self.releases
            .iter()
            .filter(|release| release.has_packages)
            .map(|release| release.date)
            .max()
    }

    /// The source package `name`, in `version` or in the newest there is.
    pub(crate) fn source(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Result<SourceEntry, RebuildError> {
        let mut best: Option<SourceEntry> = None;
        for list in &self.sources {
            let text = read_text(list)?;
            let wanted =
                Paragraph::all(&text).filter(|paragraph| paragraph.field("Package") == Some(name));
            for paragraph in wanted {
                let entry = source_entry(name, &paragraph).ok_or_else(|| {
                    RebuildError::Unauthenticated(format!("the entry of {name} cannot be read"))
                })?;
                let better = match (version, &best) {
                    (Some(version), _) => entry.version == version,
                    (None, None) => true,
                    (None, Some(best)) => is_newer(&entry.version, &best.version)?,
                };
                if better {
                    best = Some(entry);
                }
            }
        }
        best.ok_or_else(|| {
            RebuildError::NoSuchSource(
                version.map_or_else(|| name.to_owned(), |version| format!("{name}={version}")),
            )
        })
    }

    /// The digests of `wanted` binary packages; one that no index has is an error, as is one with two digests.
    pub(crate) fn packages(
        &self,
        wanted: &BTreeSet<PackageId>,
    ) -> Result<BTreeMap<PackageId, Sha256>, RebuildError> {
        let names: BTreeSet<&str> = wanted.iter().map(|id| &*id.0).collect();
        let mut found = BTreeMap::new();
        for list in &self.packages {
            let text = read_text(list)?;
            let named =
                |it: &Paragraph<'_>| it.field("Package").is_some_and(|name| names.contains(name));
            for paragraph in Paragraph::all(&text).filter(named) {
                let Some((id, sha256)) = binary_entry(&paragraph) else {
                    continue;
                };
                if wanted.contains(&id)
                    && found
                        .insert(id.clone(), sha256)
                        .is_some_and(|other| other != sha256)
                {
                    return Err(RebuildError::Unauthenticated(format!(
                        "two packages are called {}_{}_{}",
                        id.0, id.1, id.2
                    )));
                }
            }
        }
        match wanted.iter().find(|id| !found.contains_key(*id)) {
            Some(id) => Err(RebuildError::Dependencies(format!(
                "no signed index has {}_{}_{}",
                id.0, id.1, id.2
            ))),
            None => Ok(found),
        }
    }
}

fn is_list(name: &str) -> bool {
    name.ends_with("_Packages") || name.ends_with("_Sources")
}

fn read_text(path: &Path) -> Result<String, RebuildError> {
    fs::read_to_string(path).map_err(RebuildError::io("read", path))
}

fn signed_paragraph<'a>(name: &str, text: &'a str) -> Result<Paragraph<'a>, RebuildError> {
    let signed = text.starts_with("-----BEGIN PGP SIGNED MESSAGE-----\n");
    let body = unarmoured(text)
        .filter(|_| signed)
        .and_then(Paragraph::only);
    body.ok_or_else(|| RebuildError::Unauthenticated(format!("{name} is not signed")))
}

/// `list` is the path in the archive with `_` for `/`, as apt names its files.
fn compare_with_release(
    path: &Path,
    list: &str,
    release: &Paragraph<'_>,
) -> Result<(), RebuildError> {
    let refused = |why: &str| RebuildError::Unauthenticated(format!("{} {why}", path.display()));
    let (digests, size) = crate::digest_file::digest_file(path)?;
    let lines = release.list("SHA256");
    let line = lines
        .iter()
        .find(|words| words.len() == 3 && words[2].replace('/', "_") == list);
    let words = line.ok_or_else(|| refused("is not in its InRelease"))?;
    let equal = words[0] == digests.sha256.to_string() && words[1] == size.to_string();
    if equal {
        Ok(())
    } else {
        Err(refused("is not what its InRelease says"))
    }
}

fn in_release(
    name: &str,
    text: &str,
    release: &Paragraph<'_>,
    has_packages: bool,
) -> Result<InRelease, RebuildError> {
    let unreadable = || {
        RebuildError::Unauthenticated(format!("{name} has no suite or no date that can be read"))
    };
    let suite = release
        .field("Codename")
        .or_else(|| release.field("Suite"))
        .ok_or_else(unreadable)?;
    let date = release
        .field("Date")
        .and_then(parse_date)
        .ok_or_else(unreadable)?;
    Ok(InRelease {
        suite: suite.to_owned(),
        date,
        digests: Digests::of(text.as_bytes()),
        has_packages,
    })
}

/// `Sat, 21 Nov 2026 00:53:02 UTC`, the form of the archive format's `Date`.
fn parse_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, day, month, year, time, "UTC" | "+0000" | "GMT"] = words[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{time}Z")).ok()
}

fn source_entry(name: &str, paragraph: &Paragraph<'_>) -> Option<SourceEntry> {
    let lines = paragraph.list("Checksums-Sha256");
    let files = lines.iter().map(|words| {
        let [sha256, size, name] = words[..] else {
            return None;
        };
        let plain = !name.contains('/') && !name.starts_with('.');
        let file = SourceEntryFile {
            name: name.to_owned(),
            sha256: Sha256::parse(sha256).ok()?,
            size: size.parse().ok()?,
        };
        plain.then_some(file)
    });
    Some(SourceEntry {
        name: name.to_owned(),
        version: paragraph.field("Version")?.to_owned(),
        architectures: paragraph
            .field("Architecture")?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        files: files
            .collect::<Option<Vec<_>>>()
            .filter(|files| !files.is_empty())?,
    })
}

fn binary_entry(paragraph: &Paragraph<'_>) -> Option<(PackageId, Sha256)> {
    let field = |name| paragraph.field(name).map(str::to_owned);
    let id = (field("Package")?, field("Version")?, field("Architecture")?);
    Some((id, Sha256::parse(paragraph.field("SHA256")?).ok()?))
}

fn is_newer(version: &str, than: &str) -> Result<bool, RebuildError> {
    let ran = tool::run(tool::tool("dpkg").args(["--compare-versions", version, "gt", than]))?;
    Ok(ran.status.success())
}

#[cfg(test)]
mod tests {
    use super::parse_date;

    #[test]
    fn a_date_of_an_index_is_a_timestamp() {
        assert_eq!(
            parse_date("Sat, 21 Nov 2026 00:53:02 UTC")
                .unwrap()
                .to_string(),
            "2026-11-21T00:53:02Z"
        );
        assert_eq!(
            parse_date("Sun, 2 Aug 2026 00:53:02 +0000")
                .unwrap()
                .to_string(),
            "2026-08-02T00:53:02Z"
        );
        assert!(parse_date("Sat, 21 Nov 2026 00:53:02 CET").is_none());
    }
}

//! The released source: found in the signed index, downloaded by apt, compared with the index by us.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use quorate::digest::Digests;

use super::apt::{self, PrivateApt};
use super::index::{Indexes, SourceEntry};
use super::sources::Sources;
use crate::digest_file::copy_and_digest;
use crate::error::RebuildError;

/// One file of the source, as it is on disk and as the index has it.
pub(crate) struct FetchedFile {
    /// File name.
    pub(crate) name: String,
    /// Digests of the file.
    pub(crate) digests: Digests,
    /// Its size.
    pub(crate) size: u64,
}

/// A source package that is equal to what the signed index says.
pub(crate) struct FetchedSource {
    /// Name, version, architectures.
    pub(crate) entry: SourceEntry,
    /// The folder with the files and nothing else.
    pub(crate) folder: PathBuf,
    /// The `.dsc` first, then the others as the index lists them.
    pub(crate) files: Vec<FetchedFile>,
}

impl FetchedSource {
    /// The name of the `.dsc`.
    pub(crate) fn dsc(&self) -> &str {
        &self.files[0].name
    }

    /// The version without epoch and revision: what the source folder is called after.
    pub(crate) fn upstream_version(&self) -> &str {
        let without_epoch = self
            .entry
            .version
            .split_once(':')
            .map_or(&*self.entry.version, |(_, rest)| rest);
        without_epoch
            .rsplit_once('-')
            .map_or(without_epoch, |(upstream, _)| upstream)
    }
}

/// The apt of this run, its indexes, and the archives they are of.
pub(crate) struct Archive {
    /// The archives.
    pub(crate) sources: Sources,
    /// The private apt of this run.
    pub(crate) apt: PrivateApt,
    /// Its indexes.
    pub(crate) indexes: Indexes,
}

impl Archive {
    /// Brings the cached indexes up to date and takes a copy for this run.
    pub(crate) fn open(sources: Sources, cache: &Path, work: &Path) -> Result<Self, RebuildError> {
        let key = Digests::of(sources.all.as_bytes()).sha256.to_string();
        let shared_folder = cache.join("apt").join(&key[..32]);
        fs::create_dir_all(&shared_folder).map_err(RebuildError::io("create", &shared_folder))?;
        let run_folder = work.join("apt");
        let apt = {
            let _lock = apt::wait_for_lock(&shared_folder.join("run.lock"))?;
            let shared = PrivateApt::set_up(&shared_folder, &sources.all)?;
            shared.update()?;
            // It fetches sources by name and packages by address, so that it need not read the lists of packages.
            let apt = PrivateApt::set_up(&run_folder, &sources.source)?;
            apt.take_lists_of(&shared)?;
            apt
        };
        let indexes = Indexes::read(&apt.lists())?;
        Ok(Self {
            sources,
            apt,
            indexes,
        })
    }

    /// Downloads the source package and compares every file with the index.
    pub(crate) fn source(
        &self,
        name: &str,
        version: Option<&str>,
        work: &Path,
    ) -> Result<FetchedSource, RebuildError> {
        let mut entry = self.indexes.source(name, version)?;
        entry.files.sort_by_key(|file| !file.name.ends_with(".dsc"));
        if entry
            .files
            .iter()
            .filter(|file| file.name.ends_with(".dsc"))
            .count()
            != 1
        {
            return Err(RebuildError::Unauthenticated(format!(
                "the entry of {name} has not exactly one .dsc"
            )));
        }
        let download = work.join("download");
        let folder = work.join("source");
        for path in [&download, &folder] {
            fs::create_dir_all(path).map_err(RebuildError::io("create", path))?;
        }
        self.apt
            .source(&format!("{}={}", entry.name, entry.version), &download)?;
        let files = entry.files.iter().map(|expected| {
            let (digests, size) =
                take(&download.join(&expected.name), &folder.join(&expected.name))?;
            if digests.sha256 != expected.sha256 || size != expected.size {
                return Err(RebuildError::Unauthenticated(format!(
                    "{} is not what the signed index says",
                    expected.name
                )));
            }
            Ok(FetchedFile {
                name: expected.name.clone(),
                digests,
                size,
            })
        });
        let files = files.collect::<Result<Vec<_>, _>>()?;
        Ok(FetchedSource {
            entry,
            folder,
            files,
        })
    }
}

/// Copies what apt downloaded: what was compared is then ours, even where apt only made a link.
fn take(from: &Path, to: &Path) -> Result<(Digests, u64), RebuildError> {
    let mut input = File::open(from).map_err(RebuildError::io("open", from))?;
    let mut output = File::create_new(to).map_err(RebuildError::io("create", to))?;
    copy_and_digest(&mut input, &mut output).map_err(RebuildError::io("copy", from))
}

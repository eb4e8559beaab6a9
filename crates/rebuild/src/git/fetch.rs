//! Moving objects from a repository to a private bare one, by the host's `git` in a sandbox, with a configuration of ours alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate::source::git::{ObjectFormat, ObjectId};
use quorate_git::{Objects, Sizes};

use super::Address;
use crate::error::RebuildError;
use crate::protocol::BuildLimits;
use crate::sandbox::watch::{Log, Watch};
use crate::sandbox::{HostSandbox, Reach, give};

/// The slowest hosts serve the largest known repositories, at depth 1, in less.
const FETCH_SECONDS_MAX: u64 = 3600;
/// Where git sees the bare repository, the local one, and its configuration.
const REPOSITORY: &str = "/repository";
const SOURCE: &str = "/source";
const CONFIGURATION: &str = "/configuration";

/// The authorities that Debian's hosts trust, in one file; elsewhere git's own default holds.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The whole configuration. The protocol that may be used is added.
///
/// `safe.directory` and `uploadpack` are for the side that serves a local repository: only there is anybody else's folder
/// read, by a process that sees nothing but that folder.
const SETTINGS: &str = "\
[protocol]
\tallow = never
[transfer]
\tfsckObjects = true
\tbundleURI = false
\tcredentialsInUrl = die
[fetch]
\trecurseSubmodules = false
\tunpackLimit = 1
[submodule]
\trecurse = false
[core]
\thooksPath = /dev/null
\taskPass =
\tfsmonitor = false
[credential]
\thelper =
[gc]
\tauto = 0
[maintenance]
\tauto = false
[safe]
\tdirectory = *
[uploadpack]
\tallowAnySHA1InWant = true
";

/// Fetches into bare repositories in one folder of the run.
pub(super) struct Fetcher<'a> {
    /// The folder.
    pub(super) folder: PathBuf,
    /// The variables by which the network is reached.
    pub(super) network: &'a BTreeMap<String, String>,
    /// Time and bytes.
    pub(super) limits: BuildLimits,
    fetched: usize,
}

/// A bare repository with what was fetched into it.
pub(super) struct Repository {
    folder: PathBuf,
    configuration: PathBuf,
    format: ObjectFormat,
    limits: BuildLimits,
}

impl<'a> Fetcher<'a> {
    /// A fetcher that works in `folder`, which it makes.
    pub(super) fn new(
        folder: PathBuf,
        network: &'a BTreeMap<String, String>,
        limits: BuildLimits,
    ) -> Result<Self, RebuildError> {
        fs::create_dir(&folder).map_err(RebuildError::io("create", &folder))?;
        Ok(Self {
            folder,
            network,
            limits: BuildLimits {
                seconds_max: limits.seconds_max.min(FETCH_SECONDS_MAX),
                ..limits
            },
            fetched: 0,
        })
    }

    /// Fetches the tag `tag`, and says which object it leads to by the other side's account.
    ///
    /// # Errors
    /// [`RebuildError::NoSuchTag`], [`RebuildError::Fetch`], [`RebuildError::SourceRefused`].
    pub(super) fn tag(
        &mut self,
        address: &Address,
        tag: &str,
    ) -> Result<(Repository, ObjectId), RebuildError> {
        let reference = format!("refs/tags/{tag}");
        let what = format!("the tag {tag} of {address}");
        let place = self.place(address)?;
        let url = url(address);
        let said = self.git(&place, &["ls-remote", "--quiet", &url, &reference], &what)?;
        let listed = said.iter().find_map(|line| {
            let (id, name) = line.split_once('\t')?;
            (name == reference).then(|| ObjectId::parse(id).ok())?
        });
        let id = listed.ok_or_else(|| RebuildError::NoSuchTag {
            repository: address.to_string(),
            tag: tag.to_owned(),
        })?;
        self.init(&place, id.format())?;
        let refspec = format!("{reference}:{reference}");
        self.fetch(&place, &url, &refspec, &what)?;
        Ok((self.repository(place, id.format()), id))
    }

    /// Fetches one commit.
    ///
    /// # Errors
    /// [`RebuildError::Fetch`], [`RebuildError::SourceRefused`].
    pub(super) fn commit(
        &mut self,
        address: &Address,
        commit: &ObjectId,
    ) -> Result<Repository, RebuildError> {
        let place = self.place(address)?;
        self.init(&place, commit.format())?;
        let what = format!("the commit {commit} of {address}");
        self.fetch(&place, &url(address), &commit.to_string(), &what)?;
        Ok(self.repository(place, commit.format()))
    }

    fn place(&mut self, address: &Address) -> Result<Place, RebuildError> {
        let folder = self.folder.join(self.fetched.to_string());
        self.fetched += 1;
        fs::create_dir(&folder).map_err(RebuildError::io("create", &folder))?;
        let configuration = folder.with_extension("configuration");
        let (reach, protocol, source) = match address {
            Address::Https(_) => (Reach::Network, "https", None),
            Address::Local(path) => (Reach::CallersFolder, "file", Some(path.clone())),
        };
        if let Some(path) = source.as_ref().filter(|path| !path.is_dir()) {
            return Err(RebuildError::Fetch {
                what: address.to_string(),
                detail: format!("{} is no folder", path.display()),
            });
        }
        let mut settings = format!("{SETTINGS}[protocol \"{protocol}\"]\n\tallow = always\n");
        if Path::new(AUTHORITIES).exists() {
            settings += &format!("[http]\n\tsslCAInfo = {AUTHORITIES}\n");
        }
        fs::write(&configuration, settings).map_err(RebuildError::io("write", &configuration))?;
        open_to_all(&folder, 0o755)?;
        open_to_all(&configuration, 0o644)?;
        give(&folder, reach)?;
        Ok(Place {
            folder,
            configuration,
            reach,
            source,
        })
    }

    fn init(&self, place: &Place, format: ObjectFormat) -> Result<(), RebuildError> {
        let format = match format {
            ObjectFormat::Sha1 => "--object-format=sha1",
            ObjectFormat::Sha256 => "--object-format=sha256",
        };
        let arguments = [
            "init",
            "--quiet",
            "--bare",
            "--template=",
            format,
            REPOSITORY,
        ];
        self.git(place, &arguments, "a private repository")
            .map(drop)
    }

    fn fetch(
        &self,
        place: &Place,
        url: &str,
        refspec: &str,
        what: &str,
    ) -> Result<(), RebuildError> {
        let repository = format!("--git-dir={REPOSITORY}");
        let arguments = [
            &repository,
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            "--no-write-fetch-head",
            "--end-of-options",
            url,
            refspec,
        ];
        self.git(place, &arguments, what).map(drop)
    }

    fn repository(&self, place: Place, format: ObjectFormat) -> Repository {
        Repository {
            folder: place.folder,
            configuration: place.configuration,
            format,
            limits: self.limits,
        }
    }

    /// Runs git to its end and returns the last lines that it said.
    fn git(
        &self,
        place: &Place,
        arguments: &[&str],
        what: &str,
    ) -> Result<Vec<String>, RebuildError> {
        let mut sandbox =
            configured(place.reach, &place.configuration).giving(&place.folder, REPOSITORY);
        if let Some(source) = &place.source {
            sandbox = sandbox.showing(source, SOURCE);
        }
        if place.reach == Reach::Network {
            for (name, value) in self.network {
                sandbox = sandbox.variable(name, value);
            }
        }
        let program = [&["git"], arguments].concat();
        let log = Log::new(&place.folder.with_extension("log"));
        // All that is fetched for one source counts, not only this repository.
        let written = [self.folder.clone()];
        let watch = Watch::new(self.limits, &written, &log);
        let too_much =
            |limit| RebuildError::SourceRefused(format!("fetching {what} went over {limit}"));
        let watched = watch.run(&mut sandbox.command(&program, &self.limits))?;
        let status = watched.end.map_err(|error| match error {
            RebuildError::LimitHit(limit) => too_much(limit),
            other => other,
        })?;
        if let Some(limit) = watch.excess() {
            return Err(too_much(limit));
        }
        if status.success() {
            return Ok(watched.tail);
        }
        let detail = reason(&watched.tail).unwrap_or_else(|| status.to_string());
        // git's words for an object that it checked and does not take.
        Err(
            match detail.contains("fsck error") || detail.contains("error in ") {
                true => RebuildError::SourceRefused(format!("{what}: {detail}")),
                false => RebuildError::Fetch {
                    what: what.to_owned(),
                    detail,
                },
            },
        )
    }
}

impl Repository {
    /// Begins to read its objects, in a sandbox that reaches nothing.
    pub(super) fn objects(&self) -> Result<Objects, RebuildError> {
        let objects = Objects::open(&mut self.asked("--batch"), self.format)?;
        Ok(objects)
    }

    /// Begins to ask for sizes of its objects, likewise.
    pub(super) fn sizes(&self) -> Result<Sizes, RebuildError> {
        let sizes = Sizes::open(&mut self.asked("--batch-check"), self.format)?;
        Ok(sizes)
    }

    fn asked(&self, how: &str) -> Command {
        let sandbox =
            configured(Reach::Nothing, &self.configuration).showing(&self.folder, REPOSITORY);
        let (repository, seconds) = (
            format!("--git-dir={REPOSITORY}"),
            self.limits.seconds_max.to_string(),
        );
        let program = [
            "timeout",
            "--signal=KILL",
            &seconds,
            "git",
            &repository,
            "cat-file",
            how,
        ];
        sandbox.command(&program, &self.limits)
    }
}

/// A bare repository that is being filled.
struct Place {
    folder: PathBuf,
    configuration: PathBuf,
    reach: Reach,
    source: Option<PathBuf>,
}

/// What git is given instead of the address of a local repository: where the sandbox shows it.
fn url(address: &Address) -> String {
    match address {
        Address::Https(url) => url.clone(),
        Address::Local(_) => format!("file://{SOURCE}"),
    }
}

/// A sandbox in which git reads no configuration but ours, asks nobody, and has no home.
fn configured(reach: Reach, configuration: &Path) -> HostSandbox {
    HostSandbox::new(reach)
        .showing(configuration, CONFIGURATION)
        // By a file, not by GIT_CONFIG_COUNT: git takes that away from the process that serves a local repository.
        .variable("GIT_CONFIG_GLOBAL", CONFIGURATION)
        .variable("GIT_CONFIG_NOSYSTEM", "1")
        .variable("GIT_ATTR_NOSYSTEM", "1")
        .variable("GIT_TERMINAL_PROMPT", "0")
        .variable("GIT_NO_REPLACE_OBJECTS", "1")
        .variable("GIT_NO_LAZY_FETCH", "1")
        .variable("GIT_OPTIONAL_LOCKS", "0")
}

fn open_to_all(path: &Path, mode: u32) -> Result<(), RebuildError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(RebuildError::io("give", path))
}

/// The lines that say what went wrong, on one line.
fn reason(said: &[String]) -> Option<String> {
    let opens = |line: &&String| {
        ["fatal:", "error:", "remote:"]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    let lines: Vec<&str> = said.iter().filter(opens).map(|line| line.trim()).collect();
    let start = lines.len().saturating_sub(4);
    let lines = lines.get(start..).unwrap_or_default().join("; ");
    let last = said.iter().rev().find(|line| !line.trim().is_empty());
    match lines.is_empty() {
        true => last.cloned(),
        false => Some(lines),
    }
}

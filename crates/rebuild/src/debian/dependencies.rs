//! Build dependencies: chosen by the root's own apt, fetched by ours, installed without network, all named with digests.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use quorate::attest::rebuild::EnvironmentPackage;
use quorate::digest::Sha256;
use quorate_rebuild_args::BuildsChoice;

use super::apt::wait_for_lock;
use super::control::Paragraph;
use super::index::PackageId;
use super::source::{Archive, FetchedSource};
use crate::digest_file::{copy_and_digest, digest_file};
use crate::error::{RebuildError, UNKNOWN_PACKAGES};
use crate::protocol::BuildLimits;
use crate::sandbox::{Role, Sandbox};
use crate::tool;

/// Where the installing sandbox sees the `.dsc`; a folder that every root has and no package uses.
const SOURCE_FOLDER: &str = "/mnt";
const LISTS_FOLDER: &str = "/var/lib/apt/lists";
const ARCHIVES_FOLDER: &str = "/var/cache/apt/archives";
const PACKAGE_CACHE: &str = "-oDir::Cache::pkgcache=/var/cache/apt/archives/packages.bin";
/// More names than this are no message.
const NAMES_MAX: usize = 20;
const SOURCES_LIST: &str = "etc/apt/sources.list.d/quorate.sources";

/// What a build needs.
#[derive(Clone, Copy)]
pub(crate) enum Needed<'a> {
    /// What a source package asks for, for the binaries that are built.
    BuildDependencies(&'a FetchedSource, BuildsChoice),
    /// Packages by their names.
    Packages(&'a [String]),
}

/// What it takes to install what one build needs into one root.
pub(crate) struct Dependencies<'a> {
    /// Where packages come from.
    pub(crate) archive: &'a Archive,
    /// What is needed.
    pub(crate) needed: Needed<'a>,
    /// The unpacked root.
    pub(crate) root: &'a Path,
    /// The limits of this run.
    pub(crate) limits: BuildLimits,
    /// The private folder of this run.
    pub(crate) work: &'a Path,
    /// What outlives this run.
    pub(crate) cache: &'a Path,
}

/// A package that apt wants to install.
struct Wanted {
    uri: String,
    file: String,
    id: PackageId,
}

impl Dependencies<'_> {
    /// Installs them and names everything that is installed then. Says how many were added.
    pub(crate) fn install(&self) -> Result<(Vec<EnvironmentPackage>, usize), RebuildError> {
        if matches!(self.needed, Needed::Packages([])) {
            return Ok((self.installed()?, 0));
        }
        let archives = self.work.join("archives");
        fs::create_dir_all(archives.join("partial"))
            .map_err(RebuildError::io("create", &archives))?;
        let list = self.root.join(SOURCES_LIST);
        fs::write(&list, &self.archive.sources.binary).map_err(RebuildError::io("write", &list))?;
        let wanted = self.wanted(&archives)?;
        self.supply(&wanted, &archives)?;
        let ran = tool::run(&mut self.apt(&archives, &["-y", "--no-download"])?)?;
        if !ran.status.success() {
            return Err(RebuildError::Dependencies(ran.reason()));
        }
        // The archive's address differs between parties; the build must not see it.
        fs::remove_file(&list).map_err(RebuildError::io("remove", &list))?;
        fs::remove_dir_all(&archives).map_err(RebuildError::io("remove", &archives))?;
        Ok((self.installed()?, wanted.len()))
    }

    /// What apt would install, by a list of addresses.
    fn wanted(&self, archives: &Path) -> Result<Vec<Wanted>, RebuildError> {
        let ran = tool::run(&mut self.apt(archives, &["-y", "--print-uris"])?)?;
        if !ran.status.success() {
            return Err(RebuildError::Dependencies(refusal(&ran.said, ran.reason())));
        }
        let lines = ran.stdout.lines().filter(|line| line.starts_with('\''));
        let wanted = lines.map(|line| {
            wanted(line).ok_or_else(|| {
                RebuildError::Dependencies(format!("apt's answer is not understood: {line}"))
            })
        });
        wanted.collect()
    }

    /// Puts every wanted package into `archives`, from the cache or from the archive, each with its digest compared.
    fn supply(&self, wanted: &[Wanted], archives: &Path) -> Result<(), RebuildError> {
        let ids = wanted
            .iter()
            .map(|it| it.id.clone())
            .collect::<BTreeSet<_>>();
        let digests = self.archive.indexes.packages(&ids)?;
        let debs = self.cache.join("debs");
        fs::create_dir_all(&debs).map_err(RebuildError::io("create", &debs))?;
        let mut missing = Vec::new();
        for package in wanted {
            let sha256 = digests[&package.id];
            let place = archives.join(&package.file);
            if !take_cached(&debs.join(sha256.to_string()), &place, sha256)? {
                missing.push((package.uri.clone(), place, sha256));
            }
        }
        self.archive.apt.files(&missing)?;
        for (_, place, sha256) in &missing {
            let (digests, _) = digest_file(place)?;
            if digests.sha256 != *sha256 {
                return Err(RebuildError::Unauthenticated(format!(
                    "{} is not what the signed index says",
                    place.display()
                )));
            }
            keep(place, &debs, *sha256)?;
        }
        Ok(())
    }

    /// The root's own apt, without network, on the indexes of this run.
    fn apt(
        &self,
        archives: &Path,
        arguments: &[&str],
    ) -> Result<std::process::Command, RebuildError> {
        let what = match self.needed {
            Needed::BuildDependencies(source, _) => Path::new(SOURCE_FOLDER)
                .join(source.dsc())
                .to_string_lossy()
                .into_owned(),
            // As a dependency and not as arguments of `install`, which would read signs and patterns into a name.
            Needed::Packages(names) => names.join(", "),
        };
        let mut program = vec![
            "apt-get",
            "-q",
            "-oAPT::Install-Recommends=false",
            "-oAPT::Sandbox::User=root",
        ];
        program.extend([
            // The first call reads all lists and leaves what it made of them to the second, in a folder that ends with them.
            PACKAGE_CACHE,
            "-oDir::Cache::srcpkgcache=",
            "-oDebug::NoLocking=1",
        ]);
        // The root does not outlive this run, so that nothing needs to be safe from a power cut.
        program.push("-oDPkg::Options::=--force-unsafe-io");
        program.extend(arguments);
        program.extend(match self.needed {
            Needed::BuildDependencies(_, BuildsChoice::Any) => &["build-dep", "--arch-only"][..],
            Needed::BuildDependencies(_, BuildsChoice::All) => &["build-dep", "--indep-only"],
            Needed::BuildDependencies(_, BuildsChoice::Binary) => &["build-dep"],
            Needed::Packages(_) => &["satisfy"],
        });
        program.push(&what);
        let mut sandbox = Sandbox::new(self.root, Role::Installer, self.limits);
        if let Needed::BuildDependencies(source, _) = self.needed {
            sandbox = sandbox.showing(&source.folder, Path::new(SOURCE_FOLDER));
        }
        sandbox
            .showing(&self.archive.apt.lists(), Path::new(LISTS_FOLDER))
            .giving(archives, Path::new(ARCHIVES_FOLDER))
            .variable("PATH", tool::PATH)
            .variable("LC_ALL", "C.UTF-8")
            .variable("HOME", "/root")
            .variable("DEBIAN_FRONTEND", "noninteractive")
            .command(&program)
    }

    /// Every package that the root's own database has as installed, with its digest in the signed index.
    fn installed(&self) -> Result<Vec<EnvironmentPackage>, RebuildError> {
        let path = self.root.join("var/lib/dpkg/status");
        let text = fs::read_to_string(&path).map_err(RebuildError::io("read", &path))?;
        let mut ids = BTreeSet::new();
        for paragraph in Paragraph::all(&text) {
            let field = |name: &str| paragraph.field(name).map(str::to_owned);
            let (Some(name), Some(status)) = (field("Package"), field("Status")) else {
                continue;
            };
            if let (Some(version), Some(architecture), true) = (
                field("Version"),
                field("Architecture"),
                status.ends_with(" installed"),
            ) {
                ids.insert((name, version, architecture));
            } else if !status.ends_with(" config-files") && !status.ends_with(" not-installed") {
                return Err(RebuildError::Dependencies(format!("{name} is {status}")));
            }
        }
        let found = self.archive.indexes.packages(&ids)?.into_iter();
        Ok(found
            .map(
                |((name, version, architecture), sha256)| EnvironmentPackage {
                    name,
                    version,
                    architecture,
                    sha256,
                },
            )
            .collect())
    }
}

/// Why apt installs nothing: first the packages that it does not know, then those that it can't have, then its own summary.
///
/// apt says ` satisfy:command-line : Depends: NAME (>= 1) but it is not installable`, and further ones on lines of their own.
fn refusal(said: &str, summary: String) -> String {
    let depends = said.lines().filter_map(|line| line.split_once("Depends: "));
    let (mut unknown, mut unmet) = (Vec::new(), Vec::new());
    for (_, needed) in depends {
        match needed.trim().strip_suffix(" but it is not installable") {
            Some(name) => unknown.push(name.trim()),
            None if needed.contains(" but ") => unmet.push(needed.trim()),
            None => {}
        }
    }
    let located = said.lines().filter_map(|line| {
        let (_, name) = line.split_once("E: Unable to locate package ")?;
        Some(name.trim())
    });
    unknown.extend(located);
    let shown = |words: &[&str]| {
        let words: Vec<&str> = words.iter().take(NAMES_MAX).copied().collect();
        tool::printable(&words.join(", "))
    };
    let mut parts = Vec::new();
    if !unknown.is_empty() {
        parts.push(format!("{UNKNOWN_PACKAGES}{}", shown(&unknown)));
    }
    if !unmet.is_empty() {
        parts.push(format!("unmet: {}", shown(&unmet)));
    }
    if parts.is_empty() {
        parts.push(summary);
    }
    parts.join("; ")
}

/// `'URI' NAME_VERSION_ARCHITECTURE.deb SIZE HASH`, with `%3a` for the colon of an epoch.
fn wanted(line: &str) -> Option<Wanted> {
    let (uri, rest) = line.strip_prefix('\'')?.split_once("' ")?;
    let file = rest.split(' ').next()?;
    let mut parts = file.strip_suffix(".deb")?.splitn(3, '_');
    let (name, version, architecture) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = !file.contains('/') && !file.starts_with('.');
    let id = (
        name.to_owned(),
        version.replace("%3a", ":"),
        architecture.to_owned(),
    );
    plain.then(|| Wanted {
        uri: uri.to_owned(),
        file: file.to_owned(),
        id,
    })
}

/// Copies a package out of the cache; a cached file that is not what it is called is removed.
fn take_cached(cached: &Path, to: &Path, sha256: Sha256) -> Result<bool, RebuildError> {
    let Ok(mut input) = File::open(cached) else {
        return Ok(false);
    };
    let mut output = File::create(to).map_err(RebuildError::io("create", to))?;
    let (digests, _) =
        copy_and_digest(&mut input, &mut output).map_err(RebuildError::io("copy", cached))?;
    if digests.sha256 == sha256 {
        return Ok(true);
    }
    for path in [cached, to] {
        fs::remove_file(path).map_err(RebuildError::io("remove", path))?;
    }
    Ok(false)
}

/// Adds a copy to the cache: the installing sandbox can write to the original.
fn keep(place: &Path, debs: &Path, sha256: Sha256) -> Result<(), RebuildError> {
    // One temporary name for all, so that a run which is killed leaves no more than one.
    let _lock = wait_for_lock(&debs.join("lock"))?;
    let temporary = debs.join("new.deb");
    fs::copy(place, &temporary).map_err(RebuildError::io("copy", place))?;
    fs::rename(&temporary, debs.join(sha256.to_string()))
        .map_err(RebuildError::io("rename", &temporary))
}

#[cfg(test)]
mod tests {
    use super::{refusal, wanted};

    #[test]
    fn packages_that_apt_does_not_know_are_named() {
        let said = "Reading package lists...\nThe following packages have unmet dependencies:\n \
                    satisfy:command-line : Depends: gccc but it is not installable\n                        \
                    Depends: libc7-dev (>= 3) but it is not installable\n                        \
                    Depends: make (>= 99) but 4.3-4.1 is to be installed\n\
                    E: Unable to correct problems, you have held broken packages.\n";
        assert_eq!(
            refusal(said, "summary".into()),
            "no signed index has gccc, libc7-dev (>= 3); unmet: make (>= 99) but 4.3-4.1 is to be installed"
        );
        let said = "E: Unable to locate package nosuch\n";
        assert_eq!(refusal(said, String::new()), "no signed index has nosuch");
        assert_eq!(refusal("E: other\n", "E: other".into()), "E: other");
    }

    #[test]
    fn the_epoch_of_a_package_is_in_its_id() {
        let it = wanted("'http://m.example/libx11-6_1.8.4-2%2bdeb12u2_amd64.deb' libx11-6_2%3a1.8.4-2+deb12u2_amd64.deb 759544 ").unwrap();
        assert_eq!(
            it.id,
            (
                "libx11-6".into(),
                "2:1.8.4-2+deb12u2".into(),
                "amd64".into()
            )
        );
        assert!(wanted("'http://m.example/x' ../../x_1_all.deb 1 ").is_none());
    }
}

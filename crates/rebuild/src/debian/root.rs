//! The build root before build dependencies: made by mmdebstrap, the same bytes on every run, kept in a cache.
//!
//! A cached root is hashed while it is unpacked; one that is not what was stored is thrown away and made again.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ExitStatus, Stdio};
use std::thread::JoinHandle;

use quorate::digest::{Digests, Sha256};

use super::apt::{PrivateApt, wait_for_lock};
use super::source::Archive;
use crate::digest_file::{copy_and_digest, digest_file};
use crate::error::RebuildError;
use crate::tool;

/// The set of packages that Debian's own build machines start from.
const VARIANT: &str = "buildd";
/// The build command asks for it, and few sources name it among their dependencies.
const INCLUDED: &str = "fakeroot";
/// A root has about 450 MB; older ones are made again from the archive when they are wanted.
const KEPT_ROOTS_MAX: usize = 4;

/// An unpacked root.
pub(crate) struct Root {
    /// What it is called in the statement.
    pub(crate) name: String,
    /// Digests of the tar archive that was unpacked.
    pub(crate) digests: Digests,
    /// Where it is.
    pub(crate) folder: PathBuf,
    /// True when it did not have to be made.
    pub(crate) was_cached: bool,
}

/// What one root is made of.
pub(crate) struct RootPlan<'a> {
    /// The archive.
    pub(crate) archive: &'a Archive,
    /// The distribution's release.
    pub(crate) suite: &'a str,
    /// The machine's architecture.
    pub(crate) architecture: &'a str,
}

impl RootPlan<'_> {
    /// Unpacks the root into `work`, from the cache or freshly made.
    pub(crate) fn unpack(&self, cache: &Path, work: &Path) -> Result<Root, RebuildError> {
        let roots = cache.join("roots");
        fs::create_dir_all(&roots).map_err(RebuildError::io("create", &roots))?;
        let key = self.key()?;
        let tar = roots.join(format!("{key}.tar"));
        let folder = work.join("root");
        if let Some(digests) = unpack_cached(&tar, &folder)? {
            return Ok(self.root(folder, digests, true));
        }
        let _lock = wait_for_lock(&roots.join(format!("{key}.lock")))?;
        // Whoever had the lock before us may have made it.
        if let Some(digests) = unpack_cached(&tar, &folder)? {
            return Ok(self.root(folder, digests, true));
        }
        self.make(&tar, work)?;
        keep_newest(&roots)?;
        let digests = unpack_cached(&tar, &folder)?;
        let changed = || RebuildError::Root("the root changed while it was being stored".into());
        Ok(self.root(folder, digests.ok_or_else(changed)?, false))
    }

    fn root(&self, folder: PathBuf, digests: Digests, was_cached: bool) -> Root {
        let name = format!("{}-{VARIANT}-{}.tar", self.suite, self.architecture);
        Root {
            name,
            digests,
            folder,
            was_cached,
        }
    }

    /// Everything that the root's bytes depend on.
    fn key(&self) -> Result<String, RebuildError> {
        let version = tool::run(tool::tool("mmdebstrap").arg("--version"))?.stdout;
        let mut text = format!(
            "quorate-root/1\n{}\n{}\n{VARIANT}+{INCLUDED}\n{}\n{}\n",
            version.trim(),
            self.suite,
            self.architecture,
            self.archive.sources.binary
        );
        for digest in self.index_digests() {
            text += &digest;
            text.push('\n');
        }
        Ok(Digests::of(text.as_bytes()).sha256.to_string())
    }

    fn index_digests(&self) -> Vec<String> {
        let releases = self
            .archive
            .indexes
            .releases
            .iter()
            .filter(|release| release.has_packages);
        let mut digests: Vec<String> = releases
            .map(|release| release.digests.sha256.to_string())
            .collect();
        digests.sort();
        digests
    }

    fn make(&self, tar: &Path, work: &Path) -> Result<(), RebuildError> {
        let temporary = work.join("mmdebstrap");
        fs::create_dir_all(&temporary).map_err(RebuildError::io("create", &temporary))?;
        let (list, seen, made) = (
            work.join("binary.sources"),
            work.join("indexes"),
            work.join("root.tar"),
        );
        fs::write(&list, &self.archive.sources.binary).map_err(RebuildError::io("write", &list))?;
        let date = self.archive.indexes.newest_binary_date();
        let date =
            date.ok_or_else(|| RebuildError::Root("no suite with binary packages".into()))?;
        let mut command = tool::tool("mmdebstrap");
        command.env("SOURCE_DATE_EPOCH", date.unix_seconds().to_string());
        command.env("TMPDIR", &temporary).env("SEEN", &seen);
        command
            .args(["--mode=root", "--format=tar"])
            .arg(format!("--variant={VARIANT}"));
        command.arg(format!("--include={INCLUDED}"));
        command.arg(format!("--architectures={}", self.architecture));
        for option in PrivateApt::network_options()? {
            command.arg(format!("--aptopt={option}"));
        }
        // What is left out differs between hosts and mirrors and would make equal roots differ: the archive's
        // address and the host's own name and resolver.
        let hook = r#"sha256sum "$1"/var/lib/apt/lists/*_InRelease > "$SEEN"
            rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap
            rm -f "$1"/etc/resolv.conf "$1"/etc/hostname"#;
        command
            .arg(format!("--customize-hook={hook}"))
            .arg(self.suite)
            .arg(&made)
            .arg(&list);
        let ran = tool::run(&mut command)?;
        if !ran.status.success() {
            return Err(RebuildError::Root(ran.reason()));
        }
        self.same_indexes(&seen)?;
        store(&made, tar)
    }

    /// mmdebstrap fetched the indexes itself: they must be those that the root is filed under.
    fn same_indexes(&self, seen: &Path) -> Result<(), RebuildError> {
        let text = fs::read_to_string(seen).map_err(RebuildError::io("read", seen))?;
        let mut digests: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        digests.sort_unstable();
        if digests == self.index_digests() {
            Ok(())
        } else {
            Err(RebuildError::ArchiveMoved)
        }
    }
}

/// Moves a finished root to its place, its digests first: a root without digests is not used. Whoever calls holds its lock.
fn store(made: &Path, tar: &Path) -> Result<(), RebuildError> {
    let (digests, _) = digest_file(made)?;
    let note = tar.with_extension("digests");
    let mut file = File::create(&note).map_err(RebuildError::io("create", &note))?;
    write!(file, "{}\n{}\n", digests.sha256, digests.sha512)
        .map_err(RebuildError::io("write", &note))?;
    file.sync_all().map_err(RebuildError::io("write", &note))?;
    match fs::rename(made, tar) {
        // The work folder may be on another disk, or in memory.
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => {
            let arriving = tar.with_extension("new");
            fs::copy(made, &arriving).map_err(RebuildError::io("copy", made))?;
            fs::remove_file(made).map_err(RebuildError::io("remove", made))?;
            fs::rename(&arriving, tar).map_err(RebuildError::io("rename", &arriving))
        }
        moved => moved.map_err(RebuildError::io("rename", made)),
    }
}

/// Unpacks a root archive that somebody gave, a plain tar with the digest `expected`.
///
/// # Errors
/// [`RebuildError::Root`] when it has another digest, or can't be unpacked.
pub(crate) fn unpack_archive(
    file: &Path,
    expected: &Sha256,
    folder: &Path,
) -> Result<Root, RebuildError> {
    let another = |found: &Digests| {
        RebuildError::Root(format!(
            "{} has the digest {}, and the recipe names {expected}",
            file.display(),
            found.sha256
        ))
    };
    // Before `tar` sees it: nobody has vouched for other bytes.
    let (digests, _) = digest_file(file)?;
    if digests.sha256 != *expected {
        return Err(another(&digests));
    }
    let input = File::open(file).map_err(RebuildError::io("open", file))?;
    let (found, status, said) = unpack(input, folder)?;
    match found {
        Some(found) if found == digests && status.success() => Ok(Root {
            name: "archive.tar".to_owned(),
            digests,
            folder: folder.to_path_buf(),
            was_cached: false,
        }),
        Some(found) if found != digests => Err(another(&found)),
        _ => Err(RebuildError::Root(said)),
    }
}

/// Unpacks a cached root while hashing it. `None`, and nothing unpacked, when there is none or not the one that was stored.
fn unpack_cached(tar: &Path, folder: &Path) -> Result<Option<Digests>, RebuildError> {
    let note = tar.with_extension("digests");
    let (Ok(file), Ok(expected)) = (File::open(tar), fs::read_to_string(&note)) else {
        return Ok(None);
    };
    let (copied, status, said) = unpack(file, folder)?;
    let stored = |it: &Digests| format!("{}\n{}\n", it.sha256, it.sha512) == expected;
    let digests = copied.filter(stored);
    if digests.is_some() && status.success() {
        return Ok(digests);
    }
    fs::remove_dir_all(folder).map_err(RebuildError::io("remove", folder))?;
    if digests.is_some() || said.contains("No space left on device") {
        return Err(RebuildError::Root(said));
    }
    Ok(None)
}

/// Unpacks a tar while hashing it: its digests when all of it was read, how `tar` ended, and what it said.
fn unpack(
    mut file: File,
    folder: &Path,
) -> Result<(Option<Digests>, ExitStatus, String), RebuildError> {
    fs::create_dir_all(folder).map_err(RebuildError::io("create", folder))?;
    let mut command = tool::tool("tar");
    // Device nodes cannot be made in a user namespace, and the sandbox brings its own.
    command
        .args([
            "--extract",
            "--numeric-owner",
            "--same-permissions",
            "--exclude=./dev/*",
            "--directory",
        ])
        .arg(folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let start = RebuildError::io("start", Path::new("tar"));
    let mut child = command.spawn().map_err(start)?;
    let said = child.stderr.take().map(complaint);
    let copied = match child.stdin.take() {
        Some(mut pipe) => copy_and_digest(&mut file, &mut pipe),
        None => Err(std::io::ErrorKind::BrokenPipe.into()),
    };
    let status = child
        .wait()
        .map_err(RebuildError::io("run", Path::new("tar")))?;
    let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
    Ok((copied.ok().map(|(digests, _)| digests), status, said))
}

/// What a program complains about: that the disk is full, or else the first thing. The rest is read away, so that the
/// program is not held up.
fn complaint(complaints: ChildStderr) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let lines = BufReader::new(complaints)
            .split(b'\n')
            .map_while(Result::ok);
        let mut lines = lines.map(|line| tool::printable(&String::from_utf8_lossy(&line)));
        let first = lines.next().unwrap_or_default();
        let full = lines
            .filter(|line| line.contains("No space left on device"))
            .last();
        full.unwrap_or(first)
    })
}

/// Removes all but the newest roots.
fn keep_newest(roots: &Path) -> Result<(), RebuildError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(roots).map_err(RebuildError::io("list", roots))? {
        let path = entry.map_err(RebuildError::io("list", roots))?.path();
        let modified = fs::metadata(&path).and_then(|it| it.modified());
        if let (true, Ok(modified)) = (path.extension().is_some_and(|it| it == "tar"), modified) {
            found.push((modified, path));
        }
    }
    found.sort();
    let surplus = found.len().saturating_sub(KEPT_ROOTS_MAX);
    for (_, path) in &found[..surplus] {
        // Another run may have removed it already.
        drop(fs::remove_file(path));
        drop(fs::remove_file(path.with_extension("digests")));
    }
    Ok(())
}

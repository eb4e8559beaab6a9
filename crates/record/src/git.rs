//! `git:PATH` and `git:PATH@REVISION`: a commit as one artifact, by its commit and tree ids.
//!
//! The system's git reads the repository. It gets no configuration of the user or the system, and nothing that the repository's
//! own configuration names is run: no hook, no file system monitor, no filter.

use std::path::{Path, PathBuf};
use std::process::Output;

use quorate::intoto::DigestSet;
use quorate_git::git;

use crate::error::{RecordError, Warning};

/// A commit, and a warning when the work tree is another.
pub(crate) struct Commit {
    pub(crate) digests: DigestSet,
    pub(crate) warning: Option<Warning>,
}

/// Reads the commit that `git:` names; `place` is what stands after the scheme.
pub(crate) fn commit(base: &Path, place: &str) -> Result<Commit, RecordError> {
    let (path, revision) = split(base, place);
    let repository = Repository::open(base, place, path)?;
    let wanted = revision.unwrap_or("HEAD");
    let commit = repository.id(&format!("{wanted}^{{commit}}"))?;
    let tree = repository.id(&format!("{commit}^{{tree}}"))?;
    let digests = [("gitCommit", commit.as_str()), ("gitTree", tree.as_str())];
    let digests = DigestSet::new(digests)
        .map_err(|_| repository.failed(format!("git gave no ids: {commit} {tree}")))?;
    // Whoever names a revision does not speak of the work tree.
    let dirty = revision.is_none() && repository.is_dirty()?;
    let warning = dirty.then(|| Warning::Dirty(repository.uri.clone()));
    Ok(Commit { digests, warning })
}

/// Splits at the last `@`, unless all of it is a folder's name.
fn split<'p>(base: &Path, place: &'p str) -> (&'p str, Option<&'p str>) {
    match place.rsplit_once('@') {
        Some((path, revision)) if !base.join(place).is_dir() => (path, Some(revision)),
        _ => (place, None),
    }
}

struct Repository {
    folder: PathBuf,
    uri: String,
}

impl Repository {
    fn open(base: &Path, place: &str, path: &str) -> Result<Self, RecordError> {
        let uri = format!("git:{place}");
        let folder = base.join(path);
        let folder = folder.canonicalize().map_err(|error| RecordError::Git {
            uri: uri.clone(),
            problem: format!("{}: {error}", folder.display()),
        })?;
        // `git:.git` is the repository here: its work tree is the folder around it.
        let folder = match (folder.file_name(), folder.parent()) {
            (Some(name), Some(around)) if name == ".git" => around.to_owned(),
            _ => folder,
        };
        Ok(Self { folder, uri })
    }

    fn failed(&self, problem: impl Into<String>) -> RecordError {
        RecordError::Git {
            uri: self.uri.clone(),
            problem: problem.into(),
        }
    }

    /// The full id of one object.
    fn id(&self, revision: &str) -> Result<String, RecordError> {
        let output = self.run(&["rev-parse", "--verify", "--end-of-options", revision])?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.trim_end().to_owned())
    }

    /// Whether the work tree has changes, or files that git was not told to ignore.
    fn is_dirty(&self) -> Result<bool, RecordError> {
        let inside = self.run(&["rev-parse", "--is-inside-work-tree"])?;
        if inside.stdout != b"true\n" {
            return Ok(false);
        }
        let mut arguments = self.filters_off()?;
        let status = [
            "status",
            "--porcelain",
            "-z",
            "--no-renames",
            // What a submodule holds is looked at by a git of its own, under the submodule's configuration.
            "--ignore-submodules=dirty",
        ];
        arguments.extend(status.map(str::to_owned));
        Ok(!self.run(&arguments)?.stdout.is_empty())
    }

    /// Options that take away each filter which the repository's configuration defines: filters are commands.
    fn filters_off(&self) -> Result<Vec<String>, RecordError> {
        let list = [
            "config",
            "--null",
            "--name-only",
            "--get-regexp",
            r"^filter\.",
        ];
        // Exit code 1: there are none.
        let output = self.start(&list)?;
        let names = String::from_utf8_lossy(&output.stdout);
        let mut options = Vec::new();
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let Some((driver, _)) = name.rsplit_once('.') else {
                continue;
            };
            if name.contains('=') {
                return Err(self.failed(format!(
                    "its configuration defines {name:?}, a filter that cannot be switched off"
                )));
            }
            for setting in ["clean=", "smudge=", "process=", "required=false"] {
                options.extend(["-c".to_owned(), format!("{driver}.{setting}")]);
            }
        }
        Ok(options)
    }

    fn run(&self, arguments: &[impl AsRef<str>]) -> Result<Output, RecordError> {
        let output = self.start(arguments)?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("git failed without a word");
        Err(self.failed(said.trim_start_matches("fatal: ").to_owned()))
    }

    fn start(&self, arguments: &[impl AsRef<str>]) -> Result<Output, RecordError> {
        let mut command = git(&self.folder);
        command.args(arguments.iter().map(AsRef::as_ref));
        command
            .output()
            .map_err(|error| self.failed(format!("cannot run git: {error}")))
    }
}

//! A local repository: where its tags lead.

use std::path::{Path, PathBuf};

use quorate::limits::Limits;
use quorate::source::git::{ObjectFormat, ObjectId, ObjectKind, Tag};

use crate::{GitError, Objects, git};

/// A repository of this machine.
#[derive(Debug)]
pub struct Repository {
    folder: PathBuf,
    format: ObjectFormat,
}

/// A tag as the repository has it; nothing of it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagFound {
    /// The id to which the ref leads.
    pub id: ObjectId,
    /// The content of that object: a tag object, or a commit when the tag is lightweight.
    pub tag: Vec<u8>,
    /// The content of the commit that it names; empty when it names none.
    pub commit: Vec<u8>,
}

impl Repository {
    /// Opens the repository at `folder`, bare or with a work tree.
    ///
    /// # Errors
    /// [`GitError::Repository`] with what git says.
    pub fn open(folder: &Path) -> Result<Self, GitError> {
        let folder = folder
            .canonicalize()
            .map_err(|error| GitError::Repository(error.to_string()))?;
        let said = ask(&folder, &["rev-parse", "--show-object-format"])?;
        let format = match said.as_str() {
            "sha1" => ObjectFormat::Sha1,
            "sha256" => ObjectFormat::Sha256,
            other => return Err(GitError::Repository(format!("object format {other:?}"))),
        };
        Ok(Self { folder, format })
    }

    /// How the repository names objects.
    pub const fn format(&self) -> ObjectFormat {
        self.format
    }

    /// Starts reading its objects.
    ///
    /// # Errors
    /// [`GitError::Start`].
    pub fn objects(&self) -> Result<Objects, GitError> {
        let mut command = git(&self.folder);
        command.args(["cat-file", "--batch"]);
        Objects::open(&mut command, self.format)
    }

    /// Finds `refs/tags/NAME` and reads where it leads.
    ///
    /// # Errors
    /// [`GitError`] when there is no such tag, or an object is missing or is not what its id says.
    pub fn tag(&self, name: &str, limits: &Limits) -> Result<TagFound, GitError> {
        if ask(
            &self.folder,
            &["check-ref-format", &format!("refs/tags/{name}")],
        )
        .is_err()
        {
            return Err(GitError::TagName(name.to_owned()));
        }
        let reference = format!("refs/tags/{name}");
        let arguments = ["show-ref", "--verify", "--hash", "--", &reference];
        let id = ask(&self.folder, &arguments).map_err(|_| GitError::NoTag(name.to_owned()))?;
        let id = ObjectId::parse(&id).map_err(|_| GitError::NoTag(name.to_owned()))?;
        let mut objects = self.objects()?;
        let bytes_max = limits.git_object_bytes_max as u64;
        let (kind, tag) = objects.read(&id, bytes_max)?;
        let named = match (kind, Tag::parse(&tag, self.format)) {
            (ObjectKind::Tag, Ok(parsed)) if parsed.kind == ObjectKind::Commit => {
                Some(parsed.object)
            }
            _ => None,
        };
        let commit = match named {
            Some(commit) => objects.read_kind(&commit, ObjectKind::Commit, bytes_max)?,
            None => Vec::new(),
        };
        Ok(TagFound { id, tag, commit })
    }
}

fn ask(folder: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let output = git(folder)
        .args(arguments)
        .output()
        .map_err(GitError::Start)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("git failed without a word");
    Err(GitError::Repository(
        said.trim_start_matches("fatal: ").to_owned(),
    ))
}

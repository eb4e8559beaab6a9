//! Every way in which a rebuild ends without a statement, with what a person can do about it.

use std::path::{Path, PathBuf};

use quorate_git::GitError;

/// How a refusal begins that names packages which no index has.
pub(crate) const UNKNOWN_PACKAGES: &str = "no signed index has ";

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RebuildError {
    /// A program that this room needs is not installed.
    #[error("the program `{tool}` is not installed")]
    ToolMissing {
        /// The program.
        tool: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// The kernel or the host's set-up does not allow the namespaces that the build is confined by.
    #[error("this host does not let us make a sandbox: {detail}")]
    Namespaces {
        /// What the program that tried said.
        detail: String,
    },
    /// An argument that cannot be used.
    #[error("{0}")]
    Argument(String),
    /// The list of archives is refused before anything is fetched.
    #[error("the archive sources are refused: {0}")]
    SourcesRefused(String),
    /// An index or a file is not what a trusted key signed.
    #[error("the archive could not be authenticated: {0}")]
    Unauthenticated(String),
    /// No signed index lists the source package, or not in this version.
    #[error("no signed index lists the source {0}")]
    NoSuchSource(String),
    /// A signed index lists the source, and the archive does not serve it.
    #[error("the archive does not have the source {release}: {detail}")]
    SourceNotInArchive {
        /// `NAME=VERSION`.
        release: String,
        /// What the archive answered.
        detail: String,
    },
    /// The repository has no such tag.
    #[error("{repository} has no tag {tag}")]
    NoSuchTag {
        /// Its address.
        repository: String,
        /// The tag's name.
        tag: String,
    },
    /// The source is there and nothing that may be built from.
    #[error("the source is refused: {0}")]
    SourceRefused(String),
    /// The recipe is missing or does not follow its format.
    #[error("the recipe is refused: {0}")]
    RecipeRefused(String),
    /// Something else went wrong on the way to the archive or repository.
    #[error("{what} could not be fetched: {detail}")]
    Fetch {
        /// What was being fetched.
        what: String,
        /// What the fetching program said.
        detail: String,
    },
    /// The archive published new indexes while the root was being made.
    #[error("the archive changed while the build root was being made")]
    ArchiveMoved,
    /// The build root could not be made.
    #[error("the build root could not be made: {0}")]
    Root(String),
    /// The build dependencies could not be installed.
    #[error("the build dependencies could not be installed: {0}")]
    Dependencies(String),
    /// The build ended with an error.
    #[error("the build failed: {0}")]
    BuildFailed(String),
    /// The build was ended because it went over a limit.
    #[error("the build went over a limit and was ended: {0}")]
    LimitHit(String),
    /// The build ended well and left something that must not be published.
    #[error("the outputs of the build are refused: {0}")]
    OutputsRefused(String),
    /// The signing key cannot be used.
    #[error("the key {path} cannot be used: {detail}", path = path.display())]
    Key {
        /// Where the key was looked for.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Statements about something else stand where this one's would be put.
    #[error("the output folder has statements about {found}, and {wanted} is to be rebuilt")]
    OtherRelease {
        /// What they are about.
        found: String,
        /// What is to be rebuilt.
        wanted: String,
    },
    /// What was staged is not what the statement says.
    #[error("nothing was signed: {0}")]
    SigningRefused(String),
    /// Somebody asked us to stop.
    #[error("interrupted: nothing was signed")]
    Interrupted,
    /// A phase in another process ended without saying how.
    #[error("the {phase} process ended unexpectedly ({detail})")]
    PhaseLost {
        /// Which process.
        phase: &'static str,
        /// How it ended.
        detail: String,
    },
    /// A phase in another process failed and said why.
    #[error("{}", .0.message)]
    Phase(Failure),
    /// The operating system refused something.
    #[error("could not {action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl From<GitError> for RebuildError {
    fn from(error: GitError) -> Self {
        match error {
            GitError::Start(error) => Self::io("start", Path::new("git"))(error),
            GitError::Write(error) => Self::io("write", Path::new("the source"))(error),
            other => Self::SourceRefused(crate::tool::printable(&other.to_string())),
        }
    }
}

/// A failure in the form in which it crosses from one process to another, and in which `--json` prints it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Failure {
    /// A stable word for programs.
    pub(crate) code: String,
    /// The exit code of the whole.
    pub(crate) exit: u8,
    /// What failed and why.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl RebuildError {
    /// Makes an [`RebuildError::Io`] out of the operating system's answer.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// The form that crosses process borders.
    pub(crate) fn into_failure(self) -> Failure {
        if let Self::Phase(failure) = self {
            return failure;
        }
        Failure {
            code: self.code().to_owned(),
            exit: self.exit_code(),
            hint: self.hint(),
            message: self.to_string(),
        }
    }

    /// 1 when a rebuild was tried and failed, 2 when it could not be tried or finished.
    const fn exit_code(&self) -> u8 {
        match self {
            Self::BuildFailed(_) | Self::LimitHit(_) | Self::OutputsRefused(_) => 1,
            _ => 2,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::ToolMissing { .. } => "tool-missing",
            Self::Namespaces { .. } => "no-namespaces",
            Self::Argument(_) => "argument",
            Self::SourcesRefused(_) => "sources-refused",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::NoSuchSource(_) => "no-such-source",
            Self::SourceNotInArchive { .. } => "source-not-in-archive",
            Self::NoSuchTag { .. } => "no-such-tag",
            Self::SourceRefused(_) => "source-refused",
            Self::RecipeRefused(_) => "recipe-refused",
            Self::Fetch { .. } => "fetch",
            Self::ArchiveMoved => "archive-moved",
            Self::Root(_) => "root",
            Self::Dependencies(_) => "dependencies",
            Self::BuildFailed(_) => "build-failed",
            Self::LimitHit(_) => "limit-hit",
            Self::OutputsRefused(_) => "outputs-refused",
            Self::Key { .. } => "key",
            Self::OtherRelease { .. } => "other-release",
            Self::SigningRefused(_) => "signing-refused",
            Self::Interrupted => "interrupted",
            Self::PhaseLost { .. } => "phase-lost",
            Self::Phase(_) => "phase",
            Self::Io { .. } => "io",
        }
    }

    fn hint(&self) -> Option<String> {
        let full = "make room on that disk, or choose another with --cache and --out";
        let hint = match self {
            Self::Root(said) | Self::Dependencies(said)
                if said.contains("No space left on device") =>
            {
                full
            }
            Self::ToolMissing { package, .. } => {
                return Some(format!("install it: apt-get install {package}"));
            }
            Self::Namespaces { .. } => {
                "an unprivileged user needs user namespaces, the package uidmap and a range in /etc/subuid and \
                 /etc/subgid (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER); or run as root"
            }
            Self::SourcesRefused(_) => {
                "every archive needs a key to authenticate it (Signed-By), and no option may turn that off"
            }
            Self::Unauthenticated(_) => {
                "a mirror that is being updated heals in minutes; a wrong key or a changed file does not"
            }
            Self::NoSuchSource(_) => {
                "check the name and version, and whether --suite and --sources name its archive"
            }
            Self::SourceNotInArchive { .. } => {
                "this is no failed rebuild: another mirror, given with --sources, may have the files"
            }
            Self::Fetch { .. } => "check the network and the address, and try again",
            Self::NoSuchTag { .. } => "check the tag's name and the repository's address",
            Self::RecipeRefused(_) => {
                "docs/spec/recipe.md says what a recipe is; --recipe FILE takes another than the tree's"
            }
            Self::ArchiveMoved => "run the same command again",
            Self::BuildFailed(_) => {
                "the whole log is in build.log.zst in the output folder (zstdcat)"
            }
            Self::LimitHit(_) => {
                "raise the limit if the package really needs it: --seconds-max, --memory-bytes-max, --processes-max, \
                 --output-bytes-max"
            }
            Self::Key { remedy, .. } => remedy,
            Self::OtherRelease { .. } => {
                "give each release a folder of its own with --out, such as --out rebuilt/VERSION"
            }
            Self::Dependencies(said) if said.contains(UNKNOWN_PACKAGES) => {
                "check the names, and whether --suite, the recipe's `suite` and --sources lead to the archive that has them"
            }
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => full,
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

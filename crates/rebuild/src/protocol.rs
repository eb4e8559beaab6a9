//! What the front process and the build process tell each other, as lines of JSON over pipes.
//!
//! The front writes one [`Job`] and then keeps the pipe open for as long as it lives; the build process writes [`Event`]s.
//! **Architecture Invariant:** no message has a place for a key, nor for the path of one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use quorate_rebuild_args::BuildsChoice;
use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// Everything that the build process needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// 32 random hex digits: the statement's `invocationId` and the name of the work folder.
    pub(crate) invocation: String,
    /// Who rebuilds.
    pub(crate) party: String,
    /// What is rebuilt.
    pub(crate) release: Release,
    /// A list of archives that replaces the host's.
    pub(crate) sources: Option<PathBuf>,
    /// How much the build may use.
    pub(crate) limits: BuildLimits,
    /// What outlives this run: roots, packages, indexes.
    pub(crate) cache: PathBuf,
    /// What ends with this run.
    pub(crate) work: PathBuf,
    /// Releases of which statements stand where this one's will be put.
    pub(crate) earlier: Vec<Earlier>,
}

/// A release of which somebody made a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Earlier {
    /// The source package, or the repository's address.
    pub(crate) name: String,
    /// Its version, or the tag.
    pub(crate) version: String,
}

/// What is rebuilt, by the kind of release that it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Release {
    /// A Debian source package.
    Debian(DebianRelease),
    /// A signed tag of a git repository.
    Git(GitRelease),
}

/// A Debian source package, and how it is built.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DebianRelease {
    /// The source package.
    pub(crate) name: String,
    /// Its version with epoch, or the newest in the signed indexes.
    pub(crate) version: Option<String>,
    /// The distribution's release, as in `bookworm`.
    pub(crate) suite: String,
    /// Which binaries to build, or what the source package suggests.
    pub(crate) builds: Option<BuildsChoice>,
    /// Where the source is unpacked inside the sandbox, or the distribution's own convention.
    pub(crate) build_path: Option<PathBuf>,
    /// Whether the package's own tests are run.
    pub(crate) tests: Tests,
}

/// A tag of a git repository, and how it is built.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GitRelease {
    /// The repository's address.
    pub(crate) repository: String,
    /// The tag's name, without `refs/tags/`.
    pub(crate) tag: String,
    /// How it is built.
    pub(crate) recipe: RecipeChoice,
    /// The root archive, for a recipe that names one by its digest.
    pub(crate) root: Option<PathBuf>,
    /// The variables by which the host reaches the network, such as `https_proxy`. Only fetching sees them.
    pub(crate) network: BTreeMap<String, String>,
}

/// Where the recipe comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RecipeChoice {
    /// A file of the tree that is built.
    Tree {
        /// Its path.
        path: String,
    },
    /// A file that the caller gave.
    Given {
        /// Its name.
        name: String,
        /// What it says.
        text: String,
    },
}

/// Whether the package's own tests are run during the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tests {
    /// As the package wants it.
    Run,
    /// `nocheck` in `DEB_BUILD_OPTIONS`.
    Skip,
}

/// How much one build may use.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct BuildLimits {
    /// Memory: of all processes together where the host lets us, of each process everywhere.
    pub(crate) memory_bytes_max: u64,
    /// Processes and threads at one time.
    pub(crate) processes_max: u64,
    /// Wall-clock time of the build.
    pub(crate) seconds_max: u64,
    /// Files and log together.
    pub(crate) output_bytes_max: u64,
}

/// The parts of a rebuild that take time, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// The source, from an archive with its index or from a repository.
    Source,
    /// The build root.
    Root,
    /// The build dependencies.
    Dependencies,
    /// The build itself.
    Build,
    /// Reading the outputs.
    Digest,
    /// Signing, in its own process.
    Sign,
}

impl Phase {
    /// The word for people and for JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Root => "root",
            Self::Dependencies => "dependencies",
            Self::Build => "build",
            Self::Digest => "digest",
            Self::Sign => "sign",
        }
    }
}

/// What the build process reports while it works.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    /// A phase begins.
    Started {
        /// Which.
        phase: Phase,
    },
    /// A phase is done.
    Finished {
        /// Which.
        phase: Phase,
        /// How long it took.
        milliseconds: u64,
        /// What came of it, for people.
        note: String,
    },
    /// Something that people should know and that stops nothing.
    Warning {
        /// One sentence.
        text: String,
    },
    /// The staging folder has everything that is to be signed.
    Staged,
    /// The end without a statement.
    Failed {
        /// Why.
        failure: Failure,
        /// The last lines of the build log, with nothing in them that a terminal would obey.
        log_tail: Vec<String>,
    },
}

/// One published output, for the answer at the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ResultProduct {
    /// File name, or the path below the output folder.
    pub(crate) name: String,
    /// Binary package, or the path again.
    pub(crate) package: String,
    /// Its version with epoch, or the tag.
    pub(crate) version: String,
    /// Its architecture.
    pub(crate) architecture: String,
    /// Bytes.
    pub(crate) size: u64,
    /// SHA-256 in hex.
    pub(crate) sha256: String,
    /// SHA-512 in hex.
    pub(crate) sha512: String,
}

/// What the signing process answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Signed {
    /// The key's id, 64 hex digits.
    pub(crate) keyid: String,
    /// The party that the statement names.
    pub(crate) party: String,
    /// Source package name, or the repository's address.
    pub(crate) source: String,
    /// Its version with epoch, or the tag.
    pub(crate) version: String,
    /// The architecture that was built for.
    pub(crate) architecture: String,
    /// The run.
    pub(crate) invocation: String,
    /// Limits that this host could not set.
    pub(crate) unlimited: Vec<String>,
    /// The outputs.
    pub(crate) products: Vec<ResultProduct>,
    /// The other files, by name, with their SHA-256.
    pub(crate) byproducts: BTreeMap<String, String>,
    /// The two signed documents, relative to the output folder.
    pub(crate) statements: Vec<String>,
}

//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::protocol::BuildsChoice;

/// Rebuilds released source in a sandbox and signs what came out.
#[derive(Debug, Parser)]
#[command(name = "quorate-rebuild", version, about, max_term_width = 100)]
pub(crate) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What this program does: one thing for people, and the parts of it that run as processes of their own.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Rebuild a Debian source package
    ///
    /// Fetches the source through the archive's own signatures, builds it without network, and writes the outputs with
    /// two signed statements to a folder. The published package is never fetched: whether the result is equal is
    /// for a verifier to say.
    ///
    /// Exit code: 0 done, 1 the rebuild failed, 2 it could not be tried.
    Debian(Box<DebianArgs>),
    /// Rebuild a signed tag of a git repository
    ///
    /// Fetches the tag and nothing else, lays its tree out without filters, builds it by a recipe without network, and
    /// writes the outputs with two signed statements to a folder. Who may sign the tag is for a policy to say.
    ///
    /// Exit code: 0 done, 1 the rebuild failed, 2 it could not be tried.
    Git(Box<GitArgs>),
    /// The build process, started by the front process.
    #[command(hide = true)]
    BuildProcess,
    /// The signing process, started by the front process when nothing of the build is left.
    #[command(hide = true)]
    SignProcess(SignArgs),
    /// Says whether a key can sign.
    #[command(hide = true)]
    CheckKey {
        /// The key.
        #[arg(long)]
        key: PathBuf,
    },
    /// Prints the list of archives that would be used.
    #[command(hide = true)]
    Sources {
        /// The distribution's release.
        #[arg(long, default_value = "bookworm")]
        suite: String,
    },
}

/// Arguments of the signing process.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The key.
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// What the build process staged.
    #[arg(long)]
    pub(crate) staging: PathBuf,
    /// Where it goes.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// The run that the statement must be of.
    #[arg(long)]
    pub(crate) invocation: String,
}

/// Arguments of `debian`.
#[derive(Debug, Args)]
pub(crate) struct DebianArgs {
    /// Source package, with a version or the newest one in the index
    #[arg(value_name = "NAME[=VERSION]")]
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Which binary packages [default: all that the source makes here]
    #[arg(long, value_enum)]
    pub(crate) builds: Option<BuildsChoice>,
    /// Release of the distribution to build in
    #[arg(long, default_value = "bookworm")]
    pub(crate) suite: String,
    /// Where the source is unpacked inside the sandbox [default: /build/reproducible-path/NAME-VERSION]
    #[arg(long, value_name = "PATH")]
    pub(crate) build_path: Option<PathBuf>,
    /// Leave out the package's own tests
    #[arg(long)]
    pub(crate) no_tests: bool,
}

/// Arguments of `git`.
#[derive(Debug, Args)]
pub(crate) struct GitArgs {
    /// Repository: https://…, an absolute path or file:///…
    #[arg(value_name = "REPO")]
    pub(crate) repository: String,
    /// Tag, without refs/tags/; it must be an annotated and signed one
    #[arg(long, value_name = "T")]
    pub(crate) tag: String,
    /// Recipe in this file instead of in the tree
    #[arg(long, value_name = "FILE", conflicts_with = "recipe_path")]
    pub(crate) recipe: Option<PathBuf>,
    /// Path of the recipe in the tree
    #[arg(long, value_name = "PATH", default_value = "quorate.toml")]
    pub(crate) recipe_path: String,
    /// Root archive (plain tar) for a recipe that names one by its digest
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

// What every kind of rebuild takes. No doc comment: clap would print it as the command's own.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Private key (PEM, PKCS#8) that signs; only its owner may be able to read it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Folder for the outputs and the signed statements
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Name of the party that rebuilds [default: the key file's name without extension]
    #[arg(long, value_name = "NAME")]
    pub(crate) party: Option<String>,
    /// Folder for what is used again: roots, packages, indexes [default: ~/.cache/quorate-rebuild]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Folder for what ends with the run: the unpacked root and the build; quickest in memory, where it counts as the build's
    /// [default: work/ in the cache]
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
    /// List of archives instead of the host's (deb822 or one-line, each with Signed-By)
    #[arg(long, value_name = "FILE")]
    pub(crate) sources: Option<PathBuf>,
    /// Memory for the build [default: three quarters of this machine's]
    #[arg(long, value_name = "N")]
    pub(crate) memory_bytes_max: Option<u64>,
    /// Processes and threads of the build at one time
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub(crate) processes_max: u64,
    /// Time for the build
    #[arg(long, value_name = "N", default_value_t = 4 * 3600)]
    pub(crate) seconds_max: u64,
    /// Files and log that the build may write
    #[arg(long, value_name = "N", default_value_t = 16 << 30)]
    pub(crate) output_bytes_max: u64,
    /// Print the result as JSON (quorate-rebuild-result/1)
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

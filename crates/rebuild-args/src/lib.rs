//! The command line of `quorate-rebuild`, in a room of its own: that program obeys it, and `quorate` makes man pages and completions of it.
//!
//! **Enters:** words of a command line.
//! **Leaves:** what was asked for, not judged yet, or a description of all that can be asked for.
//! **Never:** a file, the network, the environment, a decision.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

/// Rebuilds released source in a sandbox and signs what came out.
#[derive(Debug, Parser)]
#[command(name = "quorate-rebuild", version, about, max_term_width = 100)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What this program does: one thing for people, and the parts of it that run as processes of their own.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Rebuild a Debian source package
    ///
    /// Fetches the source through the archive's own signatures, builds it without network, and writes the outputs with
    /// two signed statements to a folder. The published package is never fetched: whether the result is equal is
    /// for a verifier to say.
    ///
    /// Exit code: 0 done, 1 the rebuild failed, 2 it could not be tried.
    #[command(
        after_help = "Examples:\n  quorate rebuild debian catdoc --key alpha.key --out rebuilt/\n  \
            quorate rebuild debian catdoc --key rack-1.key --party alpha --out rebuilt/\n\n\
            The second is what a machine of the party alpha runs, which `quorate party machines` names."
    )]
    Debian(Box<DebianArgs>),
    /// Rebuild a signed tag of a git repository
    ///
    /// Fetches the tag and nothing else, lays its tree out without filters, builds it by a recipe without network, and
    /// writes the outputs with two signed statements to a folder. Who may sign the tag is for a policy to say.
    ///
    /// Exit code: 0 done, 1 the rebuild failed, 2 it could not be tried.
    #[command(
        after_help = "Example:\n  quorate rebuild git https://example.org/hello.git --tag v1.0 --key alpha.key --out rebuilt/"
    )]
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

/// The verbs for people, without the processes that the program starts by itself, as the command `name`.
pub fn for_people(name: &'static str) -> Command {
    let whole = CommandLine::command();
    let shown = whole.get_subcommands().filter(|it| !it.is_hide_set());
    let about = whole.get_about().cloned().unwrap_or_default();
    Command::new(name)
        .about(about)
        .subcommand_required(true)
        .after_help("Example:\n  quorate rebuild debian catdoc --key alpha.key --out rebuilt/")
        .subcommands(shown.cloned())
}

/// Which binary packages a build makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum BuildsChoice {
    /// Those of the machine's architecture.
    Any,
    /// Those that are independent of the architecture.
    All,
    /// Both.
    Binary,
}

/// Arguments of the signing process.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The key.
    #[arg(long)]
    pub key: PathBuf,
    /// What the build process staged.
    #[arg(long)]
    pub staging: PathBuf,
    /// Where it goes.
    #[arg(long)]
    pub out: PathBuf,
    /// The run that the statement must be of.
    #[arg(long)]
    pub invocation: String,
}

/// Arguments of `debian`.
#[derive(Debug, Args)]
pub struct DebianArgs {
    /// Source package, with a version or the newest one in the index
    #[arg(value_name = "NAME[=VERSION]")]
    pub release: String,
    /// What every kind of rebuild takes
    #[command(flatten)]
    pub run: RunArgs,
    /// Which binary packages [default: all that the source makes here]
    #[arg(long, value_enum)]
    pub builds: Option<BuildsChoice>,
    /// Release of the distribution to build in
    #[arg(long, default_value = "bookworm")]
    pub suite: String,
    /// Where the source is unpacked inside the sandbox [default: /build/reproducible-path/NAME-VERSION]
    #[arg(long, value_name = "PATH")]
    pub build_path: Option<PathBuf>,
    /// Leave out the package's own tests
    #[arg(long)]
    pub no_tests: bool,
}

/// Arguments of `git`.
#[derive(Debug, Args)]
pub struct GitArgs {
    /// Repository: https://…, an absolute path or file:///…
    #[arg(value_name = "REPO")]
    pub repository: String,
    /// Tag, without refs/tags/; it must be an annotated and signed one
    #[arg(long, value_name = "T")]
    pub tag: String,
    /// Recipe in this file instead of in the tree
    #[arg(long, value_name = "FILE", conflicts_with = "recipe_path")]
    pub recipe: Option<PathBuf>,
    /// Path of the recipe in the tree
    #[arg(long, value_name = "PATH", default_value = "quorate.toml")]
    pub recipe_path: String,
    /// Root archive (plain tar) for a recipe that names one by its digest
    #[arg(long, value_name = "FILE")]
    pub root: Option<PathBuf>,
    /// What every kind of rebuild takes
    #[command(flatten)]
    pub run: RunArgs,
}

// What every kind of rebuild takes.
#[expect(
    missing_docs,
    reason = "clap would print a doc comment as the command's own"
)]
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Private key (PEM, PKCS#8) that signs; only its owner may be able to read it
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Folder for the outputs and the signed statements
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Name of the party that rebuilds, as policies have it; a machine whose key has another name needs it [default: the key file's name without extension]
    #[arg(long, value_name = "NAME")]
    pub party: Option<String>,
    /// Folder for what is used again: roots, packages, indexes [default: ~/.cache/quorate-rebuild]
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Folder for what ends with the run: the unpacked root and the build; quickest in memory, where it counts as the build's
    /// [default: work/ in the cache]
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// List of archives instead of the host's (deb822 or one-line, each with Signed-By)
    #[arg(long, value_name = "FILE")]
    pub sources: Option<PathBuf>,
    /// Memory for the build [default: three quarters of this machine's]
    #[arg(long, value_name = "N")]
    pub memory_bytes_max: Option<u64>,
    /// Processes and threads of the build at one time
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub processes_max: u64,
    /// Time for the build
    #[arg(long, value_name = "N", default_value_t = 4 * 3600)]
    pub seconds_max: u64,
    /// Files and log that the build may write
    #[arg(long, value_name = "N", default_value_t = 16 << 30)]
    pub output_bytes_max: u64,
    /// Print the result as JSON (quorate-rebuild-result/1)
    #[arg(long)]
    pub json: bool,
    /// No progress
    #[arg(long)]
    pub quiet: bool,
}

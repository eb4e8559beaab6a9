//! The command lines of the in-toto commands. Names and meaning are those of the reference tools 3.1.0; what is ours beyond says so.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum InTotoVerb {
    /// Carry out a step: record materials, run its command, record products, sign the link
    Run(RunArguments),
    /// Record a step that is more than one command: start before it, stop after it
    #[command(
        subcommand,
        version,
        after_help = "\
Example:
  quorate in-toto record start -n edit --signing-key alice.key -m src
  quorate in-toto record stop -n edit --signing-key alice.key -p src"
    )]
    Record(RecordVerb),
    /// Try a step out: an unsigned link NAME.link with everything here as materials and products
    Mock(MockArguments),
    /// Say whether files here are the products of a link
    MatchProducts(MatchProductsArguments),
    /// Sign a link or layout, or check its signatures
    Sign(SignArguments),
    /// Say whether a supply chain holds: its layout, links, thresholds, rules and inspections
    #[command(version)]
    Verify(super::verify::VerifyArguments),
    /// Make links to this program named in-toto-run, in-toto-record and so on
    #[command(after_help = "\
Example:
  quorate in-toto links ~/.local/bin

Each of these names is then the command of that name.")]
    Links {
        /// Folder for the links
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KeyChoice {
    /// Private key in PKCS#8 PEM
    #[arg(long, value_name = "PATH")]
    pub(crate) signing_key: Option<PathBuf>,
    /// Sign with gpg, by the default key or the one of this id
    #[arg(short, long, value_name = "ID", num_args = 0..=1)]
    pub(crate) gpg: Option<Option<String>>,
}

#[derive(Debug, Args)]
pub(crate) struct SignerArguments {
    #[command(flatten)]
    pub(crate) key: KeyChoice,
    /// Passphrase of the signing key; without a value it is asked for, which keeps it out of the list of processes
    #[arg(short = 'P', long, value_name = "PASSPHRASE", num_args = 0..=1)]
    pub(crate) password: Option<Option<String>>,
    /// Folder of gpg's keys
    #[arg(long, value_name = "DIR")]
    pub(crate) gpg_home: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RecordingArguments {
    /// gitignore-style patterns of what is not recorded [default: *.link* .git *.pyc *~]
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) exclude: Vec<String>,
    /// Folder that relative paths start from; it is not part of names [default: .]
    #[arg(long, value_name = "DIR")]
    pub(crate) base_path: Option<PathBuf>,
    /// Prefixes to strip from names
    #[arg(long, value_name = "PREFIX", num_args = 1..)]
    pub(crate) lstrip_paths: Vec<String>,
}

#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub(crate) struct FormArguments {
    /// Write a DSSE envelope, which is the default
    #[arg(long)]
    pub(crate) use_dsse: bool,
    /// Write a metablock, for consumers that do not read DSSE (not in the reference tools)
    #[arg(long)]
    pub(crate) metablock: bool,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct TalkArguments {
    /// Say more
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
#[command(
    version,
    after_help = "\
Examples:
  quorate in-toto run -n package --signing-key alice.key -m src -p out.tar.gz -- tar czf out.tar.gz src
  quorate in-toto run -n review --signing-key alice.key -m document.pdf -x

Exit codes: the command's own; a signal N is 256 - N; 1 when no link could be made; 2 wrong usage."
)]
pub(crate) struct RunArguments {
    /// Name of the step; the link is NAME.KEYID.link
    #[arg(
        short = 'n',
        long = "step-name",
        visible_alias = "name",
        value_name = "NAME"
    )]
    pub(crate) step_name: String,
    /// Files and folders to record before the command runs; also dir:PATH and git:PATH[@REVISION]
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    pub(crate) materials: Vec<String>,
    /// Files and folders to record after the command ran; also dir:PATH and git:PATH[@REVISION]
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    pub(crate) products: Vec<String>,
    /// Keep the command's output in the link, too
    #[arg(short = 's', long)]
    pub(crate) record_streams: bool,
    /// Run no command
    #[arg(short = 'x', long)]
    pub(crate) no_command: bool,
    #[command(flatten)]
    pub(crate) signer: SignerArguments,
    #[command(flatten)]
    pub(crate) recording: RecordingArguments,
    /// Folder for the link [default: .]
    #[arg(short = 'd', long, value_name = "DIR")]
    pub(crate) metadata_directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) form: FormArguments,
    /// Kill the command and all it started after so many seconds [default: never]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) run_timeout: Option<u64>,
    #[command(flatten)]
    pub(crate) talk: TalkArguments,
    /// Print JSON on stdout when the command has ended; its own output goes to stderr
    #[arg(long)]
    pub(crate) json: bool,
    /// The command and its arguments, after --
    #[arg(value_name = "COMMAND", required_unless_present = "no_command")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecordVerb {
    /// Record materials and sign a preliminary link, .NAME.KEYID.link-unfinished
    #[command(
        after_help = "Example:\n  quorate in-toto record start -n edit --signing-key alice.key -m src"
    )]
    Start(StartArguments),
    /// Check the preliminary link's signature, record products and sign the link NAME.KEYID.link
    #[command(
        after_help = "Example:\n  quorate in-toto record stop -n edit --signing-key alice.key -p src"
    )]
    Stop(StopArguments),
}

#[derive(Debug, Args)]
pub(crate) struct StartArguments {
    /// Files and folders to record; also dir:PATH and git:PATH[@REVISION]
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    pub(crate) materials: Vec<String>,
    #[command(flatten)]
    pub(crate) step: StepArguments,
}

#[derive(Debug, Args)]
pub(crate) struct StopArguments {
    /// Files and folders to record; also dir:PATH and git:PATH[@REVISION]
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    pub(crate) products: Vec<String>,
    /// Folder for the link [default: .]
    #[arg(short = 'd', long, value_name = "DIR")]
    pub(crate) metadata_directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) step: StepArguments,
}

#[derive(Debug, Args)]
pub(crate) struct StepArguments {
    /// Name of the step
    #[arg(
        short = 'n',
        long = "step-name",
        visible_alias = "name",
        value_name = "NAME"
    )]
    pub(crate) step_name: String,
    #[command(flatten)]
    pub(crate) signer: SignerArguments,
    #[command(flatten)]
    pub(crate) recording: RecordingArguments,
    #[command(flatten)]
    pub(crate) form: FormArguments,
    #[command(flatten)]
    pub(crate) talk: TalkArguments,
    /// Print JSON (not in the reference tools)
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    version,
    after_help = "\
Example, from a trial to a signed link:
  quorate in-toto mock -n build -- make
  quorate in-toto sign -f build.link -k alice.key"
)]
pub(crate) struct MockArguments {
    /// Name of the step; the link is NAME.link
    #[arg(short, long, visible_alias = "step-name", value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) form: FormArguments,
    /// Print JSON on stdout when the command has ended (not in the reference tools)
    #[arg(long)]
    pub(crate) json: bool,
    /// The command and its arguments, after --
    #[arg(value_name = "COMMAND", required = true)]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
#[command(
    version,
    after_help = "\
Example:
  quorate in-toto match-products --link build.776a00e2.link -p out --verification-keys alice.pub

Exit codes: 0 equal, 1 different or not readable, 2 wrong usage."
)]
pub(crate) struct MatchProductsArguments {
    /// The link
    #[arg(short, long, value_name = "PATH")]
    pub(crate) link: PathBuf,
    /// Files and folders to compare [default: .]
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    pub(crate) paths: Vec<String>,
    /// gitignore-style patterns of what is not compared [default: *.link* .git *.pyc *~]
    #[arg(short, long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) exclude: Vec<String>,
    /// Prefixes to strip from names
    #[arg(long, value_name = "PREFIX", num_args = 1..)]
    pub(crate) lstrip_paths: Vec<String>,
    /// Public keys of which one must have signed the link (not in the reference tools). Without them anybody may have written it
    #[arg(long, value_name = "KEY", num_args = 1..)]
    pub(crate) verification_keys: Vec<PathBuf>,
    /// Say more
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Print JSON (not in the reference tools)
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    version,
    after_help = "\
Examples:
  quorate in-toto sign -f root.layout -k alice.key bob.key -o signed.layout
  quorate in-toto sign -f root.layout -k carol.key --append
  quorate in-toto sign -f root.layout -k alice.pub bob.pub --verify

Exit codes: 0 signed or valid, 1 a signature is missing or not valid, 2 everything else."
)]
pub(crate) struct SignArguments {
    /// The link or layout
    #[arg(short, long, value_name = "PATH")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) keys: SignKeyChoice,
    /// Ask for the passphrase of the private keys
    #[arg(short, long)]
    pub(crate) prompt: bool,
    /// Folder of gpg's keys
    #[arg(long, value_name = "DIR")]
    pub(crate) gpg_home: Option<PathBuf>,
    /// Where to write [default: a layout over itself, a link as NAME.KEYID.link]
    #[arg(short, long, value_name = "PATH", conflicts_with = "verify")]
    pub(crate) output: Option<PathBuf>,
    /// Keep the signatures that a layout has
    #[arg(short, long, conflicts_with = "verify")]
    pub(crate) append: bool,
    /// Check that each key has a valid signature, and write nothing
    #[arg(long)]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) talk: TalkArguments,
    /// Print JSON (not in the reference tools)
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SignKeyChoice {
    /// Private keys in PKCS#8 PEM, or public keys with --verify
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    pub(crate) key: Vec<PathBuf>,
    /// Sign or verify with gpg, by the default key or those of these ids
    #[arg(short, long, value_name = "ID", num_args = 0..)]
    pub(crate) gpg: Option<Vec<String>>,
}

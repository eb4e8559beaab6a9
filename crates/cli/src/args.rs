//! The command line.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use quorate::time::Timestamp;
use quorate::verify::Expected;

use crate::intoto::InTotoVerb;
use crate::layout::LayoutVerb;
use crate::party::PartyVerb;
use crate::sums::SumsVerb;
use crate::trust::{StoreArguments, TrustVerb};

/// Proves that a file was rebuilt, bit for bit, from released source by k of n independent parties.
#[derive(Debug, Parser)]
#[command(
    name = "quorate",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  quorate verify catdoc.deb --proof catdoc.proof --owner distro.pub
  quorate rebuild debian catdoc --key alpha.key --out rebuilt/

Exit codes: 0 yes, 1 refused, 2 could not judge or wrong usage."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make and show keys
    #[command(subcommand, after_help = "Example:\n  quorate key new alpha")]
    Key(KeyVerb),
    /// Sign what a party says of its keys: machines, rotation, revocation, and what it has seen
    #[command(
        subcommand,
        after_help = "\
Examples:
  quorate party machines --machine rack-1.pub --until 2027-03-01T00:00:00Z --key alpha.key -o alpha.machines
  quorate party witness beta evidence/ --key beta.key -o evidence/beta.witness"
    )]
    Party(PartyVerb),
    /// Say who may speak for an artifact, and how many must agree
    #[command(
        subcommand,
        after_help = "\
Example, from a file to a policy that verifiers take:
  quorate policy compile policy.toml
  quorate policy sign demo.layout --key owner.key
  quorate policy show demo.layout --owner owner.pub"
    )]
    Policy(PolicyVerb),
    /// Make, edit, show, check and draw in-toto layouts
    #[command(
        subcommand,
        after_help = "\
Example, from nothing to a layout that is ready to be signed:
  quorate layout new demo.layout --expires-in 365d
  quorate layout add-step demo.layout build --key alice.pub --products 'CREATE *.deb' --products 'DISALLOW *'
  quorate layout lint demo.layout
  quorate layout draw demo.layout -o chain.svg"
    )]
    Layout(LayoutVerb),
    /// Rebuild a source package in a sandbox and sign what came out
    #[command(disable_help_flag = true)]
    Rebuild {
        /// Arguments of quorate-rebuild; `quorate rebuild --help` shows them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Ask whether a git tag is a release, by whom, and of what
    #[command(
        subcommand,
        after_help = "\
Examples:
  quorate source verify hello.git --tag v1.0 --signers allowed_signers
  quorate source show hello.git --tag v1.0"
    )]
    Source(SourceVerb),
    /// Pack policy and evidence into one file that anyone can check offline
    Prove(ProveArguments),
    /// Answer for files: were they rebuilt, and by whom?
    Verify(VerifyArguments),
    /// Say what differs between two builds, member by member, and what is likely to have caused it
    Diff(DiffArguments),
    /// Carry out, record and verify steps of an in-toto supply chain
    #[command(
        subcommand,
        name = "in-toto",
        infer_long_args = true,
        after_help = "\
Examples:
  quorate in-toto run -n build --signing-key alice.key -m src -p out -- make
  quorate in-toto links ~/.local/bin

They take the flags of the in-toto tools 3.1.0 and end with their exit codes."
    )]
    InToto(InTotoVerb),
    /// Look at lists of digests that builders publish
    #[command(
        subcommand,
        after_help = "Example:\n  quorate sums show guix.sigs/29.1 --keys guix.sigs/builder-keys"
    )]
    Sums(SumsVerb),
    /// Hold, publish and follow the keys, parties and policies that are in force
    #[command(
        subcommand,
        after_help = "\
Examples:
  quorate trust pin 1.root.json && quorate trust update /srv/trust
  quorate verify hello_1.0_amd64.deb

For those who hold keys, a change is prepared, signed by each holder, and published:
  quorate trust delegate repository ceremony hello --owner maria.pub --files 'hello_*.deb'
  quorate trust sign ceremony --key bins-1.key
  quorate trust publish repository ceremony --online-key online.key"
    )]
    Trust(TrustVerb),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  quorate completions bash > ~/.local/share/bash-completion/completions/quorate"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write man pages
    #[command(after_help = "Example:\n  quorate man ~/.local/share/man/man1")]
    Man {
        /// Folder for the pages
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make a key pair: NAME.key, readable by you alone, and NAME.pub
    #[command(after_help = "Example:\n  quorate key new alpha")]
    New {
        /// Where to write: NAME.key and NAME.pub
        name: PathBuf,
        /// The key's type
        #[arg(long = "type", value_enum, default_value_t = KeyType::Ed25519)]
        key_type: KeyType,
    },
    /// Show a key's id, scheme and fingerprint; or its public half
    #[command(
        after_help = "Examples:\n  quorate key show alpha.pub\n  quorate key show alpha.key --public > alpha.pub"
    )]
    Show {
        /// A public or private key file
        file: PathBuf,
        /// Print the public key as PEM and nothing else
        #[arg(long)]
        public: bool,
        /// Print JSON
        #[arg(long, conflicts_with = "public")]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyType {
    /// Ed25519
    Ed25519,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyVerb {
    /// Write a policy.toml to start from
    #[command(after_help = "\
Example:
  quorate policy new demo --owner owner.pub --party alpha=alpha.pub --party beta=beta.pub \\
      --party gamma=gamma.pub --threshold 2 --expires 2027-11-24T00:00:00Z > policy.toml")]
    New(NewPolicyArguments),
    /// Check policy.toml and write the two documents to be signed, NAME.layout and NAME.terms, and, where it names OpenPGP
    /// certificates, NAME.certificates, which stays with them
    #[command(after_help = "Example:\n  quorate policy compile policy.toml --out .")]
    Compile {
        /// The policy; paths of keys in it are relative to it
        file: PathBuf,
        /// Folder for NAME.layout, NAME.terms and NAME.certificates
        #[arg(long, default_value = ".")]
        out: PathBuf,
        /// Replace a policy of this name that says something else and is signed
        #[arg(long)]
        force: bool,
        /// The time against which the expiry is held
        #[arg(long, value_parser = parse_time, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Add an owner's signature to NAME.layout and to NAME.terms beside it
    #[command(after_help = "Example:\n  quorate policy sign demo.layout --key owner.key")]
    Sign {
        /// The layout; the terms lie beside it
        layout: PathBuf,
        /// The owner's private key
        #[arg(long)]
        key: PathBuf,
    },
    /// Show what a policy says; without --owner, as the owners that it names for itself would have it
    #[command(after_help = "Example:\n  quorate policy show demo.layout --owner owner.pub")]
    Show {
        /// The layout; the terms lie beside it
        layout: PathBuf,
        #[command(flatten)]
        owners: OwnerArguments,
        /// The time against which the expiry is held
        #[arg(long, value_parser = parse_time, value_name = "TIME")]
        at: Option<Timestamp>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourceVerb {
    /// Verify that a tag is signed by whom you name, and hash its whole tree again
    #[command(after_help = "\
Examples:
  quorate source verify hello.git --tag v1.0 --signers allowed_signers
  quorate source verify . --tag v1.0 --signers maintainers.asc --at 2026-11-24T00:00:00Z

Keys are judged at --at, never at a date inside the tag. Exit codes: 0 signed, 1 refused, 2 could not judge.")]
    Verify {
        #[command(flatten)]
        tag: TagArguments,
        /// Who may sign: a file (no pipe) of allowed_signers as ssh-keygen has it, or of OpenPGP certificates; repeat for several
        #[arg(long, required = true, value_name = "FILE")]
        signers: Vec<PathBuf>,
        /// How many of them must have signed
        #[arg(long, default_value_t = NonZeroUsize::MIN, value_name = "N")]
        needed: NonZeroUsize,
        /// Judge keys as of this time [default: now]
        #[arg(long, value_parser = parse_time, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Show a tag, what it leads to, and the identity of its tree; nothing is judged
    #[command(after_help = "Example:\n  quorate source show hello.git --tag v1.0")]
    Show {
        #[command(flatten)]
        tag: TagArguments,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TagArguments {
    /// The repository: a folder of this machine, bare or with a work tree
    #[arg(value_name = "REPO")]
    pub(crate) repository: PathBuf,
    /// The tag's name, without refs/tags/
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: String,
    /// Do not read the tree
    #[arg(long)]
    pub(crate) no_tree: bool,
    /// Print JSON (quorate-source/1)
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NewPolicyArguments {
    /// The policy's name: lower-case letters, digits, plus, minus and dot
    pub(crate) name: String,
    /// An owner's public key file; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    pub(crate) owner: Vec<String>,
    /// How many owners must sign [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) owners_needed: Option<usize>,
    /// A party and its public key file; repeat for several, and for several keys of one party
    #[arg(long, required = true, value_name = "NAME=KEY", value_parser = parse_party)]
    pub(crate) party: Vec<(String, String)>,
    /// How many parties must agree
    #[arg(long, value_name = "K")]
    pub(crate) threshold: usize,
    /// Names of build outputs that the policy speaks of
    #[arg(long, default_value = "*.deb", value_name = "PATTERN")]
    pub(crate) artifacts: String,
    /// When the policy ends
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) expires: Timestamp,
}

#[derive(Debug, Args)]
pub(crate) struct OwnerArguments {
    /// Public key of a policy owner whom you trust; repeat for several
    #[arg(long, value_name = "KEY")]
    pub(crate) owner: Vec<PathBuf>,
    /// How many of them must have signed the policy [default: all]
    #[arg(long, value_name = "N", requires = "owner")]
    pub(crate) owners_needed: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorate prove catdoc.deb --policy demo.layout --evidence rebuilt/ --out catdoc.proof

The proof is made only when the verdict is yes. Without --owner it is judged under the owners that the
policy names for itself; whoever verifies the proof decides whom to trust.")]
pub(crate) struct ProveArguments {
    /// The files to prove
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The signed layout; the terms lie beside it
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) policy: PathBuf,
    /// A folder or file with evidence; repeat for several
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Where to write the proof
    #[arg(long, value_name = "PROOF")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) owners: OwnerArguments,
    /// Judge as of this time [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorate verify catdoc.deb
  quorate verify catdoc.deb --proof catdoc.proof --owner distro.pub
  quorate verify catdoc.deb --policy demo.layout --evidence rebuilt/ --owner distro.pub \\
      --as catdoc=1:0.95-6~deb12u1:amd64

Without --owner the policy comes from the trust that `quorate trust pin` and `quorate trust update` brought, by the file's name.

Exit codes: 0 quorate, 1 refused, 2 could not judge or wrong usage.")]
pub(crate) struct VerifyArguments {
    /// The files to judge
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// One file that holds policy and evidence; without --owner its evidence alone counts [default: FILE.proof, where it is]
    #[arg(long, conflicts_with_all = ["policy", "evidence"])]
    pub(crate) proof: Option<PathBuf>,
    /// The signed layout; the terms lie beside it [default: the policy of FILE's project in the trust that is pinned]
    #[arg(long, value_name = "LAYOUT", requires_all = ["evidence", "owner"])]
    pub(crate) policy: Option<PathBuf>,
    /// A folder or file with evidence; repeat for several
    #[arg(long, num_args = 1.., value_name = "DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Public key of a policy owner whom you trust; repeat for several [default: those that the pinned trust vouches for]
    #[arg(long, value_name = "KEY")]
    pub(crate) owner: Vec<PathBuf>,
    /// How many of them must have signed the policy [default: all]
    #[arg(long, value_name = "N", requires = "owner")]
    pub(crate) owners_needed: Option<usize>,
    /// Refuse a policy of an older version than this
    #[arg(long, value_name = "N", requires = "owner")]
    pub(crate) policy_version_min: Option<NonZeroU64>,
    /// Demand this identity, as a signed index has it; for one FILE
    #[arg(long = "as", value_name = "NAME=VERSION[:ARCH]", value_parser = Expected::parse)]
    pub(crate) expected: Option<Expected>,
    #[command(flatten)]
    pub(crate) trust: StoreArguments,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorate diff catdoc_published.deb catdoc_rebuilt.deb
  quorate diff one.tar.xz two.tar.xz --html why.html

Archives (tar, ar, deb, zip; gzip, xz, zstd) are told by their first bytes and read strictly; what is refused is compared as
plain bytes. Causes fit what was seen; none is certain.

Exit codes: 0 equal, 1 different, 2 could not compare or wrong usage.")]
pub(crate) struct DiffArguments {
    /// The first file
    pub(crate) a: PathBuf,
    /// The second file
    pub(crate) b: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write one page for a browser, too
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Run diffoscope as well, if it is installed; it opens the files with many other programs, without a sandbox
    #[arg(long, conflicts_with = "json")]
    pub(crate) deep: bool,
}

pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

fn parse_party(text: &str) -> Result<(String, String), String> {
    let (name, key) = text
        .split_once('=')
        .ok_or("expected NAME=KEY, as in alpha=alpha.pub")?;
    Ok((name.to_owned(), key.to_owned()))
}

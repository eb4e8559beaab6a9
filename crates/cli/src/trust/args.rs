//! The command line of `quorate trust`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use super::change_args::{AddPartyArguments, PublishArguments, RestoreArguments, RevokeArguments};
use clap::{Args, Subcommand};
use quorate::digest::Sha256;
use quorate::time::Timestamp;

use crate::args::parse_time;

#[derive(Debug, Subcommand)]
pub(crate) enum TrustVerb {
    /// Prepare a new trust repository: its first files, for the holders to sign
    Init(Box<InitArguments>),
    /// Prepare a party's entry in the roster, or a new one in its place
    AddParty(Box<AddPartyArguments>),
    /// Prepare to let a party go: its keys end, and what they signed before goes on counting
    #[command(after_help = "Example:\n  quorate trust remove-party repository ceremony alpha")]
    RemoveParty {
        #[command(flatten)]
        change: ChangeArguments,
        /// The party
        name: String,
    },
    /// Prepare to write down that a party's key is stolen: what others had before goes on counting
    Revoke(RevokeArguments),
    /// Prepare to give a project to its owners, who alone speak about its policy
    Delegate(DelegateArguments),
    /// Prepare to put a project's signed policy into its role
    #[command(
        after_help = "Example:\n  quorate trust policy repository ceremony hello --layout hello.layout"
    )]
    Policy {
        #[command(flatten)]
        change: ChangeArguments,
        /// The project
        project: String,
        #[command(flatten)]
        policy: PolicyFileArguments,
    },
    /// Prepare to keep a release under the version of the policy that it was made under
    Bind(BindArguments),
    /// Prepare to judge a release by the policy in force again
    #[command(
        after_help = "Example:\n  quorate trust unbind repository ceremony hello --source hello --version 2.10-3"
    )]
    Unbind {
        #[command(flatten)]
        change: ChangeArguments,
        /// The project
        project: String,
        /// The source package's name, or the address of a git repository
        #[arg(long, value_name = "NAME")]
        source: String,
        /// The release: the source package's full version, or the tag's name
        #[arg(long, value_name = "VERSION")]
        version: String,
    },
    /// Prepare to put a role's files back to what one of its published versions had
    #[command(
        after_help = "Example:\n  quorate trust restore repository ceremony rebuilders 4\n\n`quorate trust history REPO` lists the versions."
    )]
    Restore(RestoreArguments),
    /// Prepare other naming rules: which project a file belongs to, by its name
    #[command(after_help = "Example:\n  quorate trust naming repository ceremony naming.json")]
    Naming {
        #[command(flatten)]
        change: ChangeArguments,
        /// The rules, as docs/spec/trust.md has them
        file: PathBuf,
    },
    /// Prepare to give a role other holders
    #[command(after_help = "\
Examples:
  quorate trust rotate repository ceremony targets --key t1.pub --key t4.pub --needed 2
  quorate trust rotate repository ceremony online --key online-2.pub
  quorate trust rotate repository ceremony proj-hello --key maria.pub

--key names all holders that the role has from then on. Those before sign what delegates to it; a root is signed by both.")]
    Rotate {
        #[command(flatten)]
        change: ChangeArguments,
        /// root, targets, online (snapshot and timestamp), snapshot, timestamp, rebuilders, bins, or a project's role
        role: String,
        /// Public key of a holder; repeat for all of them
        #[arg(long, required = true, value_name = "KEY")]
        key: Vec<PathBuf>,
        /// How many of them must sign [default: more than half]
        #[arg(long, value_name = "N")]
        needed: Option<u64>,
    },
    /// Prepare roles anew with equal content, before they expire
    #[command(after_help = "Example:\n  quorate trust renew repository ceremony rebuilders bins")]
    Renew {
        #[command(flatten)]
        change: ChangeArguments,
        /// root, targets, rebuilders, bins, or a project's role; several at once
        #[arg(required = true)]
        role: Vec<String>,
    },
    /// Say what a ceremony changes, and sign what the key holds
    #[command(after_help = "\
Examples:
  quorate trust sign ceremony --key root-1.key
  quorate trust sign ceremony --key root-2.pub --agent

What would change is said before; --dry-run says it and signs nothing. It is told from the copies in the folder: `quorate trust diff` tells it
from a repository.")]
    Sign {
        /// The ceremony's folder
        #[arg(value_name = "DIR")]
        ceremony: PathBuf,
        #[command(flatten)]
        signer: SignerArguments,
        /// Say what would change and who is to sign, and sign nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Publish a ceremony that enough holders signed
    #[command(
        after_help = "Example:\n  quorate trust publish repository ceremony --online-key online.key"
    )]
    Publish(PublishArguments),
    /// Make the online roles anew; for cron
    #[command(
        after_help = "Example, daily:\n  quorate trust refresh /srv/trust --online-key online.key"
    )]
    Refresh {
        /// The repository's folder
        repository: PathBuf,
        #[command(flatten)]
        online: OnlineArguments,
    },
    /// Copy what is in force to a medium for machines without a network, where it lasts longer
    #[command(after_help = "\
Example, monthly:
  quorate trust export /srv/trust /media/stick --online-key online.key

There, `quorate trust update /media/stick --medium` takes it. The repository's own snapshot and timestamp are made anew, too.")]
    Export {
        /// The repository's folder
        repository: PathBuf,
        /// The medium's folder: empty, missing, or an older medium
        #[arg(value_name = "DIR")]
        medium: PathBuf,
        /// Days after which the medium expires: how old what a machine without a network trusts can be
        #[arg(long, default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=90))]
        days: u16,
        #[command(flatten)]
        online: OnlineArguments,
    },
    /// Show every role of a repository: version, expiry, holders, and who signed
    #[command(after_help = "Example:\n  quorate trust status repository")]
    Status(LookArguments),
    /// Say what a ceremony would change in a repository, and whose signatures are missing
    #[command(after_help = "Example:\n  quorate trust diff repository ceremony")]
    Diff {
        /// The repository's folder
        repository: PathBuf,
        /// The ceremony's folder
        #[arg(value_name = "DIR")]
        ceremony: PathBuf,
    },
    /// List every version of root, roster and policies that was published, with who signed it
    #[command(after_help = "Example:\n  quorate trust history repository")]
    History(LookArguments),
    /// Name the root from which this user's trust starts; it comes from outside of the repository
    #[command(after_help = "\
Examples:
  quorate trust pin 1.root.json
  quorate trust pin --sha256 8f2d…c1 --version 1")]
    Pin(PinArguments),
    /// Bring this user's trust up to date from a repository
    #[command(
        after_help = "Examples:\n  quorate trust update https://trust.example.org/\n  quorate trust update /srv/trust\n\n\
        https trusts the authorities of this machine, or those in the file that SSL_CERT_FILE names. Whoever brings the files, they are judged by their signatures."
    )]
    Update {
        /// An address of http or https, a folder, or file:///PATH of one [default: that of the last update]
        #[arg(value_name = "PLACE")]
        repository: Option<PathBuf>,
        /// Bring the policy of this project, too, for use without the repository; repeat for several
        #[arg(long, value_name = "PROJECT")]
        project: Vec<String>,
        /// The place is a medium that `quorate trust export` made, which lasts longer: this machine has no network
        #[arg(long)]
        medium: bool,
        #[command(flatten)]
        store: StoreArguments,
    },
    /// Show what this user trusts: which root, which versions, who signed, when each expires
    #[command(after_help = "Example:\n  quorate trust show")]
    Show {
        #[command(flatten)]
        store: StoreArguments,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    /// This user's trust [default: $XDG_DATA_HOME/quorate/trust]
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// Judge as of this time [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct ChangeArguments {
    /// The repository's folder, which is only read
    pub(crate) repository: PathBuf,
    /// A new folder for the ceremony
    #[arg(value_name = "DIR")]
    pub(crate) ceremony: PathBuf,
    /// The time from which expiries are counted [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  quorate trust init ceremony --root r1.pub --root r2.pub --root r3.pub --root-needed 2 \\
      --targets t1.pub --targets t2.pub --online online.pub

Then each holder runs `quorate trust sign`, and `quorate trust publish` makes the repository.
Expiries: root and targets 365 days, roster 90, bins 180.")]
pub(crate) struct InitArguments {
    /// A new folder for the ceremony
    #[arg(value_name = "DIR")]
    pub(crate) ceremony: PathBuf,
    /// Public key of a holder of the root; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    pub(crate) root: Vec<PathBuf>,
    /// How many of them must sign [default: more than half]
    #[arg(long, value_name = "N")]
    pub(crate) root_needed: Option<u64>,
    /// Public key of a holder of targets; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    pub(crate) targets: Vec<PathBuf>,
    /// How many of them must sign [default: more than half]
    #[arg(long, value_name = "N")]
    pub(crate) targets_needed: Option<u64>,
    /// Public key of a holder of the roster [default: those of targets]
    #[arg(long, value_name = "KEY")]
    pub(crate) rebuilders: Vec<PathBuf>,
    /// How many of them must sign [default: more than half]
    #[arg(long, value_name = "N")]
    pub(crate) rebuilders_needed: Option<u64>,
    /// Public key of a holder of the hash bins [default: those of targets]
    #[arg(long, value_name = "KEY")]
    pub(crate) bins_holders: Vec<PathBuf>,
    /// How many of them must sign [default: more than half]
    #[arg(long, value_name = "N")]
    pub(crate) bins_needed: Option<u64>,
    /// Public key of the online roles, of which one signs; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    pub(crate) online: Vec<PathBuf>,
    /// How many hash bins projects are spread over: 16, 256 or 4096
    #[arg(long, default_value_t = 16, value_name = "N")]
    pub(crate) bins: u16,
    /// The time from which expiries are counted [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  quorate trust delegate repository ceremony hello --owner maria.pub --owner omar.pub --needed 2 --files 'hello_*.deb'

Where the keys of the project's role were stolen at its threshold, --new-role gives the project a role of another name.")]
pub(crate) struct DelegateArguments {
    #[command(flatten)]
    pub(crate) change: ChangeArguments,
    /// The project, called as its policy
    pub(crate) project: String,
    /// Public key of an owner; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    pub(crate) owner: Vec<PathBuf>,
    /// How many owners must sign [default: more than half]
    #[arg(long, value_name = "N")]
    pub(crate) needed: Option<u64>,
    /// Names of the project's files, which targets' holders sign as naming rules; several at once
    #[arg(long, num_args = 1.., value_name = "PATTERN")]
    pub(crate) files: Vec<String>,
    /// The project's signed policy, to be put into its role at once; the terms lie beside it
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<PathBuf>,
    /// End the role that the project has, and make one of another name
    #[arg(long)]
    pub(crate) new_role: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyFileArguments {
    /// The signed layout
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: PathBuf,
    /// The signed terms [default: those beside the layout]
    #[arg(long, value_name = "TERMS")]
    pub(crate) terms: Option<PathBuf>,
    /// Certificates of those who sign releases [default: those beside the layout]
    #[arg(long, value_name = "FILE")]
    pub(crate) certificates: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorate trust bind repository ceremony hello --source hello --version 2.10-3 --artifacts 'hello_2.10-3_*.deb' --policy 3
  quorate trust bind repository ceremony catdoc --source catdoc --version 1:0.95-6~deb12u1 --artifacts 'catdoc_*0.95-6~deb12u1_*.deb' --policy 1

The star of the second stands for nothing, and for the epoch in the names of apt: catdoc_1%3a0.95-6~deb12u1_amd64.deb. Bind before a policy drops a
party: the version in force is kept then, and no --layout is needed.

Files of that name are judged by that version of the policy from then on, and only when they were built from that release. Where the version is
not the one in force, --layout names its signed layout. When a version is kept for the first time, the holders of hash bins sign, too.")]
pub(crate) struct BindArguments {
    #[command(flatten)]
    pub(crate) change: ChangeArguments,
    /// The project
    pub(crate) project: String,
    /// The source package's name, or the address of a git repository
    #[arg(long, value_name = "NAME")]
    pub(crate) source: String,
    /// The release: the source package's full version, or the tag's name
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: String,
    /// Names of its files
    #[arg(long, value_name = "PATTERN")]
    pub(crate) artifacts: String,
    /// The version of the policy that it was made under
    #[arg(long, value_name = "N")]
    pub(crate) policy: NonZeroU64,
    /// The signed layout of that version [default: the one in force]
    #[arg(long, value_name = "LAYOUT")]
    pub(crate) layout: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SignerArguments {
    /// The holder's private key; with --agent its public key
    #[arg(long, value_name = "KEY", required_unless_present = "dry_run")]
    pub(crate) key: Option<PathBuf>,
    /// Let the SSH agent at $SSH_AUTH_SOCK sign
    #[arg(long)]
    pub(crate) agent: bool,
    /// A file with the key's passphrase [default: the terminal is asked]
    #[arg(long, value_name = "FILE", conflicts_with = "agent")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct OnlineArguments {
    /// Private key of the online roles; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    pub(crate) online_key: Vec<PathBuf>,
    /// A file with the keys' passphrase [default: the terminal is asked]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Days after which the timestamp expires: how long a mirror can stand still unnoticed
    #[arg(long, default_value_t = 1, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) timestamp_days: u16,
    /// Days after which the snapshot expires
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) snapshot_days: u16,
    /// The time from which expiries are counted [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct LookArguments {
    /// The repository's folder
    pub(crate) repository: PathBuf,
    /// Name hash bins, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Judge as of this time [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PinArguments {
    /// The root file
    #[arg(required_unless_present = "sha256", conflicts_with = "sha256")]
    pub(crate) file: Option<PathBuf>,
    /// The SHA-256 of the root file, which the first update brings
    #[arg(long, value_name = "HEX", value_parser = parse_sha256, requires = "version")]
    pub(crate) sha256: Option<Sha256>,
    /// The version of that root
    #[arg(long, value_name = "N", requires = "sha256")]
    pub(crate) version: Option<u64>,
    /// Put it in the place of another pin, and forget what was trusted under that one
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
}

fn parse_sha256(text: &str) -> Result<Sha256, String> {
    Sha256::parse(text).map_err(|error| error.to_string())
}

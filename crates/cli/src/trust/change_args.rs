//! The command line of changes to the roster, and of what publishes a change.

use std::path::PathBuf;

use clap::Args;
use quorate::time::Timestamp;

use super::args::{ChangeArguments, OnlineArguments};
use crate::args::parse_time;

#[derive(Debug, Args)]
#[command(
    override_usage = "quorate trust add-party [OPTIONS] <REPOSITORY> <DIR> <NAME>",
    after_help = "\
Examples:
  quorate trust add-party repository ceremony alpha --key alpha.pub --principal alpha-university \\
      --operator 'Alpha University' --hosting self --country DE --toolchain debian-bookworm \\
      --contact mailto:rebuild@alpha.example
  quorate trust add-party repository ceremony alpha --replace --key alpha-2.pub

A new party's keys speak for it from the beginning, unless --from says otherwise: what it built before it was listed counts, where a policy names it.
With --replace, what is not given stays. Where keys are named, the others stay in the entry and end at --at, so that what they signed before still has
a party; --from and --until move a key that the entry has."
)]
pub(crate) struct AddPartyArguments {
    #[command(flatten)]
    pub(crate) change: ChangeArguments,
    /// The party's name, which policies use, too
    pub(crate) name: String,
    /// Public key of the party; repeat for several
    #[arg(long, required_unless_present = "replace", value_name = "KEY")]
    pub(crate) key: Vec<PathBuf>,
    /// One word for whoever answers for it [default: NAME; with --replace what the entry has]
    #[arg(long)]
    pub(crate) principal: Option<String>,
    /// Who runs it, for people
    #[arg(long, required_unless_present = "replace")]
    pub(crate) operator: Option<String>,
    /// Who houses its machines, one word
    #[arg(long, required_unless_present = "replace")]
    pub(crate) hosting: Option<String>,
    /// Its country in two capital letters
    #[arg(long, required_unless_present = "replace")]
    pub(crate) country: Option<String>,
    /// What it builds with, one word
    #[arg(long, required_unless_present = "replace")]
    pub(crate) toolchain: Option<String>,
    /// How to reach it
    #[arg(long, required_unless_present = "replace")]
    pub(crate) contact: Option<String>,
    /// What it does; repeat for several [default: rebuilder; with --replace what the entry has]
    #[arg(long)]
    pub(crate) role: Vec<String>,
    /// When the named keys begin to speak for it [default: the beginning, 1970-01-01T00:00:00Z; for keys that --replace adds --at]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// When the named keys cease to speak for it [default: never]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
    /// Change the entry of that name; what is not given stays
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorate trust revoke repository ceremony alpha --statement alpha.revocation
  quorate trust revoke repository ceremony alpha --key alpha.pub --since 2026-11-03T00:00:00Z

The statement is what `quorate party revoke` signs. Without one, the roster's holders say so themselves.")]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    pub(crate) change: ChangeArguments,
    /// The party
    pub(crate) name: String,
    /// The party's own signed revocation
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "since"], required_unless_present = "key")]
    pub(crate) statement: Option<PathBuf>,
    /// Public key that is stolen
    #[arg(long, value_name = "KEY", requires = "since")]
    pub(crate) key: Option<PathBuf>,
    /// The first second at which it may have been in other hands
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    #[command(flatten)]
    pub(crate) change: ChangeArguments,
    /// The role, such as rebuilders or proj-hello
    pub(crate) role: String,
    /// The version
    pub(crate) version: u64,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    /// The repository's folder
    pub(crate) repository: PathBuf,
    /// The ceremony's folder
    #[arg(value_name = "DIR")]
    pub(crate) ceremony: PathBuf,
    /// Publish a roster that forgets a theft, because thieves of the roster's keys made that theft up
    #[arg(long)]
    pub(crate) take_back: bool,
    #[command(flatten)]
    pub(crate) online: OnlineArguments,
}

//! The command line of `quorate party`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use quorate::time::Timestamp;

use crate::args::parse_time;

#[derive(Debug, Subcommand)]
pub(crate) enum PartyVerb {
    /// Name the machines that may rebuild in a party's name
    Machines(MachinesArguments),
    /// Put a new key in the place of a party's key
    Rotate(RotateArguments),
    /// Say that a key is stolen; nothing undoes it
    Revoke(RevokeArguments),
    /// Say which signatures a party has seen by now, so that they outlive a theft of their keys
    Witness(WitnessArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  quorate party machines --machine rack-1.pub --machine rack-2.pub --until 2027-03-01T00:00:00Z --key alpha.key -o alpha.machines

Layouts add up. Take a machine out before the end with `quorate party revoke`.")]
pub(crate) struct MachinesArguments {
    /// Public key of a machine; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    pub(crate) machine: Vec<PathBuf>,
    /// When they no longer may: keep it near
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) until: Timestamp,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  quorate party rotate alpha --key alpha.key --new alpha-2.key -o alpha.rotation

Machines that the old key named end with it: name them again with the new one.")]
pub(crate) struct RotateArguments {
    /// The party
    pub(crate) party: String,
    /// Private key that begins; it signs, too
    #[arg(long, value_name = "KEY")]
    pub(crate) new: PathBuf,
    /// The first second of the new key [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorate party revoke alpha rack-1.pub --since 2026-11-03T00:00:00Z --key alpha.key -o alpha.revocation
  quorate party revoke alpha alpha.pub --since 2026-11-03T00:00:00Z --key alpha.key -o alpha.revocation

The key itself can sign, or another key of the party. Lay the file beside the party's evidence, and send it to the roster's holders:
`quorate trust revoke REPO DIR alpha --statement alpha.revocation`.")]
pub(crate) struct RevokeArguments {
    /// The party
    pub(crate) party: String,
    /// Public key that is stolen
    #[arg(value_name = "STOLEN")]
    pub(crate) revoked: PathBuf,
    /// The first second at which it may have been in other hands
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) since: Timestamp,
    /// Why, for people
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example, for cron:
  quorate party witness beta /srv/evidence --key beta.key -o /srv/evidence/beta-$(date +%F).witness")]
pub(crate) struct WitnessArguments {
    /// The party that saw them
    pub(crate) party: String,
    /// Folders and files of evidence
    #[arg(required = true)]
    pub(crate) evidence: Vec<PathBuf>,
    /// When it had them [default: now]
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
}

#[derive(Debug, Args)]
pub(crate) struct SigningArguments {
    /// The party's private key
    #[arg(long, value_name = "KEY")]
    pub(crate) key: PathBuf,
    /// A file with the key's passphrase [default: the terminal is asked]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Where to write; never over a file that is there
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

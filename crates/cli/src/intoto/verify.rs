//! `quorate in-toto verify`: does a supply chain hold?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use quorate::intoto::Parameters;
use quorate::intoto::chain::{Accepted, Chain, Refusal, Trace, Verification};
use quorate::json::Json;
use quorate::key::{PublicKey, public_keys_from_file};
use quorate::time::Timestamp;
use quorate_gather::{LinkFolder, read_bounded};
use quorate_openpgp::functionary_keys;

use super::explain;
use super::gpg::Gpg;
use super::inspect::{Confinement, Inspections, InspectionsChoice};
use crate::error::CommandError;
use crate::output;
use crate::source::{self, LIMITS};

/// The format of `--json`: `docs/spec/in-toto.md`.
const FORMAT: &str = "quorate-in-toto-verify/1";
/// Long enough for unpacking and comparing; a command that needs longer is told about, not waited for.
const INSPECTION_TIMEOUT_SECONDS: u64 = 300;

/// Arguments of `in-toto verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quorate in-toto verify --layout root.layout --verification-keys owner.pub
  quorate in-toto verify --layout root.layout --verification-keys owner.pub --link-dir links --explain

Exit codes: 0 the chain holds, 1 refused, 2 wrong usage.")]
pub(crate) struct VerifyArguments {
    /// The layout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) layout: PathBuf,
    /// Keys of the layout's owners, every one of whom must have signed it: PEM, OpenPGP certificates, in-toto keys in JSON
    #[arg(
        long,
        num_args = 1..,
        value_name = "FILE",
        required_unless_present = "gpg"
    )]
    pub(crate) verification_keys: Vec<PathBuf>,
    /// Ids of owners' keys in a GnuPG keyring, each of whom must have signed, too
    #[arg(short, long, num_args = 1.., value_name = "KEYID")]
    pub(crate) gpg: Vec<String>,
    /// The GnuPG home with that keyring
    #[arg(long, value_name = "DIR")]
    pub(crate) gpg_home: Option<PathBuf>,
    /// Folder of the links
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) link_dir: PathBuf,
    /// Values for the layout's parameters: a JSON object of strings
    #[arg(long, value_name = "FILE")]
    pub(crate) parameters: Option<PathBuf>,
    /// What to do about inspections, commands that the layout's owner wants to be run here
    #[arg(long, value_enum, default_value_t = InspectionsChoice::Run)]
    pub(crate) inspections: InspectionsChoice,
    /// Seconds after which an inspection's command is ended; 0 for never
    #[arg(long, value_name = "SECONDS", default_value_t = INSPECTION_TIMEOUT_SECONDS)]
    pub(crate) inspection_timeout: u64,
    /// Let inspections use the network
    #[arg(long)]
    pub(crate) inspection_network: bool,
    /// Run inspections without a sandbox, with all that you may do
    #[arg(long, conflicts_with = "inspection_network")]
    pub(crate) dangerous_no_sandbox: bool,
    /// Judge as of this time instead of now, such as 2026-11-25T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub(crate) at: Option<Timestamp>,
    /// Print everything that was looked at: each link, each rule and what it consumed
    #[arg(long, conflicts_with = "json")]
    pub(crate) explain: bool,
    /// Print the verdict and everything that was looked at as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Show more
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Show nothing; the exit code tells
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

pub(crate) fn run(arguments: &VerifyArguments) -> Result<ExitCode, CommandError> {
    let at = source::time(arguments.at)?;
    let verification = verified(arguments, at)?;
    let accepted = verification.outcome.is_ok();
    if !arguments.quiet {
        report(arguments, &verification, at)?;
    }
    Ok(if accepted {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn verified(arguments: &VerifyArguments, at: Timestamp) -> Result<Verification, CommandError> {
    let layout = read(&arguments.layout, LIMITS.policy_bytes_max)?;
    let keys = keys(arguments, at)?;
    let parameters = arguments
        .parameters
        .as_deref()
        .map(parameters)
        .transpose()?;
    let folder = std::env::current_dir().map_err(|error| {
        CommandError::refused(format!("the folder of delivered files: {error}"))
    })?;
    let confinement = if arguments.dangerous_no_sandbox {
        Confinement::DangerousNone
    } else if arguments.inspection_network {
        Confinement::SandboxWithNetwork
    } else {
        Confinement::Sandbox
    };
    let mut inspections = Inspections::new(
        arguments.inspections,
        confinement,
        arguments.inspection_timeout,
        folder,
    );
    inspections.quiet = arguments.quiet;
    if arguments.inspections == InspectionsChoice::Run {
        let taken = inspections.stop_on_signals();
        taken.map_err(|error| CommandError::unable(format!("signals: {error}")))?;
    }
    let chain = Chain {
        layout: &layout,
        keys: &keys,
        parameters: parameters.as_ref(),
        at,
        limits: &LIMITS,
    };
    let links = LinkFolder::new(&arguments.link_dir, &LIMITS);
    let verification = chain.verify(&links, &mut inspections);
    if inspections.was_interrupted() {
        return Err(CommandError::unable(
            "interrupted: nothing was judged, and nothing is left of the inspection",
        ));
    }
    Ok(verification)
}

/// The reference tools end with 1 for whatever cannot be read.
fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, CommandError> {
    read_bounded(path, bytes_max).map_err(CommandError::refused)
}

fn parameters(path: &Path) -> Result<Parameters, CommandError> {
    let bytes = read(path, LIMITS.policy_bytes_max)?;
    Parameters::from_file(&bytes, &LIMITS)
        .map_err(|error| CommandError::refused(format!("{}: {error}", path.display())))
}

/// Every key that must have signed; one that cannot be read is an error, as passing it over would be a yes without its signature.
fn keys(arguments: &VerifyArguments, at: Timestamp) -> Result<Vec<PublicKey>, CommandError> {
    let mut keys = Vec::new();
    for path in &arguments.verification_keys {
        let bytes = read(path, LIMITS.policy_bytes_max)?;
        let failed = |error: &dyn std::fmt::Display| {
            CommandError::refused(format!("{}: {error}", path.display()))
        };
        if is_certificate(&bytes) {
            let read = functionary_keys(&bytes, at, &LIMITS);
            keys.extend(read.map_err(|error| failed(&error))?);
        } else {
            let read = public_keys_from_file(&bytes, &LIMITS);
            keys.extend(read.map_err(|error| failed(&error))?);
        }
    }
    let ring = Gpg::new(arguments.gpg_home.as_deref());
    for id in &arguments.gpg {
        let key = ring.key(id);
        keys.push(key.map_err(|error| CommandError::refused(error.message()))?);
    }
    Ok(keys)
}

/// An OpenPGP certificate is armoured, or starts with a packet header, whose first bit is set (RFC 9580 §4.2). PEM and JSON do neither.
fn is_certificate(bytes: &[u8]) -> bool {
    let armoured = bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP ");
    armoured || bytes.first().is_some_and(|first| first & 0x80 != 0)
}

fn report(
    arguments: &VerifyArguments,
    verification: &Verification,
    at: Timestamp,
) -> Result<(), CommandError> {
    let name = arguments.layout.display().to_string();
    if arguments.json {
        return output::json(&json(&name, verification, at));
    }
    for warning in verification.trace.warnings() {
        output::talk(&output::line(&format!("warning: {warning}")));
    }
    if arguments.explain {
        output::answer(&explain::text(&verification.trace))?;
    }
    let name = output::line(&name);
    match &verification.outcome {
        Ok(_) => {
            output::answer(&format!("{name}: ACCEPTED, {}", scope(&verification.trace)))?;
            if verification.trace.inspections.is_empty() {
                output::talk(
                    "note: the layout has no inspection: the chain holds, and no file at hand was compared with it",
                );
            }
            Ok(())
        }
        Err(refusal) => {
            output::answer(&format!("{name}: REFUSED"))?;
            output::talk(&format!("  {refusal}"));
            if !arguments.explain {
                output::talk("  → --explain shows every link and rule that was looked at");
            }
            Ok(())
        }
    }
}

fn scope(trace: &Trace) -> String {
    let count = |number: usize, noun: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {noun}{plural}")
    };
    let steps = count(trace.steps.len(), "step");
    let inspections = count(trace.inspections.len(), "inspection");
    let expires = trace
        .expires
        .map_or_else(String::new, |time| time.to_string());
    format!("{steps} and {inspections} hold; in force until {expires}")
}

fn json(name: &str, verification: &Verification, at: Timestamp) -> Json<'static> {
    let refusal = verification.outcome.as_ref().err().map(Refusal::to_string);
    let summary = verification.outcome.as_ref().ok().map(Accepted::summary);
    let warnings = verification.trace.warnings();
    Json::object([
        ("format", Json::text(FORMAT)),
        ("layout", Json::text(name.to_owned())),
        ("at", Json::text(at.to_string())),
        ("accepted", Json::Bool(refusal.is_none())),
        ("refusal", refusal.map_or(Json::Null, Json::text)),
        ("warnings", Json::texts(warnings)),
        ("trace", verification.trace.to_json()),
        (
            "summary",
            summary.map_or(Json::Null, quorate::intoto::Link::to_json),
        ),
    ])
}

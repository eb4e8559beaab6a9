//! `quorate verify`: the six answers for files.

use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use quorate::json::Json;
use quorate::policy::{Comparison, Policy};
use quorate::proof::Proof;
use quorate::time::Timestamp;
use quorate::verify::{Artifact, Case, Dropped, Verdict};
use quorate_gather::{Junk, read_artifact_with, read_bounded};

use crate::args::VerifyArguments;
use crate::error::CommandError;
use crate::look;
use crate::output;
use crate::source::{self, LIMITS, PolicyDocuments, TOOLS};

/// The format of `--json`: `docs/spec/verdict.md`.
const FORMAT: &str = "quorate-verify/1";
/// Documents that do not count are named on stderr up to this number.
const DROPPED_SHOWN_MAX: usize = 5;

pub(crate) fn run(arguments: VerifyArguments) -> Result<ExitCode, CommandError> {
    if arguments.expected.is_some() && arguments.files.len() > 1 {
        return Err(
            CommandError::unable("--as names one package, and several files are given")
                .hint("verify the files one by one"),
        );
    }
    let at = source::time(arguments.at)?;
    let (case, junk) = match open(&arguments, at) {
        Err(error) if arguments.json && error.is_refusal() => {
            output::json(&unread_proof(&error, at))?;
            return Err(error);
        }
        opened => opened?,
    };
    let mut verdicts = Vec::new();
    for file in &arguments.files {
        let verdict = case.judge(&artifact(file, &case)?, arguments.expected.as_ref());
        if !arguments.json {
            output::verdict(file, &verdict)?;
        }
        verdicts.push(verdict);
    }
    if arguments.json {
        output::json(&json(&verdicts, &case, &junk, at))?;
    } else {
        report_dropped(case.claims().dropped(), &junk);
    }
    let quorate = verdicts.iter().all(Verdict::is_quorate);
    Ok(if quorate {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn open(arguments: &VerifyArguments, at: Timestamp) -> Result<(Case, Vec<Junk>), CommandError> {
    let owners = source::owners(&arguments.owner, arguments.owners_needed)?;
    if let Some(path) = &arguments.proof {
        let bytes = read_bounded(path, LIMITS.proof_bytes_max)?;
        let proof = Proof::parse(&bytes, &LIMITS)
            .map_err(|error| CommandError::refused(format!("{}: {error}", path.display())))?;
        return Ok((
            Case::open(
                proof.layout,
                proof.terms,
                &owners,
                &proof.evidence,
                at,
                &TOOLS,
            ),
            Vec::new(),
        ));
    }
    let layout = arguments
        .policy
        .as_deref()
        .ok_or_else(|| CommandError::unable("neither --proof nor --policy"))?;
    let documents = PolicyDocuments::read(layout)?;
    let gathered = source::evidence(&arguments.evidence, &documents)?;
    let case = Case::open(
        &documents.layout,
        &documents.terms,
        &owners,
        &gathered.evidence,
        at,
        &TOOLS,
    );
    Ok((case, gathered.junk))
}

/// Hashes a file and looks into it as the policy wants; the bar shows only on a terminal and only when it takes longer than a blink.
pub(crate) fn artifact(path: &Path, case: &Case) -> Result<Artifact, CommandError> {
    let whole = Comparison::Bytes;
    let comparison = case.policy().map_or(&whole, Policy::comparison);
    let look = |file: &mut std::fs::File| look::into(file, comparison);
    let size = std::fs::metadata(path)
        .map(|metadata| metadata.len())
        .unwrap_or(0);
    if size < PROGRESS_FROM_BYTES {
        return Ok(read_artifact_with(path, |_| (), look)?);
    }
    let bar = ProgressBar::new(size).with_style(
        ProgressStyle::with_template("hashing {bar:30} {bytes}/{total_bytes} {eta}")
            .unwrap_or(ProgressStyle::default_bar()),
    );
    let artifact = read_artifact_with(path, |done| bar.set_position(done), look);
    bar.finish_and_clear();
    Ok(artifact?)
}

/// About a second of hashing.
const PROGRESS_FROM_BYTES: u64 = 1 << 30;

/// Names what was found and does not count, so that a party whose document is broken does not just look silent.
pub(crate) fn report_dropped(dropped: &[Dropped], junk: &[Junk]) {
    for one in dropped.iter().take(DROPPED_SHOWN_MAX) {
        let (origin, reason) = (one.origin.as_str(), one.reason.to_string());
        output::talk(&output::line(&format!("not counted: {origin}: {reason}")));
    }
    if dropped.len() > DROPPED_SHOWN_MAX {
        output::talk(&format!(
            "not counted: {} more documents; see --json",
            dropped.len() - DROPPED_SHOWN_MAX
        ));
    }
    if !junk.is_empty() {
        let (count, first) = (junk.len(), junk[0].path.display());
        let files = if count == 1 { "file" } else { "files" };
        output::talk(&output::line(&format!(
            "no evidence: {count} other {files}, such as {first}"
        )));
    }
}

/// What there is to say when the proof is none.
fn unread_proof(error: &CommandError, at: Timestamp) -> Json<'static> {
    Json::object([
        ("format", Json::text(FORMAT)),
        ("at", Json::text(at.to_string())),
        ("verdicts", Json::Array(Vec::new())),
        ("notCounted", Json::Array(Vec::new())),
        ("refusal", Json::text(error.message().to_owned())),
    ])
}

fn json(verdicts: &[Verdict], case: &Case, junk: &[Junk], at: Timestamp) -> Json<'static> {
    let dropped = case
        .claims()
        .dropped()
        .iter()
        .map(|one| (one.origin.clone(), one.reason.to_string()));
    let junk = junk
        .iter()
        .map(|one| (one.path.display().to_string(), one.reason.clone()));
    let entry = |(origin, reason): (String, String)| {
        Json::object([
            ("origin", Json::text(origin)),
            ("reason", Json::text(reason)),
        ])
    };
    Json::object([
        ("format", Json::text(FORMAT)),
        ("at", Json::text(at.to_string())),
        (
            "verdicts",
            Json::Array(verdicts.iter().map(Verdict::to_json).collect()),
        ),
        (
            "notCounted",
            Json::Array(dropped.chain(junk).map(entry).collect()),
        ),
    ])
}

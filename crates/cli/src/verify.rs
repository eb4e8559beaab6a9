//! `quorate verify`: the six answers for files.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use quorate::json::Json;
use quorate::policy::{Comparison, Owners, Policy};
use quorate::proof::Proof;
use quorate::time::Timestamp;
use quorate::verify::{Artifact, Case, DropReason, Dropped, Evidence, Verdict};
use quorate_gather::{Junk, read_artifact_with, read_bounded};
use quorate_trust::client::ProjectPolicy;

use crate::args::VerifyArguments;
use crate::error::CommandError;
use crate::look;
use crate::output;
use crate::source::{self, LIMITS, PolicyDocuments, TOOLS};
use crate::trust;

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
    let judgements = match open(&arguments) {
        Err(error) if arguments.json && error.is_refusal() => {
            output::json(&unread_proof(&error, source::time(arguments.trust.at)?))?;
            return Err(error);
        }
        opened => opened?,
    };
    let mut verdicts = Vec::new();
    for (judgement, file) in judgements
        .iter()
        .flat_map(|it| it.files.iter().map(move |file| (it, file)))
    {
        let case = &judgement.case;
        let verdict = case.judge(&artifact(file, case)?, arguments.expected.as_ref());
        if !arguments.json {
            output::verdict(file, &verdict)?;
        }
        if judgement.trusted {
            advise_to_bind(case, &verdict);
        }
        verdicts.push(verdict);
    }
    if arguments.json {
        output::json(&json(&verdicts, &judgements))?;
    } else {
        for judgement in &judgements {
            report_dropped(judgement.case.claims().dropped(), &judgement.junk);
        }
    }
    let quorate = verdicts.iter().all(Verdict::is_quorate);
    Ok(if quorate {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Files that one policy judges by one body of evidence.
struct Judgement {
    files: Vec<PathBuf>,
    case: Case,
    junk: Vec<Junk>,
    at: Timestamp,
    /// Whether a trust repository said which policy it is.
    trusted: bool,
}

/// With owners' keys one policy for all files; without, for each the policy of its project.
fn open(arguments: &VerifyArguments) -> Result<Vec<Judgement>, CommandError> {
    if arguments.owner.is_empty() {
        let files = arguments.files.iter();
        return files.map(|file| daily(file, arguments)).collect();
    }
    let at = source::time(arguments.trust.at)?;
    let mut owners = source::owners(&arguments.owner, arguments.owners_needed)?;
    if let Some(version_min) = arguments.policy_version_min {
        owners = owners.with_version_min(version_min);
    }
    let judgement = |case, junk| Judgement {
        files: arguments.files.clone(),
        case,
        junk,
        at,
        trusted: false,
    };
    if let Some(path) = &arguments.proof {
        let bytes = read_bounded(path, LIMITS.proof_bytes_max)?;
        let proof = proof_in(&bytes, path)?;
        let (layout, terms) = (proof.layout, proof.terms);
        let case = Case::open(layout, terms, &owners, &proof.evidence, at, &TOOLS);
        return Ok(vec![judgement(case, Vec::new())]);
    }
    let layout = arguments.policy.as_deref().ok_or_else(|| {
        CommandError::unable("--owner says whom to trust, and nothing says what was signed")
            .hint("give --proof <PROOF>, or --policy <LAYOUT> and --evidence <DIR>")
    })?;
    let documents = PolicyDocuments::read(layout)?;
    let gathered = source::evidence(&arguments.evidence, &documents)?;
    let (layout, terms) = (&documents.layout, &documents.terms);
    let case = Case::open(layout, terms, &owners, &gathered.evidence, at, &TOOLS);
    Ok(vec![judgement(case, gathered.junk)])
}

/// The policy is that of the file's project, whose role vouches for it and for the owners that it names. Evidence is evidence, wherever it lies.
fn daily(file: &Path, arguments: &VerifyArguments) -> Result<Judgement, CommandError> {
    let found = trust::policy_for(file, &arguments.trust)?;
    let trust::Found { policy, at, .. } = &found;
    // The project's role vouches for these very terms, so that their owners are no choice of a stranger.
    let owners =
        Owners::dangerous_declared_by(policy.terms(), &LIMITS).map_err(CommandError::refused)?;
    let owners = owners.with_roster(found.roster.clone());
    let owners = match policy.bound() {
        Some(release) => owners.for_release(release.clone()),
        None => owners.with_version_min(found.version_min),
    };
    let beside = with_ending(file, ".proof");
    let proof = match &arguments.proof {
        Some(path) => Some(path.clone()),
        None => Some(beside).filter(|path| arguments.evidence.is_empty() && path.exists()),
    };
    let bytes = match &proof {
        Some(path) => read_bounded(path, LIMITS.proof_bytes_max)?,
        None => Vec::new(),
    };
    let (mut evidence, junk) = match &proof {
        // The proof's own policy is not asked: who made it does not choose by what it is judged.
        Some(path) => (proof_in(&bytes, path)?.evidence, Vec::new()),
        None if arguments.evidence.is_empty() => {
            return Err(
                CommandError::unable(format!("no evidence about {}", file.display()))
                    .hint("give --evidence or --proof, or lay FILE.proof beside FILE"),
            );
        }
        None => {
            let gathered = quorate_gather::gather(&arguments.evidence, &LIMITS)?;
            (gathered.evidence, gathered.junk)
        }
    };
    evidence.extend(certificates(policy));
    let (layout, terms) = (policy.layout(), policy.terms());
    let case = Case::open(layout, terms, &owners, &evidence, *at, &TOOLS);
    if let Ok(opened) = case.policy()
        && opened.name() != policy.project().name()
    {
        return Err(CommandError::refused(format!(
            "the role {} vouches for the policy {}, which is not that of its project {}",
            policy.role(),
            opened.name(),
            policy.project()
        )));
    }
    if let Ok(opened) = case.policy()
        && opened.bound().is_none()
    {
        trust::remember_version(&arguments.trust, policy, opened.version())?;
    }
    Ok(Judgement {
        files: vec![file.to_owned()],
        case: case.vouched_for_by(found.roles),
        junk,
        at: found.at,
        trusted: true,
    })
}

fn proof_in<'b>(bytes: &'b [u8], path: &Path) -> Result<Proof<'b>, CommandError> {
    Proof::parse(bytes, &LIMITS)
        .map_err(|error| CommandError::refused(format!("{}: {error}", path.display())))
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Certificates travel with the policy, one document a line.
fn certificates(policy: &ProjectPolicy) -> Vec<Evidence<'static>> {
    let lines = policy.certificates().unwrap_or_default();
    let lines = lines.split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(index, line)| Evidence {
            origin: format!("certificates of {}, line {}", policy.project(), index + 1),
            bytes: Cow::Owned(line.to_vec()),
        })
        .collect()
}

/// A release of the time before a policy's newest version may have lost its parties: then its project can bind it to the version that had them.
fn advise_to_bind(case: &Case, verdict: &Verdict) {
    let Ok(policy) = case.policy() else { return };
    let unlisted = |dropped: &Dropped| matches!(dropped.reason, DropReason::NotSigned);
    let changed = policy.version() > NonZeroU64::MIN && policy.bound().is_none();
    if !verdict.is_quorate() && changed && case.claims().dropped().iter().any(unlisted) {
        output::talk(&output::line(&format!(
            "some evidence is by keys that version {} of the policy {} does not list. If this is a release from before it, its project binds the release to the version that it was made under: quorate trust bind",
            policy.version(),
            policy.name()
        )));
    }
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

fn json(verdicts: &[Verdict], judgements: &[Judgement]) -> Json<'static> {
    let dropped = judgements
        .iter()
        .flat_map(|it| it.case.claims().dropped())
        .map(|one| (one.origin.clone(), one.reason.to_string()));
    let junk = judgements
        .iter()
        .flat_map(|it| &it.junk)
        .map(|one| (one.path.display().to_string(), one.reason.clone()));
    let entry = |(origin, reason): (String, String)| {
        Json::object([
            ("origin", Json::text(origin)),
            ("reason", Json::text(reason)),
        ])
    };
    let at = judgements.iter().map(|it| it.at).max();
    Json::object([
        ("format", Json::text(FORMAT)),
        ("at", at.map_or(Json::Null, |at| Json::text(at.to_string()))),
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

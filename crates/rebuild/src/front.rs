//! The front process: plans the run, starts the build process, and when that is gone the signing process.
//!
//! **Architecture Invariant:** it knows the path of the key and never opens it; only the signing process does.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use quorate_rebuild_args::RunArgs;
use serde::de::DeserializeOwned;

use crate::earlier;
use crate::error::{Failure, RebuildError};
use crate::interrupt::Interrupt;
use crate::protocol::{BuildLimits, Event, Job, Phase, Release, Signed};
use crate::report::Report;
use crate::sandbox::{Confinement, namespaces};
use crate::tool;
use crate::workplace::Workplace;

/// Rebuilds and signs.
pub(crate) fn rebuild(
    args: &RunArgs,
    release: Release,
    report: &Report,
) -> Result<Signed, RebuildError> {
    let interrupt = Interrupt::listen()?;
    tool::all_present(&release)?;
    own_process::<String>(&["check-key"], &[("--key", &args.key)], "key")?;
    let confinement = Confinement::of_caller();
    confinement.is_possible()?;
    fs::create_dir_all(&args.out).map_err(RebuildError::io("create", &args.out))?;
    let out = fs::canonicalize(&args.out).map_err(RebuildError::io("find", &args.out))?;
    let earlier = earlier::in_folder(&out)?;
    earlier::demand_same_release(&earlier, &release)?;
    let cache = cache_folder(args)?;
    let invocation = random_invocation()?;
    let workplace = Workplace::claim(&work_folder(args, &cache)?, &invocation, confinement)?;
    let folders = (cache, workplace.folder.clone());
    let job = Job {
        earlier,
        ..job(args, release, invocation, folders)?
    };
    interrupt.check()?;
    let built = build(&job, confinement, &interrupt, report);
    if built.is_err() {
        save_log(&workplace.folder, &out);
    }
    built?;
    interrupt.check()?;
    report.started(Phase::Sign);
    let started = Instant::now();
    let staging = workplace.folder.join("staging");
    let paths = [
        ("--key", &args.key),
        ("--staging", &staging),
        ("--out", &out),
    ];
    let signed: Signed = own_process(
        &["sign-process", "--invocation", &job.invocation],
        &paths,
        "sign",
    )?;
    report.finished(
        Phase::Sign,
        started.elapsed(),
        &signed.statements.join(", "),
    );
    Ok(signed)
}

fn cache_folder(args: &RunArgs) -> Result<PathBuf, RebuildError> {
    let by_environment = || {
        let base = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let base = base.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
        base.map(|base| base.join("quorate-rebuild"))
    };
    let cache = args.cache.clone().or_else(by_environment);
    let cache =
        cache.ok_or_else(|| RebuildError::Argument("no HOME is set: give --cache DIR".into()))?;
    fs::create_dir_all(&cache).map_err(RebuildError::io("create", &cache))?;
    fs::canonicalize(&cache).map_err(RebuildError::io("find", &cache))
}

/// Where the folders of all runs are.
fn work_folder(args: &RunArgs, cache: &Path) -> Result<PathBuf, RebuildError> {
    let Some(work) = &args.work else {
        return Ok(cache.join("work"));
    };
    fs::create_dir_all(work).map_err(RebuildError::io("create", work))?;
    fs::canonicalize(work).map_err(RebuildError::io("find", work))
}

fn random_invocation() -> Result<String, RebuildError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| RebuildError::Argument(format!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn job(
    args: &RunArgs,
    release: Release,
    invocation: String,
    (cache, work): (PathBuf, PathBuf),
) -> Result<Job, RebuildError> {
    let sources = args
        .sources
        .as_ref()
        .map(|path| fs::canonicalize(path).map_err(RebuildError::io("find", path)));
    Ok(Job {
        invocation,
        party: party(args)?,
        release,
        sources: sources.transpose()?,
        limits: BuildLimits {
            memory_bytes_max: args.memory_bytes_max.map_or_else(most_of_the_memory, Ok)?,
            processes_max: args.processes_max,
            seconds_max: args.seconds_max,
            output_bytes_max: args.output_bytes_max,
        },
        cache,
        work,
        earlier: Vec::new(),
    })
}

/// The name that was given, or the key file's; in the alphabet that a statement allows.
fn party(args: &RunArgs) -> Result<String, RebuildError> {
    let stem = || {
        args.key
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    let party = args.party.clone().or_else(stem).unwrap_or_default();
    let good =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    if !(2..=64).contains(&party.len())
        || !party.bytes().all(good)
        || !party.as_bytes()[0].is_ascii_alphanumeric()
    {
        return Err(RebuildError::Argument(format!(
            "{party:?} cannot be a party's name: give --party NAME of lower-case letters, digits, '+', '-', '.'"
        )));
    }
    Ok(party)
}

/// Three quarters: the machine stays usable beside the build.
fn most_of_the_memory() -> Result<u64, RebuildError> {
    let path = Path::new("/proc/meminfo");
    let text = fs::read_to_string(path).map_err(RebuildError::io("read", path))?;
    let total = text.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?
            .trim()
            .strip_suffix(" kB")?
            .parse::<u64>()
            .ok()
    });
    total
        .map(|kilobytes| kilobytes * 1024 / 4 * 3)
        .ok_or_else(|| RebuildError::Argument("give --memory-bytes-max".into()))
}

/// Runs the build process to its end and passes on what it reports.
fn build(
    job: &Job,
    confinement: Confinement,
    interrupt: &Interrupt,
    report: &Report,
) -> Result<(), RebuildError> {
    let program = own_program()?;
    let mut command = namespaces(confinement);
    command.arg(&program).arg("build-process");
    // A signal from the terminal is for the front process alone, which ends the build in order.
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command
        .spawn()
        .map_err(RebuildError::io("start", &program))?;
    let lost = |detail: String| RebuildError::PhaseLost {
        phase: "build",
        detail,
    };
    if let Some(mut lifeline) = child.stdin.take() {
        let mut line = serde_json::to_vec(job).map_err(|error| lost(error.to_string()))?;
        line.push(b'\n');
        lifeline
            .write_all(&line)
            .map_err(|error| lost(error.to_string()))?;
        interrupt.hold(lifeline);
    }
    let last = follow(&mut child, report);
    drop(interrupt.cut());
    let output = child
        .wait_with_output()
        .map_err(|error| lost(error.to_string()))?;
    interrupt.check()?;
    match last {
        Some(Event::Staged) if output.status.success() => Ok(()),
        Some(Event::Failed { failure, log_tail }) => {
            report.log_tail(&log_tail);
            Err(RebuildError::Phase(failure))
        }
        _ => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(lost(tool::printable(&format!(
                "{} {}",
                output.status,
                said.trim()
            ))))
        }
    }
}

/// Passes on events until the build process has nothing more to say; the last one is its answer.
fn follow(child: &mut Child, report: &Report) -> Option<Event> {
    let events = BufReader::new(child.stdout.take()?);
    let mut last = None;
    for line in events.lines() {
        let event: Event = serde_json::from_str(&line.ok()?).ok()?;
        match &event {
            Event::Started { phase } => report.started(*phase),
            Event::Finished {
                phase,
                milliseconds,
                note,
            } => {
                report.finished(
                    *phase,
                    std::time::Duration::from_millis(*milliseconds),
                    note,
                );
            }
            Event::Warning { text } => report.warning(text),
            Event::Staged | Event::Failed { .. } => {}
        }
        last = Some(event);
    }
    last
}

/// The log of a failed build is all that its owner gets, so it is kept.
fn save_log(work: &Path, out: &Path) {
    let log = work.join("staging/build.log.zst");
    if log.exists() {
        // The failure itself is reported; that its log could not be saved changes nothing about it.
        drop(fs::copy(log, out.join("build.log.zst")));
    }
}

/// Runs this program again with another role and nothing of our environment, and reads its answer.
fn own_process<T: DeserializeOwned>(
    arguments: &[&str],
    paths: &[(&str, &PathBuf)],
    phase: &'static str,
) -> Result<T, RebuildError> {
    let mut command = Command::new(own_program()?);
    command
        .env_clear()
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0);
    for (name, path) in paths {
        command.arg(name).arg(path);
    }
    let output = command.output().map_err(|error| RebuildError::PhaseLost {
        phase,
        detail: error.to_string(),
    })?;
    let lost = |_| RebuildError::PhaseLost {
        phase,
        detail: output.status.to_string(),
    };
    if output.status.success() {
        return serde_json::from_slice(&output.stdout).map_err(lost);
    }
    let failure: Failure = serde_json::from_slice(&output.stdout).map_err(lost)?;
    Err(RebuildError::Phase(failure))
}

fn own_program() -> Result<PathBuf, RebuildError> {
    std::env::current_exe().map_err(RebuildError::io("find", Path::new("quorate-rebuild")))
}

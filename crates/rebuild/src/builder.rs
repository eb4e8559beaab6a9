//! The build process: from a job to a staging folder with outputs and unsigned statements.
//!
//! It is the first process of its own namespaces, holds no key, and ends as soon as the front process does.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use quorate::attest::rebuild::{
    Builds, Byproduct, DebianSource, EnvironmentPackage, IndexRecord, Rebuild, RootRecord, Source,
    SourceFile,
};
use quorate::time::Timestamp;

use crate::building::{self, Build, Written};
use crate::debian::dependencies::Dependencies;
use crate::debian::root::{Recipe, Root};
use crate::debian::source::{Archive, FetchedSource};
use crate::debian::sources::Sources;
use crate::digest_file::digest_file;
use crate::error::RebuildError;
use crate::outputs::{self, Outputs};
use crate::protocol::{BuildsChoice, Event, Job, Phase};
use crate::sandbox::Cgroup;
use crate::tool;

/// A job is a few hundred bytes.
const JOB_BYTES_MAX: u64 = 1 << 20;

/// Runs the build process: reads a job, reports events, stages the result.
pub(crate) fn run() -> std::process::ExitCode {
    let mut tail = Vec::new();
    let outcome = read_job().and_then(|job| rebuild(&job, &mut tail));
    match outcome {
        Ok(()) => {
            report(&Event::Staged);
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            report(&Event::Failed {
                failure: error.into_failure(),
                log_tail: tail,
            });
            std::process::ExitCode::FAILURE
        }
    }
}

/// The job is the first line; after it the pipe only says that the front process lives.
fn read_job() -> Result<Job, RebuildError> {
    let mut line = String::new();
    let mut input = std::io::BufReader::new(std::io::stdin());
    let lost = |detail: String| RebuildError::PhaseLost {
        phase: "front",
        detail,
    };
    (&mut input)
        .take(JOB_BYTES_MAX)
        .read_line(&mut line)
        .map_err(|error| lost(error.to_string()))?;
    let job = serde_json::from_str(&line).map_err(|error| lost(error.to_string()))?;
    std::thread::spawn(move || {
        drop(input.read_to_end(&mut Vec::new()));
        // The front process is gone or wants no more. As the first process of the namespace we take all others along.
        end_now();
    });
    Ok(job)
}

#[expect(
    clippy::exit,
    reason = "from the watching thread there is no other way to end the process at once"
)]
fn end_now() -> ! {
    std::process::exit(2)
}

fn report(event: &Event) {
    let mut line = serde_json::to_vec(event).unwrap_or_default();
    line.push(b'\n');
    // A front process that does not listen any more has ended us already.
    let mut output = std::io::stdout();
    drop(output.write_all(&line).and_then(|()| output.flush()));
}

/// Runs one phase and reports it.
fn phase<T>(
    phase: Phase,
    work: impl FnOnce() -> Result<(T, String), RebuildError>,
) -> Result<T, RebuildError> {
    report(&Event::Started { phase });
    let started = Instant::now();
    let (value, note) = work()?;
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    report(&Event::Finished {
        phase,
        milliseconds,
        note,
    });
    Ok(value)
}

fn rebuild(job: &Job, tail: &mut Vec<String>) -> Result<(), RebuildError> {
    let started = now()?;
    let (archive, source) = phase(Phase::Source, || fetch(job))?;
    let builds = choose(job.builds, &source)?;
    let path = building::build_path(job.build_path.as_deref(), &source)?;
    let architecture = host_architecture()?;
    let recipe = Recipe {
        archive: &archive,
        suite: &job.suite,
        architecture: &architecture,
    };
    let root = phase(Phase::Root, || {
        let root = recipe.unpack(&job.cache, &job.work)?;
        let note = format!(
            "{}{}",
            root.name,
            if root.was_cached {
                ", from the cache"
            } else {
                ""
            }
        );
        Ok((root, note))
    })?;
    let packages = phase(Phase::Dependencies, || {
        install(job, &archive, &source, &root, builds)
    })?;
    let staging = job.work.join("staging");
    fs::create_dir_all(&staging).map_err(RebuildError::io("create", &staging))?;
    let cgroup = Cgroup::make(&job.invocation, &job.limits);
    let unlimited = unlimited(&cgroup);
    let written = Written::make(&job.work)?;
    let build = Build {
        source: &source,
        builds,
        root: &root.folder,
        path,
        limits: job.limits,
        cgroup: &cgroup,
        written,
    };
    let variables = phase(Phase::Build, || build_it(job, &build, &staging, tail))?;
    let outputs = phase(Phase::Digest, || {
        let outputs = outputs::take(&build, &staging)?;
        let note = format!("{} binary packages", outputs.products.len());
        Ok((outputs, note))
    })?;
    let record = Record {
        job,
        architecture,
        archive: &archive,
        source: &source,
        builds,
        packages,
        variables,
        unlimited,
    };
    let statement = record.rebuild(
        &build.path,
        &root,
        with_log(outputs, &staging)?,
        (started, now()?),
    )?;
    stage(&staging, "statement.json", &statement.statement())?;
    stage(&staging, "link.json", &statement.link())
}

fn fetch(job: &Job) -> Result<((Archive, FetchedSource), String), RebuildError> {
    let sources = match &job.sources {
        Some(file) => Sources::from_file(file)?,
        None => Sources::of_host(&job.suite)?,
    };
    let archive = Archive::open(sources, &job.cache, &job.work)?;
    let source = archive.source(&job.name, job.version.as_deref(), &job.work)?;
    let note = format!(
        "{}={}, {} files",
        source.entry.name,
        source.entry.version,
        source.files.len()
    );
    Ok(((archive, source), note))
}

/// What was asked for, or everything that the source package makes for this machine.
fn choose(
    wanted: Option<BuildsChoice>,
    source: &FetchedSource,
) -> Result<BuildsChoice, RebuildError> {
    let all = source.entry.architectures.iter().any(|it| it == "all");
    let any = source.entry.architectures.iter().any(|it| it != "all");
    match (wanted, any, all) {
        (Some(BuildsChoice::All), _, false) => Err(RebuildError::Argument(
            "--builds all: no package of this source is independent of the architecture".into(),
        )),
        (Some(BuildsChoice::Any), false, _) => Err(RebuildError::Argument(
            "--builds any: every package of this source is independent of the architecture".into(),
        )),
        (Some(wanted), _, _) => Ok(wanted),
        (None, true, true) => Ok(BuildsChoice::Binary),
        (None, true, false) => Ok(BuildsChoice::Any),
        (None, false, _) => Ok(BuildsChoice::All),
    }
}

fn host_architecture() -> Result<String, RebuildError> {
    let ran = tool::run(tool::tool("dpkg").arg("--print-architecture"))?;
    Ok(ran.stdout.trim().to_owned())
}

fn install(
    job: &Job,
    archive: &Archive,
    source: &FetchedSource,
    root: &Root,
    builds: BuildsChoice,
) -> Result<(Vec<EnvironmentPackage>, String), RebuildError> {
    let (root, limits, work, cache) = (&root.folder, job.limits, &*job.work, &*job.cache);
    let dependencies = Dependencies {
        archive,
        source,
        builds,
        root,
        limits,
        work,
        cache,
    };
    let (packages, added) = dependencies.install()?;
    crate::sandbox::end_everything()?;
    let note = format!("{added} added, {} in all", packages.len());
    Ok((packages, note))
}

fn unlimited(cgroup: &Cgroup) -> Vec<String> {
    if cgroup.limits_memory {
        return Vec::new();
    }
    let text = "this host does not let us limit the memory of all processes together, only of each; the statement says so";
    report(&Event::Warning {
        text: text.to_owned(),
    });
    vec!["memory-total".to_owned()]
}

fn build_it(
    job: &Job,
    build: &Build<'_>,
    staging: &Path,
    tail: &mut Vec<String>,
) -> Result<(BTreeMap<String, String>, String), RebuildError> {
    let mut variables = building::variables(job.tests);
    let time = build.unpack(&variables, &job.work.join("source.log"))?;
    variables.insert("SOURCE_DATE_EPOCH".into(), time);
    let watched = build.run(&variables, &staging.join("build.log.zst"))?;
    *tail = watched.tail;
    let status = watched.end?;
    if !status.success() {
        return Err(RebuildError::BuildFailed(status.to_string()));
    }
    tail.clear();
    Ok((variables, build.path.display().to_string()))
}

/// The by-products with the log among them.
fn with_log(mut outputs: Outputs, staging: &Path) -> Result<Outputs, RebuildError> {
    let name = String::from("build.log.zst");
    let (digests, size) = digest_file(&staging.join(&name))?;
    outputs.byproducts.push(Byproduct {
        name,
        digests,
        size,
    });
    outputs.byproducts.sort();
    Ok(outputs)
}

fn stage(staging: &Path, name: &str, bytes: &[u8]) -> Result<(), RebuildError> {
    let path: PathBuf = staging.join(name);
    fs::write(&path, bytes).map_err(RebuildError::io("write", &path))
}

fn now() -> Result<Timestamp, RebuildError> {
    let unusable = || RebuildError::Argument("this machine's clock shows no usable time".into());
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| unusable())?
        .as_secs();
    i64::try_from(seconds)
        .ok()
        .and_then(Timestamp::from_unix_seconds)
        .ok_or_else(unusable)
}

/// What is known of a rebuild apart from its outputs.
struct Record<'a> {
    job: &'a Job,
    architecture: String,
    archive: &'a Archive,
    source: &'a FetchedSource,
    builds: BuildsChoice,
    packages: Vec<EnvironmentPackage>,
    variables: BTreeMap<String, String>,
    unlimited: Vec<String>,
}

impl Record<'_> {
    fn rebuild(
        self,
        path: &Path,
        root: &Root,
        outputs: Outputs,
        times: (Timestamp, Timestamp),
    ) -> Result<Rebuild, RebuildError> {
        Ok(Rebuild {
            party: self.job.party.clone(),
            source: Source::Debian(self.release()?),
            architecture: self.architecture,
            command: building::command(self.builds),
            variables: self.variables,
            build_path: path.display().to_string(),
            unlimited: self.unlimited,
            root: RootRecord {
                name: root.name.clone(),
                digests: root.digests,
            },
            packages: self.packages,
            products: outputs.products,
            byproducts: outputs.byproducts,
            invocation: self.job.invocation.clone(),
            started: times.0,
            finished: times.1,
            rebuilder_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    fn release(&self) -> Result<DebianSource, RebuildError> {
        let dsc = self.source.folder.join(self.source.dsc());
        let files = self.source.files.iter();
        let releases = self.archive.indexes.releases.iter();
        Ok(DebianSource {
            builds: match self.builds {
                BuildsChoice::Any => Builds::Any,
                BuildsChoice::All => Builds::All,
                BuildsChoice::Binary => Builds::Binary,
            },
            name: self.source.entry.name.clone(),
            version: self.source.entry.version.clone(),
            dsc: fs::read(&dsc).map_err(RebuildError::io("read", &dsc))?,
            files: files
                .map(|it| SourceFile {
                    name: it.name.clone(),
                    digests: it.digests,
                    size: it.size,
                })
                .collect(),
            indexes: releases
                .map(|it| IndexRecord {
                    name: it.suite.clone(),
                    digests: it.digests,
                    date: it.date,
                })
                .collect(),
        })
    }
}

//! The build process: from a job to a staging folder with outputs and unsigned statements.
//!
//! It is the first process of its own namespaces, holds no key, and ends as soon as the front process does.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use quorate::attest::rebuild::{Byproduct, EnvironmentPackage, Rebuild, RootRecord, Source};
use quorate::time::Timestamp;

use crate::building::Build;
use crate::debian::dependencies::{Dependencies, Needed};
use crate::debian::root::{Root, RootPlan};
use crate::debian::source::Archive;
use crate::digest_file::digest_file;
use crate::error::RebuildError;
use crate::outputs::Outputs;
use crate::protocol::{Event, Job, Phase, Release};
use crate::sandbox::Cgroup;
use crate::{debian, git, tool};

/// A job is a few hundred bytes, with a recipe at most some hundred thousand.
const JOB_BYTES_MAX: u64 = 1 << 20;

/// The build's log, among the outputs.
const LOG: &str = "build.log.zst";

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

/// Tells people something that stops nothing.
pub(crate) fn warn(text: &str) {
    report(&Event::Warning {
        text: tool::printable(text),
    });
}

/// Runs one phase and reports it.
pub(crate) fn phase<T>(
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
    let mut run = Run {
        job,
        tail,
        started: now()?,
        architecture: host_architecture()?,
    };
    let statement = match &job.release {
        Release::Debian(release) => debian::release::rebuild(&mut run, release)?,
        Release::Git(release) => git::rebuild(&mut run, release)?,
    };
    let staging = run.staging()?;
    stage(&staging, "statement.json", &statement.statement())?;
    stage(&staging, "link.json", &statement.link())
}

/// One rebuild under way.
pub(crate) struct Run<'a> {
    /// What was asked for.
    pub(crate) job: &'a Job,
    /// This machine's architecture.
    pub(crate) architecture: String,
    tail: &'a mut Vec<String>,
    started: Timestamp,
}

/// What a rebuild came to, by whatever kind of release.
pub(crate) struct Done {
    /// What was built.
    pub(crate) source: Source,
    /// By which command.
    pub(crate) command: Vec<String>,
    /// In which environment.
    pub(crate) variables: BTreeMap<String, String>,
    /// In which folder.
    pub(crate) build_path: String,
    /// Limits that this host could not set.
    pub(crate) unlimited: Vec<String>,
    /// In which root.
    pub(crate) root: Root,
    /// With which packages.
    pub(crate) packages: Vec<EnvironmentPackage>,
    /// What came out, all of it staged.
    pub(crate) outputs: Outputs,
}

impl Run<'_> {
    /// The folder for what is to be signed, which it makes.
    pub(crate) fn staging(&self) -> Result<PathBuf, RebuildError> {
        let staging = self.job.work.join("staging");
        fs::create_dir_all(&staging).map_err(RebuildError::io("create", &staging))?;
        Ok(staging)
    }

    /// Unpacks the root of a suite, and says for people where it came from.
    pub(crate) fn root(
        &self,
        archive: &Archive,
        suite: &str,
    ) -> Result<(Root, String), RebuildError> {
        let plan = RootPlan {
            archive,
            suite,
            architecture: &self.architecture,
        };
        let root = plan.unpack(&self.job.cache, &self.job.work)?;
        let from = if root.was_cached {
            ", from the cache"
        } else {
            ""
        };
        let note = format!("{}{from}", root.name);
        Ok((root, note))
    }

    /// Groups that count what the build uses, and the limits that they can't set.
    pub(crate) fn cgroup(&self) -> (Cgroup, Vec<String>) {
        let cgroup = Cgroup::make(&self.job.invocation, &self.job.limits);
        if cgroup.limits_memory {
            return (cgroup, Vec::new());
        }
        warn(
            "this host does not let us limit the memory of all processes together, only of each; the statement says so",
        );
        (cgroup, vec!["memory-total".to_owned()])
    }

    /// Builds. The end of the log is kept for whoever has to see why it failed.
    pub(crate) fn build(
        &mut self,
        build: &Build<'_>,
        commands: &[Vec<String>],
        variables: &BTreeMap<String, String>,
    ) -> Result<(), RebuildError> {
        let log = self.staging()?.join(LOG);
        let watched = build.run(commands, variables, &log)?;
        *self.tail = watched.tail;
        let status = watched.end?;
        if !status.success() {
            return Err(RebuildError::BuildFailed(status.to_string()));
        }
        self.tail.clear();
        Ok(())
    }

    /// What the statement says.
    pub(crate) fn finish(&self, done: Done) -> Result<Rebuild, RebuildError> {
        let outputs = with_log(done.outputs, &self.staging()?)?;
        Ok(Rebuild {
            party: self.job.party.clone(),
            source: done.source,
            architecture: self.architecture.clone(),
            command: done.command,
            variables: done.variables,
            build_path: done.build_path,
            unlimited: done.unlimited,
            root: RootRecord {
                name: done.root.name,
                digests: done.root.digests,
            },
            packages: done.packages,
            products: outputs.products,
            byproducts: outputs.byproducts,
            invocation: self.job.invocation.clone(),
            started: self.started,
            finished: now()?,
            rebuilder_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}

fn host_architecture() -> Result<String, RebuildError> {
    let ran = tool::run(tool::tool("dpkg").arg("--print-architecture"))?;
    Ok(ran.stdout.trim().to_owned())
}

/// Installs what the build needs into `root`; returns everything that is installed then, and says for people how much.
pub(crate) fn install(
    job: &Job,
    archive: &Archive,
    needed: Needed<'_>,
    root: &Root,
) -> Result<(Vec<EnvironmentPackage>, String), RebuildError> {
    let (root, limits, work, cache) = (&root.folder, job.limits, &*job.work, &*job.cache);
    let dependencies = Dependencies {
        archive,
        needed,
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

/// The by-products with the log among them.
fn with_log(mut outputs: Outputs, staging: &Path) -> Result<Outputs, RebuildError> {
    let name = LOG.to_owned();
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

/// The time by this machine's clock.
pub(crate) fn now() -> Result<Timestamp, RebuildError> {
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

//! The rebuild of a Debian source package: source → root → build dependencies → build → outputs → what the statement says.

use std::fs;

use quorate::attest::rebuild::{Builds, DebianSource, IndexRecord, Rebuild, Source, SourceFile};
use quorate_rebuild_args::BuildsChoice;

use super::dependencies::Needed;
use super::source::{Archive, FetchedSource};
use super::sources::Sources;
use crate::builder::{Done, Run, install, phase};
use crate::building::{self, Build, Written};
use crate::earlier;
use crate::error::RebuildError;
use crate::outputs;
use crate::protocol::{DebianRelease, Job, Phase};

/// Rebuilds a source package, and stages its outputs.
///
/// # Errors
/// [`RebuildError`] for every way in which this ends without a statement.
pub(crate) fn rebuild(run: &mut Run<'_>, release: &DebianRelease) -> Result<Rebuild, RebuildError> {
    let job = run.job;
    let (archive, source) = phase(Phase::Source, || fetch(job, release))?;
    let version = Some(&*source.entry.version);
    earlier::demand_same(&job.earlier, &source.entry.name, version)?;
    let builds = choose(release.builds, &source)?;
    let path = building::build_path(release.build_path.as_deref(), &source)?;
    let root = phase(Phase::Root, || run.root(&archive, &release.suite))?;
    let packages = phase(Phase::Dependencies, || {
        install(
            job,
            &archive,
            Needed::BuildDependencies(&source, builds),
            &root,
        )
    })?;
    let staging = run.staging()?;
    let (cgroup, unlimited) = run.cgroup();
    let written = Written::make(&job.work)?;
    let build = Build {
        root: &root.folder,
        path,
        limits: job.limits,
        cgroup: &cgroup,
        written,
    };
    let command = building::command(builds);
    let variables = phase(Phase::Build, || {
        let mut variables = building::variables(release.tests);
        let time = build.unpack(&source, &variables, &job.work.join("source.unpack"))?;
        variables.insert("SOURCE_DATE_EPOCH".into(), time);
        run.build(&build, std::slice::from_ref(&command), &variables)?;
        Ok((variables, build.path.display().to_string()))
    })?;
    let outputs = phase(Phase::Digest, || {
        let outputs = outputs::take(&build, &staging)?;
        let note = format!("{} binary packages", outputs.products.len());
        Ok((outputs, note))
    })?;
    run.finish(Done {
        source: Source::Debian(record(&archive, &source, builds)?),
        command,
        variables,
        build_path: build.path.display().to_string(),
        unlimited,
        root,
        packages,
        outputs,
    })
}

fn fetch(
    job: &Job,
    release: &DebianRelease,
) -> Result<((Archive, FetchedSource), String), RebuildError> {
    let sources = match &job.sources {
        Some(file) => Sources::from_file(file)?,
        None => Sources::of_host(&release.suite)?,
    };
    let archive = Archive::open(sources, &job.cache, &job.work)?;
    let source = archive.source(&release.name, release.version.as_deref(), &job.work)?;
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

fn record(
    archive: &Archive,
    source: &FetchedSource,
    builds: BuildsChoice,
) -> Result<DebianSource, RebuildError> {
    let dsc = source.folder.join(source.dsc());
    let files = source.files.iter();
    let releases = archive.indexes.releases.iter();
    Ok(DebianSource {
        builds: match builds {
            BuildsChoice::Any => Builds::Any,
            BuildsChoice::All => Builds::All,
            BuildsChoice::Binary => Builds::Binary,
        },
        name: source.entry.name.clone(),
        version: source.entry.version.clone(),
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

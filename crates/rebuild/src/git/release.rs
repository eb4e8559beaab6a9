//! The rebuild of a tag: source → root → build → outputs → what the statement says.

use std::collections::BTreeMap;
use std::fs;

use quorate::attest::git::{GitSource, RecipePlace, RecipeRecord};
use quorate::attest::rebuild::{EnvironmentPackage, Rebuild, Source};

use super::outputs::{Naming, take};
use super::recipe::{Recipe, RootChoice};
use super::source::{Laid, forget, lay_out};
use crate::builder::{Done, Run, install, phase};
use crate::building::{Build, Written};
use crate::debian::dependencies::Needed;
use crate::debian::root::{Root, unpack_archive};
use crate::debian::source::Archive;
use crate::debian::sources::Sources;
use crate::error::RebuildError;
use crate::outputs::Outputs;
use crate::protocol::{GitRelease, Job, Phase, RecipeChoice};
use crate::tool;

/// What is needed of one tag.
struct Planned {
    laid: Laid,
    recipe: Recipe,
    record: RecipeRecord,
}

/// Rebuilds a tag, and stages its outputs.
///
/// # Errors
/// [`RebuildError`] for every way in which this ends without a statement.
pub(crate) fn rebuild(run: &mut Run<'_>, release: &GitRelease) -> Result<Rebuild, RebuildError> {
    let job = run.job;
    let Planned {
        laid,
        recipe,
        record,
    } = phase(Phase::Source, || plan(job, release))?;
    let (root, packages) = environment(run, release, &recipe)?;
    let staging = run.staging()?;
    let (cgroup, unlimited) = run.cgroup();
    let written = Written::make(&job.work)?;
    let build = Build {
        root: &root.folder,
        path: recipe.path.clone(),
        limits: job.limits,
        cgroup: &cgroup,
        written,
    };
    let name = recipe.path.file_name().unwrap_or_default();
    let tree = build.written.outputs.join(name);
    fs::rename(&laid.folder, &tree).map_err(RebuildError::io("rename", &laid.folder))?;
    let variables = variables(&recipe, &laid);
    phase(Phase::Build, || {
        build.admit()?;
        run.build(&build, &recipe.commands, &variables)?;
        Ok(((), build.path.display().to_string()))
    })?;
    let naming = Naming {
        version: &release.tag,
        architecture: &run.architecture,
    };
    let outputs = phase(Phase::Digest, || {
        let products = take(
            &tree,
            &recipe,
            &naming,
            &staging,
            job.limits.output_bytes_max,
        )?;
        let note = format!("{} files", products.len());
        let byproducts = Vec::new();
        Ok((
            Outputs {
                products,
                byproducts,
            },
            note,
        ))
    })?;
    run.finish(Done {
        source: Source::Git(Box::new(source(laid, release, record))),
        command: recipe.command(),
        variables,
        build_path: build.path.display().to_string(),
        unlimited,
        root,
        packages,
        outputs,
    })
}

fn plan(job: &Job, release: &GitRelease) -> Result<(Planned, String), RebuildError> {
    let mut laid = lay_out(job, release)?;
    forget(&job.work)?;
    let (content, name, place) = match &release.recipe {
        RecipeChoice::Given { name, text } => {
            (text.clone().into_bytes(), name, RecipePlace::Policy)
        }
        RecipeChoice::Tree { path } => {
            let missing = || RebuildError::RecipeRefused(format!("the tree has no file {path}"));
            (
                laid.recipe.take().ok_or_else(missing)?,
                path,
                RecipePlace::Repository,
            )
        }
    };
    let recipe = Recipe::parse(&content).map_err(|error| {
        RebuildError::RecipeRefused(tool::on_one_line(&format!("{name}: {error}")))
    })?;
    demand_root(&recipe, release)?;
    let note = format!(
        "{} at {}, {} files, {} submodules",
        release.tag,
        laid.commit.0,
        laid.files,
        laid.submodules.len()
    );
    let record = RecipeRecord {
        name: name.clone(),
        place,
        content,
    };
    Ok((
        Planned {
            laid,
            recipe,
            record,
        },
        note,
    ))
}

/// Whoever wrote the recipe chooses between a root archive and a distribution; the caller has the one or the other.
fn demand_root(recipe: &Recipe, release: &GitRelease) -> Result<(), RebuildError> {
    match (&recipe.root, &release.root) {
        (RootChoice::Archive { sha256 }, None) => Err(RebuildError::Argument(format!(
            "the recipe builds in the root archive {sha256}: give it with --root FILE"
        ))),
        (RootChoice::Suite { .. }, Some(_)) => Err(RebuildError::Argument(
            "--root FILE is for recipes that name a root archive; this one names a suite".into(),
        )),
        _ => Ok(()),
    }
}

/// The root that the recipe names, and every package that is installed in it.
fn environment(
    run: &Run<'_>,
    release: &GitRelease,
    recipe: &Recipe,
) -> Result<(Root, Vec<EnvironmentPackage>), RebuildError> {
    match (&recipe.root, &release.root) {
        (RootChoice::Suite { suite, packages }, _) => {
            let sources = match &run.job.sources {
                Some(file) => Sources::from_file(file)?,
                None => Sources::of_host(suite)?,
            };
            let root = phase(Phase::Root, || {
                let archive = Archive::open(sources.only_binary(), &run.job.cache, &run.job.work)?;
                let (root, note) = run.root(&archive, suite)?;
                Ok(((archive, root), note))
            });
            let (archive, root) = root?;
            let packages = phase(Phase::Dependencies, || {
                install(run.job, &archive, Needed::Packages(packages), &root)
            })?;
            Ok((root, packages))
        }
        (RootChoice::Archive { sha256 }, Some(file)) => {
            let root = phase(Phase::Root, || {
                let root = unpack_archive(file, sha256, &run.job.work.join("root"))?;
                let note = root.name.clone();
                Ok((root, note))
            })?;
            Ok((root, Vec::new()))
        }
        (RootChoice::Archive { .. }, None) => Err(RebuildError::Root("no archive".into())),
    }
}

/// The whole environment of the build.
fn variables(recipe: &Recipe, laid: &Laid) -> BTreeMap<String, String> {
    let time = laid.time.unix_seconds().to_string();
    let fixed = [
        ("PATH", tool::PATH),
        ("HOME", "/sbuild-nonexistent"),
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("SOURCE_DATE_EPOCH", &time),
    ];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    // The recipe's reader lets none of the fixed ones pass.
    recipe
        .environment
        .clone()
        .into_iter()
        .chain(fixed)
        .collect()
}

fn source(laid: Laid, release: &GitRelease, recipe: RecipeRecord) -> GitSource {
    GitSource {
        repository: laid.address.to_string(),
        tag: release.tag.clone(),
        format: laid.format,
        tag_id: laid.tag.0,
        commit_id: laid.commit.0,
        tree_id: laid.tree_id,
        tag_object: laid.tag.1,
        commit_object: laid.commit.1,
        identity: laid.identity,
        submodules: laid.submodules,
        seen: laid.seen,
        recipe,
    }
}

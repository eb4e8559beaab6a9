//! The build itself: the source is unpacked, dated and built by a user without rights, in a sandbox without network.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::debian::source::FetchedSource;
use crate::error::RebuildError;
use crate::protocol::{BuildLimits, BuildsChoice, Tests};
use crate::sandbox::watch::{Watch, Watched};
use crate::sandbox::{Cgroup, Role, Sandbox, admit_builder};
use crate::tool;

/// Where Debian's own rebuilders unpack sources.
const BUILD_FOLDER: &str = "/build/reproducible-path";
/// Folders of the root that the build path must not hide.
const ROOT_FOLDERS: [&str; 14] = [
    "bin", "boot", "dev", "etc", "lib", "lib64", "mnt", "proc", "root", "run", "sbin", "sys",
    "usr", "var",
];

/// One build, planned.
pub(crate) struct Build<'a> {
    /// What is built.
    pub(crate) source: &'a FetchedSource,
    /// Which binaries.
    pub(crate) builds: BuildsChoice,
    /// The root with build dependencies.
    pub(crate) root: &'a Path,
    /// Where the source is unpacked, inside the sandbox.
    pub(crate) path: PathBuf,
    /// How much it may use.
    pub(crate) limits: BuildLimits,
    /// The groups that count it.
    pub(crate) cgroup: &'a Cgroup,
    /// The folders that the build can write to, on the host.
    pub(crate) written: Written,
}

/// The folders that the build can write to, on the host.
pub(crate) struct Written {
    /// The parent of the source folder: where the outputs come.
    pub(crate) outputs: PathBuf,
    temporary: PathBuf,
    temporary_kept: PathBuf,
}

impl Written {
    /// Makes the folders in `work`.
    pub(crate) fn make(work: &Path) -> Result<Self, RebuildError> {
        let folder = work.join("written");
        let written = Self {
            outputs: folder.join("build"),
            temporary: folder.join("tmp"),
            temporary_kept: folder.join("var-tmp"),
        };
        for path in [
            &written.outputs,
            &written.temporary,
            &written.temporary_kept,
        ] {
            fs::create_dir_all(path).map_err(RebuildError::io("create", path))?;
        }
        for path in [&written.temporary, &written.temporary_kept] {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(path, fs::Permissions::from_mode(0o1777))
                .map_err(RebuildError::io("give", path))?;
        }
        Ok(written)
    }
}

/// The folder in which the source is unpacked: the wanted one, or by Debian's convention.
pub(crate) fn build_path(
    wanted: Option<&Path>,
    source: &FetchedSource,
) -> Result<PathBuf, RebuildError> {
    let Some(path) = wanted else {
        return Ok(Path::new(BUILD_FOLDER).join(format!(
            "{}-{}",
            source.entry.name,
            source.upstream_version()
        )));
    };
    let plain = path
        .components()
        .skip(1)
        .all(|part| matches!(part, Component::Normal(_)));
    let first = path
        .components()
        .nth(1)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let hides = first.is_none_or(|first| ROOT_FOLDERS.contains(&&*first));
    if !path.is_absolute()
        || !plain
        || hides
        || path.components().count() < 3
        || path.to_str().is_none()
    {
        return Err(RebuildError::Argument(format!(
            "--build-path {}: give an absolute path of at least two folders, such as {BUILD_FOLDER}/NAME-1.0, outside of the system's folders",
            path.display()
        )));
    }
    Ok(path.to_path_buf())
}

/// The whole environment of a build, but for `SOURCE_DATE_EPOCH`.
pub(crate) fn variables(tests: Tests) -> BTreeMap<String, String> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut options = format!("parallel={processors}");
    if tests == Tests::Skip {
        options += " nocheck";
    }
    let fixed = [
        ("PATH", tool::PATH),
        ("HOME", "/sbuild-nonexistent"),
        ("LOGNAME", "builder"),
        ("USER", "builder"),
        ("LC_ALL", "C.UTF-8"),
        ("LANG", "C.UTF-8"),
        ("TZ", "UTC"),
        ("DEB_BUILD_OPTIONS", &options),
    ];
    fixed
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The command, as the statement has it.
pub(crate) fn command(builds: BuildsChoice) -> Vec<String> {
    let kind = match builds {
        BuildsChoice::Any => "-B",
        BuildsChoice::All => "-A",
        BuildsChoice::Binary => "-b",
    };
    [
        "dpkg-buildpackage",
        "--sanitize-env",
        "-us",
        "-uc",
        kind,
        "-rfakeroot",
    ]
    .map(str::to_owned)
    .to_vec()
}

impl Build<'_> {
    /// Unpacks the source inside the sandbox and asks for the time of its newest change.
    pub(crate) fn unpack(
        &self,
        variables: &BTreeMap<String, String>,
        log: &Path,
    ) -> Result<String, RebuildError> {
        for file in &self.source.files {
            let (from, to) = (
                self.source.folder.join(&file.name),
                self.written.outputs.join(&file.name),
            );
            fs::copy(&from, &to).map_err(RebuildError::io("copy", &from))?;
        }
        let parent = self
            .path
            .parent()
            .map(|parent| parent.strip_prefix("/").unwrap_or(parent));
        let place = self.root.join(parent.unwrap_or_else(|| Path::new("build")));
        fs::create_dir_all(&place).map_err(RebuildError::io("create", &place))?;
        admit_builder(self.root, &[&self.written.outputs])?;
        let folder = self.path.file_name().unwrap_or_default().to_string_lossy();
        let sandbox = self
            .sandbox(variables)
            .inside(self.path.parent().unwrap_or(&self.path));
        let mut command = sandbox.command(&[
            "dpkg-source",
            "--no-check",
            "-x",
            self.source.dsc(),
            &folder,
        ])?;
        // An archive can be a bomb: unpacking is watched as the build is.
        let watched = self.watch(&mut command, &log.with_extension("unpack"))?;
        if !watched.end?.success() {
            let why = watched.tail.last().cloned().unwrap_or_default();
            return Err(RebuildError::BuildFailed(format!(
                "the source package cannot be unpacked: {why}"
            )));
        }
        let sandbox = self.sandbox(variables).inside(&self.path);
        let unreadable =
            |_| RebuildError::BuildFailed("the source package's changelog cannot be read".into());
        let answer = sandbox
            .ask(&["dpkg-parsechangelog", "-STimestamp"])
            .map_err(unreadable)?;
        crate::sandbox::end_everything()?;
        let time = answer.trim();
        let plain =
            !time.is_empty() && time.len() <= 11 && time.bytes().all(|byte| byte.is_ascii_digit());
        plain
            .then(|| time.to_owned())
            .ok_or_else(|| RebuildError::BuildFailed("the changelog has no time".into()))
    }

    /// Builds, within the limits. Afterwards nothing that the build started is left.
    pub(crate) fn run(
        &self,
        variables: &BTreeMap<String, String>,
        log: &Path,
    ) -> Result<Watched, RebuildError> {
        let command = command(self.builds);
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let sandbox = self.sandbox(variables).inside(&self.path);
        let mut watched = self.watch(&mut sandbox.command(&words)?, log)?;
        if self.cgroup.ran_out_of_memory()
            && !matches!(&watched.end, Ok(status) if status.success())
        {
            watched.end = Err(RebuildError::LimitHit(format!(
                "{} bytes of memory",
                self.limits.memory_bytes_max
            )));
        }
        Ok(watched)
    }

    fn watch(
        &self,
        command: &mut std::process::Command,
        log: &Path,
    ) -> Result<Watched, RebuildError> {
        let written = [
            &self.written.outputs,
            &self.written.temporary,
            &self.written.temporary_kept,
        ]
        .map(Clone::clone);
        Watch {
            limits: self.limits,
            written: &written,
            log,
        }
        .run(command)
    }

    /// The sandbox of the builder.
    fn sandbox(&self, variables: &BTreeMap<String, String>) -> Sandbox<'_> {
        let mut sandbox = Sandbox::new(self.root, Role::Builder, self.limits)
            .giving(&self.written.temporary, Path::new("/tmp"))
            .giving(&self.written.temporary_kept, Path::new("/var/tmp"))
            .giving(
                &self.written.outputs,
                self.path.parent().unwrap_or(&self.path),
            )
            .within(Some(self.cgroup));
        for (name, value) in variables {
            sandbox = sandbox.variable(name, value);
        }
        sandbox
    }
}

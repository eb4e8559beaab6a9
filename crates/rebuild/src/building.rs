//! The build itself: the source is unpacked, dated and built by a user without rights, in a sandbox without network.

use quorate_rebuild_args::BuildsChoice;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::debian::source::FetchedSource;
use crate::error::RebuildError;
use crate::protocol::{BuildLimits, Tests};
use crate::sandbox::watch::{Log, Watch, Watched};
use crate::sandbox::{Cgroup, Role, Sandbox, admit_builder, folder_in};
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
    /// The root with build dependencies.
    pub(crate) root: &'a Path,
    /// Where the source stands, inside the sandbox.
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
    if !is_build_path(path) {
        return Err(RebuildError::Argument(format!(
            "--build-path {}: give an absolute path of at least two folders, such as {BUILD_FOLDER}/NAME-1.0, outside of the system's folders",
            path.display()
        )));
    }
    Ok(path.to_path_buf())
}

/// Whether a source can stand at `path` inside of the sandbox: at least two folders deep, and hiding none of the root's.
pub(crate) fn is_build_path(path: &Path) -> bool {
    let plain = path
        .components()
        .skip(1)
        .all(|part| matches!(part, Component::Normal(_)));
    let first = path
        .components()
        .nth(1)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let hides = first.is_none_or(|first| ROOT_FOLDERS.contains(&&*first));
    path.is_absolute()
        && plain
        && !hides
        && path.components().count() >= 3
        && path.to_str().is_some()
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
        source: &FetchedSource,
        variables: &BTreeMap<String, String>,
        log: &Path,
    ) -> Result<String, RebuildError> {
        for file in &source.files {
            let (from, to) = (
                source.folder.join(&file.name),
                self.written.outputs.join(&file.name),
            );
            fs::copy(&from, &to).map_err(RebuildError::io("copy", &from))?;
        }
        self.admit()?;
        let folder = self.path.file_name().unwrap_or_default().to_string_lossy();
        let sandbox = self
            .sandbox(variables)
            .inside(self.path.parent().unwrap_or(&self.path));
        let mut command =
            sandbox.command(&["dpkg-source", "--no-check", "-x", source.dsc(), &folder])?;
        // An archive can be a bomb: unpacking is watched as the build is.
        let log = Log::new(log);
        let written = self.watched();
        let watched = Watch::new(self.limits, &written, &log).run(&mut command)?;
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

    /// Makes the places in the root that the sandbox needs, makes the builder known there, and lets it write to the build's folder.
    pub(crate) fn admit(&self) -> Result<(), RebuildError> {
        let parent = self.path.parent().unwrap_or(&self.path);
        let places = ["/tmp", "/var/tmp", "/dev", "/proc"].map(Path::new);
        for place in places.into_iter().chain([parent]) {
            folder_in(self.root, place)?;
        }
        admit_builder(self.root, &[&self.written.outputs])
    }

    /// Builds by `commands`, one after the other up to the first that fails, within the limits for all of them together.
    /// Afterwards nothing that the build started is left.
    pub(crate) fn run(
        &self,
        commands: &[Vec<String>],
        variables: &BTreeMap<String, String>,
        log: &Path,
    ) -> Result<Watched, RebuildError> {
        let sandbox = self.sandbox(variables).inside(&self.path);
        let (log, written) = (Log::new(log), self.watched());
        let watch = Watch::new(self.limits, &written, &log);
        let mut last = None;
        for command in commands {
            if commands.len() > 1 {
                log.note(&format!("+ {}", command.join(" ")))?;
            }
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let watched = watch.run(&mut sandbox.command(&words)?)?;
            let good = matches!(&watched.end, Ok(status) if status.success());
            last = Some(watched);
            if !good {
                break;
            }
        }
        let nothing = || RebuildError::BuildFailed("there is no command".into());
        let mut watched = last.ok_or_else(nothing)?;
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

    fn watched(&self) -> [PathBuf; 3] {
        [
            self.written.outputs.clone(),
            self.written.temporary.clone(),
            self.written.temporary_kept.clone(),
        ]
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

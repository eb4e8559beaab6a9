//! Git repositories with signed tags, and a small root to build in that is made of the host's own programs.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use quorate::attest::git::GitSource;
use quorate::attest::rebuild::{Rebuild, Source};
use quorate::digest::Digests;
use quorate::envelope::Envelope;
use quorate::key::SigningKey;
use quorate::limits::Limits;

use super::{Lab, Outcome, PROGRAM, outcome, succeed};

/// When everything in the repositories was done.
pub const DATE: &str = "1700000000 +0000";

/// One repository of a laboratory.
pub struct Repository {
    /// Its work tree.
    pub folder: PathBuf,
    home: PathBuf,
}

impl Lab {
    /// An empty repository that names its objects by `format`.
    pub fn repository(&self, name: &str, format: &str) -> Repository {
        let (folder, home) = (self.path(name), self.path("git-home"));
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&home).unwrap();
        let repository = Repository { folder, home };
        if !repository.key().exists() {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f"]);
            succeed(command.arg(repository.key()));
        }
        let format = format!("--object-format={format}");
        repository.git(&["init", "--quiet", "--initial-branch=main", &format]);
        repository
    }

    /// The command that rebuilds `tag` of `repository` in the small root.
    pub fn git_command(&self, repository: &Path, tag: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        self.git_arguments(&mut command, &repository.to_string_lossy(), tag);
        self.with_small_root(&mut command);
        command
    }

    /// The same without a root and a cache.
    pub fn git_command_without_root(&self, repository: &Path, tag: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        self.git_arguments(&mut command, &repository.to_string_lossy(), tag);
        command
    }

    /// Adds the arguments that rebuild `tag` of the repository at an address.
    pub fn git_arguments(&self, command: &mut Command, address: &str, tag: &str) {
        command.arg("git").arg(address).args(["--tag", tag]);
        command.arg("--key").arg(self.key());
        command.arg("--out").arg(self.out());
        command.arg("--json").stdin(Stdio::null());
    }

    /// Adds the small root and a cache of its own.
    pub fn with_small_root(&self, command: &mut Command) {
        command.arg("--root").arg(small_root());
        command.arg("--cache").arg(self.path("cache"));
    }

    /// What the signed statement in `out` says.
    pub fn rebuild_in(&self, out: &Path) -> Rebuild {
        let key = SigningKey::from_pem(&fs::read_to_string(self.key()).unwrap()).unwrap();
        let limits = Limits::STANDARD;
        let name = format!("attestations/rebuild.{}.json", &key.public().id()[..8]);
        let bytes = fs::read(out.join(name)).unwrap();
        let opened = Envelope::parse(&bytes, &limits)
            .unwrap()
            .open(&[key.public()], &limits)
            .unwrap();
        Rebuild::from_statement(opened.payload().unwrap(), &limits).unwrap()
    }
}

/// The git source of a rebuild.
pub fn git_source(rebuild: &Rebuild) -> &GitSource {
    match &rebuild.source {
        Source::Git(source) => source,
        Source::Debian(_) => panic!("not a rebuild of a tag"),
    }
}

impl Repository {
    fn key(&self) -> PathBuf {
        self.home.join("tagger")
    }

    /// Git in this repository, with nothing of the host's configuration.
    pub fn command(&self) -> Command {
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &self.home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(&self.folder);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Lab");
            command.env(format!("GIT_{role}_EMAIL"), "lab@example.org");
            command.env(format!("GIT_{role}_DATE"), DATE);
        }
        command.args(["-c", "gpg.format=ssh", "-c"]);
        command.arg(format!("user.signingKey={}", self.key().display()));
        command.args(["-c", "protocol.file.allow=always"]);
        command
    }

    /// Runs git and returns what it said, without the end of the line.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = succeed(self.command().args(arguments));
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// The same with something to read.
    pub fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a file that may be executed.
    pub fn write_program(&self, path: &str, text: &str) {
        self.write(path, text);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.folder.join(path), mode).unwrap();
    }

    /// Commits everything.
    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
    }

    /// Signs a tag.
    pub fn tag(&self, name: &str) {
        self.git(&["tag", "--sign", "--message=x", name]);
    }

    /// Adds a submodule, which stands at its repository's last commit.
    pub fn add_submodule(&self, url: &str, path: &str) {
        self.git(&["submodule", "--quiet", "add", url, path]);
    }
}

/// A recipe that builds in the small root by a shell script `build.sh` of the tree.
pub fn recipe() -> String {
    recipe_with("", "[[\"sh\", \"build.sh\"]]", "[\"*\"]")
}

/// A recipe with more lines in `[build]`, and other commands and patterns.
pub fn recipe_with(build: &str, commands: &str, files: &str) -> String {
    let digest = Digests::of(&fs::read(small_root()).unwrap()).sha256;
    format!(
        "format = \"quorate-recipe/1\"\n[root]\narchive_sha256 = \"{digest}\"\n[build]\ncommands = {commands}\n{build}\n\
         [outputs]\nfolder = \"out\"\nfiles = {files}\n"
    )
}

/// What builds of these tests run.
const PROGRAMS: [&str; 19] = [
    "bash", "cat", "chmod", "cp", "env", "find", "id", "ln", "ls", "mkdir", "mkfifo", "mv",
    "readlink", "setpriv", "sh", "stat", "tar", "timeout", "touch",
];

/// A root of a few programs of the host with their libraries: made in a moment, without network.
pub fn small_root() -> PathBuf {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let made = root_with(&[], &[]);
        // The same bytes for every test process, so that it does not matter which one comes last.
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small-root.tar");
        fs::rename(&made, &root).unwrap();
        root
    })
    .clone()
}

/// The same with more files and programs of the host, in a file of this process.
pub fn root_with(more: &[PathBuf], programs: &[&str]) -> PathBuf {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    fs::create_dir_all(place.join("etc")).unwrap();
    for name in ["bin", "lib", "lib64"] {
        fs::create_dir_all(place.join("usr").join(name)).unwrap();
        symlink(format!("usr/{name}"), place.join(name)).unwrap();
    }
    let mut files = libraries(more);
    files.extend(more.iter().cloned());
    let programs = PROGRAMS.iter().chain(programs);
    let programs: Vec<PathBuf> = programs
        .map(|name| Path::new("/usr/bin").join(name))
        .collect();
    files.extend(libraries(&programs));
    files.extend(programs);
    for file in files {
        let to = place.join(file.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        if to.symlink_metadata().is_ok() {
            continue;
        }
        match fs::read_link(&file) {
            Ok(target) if more.contains(&file) => symlink(target, to).unwrap(),
            _ => drop(fs::copy(&file, &to).unwrap()),
        }
    }
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let root = root.join(format!("root-{}.tar", std::process::id()));
    let mut tar = Command::new("tar");
    tar.args([
        "--create",
        "--sort=name",
        "--mtime=@0",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
    ]);
    tar.args(["--mode=u+rw,go+r-w,a+X", "--format=gnu", "--file"]);
    succeed(tar.arg(&root).arg("--directory").arg(place).arg("."));
    root
}

/// The shared libraries that programs among these files load.
fn libraries(files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let is_elf = |file: &&PathBuf| {
        let mut start = [0; 4];
        let read = fs::File::open(file).and_then(|mut file| file.read_exact(&mut start));
        read.is_ok() && start == *b"\x7fELF"
    };
    for file in files.iter().filter(is_elf) {
        let said = Command::new("ldd").arg(file).output().unwrap();
        // Of an object file, ldd says so and fails.
        if said.status.success() {
            let said = String::from_utf8(said.stdout).unwrap();
            let words = said.split_whitespace().filter(|word| word.starts_with('/'));
            found.extend(words.map(PathBuf::from));
        }
    }
    found
}

/// The rebuild of the tag, which must succeed.
pub fn rebuilt(lab: &Lab, repository: &Repository, tag: &str) -> Outcome {
    let run = outcome(&mut lab.git_command(&repository.folder, tag));
    assert_eq!(run.code, 0, "{}", run.stderr);
    run
}

/// The rebuild is refused with this code and reason, and nothing is signed.
pub fn refused(lab: &Lab, repository: &Repository, tag: &str, code: &str, reason: &str) {
    let run = outcome(&mut lab.git_command(&repository.folder, tag));
    assert_eq!(run.error(), code, "{}", run.stderr);
    assert!(run.stderr.contains(reason), "{}", run.stderr);
    assert!(!lab.has_statement());
}

/// A repository with a recipe whose build is `script`, at tag `v1`.
pub fn building(lab: &Lab, script: &str) -> Repository {
    let repository = lab.repository("project", "sha1");
    repository.write("build.sh", script);
    repository.write("quorate.toml", &recipe());
    repository.commit();
    repository.tag("v1");
    repository
}

//! A laboratory: a small signed archive of hostile source packages on this disk, next to the real one, and one cache.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file uses its own part of the laboratory"
)]

pub mod repository;
pub mod somebody;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use quorate::key::SigningKey;
use rustix::fs::StatVfsMountFlags;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_quorate-rebuild");

/// What is used by all test files at once: one root is made for all of them.
pub fn shared_cache() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild-cache");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Where laboratories are: in memory where there is room for one on each processor. A root has thirteen thousand files, which are made
/// and removed there in a tenth of the time.
fn place_of_laboratories() -> PathBuf {
    const BYTES_OF_EACH: u64 = 2 << 30;
    let memory = Path::new("/dev/shm");
    let processors = std::thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let has_room = rustix::fs::statvfs(memory).is_ok_and(|it| {
        let may_execute = !it.f_flag.contains(StatVfsMountFlags::NOEXEC);
        may_execute && it.f_bavail * it.f_frsize >= processors * BYTES_OF_EACH
    });
    if has_room {
        memory.to_path_buf()
    } else {
        std::env::temp_dir()
    }
}

/// Whether this test may do what only root may.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// One archive with its own key, and a folder for everything of one test.
pub struct Lab {
    folder: tempfile::TempDir,
}

impl Lab {
    /// An empty laboratory.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("quorate-lab-")
            .tempdir_in(place_of_laboratories())
            .unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let lab = Self { folder };
        fs::create_dir_all(lab.path("archive/pool")).unwrap();
        fs::create_dir_all(lab.path("archive/dists/lab/main/source")).unwrap();
        fs::create_dir_all(lab.path("archive/dists/lab/main/binary-amd64")).unwrap();
        lab.make_archive_key("gnupg");
        lab.make_signing_key("party-a.pem");
        lab
    }

    /// A place in the laboratory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The key of the party that rebuilds.
    pub fn key(&self) -> PathBuf {
        self.path("party-a.pem")
    }

    /// Makes a key for statements that only its owner can read.
    pub fn make_signing_key(&self, name: &str) {
        let pem = SigningKey::ed25519_from_seed(&[7; 32]).to_pem().unwrap();
        fs::write(self.path(name), pem).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Makes a key for indexes, in a keyring of its own.
    pub fn make_archive_key(&self, home: &str) {
        let home_folder = self.path(home);
        fs::create_dir_all(&home_folder).unwrap();
        fs::set_permissions(&home_folder, fs::Permissions::from_mode(0o700)).unwrap();
        let mut gpg = self.gpg(home);
        succeed(gpg.args([
            "--passphrase",
            "",
            "--quick-generate-key",
            "lab@example.org",
            "ed25519",
            "sign",
            "never",
        ]));
        let public = self.path(&format!("{home}.gpg"));
        succeed(self.gpg(home).arg("--output").arg(public).arg("--export"));
    }

    fn gpg(&self, home: &str) -> Command {
        let mut command = Command::new("gpg");
        command
            .args(["--batch", "--quiet", "--pinentry-mode", "loopback"])
            .env("GNUPGHOME", self.path(home));
        command
    }

    /// Adds a native source package whose build runs `attempt`, a shell script, and then makes one package.
    pub fn add(&self, name: &str, attempt: &str) {
        let tree = self.path(&format!("trees/{name}-1.0"));
        fs::create_dir_all(tree.join("debian/source")).unwrap();
        let file = |path: &str, text: &str| fs::write(tree.join(path), text).unwrap();
        file("debian/source/format", "3.0 (native)\n");
        file(
            "debian/changelog",
            &format!(
                "{name} (1.0) unstable; urgency=low\n\n  * Test.\n\n -- Lab <lab@example.org>  Mon, 02 Jan 2023 10:00:00 +0000\n"
            ),
        );
        file(
            "debian/control",
            &format!(
                "Source: {name}\nSection: misc\nPriority: optional\nMaintainer: Lab <lab@example.org>\n\
                 Standards-Version: 4.6.2\nRules-Requires-Root: no\n\nPackage: {name}\nArchitecture: all\n\
                 Description: test\n A package of the laboratory.\n"
            ),
        );
        file("debian/attempt", attempt);
        file("debian/rules", RULES);
        fs::set_permissions(tree.join("debian/rules"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new("dpkg-source");
        succeed(
            command
                .current_dir(self.path("archive/pool"))
                .arg("--build")
                .arg(&tree),
        );
    }

    /// Writes and signs the indexes.
    pub fn publish(&self) {
        self.publish_signed_by("gnupg");
    }

    /// Writes the indexes and signs them with the key in `home`.
    pub fn publish_signed_by(&self, home: &str) {
        let archive = self.path("archive");
        let sources = succeed(
            Command::new("apt-ftparchive")
                .current_dir(&archive)
                .args(["sources", "pool"]),
        );
        fs::write(
            archive.join("dists/lab/main/source/Sources"),
            sources.stdout,
        )
        .unwrap();
        fs::write(archive.join("dists/lab/main/binary-amd64/Packages"), "").unwrap();
        let mut command = Command::new("apt-ftparchive");
        for option in [
            "Suite=lab",
            "Codename=lab",
            "Components=main",
            "Architectures=amd64 source",
        ] {
            command.arg(format!("-oAPT::FTPArchive::Release::{option}"));
        }
        drop(fs::remove_file(archive.join("dists/lab/InRelease")));
        let release = succeed(command.current_dir(&archive).args(["release", "dists/lab"]));
        fs::write(archive.join("dists/lab/Release"), release.stdout).unwrap();
        let mut gpg = self.gpg(home);
        succeed(gpg.current_dir(archive.join("dists/lab")).args([
            "--clearsign",
            "--output",
            "InRelease",
            "Release",
        ]));
        fs::remove_file(archive.join("dists/lab/Release")).unwrap();
    }

    /// The list of archives: the host's for binary packages, the laboratory's for sources.
    pub fn sources(&self) -> PathBuf {
        let host = succeed(Command::new(PROGRAM).arg("sources"));
        let host = String::from_utf8(host.stdout)
            .unwrap()
            .replace("Types: deb deb-src", "Types: deb");
        self.write_sources(&format!("{host}\n{}", self.entry("deb-src")))
    }

    /// A list with the laboratory alone: enough for everything that ends before the root.
    pub fn sources_without_network(&self) -> PathBuf {
        self.write_sources(&self.entry("deb deb-src"))
    }

    /// The laboratory's entry in a list.
    pub fn entry(&self, types: &str) -> String {
        let (archive, key) = (self.path("archive"), self.path("gnupg.gpg"));
        format!(
            "Types: {types}\nURIs: file:{}\nSuites: lab\nComponents: main\nSigned-By: {}\n",
            archive.display(),
            key.display()
        )
    }

    /// Writes a list.
    pub fn write_sources(&self, text: &str) -> PathBuf {
        let path = self.path("lab.sources");
        fs::write(&path, text).unwrap();
        path
    }

    /// The command that rebuilds `name` from the laboratory.
    pub fn command(&self, name: &str, sources: &Path) -> Command {
        let mut command = Command::new(PROGRAM);
        self.arguments(&mut command, name, sources);
        self.with_shared_cache(&mut command);
        command
    }

    /// Adds the cache of all laboratories, and a work folder of its own.
    pub fn with_shared_cache(&self, command: &mut Command) {
        command.arg("--cache").arg(shared_cache());
        command.arg("--work").arg(self.path("work"));
    }

    /// The same with a cache of its own.
    pub fn command_with_cache(&self, name: &str, sources: &Path, cache: &Path) -> Command {
        let mut command = Command::new(PROGRAM);
        self.arguments(&mut command, name, sources);
        command.arg("--cache").arg(cache);
        command
    }

    /// Adds the arguments that rebuild `name`.
    pub fn arguments(&self, command: &mut Command, name: &str, sources: &Path) {
        command
            .arg("debian")
            .arg(name)
            .arg("--key")
            .arg(self.key())
            .arg("--out")
            .arg(self.out());
        command.arg("--sources").arg(sources).arg("--json");
        command.stdin(Stdio::null());
    }

    /// Where outputs go.
    pub fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// True when some statement was signed.
    pub fn has_statement(&self) -> bool {
        fs::read_dir(self.out().join("attestations"))
            .is_ok_and(|mut entries| entries.next().is_some())
    }

    /// The log of the last build.
    pub fn log(&self) -> String {
        let file = File::open(self.out().join("build.log.zst")).unwrap();
        String::from_utf8_lossy(&zstd::decode_all(file).unwrap()).into_owned()
    }

    /// A cache of its own, with the roots and packages of the shared one. What apt keeps there is of other laboratories' archives: it
    /// would be hundreds of megabytes that nobody reads.
    pub fn private_cache(&self) -> PathBuf {
        let cache = self.path("cache");
        fs::create_dir_all(&cache).unwrap();
        for part in ["roots", "debs"] {
            let from = shared_cache().join(part);
            if from.exists() {
                succeed(Command::new("cp").arg("-a").arg(from).arg(&cache));
            }
        }
        cache
    }
}

const RULES: &str = r"#!/usr/bin/make -f
name := $(shell dpkg-parsechangelog -SSource)
clean:
build build-arch build-indep:
	bash debian/attempt
binary-arch:
binary binary-indep: build
	mkdir -p debian/tmp/DEBIAN
	dpkg-gencontrol -p$(name) -Pdebian/tmp
	dpkg-deb --root-owner-group --build debian/tmp ..
	if [ -e debian/after ]; then bash debian/after; fi
";

/// What a run said.
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// The answer in JSON.
    pub json: serde_json::Value,
    /// Progress and errors.
    pub stderr: String,
}

impl Outcome {
    /// The stable word for the failure.
    pub fn error(&self) -> &str {
        self.json["error"]["code"].as_str().unwrap_or("none")
    }
}

/// Runs to the end.
pub fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    outcome_of(&output)
}

/// Reads what a run said.
pub fn outcome_of(output: &Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap_or(-1),
        json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs a program that must succeed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The processes of this host whose command line has `marker` in it.
pub fn processes(marker: &str) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(number) = entry.file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(marker) {
            found.push(number);
        }
    }
    found
}

/// Waits for a condition that comes about by itself, for as long as a slow machine may need.
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(
            started.elapsed() < Duration::from_secs(240),
            "waited in vain: {what}"
        );
        std::thread::yield_now();
    }
}

/// Appends to a file.
pub fn append(path: &Path, text: &str) {
    File::options()
        .append(true)
        .open(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

//! A private apt: its own lists, keys, options and state; the host's are neither read nor changed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate::digest::Sha256;

use crate::error::RebuildError;
use crate::tool;

/// Options of the host that say how to reach the network. Nothing else is taken over.
const NETWORK_OPTIONS: [&str; 4] = [
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::https::CaInfo",
    "Acquire::Retries",
];

/// One private apt in one folder.
pub(crate) struct PrivateApt {
    folder: PathBuf,
}

impl PrivateApt {
    /// Sets up `folder` for a list of archives.
    pub(crate) fn set_up(folder: &Path, list: &str) -> Result<Self, RebuildError> {
        for part in ["etc/empty", "lists/partial", "cache/archives/partial"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(RebuildError::io("create", &path))?;
        }
        let apt = Self {
            folder: folder.to_path_buf(),
        };
        apt.write("status", "")?;
        apt.write("etc/quorate.sources", list)?;
        apt.write("apt.conf", &apt.configuration()?)?;
        Ok(apt)
    }

    /// Brings the indexes up to date, or fails: an index that could not be had is never replaced by an older one.
    pub(crate) fn update(&self) -> Result<(), RebuildError> {
        let ran = tool::run(
            self.command("apt-get")
                // A cache of packages in memory would be made from all indexes and thrown away.
                .args(["-q", "update", "--error-on=any"])
                .arg("-opkgCacheFile::Generate=false"),
        )?;
        if ran.status.success() {
            return Ok(());
        }
        let marks = [
            "NO_PUBKEY",
            "signature",
            "not signed",
            "GPG error",
            "Hash Sum mismatch",
            "unexpected size",
            "not valid yet",
            "Release file",
            "malformed",
            "EXPKEYSIG",
            "clearsign",
            "Splitting up",
        ];
        if marks.iter().any(|mark| ran.said.contains(mark)) {
            return Err(RebuildError::Unauthenticated(ran.reason()));
        }
        Err(RebuildError::Fetch {
            what: "the archive's index".into(),
            detail: ran.reason(),
        })
    }

    /// Where the indexes are.
    pub(crate) fn lists(&self) -> PathBuf {
        self.folder.join("lists")
    }

    /// Copies the indexes of `other`, so that a later update of the other changes nothing here.
    pub(crate) fn take_lists_of(&self, other: &Self) -> Result<(), RebuildError> {
        let from = other.lists();
        for entry in fs::read_dir(&from).map_err(RebuildError::io("list", &from))? {
            let path = entry.map_err(RebuildError::io("list", &from))?.path();
            let Some(name) = path.file_name().filter(|name| *name != "lock") else {
                continue;
            };
            if path.is_file() {
                let to = self.lists().join(name);
                // A list of a local archive may be a symbolic link into that archive, where it can still change.
                let linked = !path.is_symlink() && fs::hard_link(&path, &to).is_ok();
                if !linked {
                    fs::copy(&path, &to)
                        .map_err(RebuildError::io("copy", &path))
                        .map(drop)?;
                }
            }
        }
        Ok(())
    }

    /// Downloads a source package, and nothing else of that name, into `into`.
    pub(crate) fn source(&self, release: &str, into: &Path) -> Result<(), RebuildError> {
        let mut command = self.command("apt-get");
        command.current_dir(into).args([
            "-q",
            "source",
            "--download-only",
            "--only-source",
            release,
        ]);
        let ran = tool::run(&mut command)?;
        if ran.status.success() {
            return Ok(());
        }
        let absent = [
            "404",
            "Not Found",
            "File not found",
            "Unable to find a source package",
            "No such file",
        ];
        if absent.iter().any(|mark| ran.said.contains(mark)) {
            return Err(RebuildError::SourceNotInArchive {
                release: release.to_owned(),
                detail: ran.reason(),
            });
        }
        if ["Hash Sum mismatch", "unexpected size", "mismatch"]
            .iter()
            .any(|mark| ran.said.contains(mark))
        {
            return Err(RebuildError::Unauthenticated(ran.reason()));
        }
        Err(RebuildError::Fetch {
            what: format!("the source {release}"),
            detail: ran.reason(),
        })
    }

    /// Downloads files by address, each to its place and with its known digest.
    pub(crate) fn files(&self, wanted: &[(String, PathBuf, Sha256)]) -> Result<(), RebuildError> {
        // The kernel's limit on arguments is far above this; apt keeps one connection for the whole group.
        for group in wanted.chunks(200) {
            let mut command = self.command("/usr/lib/apt/apt-helper");
            command.arg("download-file");
            for (uri, path, sha256) in group {
                command.arg(uri).arg(path).arg(format!("SHA256:{sha256}"));
            }
            let ran = tool::run(&mut command)?;
            if !ran.status.success() {
                return Err(RebuildError::Fetch {
                    what: "build dependencies".into(),
                    detail: ran.reason(),
                });
            }
        }
        Ok(())
    }

    /// The host's options for reaching the network, as lines of apt's configuration.
    pub(crate) fn network_options() -> Result<Vec<String>, RebuildError> {
        let ran = tool::run(tool::tool("apt-config").arg("dump"))?;
        let wanted = |line: &&str| {
            NETWORK_OPTIONS.iter().any(|option| {
                line.strip_prefix(option)
                    .is_some_and(|rest| rest.starts_with(' ') || rest.starts_with("::"))
            })
        };
        Ok(ran
            .stdout
            .lines()
            .filter(wanted)
            .filter(|line| !line.ends_with("\"\";"))
            .map(str::to_owned)
            .collect())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = tool::tool(program);
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        command
    }

    fn configuration(&self) -> Result<String, RebuildError> {
        let folder = self.folder.display();
        let mut text = format!(
            r#"Dir::State "{folder}";
Dir::State::lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/cache/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc "{folder}/etc";
Dir::Etc::main "{folder}/etc/none";
Dir::Etc::parts "{folder}/etc/empty";
Dir::Etc::sourcelist "{folder}/etc/quorate.sources";
Dir::Etc::sourceparts "{folder}/etc/empty";
Dir::Etc::trusted "{folder}/etc/none";
Dir::Etc::trustedparts "{folder}/etc/empty";
Dir::Etc::preferences "{folder}/etc/none";
Dir::Etc::preferencesparts "{folder}/etc/empty";
Dir::Etc::netrc "{folder}/etc/none";
Dir::Etc::netrcparts "{folder}/etc/empty";
APT::Get::AllowUnauthenticated "false";
APT::Authentication::TrustCDROM "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::GzipIndexes "false";
Acquire::Languages "none";
Acquire::PDiffs "false";
"#
        );
        // Inside a user namespace apt's own user cannot reach a caller's private folders.
        if rustix::process::getuid().is_root() && !is_reachable_by_others(&self.folder) {
            text += "APT::Sandbox::User \"root\";\n";
        }
        for option in Self::network_options()? {
            text += &option;
            text.push('\n');
        }
        Ok(text)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), RebuildError> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(RebuildError::io("write", &path))
    }
}

/// A lock that is waited for and that ends with its file handle.
pub(crate) fn wait_for_lock(path: &Path) -> Result<File, RebuildError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(RebuildError::io("open", path))?;
    file.lock().map_err(RebuildError::io("lock", path))?;
    Ok(file)
}

/// True when every folder on the way lets other users pass.
fn is_reachable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.ancestors()
        .all(|folder| fs::metadata(folder).is_ok_and(|it| it.permissions().mode() & 0o001 != 0))
}

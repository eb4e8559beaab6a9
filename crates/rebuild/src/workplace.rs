//! The private folder of one run, and the removal of those that earlier runs had to leave.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::RebuildError;
use crate::sandbox::{Cgroup, Confinement};
use crate::tool;

/// A folder that belongs to one run for as long as this value lives.
pub(crate) struct Workplace {
    /// The folder.
    pub(crate) folder: PathBuf,
    lock_path: PathBuf,
    // Held, not read: a run whose lock is free has ended, however it ended.
    _lock: File,
    confinement: Confinement,
}

impl Workplace {
    /// Removes what ended runs left in `all` and makes the folder of this one there.
    pub(crate) fn claim(
        all: &Path,
        invocation: &str,
        confinement: Confinement,
    ) -> Result<Self, RebuildError> {
        fs::create_dir_all(all).map_err(RebuildError::io("create", all))?;
        let gate = crate::debian::apt::wait_for_lock(&all.join("gate"))?;
        sweep(all, confinement)?;
        let lock_path = all.join(format!("{invocation}.lock"));
        let lock = File::create(&lock_path).map_err(RebuildError::io("create", &lock_path))?;
        lock.lock().map_err(RebuildError::io("lock", &lock_path))?;
        drop(gate);
        let folder = all.join(invocation);
        fs::create_dir(&folder).map_err(RebuildError::io("create", &folder))?;
        Ok(Self {
            folder,
            lock_path,
            _lock: lock,
            confinement,
        })
    }
}

impl Workplace {
    fn invocation(&self) -> String {
        self.folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // Whatever cannot be removed now is found by the next run, which needs the lock file to know of it.
        let removed = remove(&self.folder, self.confinement).is_ok();
        if removed && Cgroup::remove_leftover(&self.invocation()) {
            drop(fs::remove_file(&self.lock_path));
        }
    }
}

fn sweep(all: &Path, confinement: Confinement) -> Result<(), RebuildError> {
    for entry in fs::read_dir(all).map_err(RebuildError::io("list", all))? {
        let path = entry.map_err(RebuildError::io("list", all))?.path();
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(lock) = File::open(&path) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            let folder = path.with_extension("");
            remove(&folder, confinement)?;
            let invocation = folder.file_name().unwrap_or_default().to_string_lossy();
            if Cgroup::remove_leftover(&invocation) {
                fs::remove_file(&path).map_err(RebuildError::io("remove", &path))?;
            }
        }
    }
    Ok(())
}

fn remove(folder: &Path, confinement: Confinement) -> Result<(), RebuildError> {
    let ran = tool::run(
        confinement
            .caretaker("rm")
            .args(["-rf", "--one-file-system", "--"])
            .arg(folder),
    )?;
    if ran.status.success() {
        return Ok(());
    }
    let source = std::io::Error::other(ran.reason());
    Err(RebuildError::Io {
        action: "remove",
        path: folder.to_path_buf(),
        source,
    })
}

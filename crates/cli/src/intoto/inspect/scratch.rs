//! A copy of the delivered files, so that a verification can be repeated and leaves their folder as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::output;

/// More files than this are no delivery; copying them would fill the disk before anybody noticed.
const ENTRIES_MAX: usize = 1_000_000;

/// A copy that is removed with this value.
pub(crate) struct Scratch {
    top: tempfile::TempDir,
}

impl Scratch {
    /// Copies files, folders and symbolic links below `folder`; links stay links. What is none of these is left out, with a word.
    ///
    /// # Errors
    /// Why there is no whole copy.
    pub(crate) fn copy_of(folder: &Path) -> Result<Self, String> {
        let top = tempfile::Builder::new()
            .prefix("quorate-inspection-")
            .tempdir()
            .map_err(|error| format!("no folder for a copy of the files: {error}"))?;
        let scratch = Self { top };
        // The folder may hold the one for temporary files, and the copy must not copy itself.
        let own = scratch.top.path().canonicalize();
        let own = own.map_err(|error| format!("no folder for a copy of the files: {error}"))?;
        let folder = folder.canonicalize();
        let folder = folder.map_err(|error| format!("no copy of the delivered files: {error}"))?;
        let mut left = ENTRIES_MAX;
        copy(&folder, &scratch.folder(), &own, &mut left)?;
        Ok(scratch)
    }

    /// Where the copy is.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.top.path().join("files")
    }
}

impl Drop for Scratch {
    /// Folders that may not be written to, as they came or as a command left them, could not be emptied.
    fn drop(&mut self) {
        open_folders(self.top.path());
    }
}

/// Gives the owner all rights to the folders below one. What fails shows when the folder is removed.
fn open_folders(folder: &Path) {
    drop(fs::set_permissions(
        folder,
        fs::Permissions::from_mode(0o700),
    ));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_folders(&entry.path());
        }
    }
}

fn copy(from: &Path, to: &Path, own: &Path, left: &mut usize) -> Result<(), String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("no copy of {path}: {error}")
    };
    fs::create_dir(to).map_err(failed(from))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        *left = left
            .checked_sub(1)
            .ok_or_else(|| format!("more than {ENTRIES_MAX} files to copy"))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source == own {
            continue;
        }
        let kind = entry.file_type().map_err(failed(&source))?;
        if kind.is_dir() {
            copy(&source, &target, own, left)?;
        } else if kind.is_symlink() {
            fs::read_link(&source)
                .and_then(|aim| std::os::unix::fs::symlink(aim, &target))
                .map_err(failed(&source))?;
        } else if kind.is_file() {
            fs::copy(&source, &target).map_err(failed(&source))?;
        } else {
            let name = source.display();
            output::talk(&output::line(&format!(
                "{name} is no file, folder or link, and is not there for inspections"
            )));
        }
    }
    let permissions = fs::metadata(from).map_err(failed(from))?.permissions();
    fs::set_permissions(to, permissions).map_err(failed(from))
}

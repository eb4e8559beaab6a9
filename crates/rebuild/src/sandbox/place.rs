//! Places in an unpacked root, found without following a link that the root has.
//!
//! A root can come from an archive that somebody else made, in which `etc` leads to the host's.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::RebuildError;

/// The folder `path` below `root`, made where it is missing.
///
/// # Errors
/// [`RebuildError::Root`] when something on the way is no folder, or is a link to one.
pub(crate) fn folder_in(root: &Path, path: &Path) -> Result<PathBuf, RebuildError> {
    let mut place = root.to_path_buf();
    for part in path.components() {
        match part {
            Component::RootDir => continue,
            Component::Normal(name) => place.push(name),
            _ => return Err(not_a_folder(path)),
        }
        match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(not_a_folder(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir(&place).map_err(RebuildError::io("create", &place))?;
            }
            Err(error) => return Err(RebuildError::io("read", &place)(error)),
        }
    }
    Ok(place)
}

/// Appends to the file `name` in `root`'s `etc`.
///
/// # Errors
/// [`RebuildError`] when it can't be written, or is a link.
pub(super) fn append_to_etc(root: &Path, name: &str, text: &str) -> Result<(), RebuildError> {
    let path = folder_in(root, Path::new("etc"))?.join(name);
    let mut options = File::options();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    options
        .append(true)
        .create(true)
        .custom_flags(flags.bits().cast_signed());
    let mut file = options
        .open(&path)
        .map_err(RebuildError::io("open", &path))?;
    file.write_all(text.as_bytes())
        .map_err(RebuildError::io("write", &path))
}

fn not_a_folder(path: &Path) -> RebuildError {
    let path = path.display();
    RebuildError::Root(format!("{path} in the root is no folder, or a link"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{append_to_etc, folder_in};

    #[test]
    fn a_link_in_the_root_is_not_followed() {
        let (root, host) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(host.path(), root.path().join("etc")).unwrap();
        symlink(host.path(), root.path().join("build")).unwrap();
        assert!(folder_in(root.path(), Path::new("/build/x")).is_err());
        assert!(append_to_etc(root.path(), "passwd", "x").is_err());
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 0);
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        symlink(host.path().join("passwd"), root.path().join("etc/passwd")).unwrap();
        assert!(append_to_etc(root.path(), "passwd", "x").is_err());
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 0);
        append_to_etc(root.path(), "hosts", "x").unwrap();
        assert!(folder_in(root.path(), Path::new("/a/b")).unwrap().is_dir());
        assert!(folder_in(root.path(), Path::new("/a/../b")).is_err());
    }
}

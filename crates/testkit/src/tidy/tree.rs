//! The repository as texts in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// Path and text of every file that belongs to the repository.
///
/// Paths are relative to its root and use `/`. Bytes that are not UTF-8 are replaced, because no rule looks at them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Makes a tree of `(path, text)` pairs.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(p, t)| ((*p).into(), (*t).into()));
        Self {
            files: files.collect(),
        }
    }

    /// Reads the files below `root` that git tracks or would track; without git, all but `target` and `.git`.
    pub fn read(root: &Path) -> io::Result<Self> {
        let paths = match paths_by_git(root) {
            Some(paths) => paths,
            None => paths_by_walk(root)?,
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let file = root.join(&path);
            // A deleted file stays in the index until the next commit; a link points at a file with its own path.
            if !fs::symlink_metadata(&file).is_ok_and(|m| m.is_file()) {
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
            files.insert(path, text);
        }
        Ok(Self { files })
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(p, t)| (p.as_str(), t.as_str()))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Returns the names of the folders directly in `crates/`, which are our crates.
    pub(super) fn crates(&self) -> Vec<&str> {
        let inside = self.files.keys().filter_map(|p| p.strip_prefix("crates/"));
        let mut names: Vec<_> = inside
            .filter_map(|p| p.split_once('/'))
            .map(|(n, _)| n)
            .collect();
        names.dedup();
        names
    }
}

fn paths_by_git(root: &Path) -> Option<Vec<String>> {
    // In a hook git points these at the repository that runs the hook, and a tree of another user is refused.
    let output = Command::new("git")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .args(["--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let paths: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .split_terminator('\0')
        .map(str::to_owned)
        .collect();
    // An unpacked release may lie in a folder that another repository ignores.
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn paths_by_walk(root: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}{name}");
            let is_ours = name != "target" && name != ".git";
            match entry.file_type()? {
                kind if kind.is_dir() && is_ours => folders.push(format!("{path}/")),
                kind if kind.is_file() && is_ours => paths.push(path),
                _ => {}
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::{Path, Tree, paths_by_walk};

    #[test]
    fn this_file_is_read_with_and_without_git() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tree = Tree::read(root).unwrap();
        assert!(
            tree.text("src/tidy/tree.rs")
                .unwrap()
                .contains("this_file_is_read")
        );
        let walked = paths_by_walk(root).unwrap();
        assert!(walked.contains(&"src/tidy/tree.rs".to_owned()));
    }

    #[test]
    fn crates_are_the_folders_in_crates() {
        let files = ["crates/a/Cargo.toml", "crates/a/src/lib.rs", "crates/b/x/y"];
        let tree = Tree::of(&files.map(|p| (p, "")));
        assert_eq!(tree.crates(), ["a", "b"]);
    }
}

//! Every room explains itself: crates by a README, folders by the docs of their `mod.rs`.

use std::collections::BTreeSet;

use toml::Value;

use super::manifest::parse_all;
use super::{Fault, Tree};

/// How the three lines open that say what a room is for.
const LINES: [&str; 3] = ["**Enters:**", "**Leaves:**", "**Never:**"];

/// Lists the rooms that do not explain themselves and the crates that opt out of the lints.
pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults = crate_faults(tree);
    for (path, text) in tree.files() {
        faults.extend(room_faults(path, text));
    }
    let folders: BTreeSet<_> = tree
        .files()
        .filter_map(|(p, _)| folder_of_modules(p))
        .collect();
    for folder in folders {
        let path = format!("{folder}/mod.rs");
        if tree.text(&path).is_none() {
            let remedy = "add it; its docs say what enters, what leaves, what is never done";
            faults.push(Fault::at(&path, 1, "missing", remedy));
        }
    }
    faults
}

fn crate_faults(tree: &Tree) -> Vec<Fault> {
    let (manifests, _) = parse_all(tree);
    let mut faults = Vec::new();
    for manifest in manifests {
        let lints = manifest
            .at(&["lints", "workspace"])
            .and_then(Value::as_bool);
        if lints != Some(true) {
            let remedy = "add [lints] with workspace = true";
            faults.push(Fault::at(&manifest.path, 1, "the lints are off", remedy));
        }
        let readme = format!("crates/{}/README.md", manifest.folder);
        if tree.text(&readme).is_none_or(|t| t.trim().is_empty()) {
            let remedy = "say in it what the crate is for, and what it never does";
            faults.push(Fault::at(&readme, 1, "missing or empty", remedy));
        }
    }
    faults
}

/// Returns the folder of a Rust file deeper than `crates/*/src/`, where `bin/` alone holds no modules.
fn folder_of_modules(path: &str) -> Option<&str> {
    let (folder, file) = path.rsplit_once('/')?;
    let parts: Vec<_> = folder.split('/').collect();
    match parts.as_slice() {
        ["crates", _, "src", "bin", ..] => None,
        ["crates", _, "src", _, ..] if file.ends_with(".rs") => Some(folder),
        _ => None,
    }
}

fn room_faults(path: &str, text: &str) -> Vec<Fault> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if !["lib.rs", "main.rs", "mod.rs"].contains(&file) {
        return Vec::new();
    }
    let docs: Vec<_> = text.lines().map_while(|l| l.strip_prefix("//!")).collect();
    if docs.is_empty() {
        let remedy = "open the file with //! and say what the room is";
        return vec![Fault::at(path, 1, "no docs at its first line", remedy)];
    }
    if !folder.split('/').any(|part| part == "src") {
        return Vec::new();
    }
    let says = |opening: &&str| {
        let mut said = docs.iter().filter_map(|l| l.trim().strip_prefix(*opening));
        said.any(|rest| !rest.trim().is_empty())
    };
    LINES
        .iter()
        .filter(|opening| !says(opening))
        .map(|opening| {
            let what = format!("its docs have no line `//! {opening} …`");
            Fault::at(
                path,
                1,
                what,
                "say it in one sentence; write `nothing` if so",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Tree, faults};

    const DOCS: &str =
        "//! Room.\n//!\n//! **Enters:** a.\n//! **Leaves:** b.\n//! **Never:** c.\n";

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        faults(&Tree::of(files))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_room_says_what_enters_what_leaves_and_what_is_never_done() {
        for file in ["lib.rs", "main.rs", "a/mod.rs"] {
            let path = &format!("src/{file}");
            assert!(found(&[(path, DOCS)]).is_empty());
            assert_eq!(found(&[(path, "//! Room.\n")]).len(), 3);
            assert_eq!(found(&[(path, "mod a;\n//! Room.")]).len(), 1);
            let unsaid = DOCS.replace(" c.", "");
            assert_eq!(found(&[(path, &unsaid)]).len(), 1);
        }
    }

    #[test]
    fn a_module_of_tests_needs_docs_alone() {
        assert!(found(&[("tests/a/mod.rs", "//! Doc.\n")]).is_empty());
        assert_eq!(found(&[("tests/a/mod.rs", "")]).len(), 1);
    }

    #[test]
    fn a_folder_of_modules_has_a_mod_rs() {
        let file = ("crates/a/src/b/c.rs", "");
        let missing = found(&[
            file,
            ("crates/a/Cargo.toml", ""),
            ("crates/a/README.md", "A"),
        ]);
        assert!(missing[0].contains("lints"));
        assert!(missing[1].starts_with("crates/a/src/b/mod.rs:1: missing"));
        assert!(found(&[("crates/a/src/bin/c.rs", "")]).is_empty());
    }

    #[test]
    fn a_crate_has_a_readme_and_the_lints_of_the_workspace() {
        let lints = ("crates/a/Cargo.toml", "[lints]\nworkspace = true\n");
        assert_eq!(found(&[lints]).len(), 1);
        assert_eq!(found(&[lints, ("crates/a/README.md", "\n")]).len(), 1);
        assert!(found(&[lints, ("crates/a/README.md", "# A\n")]).is_empty());
        let off = ("crates/a/Cargo.toml", "[lints]\nworkspace = false\n");
        assert_eq!(found(&[off, ("crates/a/README.md", "# A\n")]).len(), 1);
    }
}

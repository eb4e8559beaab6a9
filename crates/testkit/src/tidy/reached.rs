//! Nothing is forgotten: each file of code is compiled, each test runs, each fuzz target has seeds.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::manifest::{Manifest, parse_all};
use super::source::{Source, is_root};
use super::{Fault, Tree};

/// Lists the files that no build and no test reaches.
pub(super) fn faults(tree: &Tree, sources: &[Source<'_>]) -> Vec<Fault> {
    let (manifests, _) = parse_all(tree);
    let mut faults: Vec<_> = manifests.iter().flat_map(switched_off).collect();
    faults.extend(orphans(sources));
    faults.extend(fuzz_faults(tree));
    faults
}

/// Lists the switches by which cargo leaves out tests.
fn switched_off(manifest: &Manifest<'_>) -> Vec<Fault> {
    let is_off = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(false);
    let lib = ["test", "doctest"].map(|key| (key, manifest.at(&["lib", key])));
    let lists = ["bin", "test"].map(|list| manifest.at(&[list]).and_then(Value::as_array));
    let listed = lists.into_iter().flatten().flatten();
    let listed = listed.map(|entry| ("test", entry.get("test")));
    let all = [("autotests", manifest.at(&["package", "autotests"]))];
    all.into_iter()
        .chain(lib)
        .chain(listed)
        .filter(|(_, value)| is_off(*value))
        .map(|(key, _)| {
            let line = manifest.line_of(key);
            Fault::at(
                &manifest.path,
                line,
                format!("{key} = false"),
                "cargo finds and runs all tests; delete the line",
            )
        })
        .collect()
}

/// Lists the files of crates that no `mod` declares.
fn orphans(sources: &[Source<'_>]) -> Vec<Fault> {
    let declared: BTreeSet<_> = sources
        .iter()
        .flat_map(|s| s.facts.modules_elsewhere.iter().flat_map(|m| s.files_of(m)))
        .collect();
    let lost = |source: &&Source<'_>| {
        // Below tests/ there are also sources that a test only reads; those have no tests of their own.
        let matters = source.path.contains("/src/")
            || source.facts.attributes.iter().any(|a| a.name == "test");
        matters && source.path.starts_with("crates/") && !is_root(source.path)
    };
    sources
        .iter()
        .filter(lost)
        .filter(|s| !declared.contains(s.path))
        .map(|s| {
            Fault::at(
                s.path,
                1,
                "no module declares it",
                "add its `mod`, or delete the file",
            )
        })
        .collect()
}

/// Lists the fuzz targets without seeds, and those that cargo does not know.
fn fuzz_faults(tree: &Tree) -> Vec<Fault> {
    let manifest = tree.text("fuzz/Cargo.toml").unwrap_or_default();
    let known = manifest.parse::<Table>().unwrap_or_default();
    let known = known.get("bin").and_then(Value::as_array);
    let known: BTreeSet<_> = known
        .into_iter()
        .flatten()
        .filter_map(|b| b.get("path")?.as_str())
        .collect();
    let mut faults = Vec::new();
    for (path, _) in tree.files() {
        let Some(file) = path
            .strip_prefix("fuzz/")
            .filter(|p| p.starts_with("fuzz_targets/"))
        else {
            continue;
        };
        let Some(name) = file.trim_start_matches("fuzz_targets/").strip_suffix(".rs") else {
            continue;
        };
        let seeds = format!("fuzz/seeds/{name}/");
        if !tree.files().any(|(p, _)| p.starts_with(&seeds)) {
            let what = format!("no seed in {seeds}");
            faults.push(Fault::at(path, 1, what, "add a small valid input"));
        }
        if !known.contains(file) {
            let remedy = "add a [[bin]] with this path";
            faults.push(Fault::at(path, 1, "not in fuzz/Cargo.toml", remedy));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::{Tree, faults};

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::of(files);
        let (sources, _) = source::parse_all(&tree);
        faults(&tree, &sources)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn cargo_runs_all_tests() {
        let manifests = [
            "[package]\nautotests = false\n",
            "[lib]\ntest = false\n",
            "[lib]\ndoctest = false\n",
            "[[bin]]\nname = \"a\"\ntest = false\n",
            "[[test]]\nname = \"a\"\ntest = false\n",
        ];
        for manifest in manifests {
            assert_eq!(
                found(&[("crates/a/Cargo.toml", manifest)]).len(),
                1,
                "{manifest}"
            );
        }
        let plain = "[package]\nautotests = true\n[[test]]\nname = \"a\"\n";
        assert!(found(&[("crates/a/Cargo.toml", plain)]).is_empty());
    }

    #[test]
    fn a_file_that_no_module_declares_is_forgotten() {
        let lib = ("crates/a/src/lib.rs", "mod b;\nmod c { mod d; }");
        let files = [
            lib,
            ("crates/a/src/b/mod.rs", "mod e;"),
            ("crates/a/src/b/e.rs", ""),
            ("crates/a/src/c/d.rs", ""),
            ("crates/a/src/bin/x.rs", ""),
        ];
        assert!(found(&files).is_empty());
        let forgotten = found(&[lib, ("crates/a/src/f.rs", "")]);
        assert_eq!(forgotten.len(), 1);
        assert!(forgotten[0].starts_with("crates/a/src/f.rs:1:"));
    }

    #[test]
    fn a_test_in_a_folder_must_be_declared_and_a_sample_need_not() {
        let test = ("crates/a/tests/b/c.rs", "#[test] fn t() {}");
        assert_eq!(found(&[test]).len(), 1);
        assert!(found(&[test, ("crates/a/tests/b/main.rs", "mod c;")]).is_empty());
        assert!(found(&[("crates/a/tests/b/c.rs", "fn sample() {}")]).is_empty());
    }

    #[test]
    fn a_fuzz_target_has_seeds_and_is_known_to_cargo() {
        let target = ("fuzz/fuzz_targets/tag.rs", "");
        let seed = ("fuzz/seeds/tag/one", "x");
        let manifest = (
            "fuzz/Cargo.toml",
            "[[bin]]\nname = \"tag\"\npath = \"fuzz_targets/tag.rs\"\n",
        );
        assert_eq!(found(&[target]).len(), 2);
        assert_eq!(found(&[target, manifest]).len(), 1);
        assert_eq!(found(&[target, seed]).len(), 1);
        assert!(found(&[target, seed, manifest]).is_empty());
    }
}

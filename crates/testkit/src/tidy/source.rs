//! A parsed Rust file and the facts about it that the rules ask for.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use syn::visit::Visit;

use super::facts::Facts;
use super::{Fault, Tree};

/// One Rust file of the repository.
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    pub(super) facts: Facts,
    /// Whether the file as a whole is compiled for tests only.
    pub(super) is_test: bool,
}

/// A word of code at its line, such as a path, a macro or a module.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) line: usize,
}

/// A function with the lines from its `fn` to its closing brace.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) lines: RangeInclusive<usize>,
}

impl Source<'_> {
    /// Says whether the code at `line` is compiled for tests only.
    pub(super) fn is_test_at(&self, line: usize) -> bool {
        self.is_test || self.facts.test_items.iter().any(|r| r.contains(&line))
    }

    /// Returns the files that may hold the module that line `module.line` declares with `mod name;`.
    pub(super) fn files_of(&self, module: &Place) -> [String; 2] {
        let base = self.folder_of_modules();
        let name = &module.name;
        [format!("{base}{name}.rs"), format!("{base}{name}/mod.rs")]
    }

    fn folder_of_modules(&self) -> String {
        let (folder, file) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        if is_root(self.path) || file == "mod.rs" {
            return format!("{folder}/");
        }
        format!("{}/", self.path.trim_end_matches(".rs"))
    }
}

/// Says whether cargo compiles the file by itself rather than as a module of another.
pub(super) fn is_root(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    match parts.as_slice() {
        ["crates", _, "src", file] => ["lib.rs", "main.rs"].contains(file),
        ["crates", _, "src", "bin", _] | ["fuzz", "fuzz_targets", _] => true,
        ["crates", _, "src", "bin", _, "main.rs"] => true,
        ["crates", _, "tests" | "benches" | "examples", _] => true,
        ["crates", _, "tests" | "benches" | "examples", _, "main.rs"] => true,
        ["crates", _, "build.rs"] => true,
        _ => false,
    }
}

/// Parses every Rust file of the tree; a file that cannot be parsed is a fault.
pub(super) fn parse_all(tree: &Tree) -> (Vec<Source<'_>>, Vec<Fault>) {
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    for (path, text) in tree.files().filter(|(p, _)| p.ends_with(".rs")) {
        match syn::parse_file(text) {
            Ok(file) => sources.push(source_of(path, text, &file)),
            Err(error) => {
                let line = error.span().start().line;
                let what = format!("not parsed as Rust: {error}");
                faults.push(Fault::at(path, line, what, "make it compile"));
            }
        }
    }
    mark_modules_of_tests(&mut sources);
    (sources, faults)
}

fn source_of<'a>(path: &'a str, text: &'a str, file: &syn::File) -> Source<'a> {
    let mut facts = Facts::default();
    facts.visit_file(file);
    let in_tests = path.starts_with("crates/") && path.split('/').nth(2) == Some("tests");
    Source {
        path,
        text,
        is_test: in_tests || facts.is_test_file,
        facts,
    }
}

/// Marks the files of `#[cfg(test)] mod name;` and of all modules below them.
fn mark_modules_of_tests(sources: &mut [Source<'_>]) {
    loop {
        let of_tests: BTreeSet<_> = sources.iter().flat_map(files_for_tests).collect();
        let mut found_more = false;
        for source in sources.iter_mut().filter(|s| !s.is_test) {
            source.is_test = of_tests.contains(source.path);
            found_more |= source.is_test;
        }
        if !found_more {
            return;
        }
    }
}

fn files_for_tests(source: &Source<'_>) -> Vec<String> {
    let modules = source.facts.modules_elsewhere.iter();
    modules
        .filter(|m| source.is_test_at(m.line))
        .flat_map(|m| source.files_of(m))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Tree, parse_all};

    #[test]
    fn modules_of_a_test_module_are_tests() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "mod b;"),
            ("crates/a/src/b/mod.rs", "#[cfg(test)]\nmod tests;"),
            ("crates/a/src/b/tests.rs", "mod deep;"),
            ("crates/a/src/b/tests/deep.rs", ""),
            ("crates/a/tests/whole.rs", ""),
        ]);
        let (sources, faults) = parse_all(&tree);
        assert_eq!(faults, []);
        let tests: Vec<_> = sources
            .iter()
            .filter(|s| s.is_test)
            .map(|s| s.path)
            .collect();
        assert_eq!(
            tests,
            [
                "crates/a/src/b/tests.rs",
                "crates/a/src/b/tests/deep.rs",
                "crates/a/tests/whole.rs"
            ]
        );
    }

    #[test]
    fn a_file_that_is_not_rust_is_a_fault_at_its_line() {
        let tree = Tree::of(&[("crates/a/src/lib.rs", "//! Doc.\nfn broken( {")]);
        let (_, faults) = parse_all(&tree);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].line, 2);
    }
}

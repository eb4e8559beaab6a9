//! The `Cargo.toml` of one of our crates.

use toml::{Table, Value};

use super::{Fault, Tree};

/// The `Cargo.toml` of one of our crates, parsed.
pub(super) struct Manifest<'a> {
    /// The name of the folder in `crates/`, which is how the rules call the crate.
    pub(super) folder: &'a str,
    pub(super) path: String,
    text: &'a str,
    table: Table,
}

/// What a dependency is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// To build the crate or its build script: it becomes part of what is shipped.
    Ship,
    /// To test the crate.
    Test,
}

/// One line of a `[dependencies]` table.
pub(super) struct Dependency {
    pub(super) package: String,
    pub(super) need: Need,
    pub(super) line: usize,
}

impl<'a> Manifest<'a> {
    fn parse(folder: &'a str, path: String, text: &'a str) -> Result<Self, Fault> {
        match text.parse() {
            Ok(table) => Ok(Self {
                folder,
                path,
                text,
                table,
            }),
            Err(error) => {
                let what = format!("not parsed as TOML: {}", error.message());
                Err(Fault::at(&path, 1, what, "make cargo accept it"))
            }
        }
    }

    /// Returns the name under which cargo knows the crate.
    pub(super) fn package(&self) -> &str {
        let name = self.at(&["package", "name"]).and_then(Value::as_str);
        name.unwrap_or(self.folder)
    }

    /// Looks up a value by its keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter()
            .try_fold(self.table.get(*first)?, |value, key| value.get(key))
    }

    /// Returns the first line that opens with `word`, or 1.
    pub(super) fn line_of(&self, word: &str) -> usize {
        let mut lines = self.text.lines();
        lines
            .position(|l| l.trim_start().starts_with(word))
            .map_or(1, |i| i + 1)
    }

    /// Returns all dependencies, those of single targets too.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        let targets = self.table.get("target").and_then(Value::as_table);
        let targets = targets.into_iter().flat_map(Table::values);
        let tables = targets.filter_map(Value::as_table).chain([&self.table]);
        tables.flat_map(|t| self.dependencies_in(t)).collect()
    }

    fn dependencies_in(&self, table: &Table) -> Vec<Dependency> {
        let kinds = [
            ("dependencies", Need::Ship),
            ("build-dependencies", Need::Ship),
            ("dev-dependencies", Need::Test),
        ];
        let mut found = Vec::new();
        for (kind, need) in kinds {
            let entries = table.get(kind).and_then(Value::as_table);
            for (name, value) in entries.into_iter().flatten() {
                let renamed = value.get("package").and_then(Value::as_str);
                found.push(Dependency {
                    package: renamed.unwrap_or(name).to_owned(),
                    need,
                    line: self.line_of(name),
                });
            }
        }
        found
    }
}

/// Parses the `Cargo.toml` of every crate; a crate without one, or with a broken one, is a fault.
pub(super) fn parse_all(tree: &Tree) -> (Vec<Manifest<'_>>, Vec<Fault>) {
    let mut manifests = Vec::new();
    let mut faults = Vec::new();
    for folder in tree.crates() {
        let path = format!("crates/{folder}/Cargo.toml");
        let Some(text) = tree.text(&path) else {
            let remedy = "make it a crate, or move its files";
            faults.push(Fault::at(&path, 1, "missing", remedy));
            continue;
        };
        match Manifest::parse(folder, path, text) {
            Ok(manifest) => manifests.push(manifest),
            Err(fault) => faults.push(fault),
        }
    }
    (manifests, faults)
}

#[cfg(test)]
mod tests {
    use super::{Need, Tree, parse_all};

    #[test]
    fn dependencies_of_every_table_are_found_under_their_real_names() {
        let text = "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n\
            [target.'cfg(unix)'.build-dependencies]\nc = { package = \"d\" }\n";
        let tree = Tree::of(&[("crates/y/Cargo.toml", text)]);
        let (manifests, faults) = parse_all(&tree);
        assert_eq!(faults, []);
        assert_eq!(manifests[0].package(), "x");
        let mut found: Vec<_> = manifests[0]
            .dependencies()
            .into_iter()
            .map(|d| (d.package, d.need == Need::Ship, d.line))
            .collect();
        found.sort();
        let expected = [("a", true, 4), ("b", false, 6), ("d", true, 8)];
        assert_eq!(found, expected.map(|(n, s, l)| (n.to_owned(), s, l)));
    }

    #[test]
    fn a_crate_without_a_manifest_or_with_a_broken_one_is_a_fault() {
        let tree = Tree::of(&[("crates/a/README.md", ""), ("crates/b/Cargo.toml", "= 1")]);
        let (manifests, faults) = parse_all(&tree);
        assert!(manifests.is_empty());
        let paths: Vec<_> = faults.into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["crates/a/Cargo.toml", "crates/b/Cargo.toml"]);
    }
}

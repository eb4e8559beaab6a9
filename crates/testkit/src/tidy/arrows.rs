//! Which of our crates may depend on which: crates are trust boundaries.

use super::manifest::{Dependency, Manifest, Need, parse_all};
use super::{Fault, Tree};

/// Lists every arrow between our crates that must not exist.
pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let (manifests, mut faults) = parse_all(tree);
    for manifest in &manifests {
        for dependency in manifest.dependencies() {
            let ours = manifests.iter().find(|m| m.package() == dependency.package);
            if let Some(target) = ours {
                faults.extend(fault_of(manifest, &dependency, target.folder));
            }
        }
    }
    faults
}

fn fault_of(manifest: &Manifest<'_>, dependency: &Dependency, target: &str) -> Option<Fault> {
    let is_test_of_testkit = target == "testkit" && dependency.need == Need::Test;
    let allowed = allowed_targets(manifest.folder);
    if is_test_of_testkit || allowed.contains(&target) {
        return None;
    }
    let what = format!("{} depends on {target}", manifest.folder);
    let remedy = match (target, allowed) {
        ("testkit", _) => {
            "name testkit under [dev-dependencies] only, it is never shipped".to_owned()
        }
        (_, []) => "it depends on none of our crates; move the code to where it belongs".to_owned(),
        (_, allowed) => format!(
            "it may depend on {} only; move what both need there, or run the other as a program",
            allowed.join(" and ")
        ),
    };
    Some(Fault::at(&manifest.path, dependency.line, what, remedy))
}

/// Returns the crates that `folder` may depend on. Every crate that is no library here is a program.
fn allowed_targets(folder: &str) -> &'static [&'static str] {
    match folder {
        "core" | "rebuild-args" => &[],
        "archive" | "gather" | "git" | "openpgp" | "trust" | "unsign" => &["core"],
        "http" => &["core", "trust"],
        "tuf-conformance" => &["core", "trust", "http"],
        "diff" => &["core", "archive"],
        "record" => &["core", "git"],
        "rebuild" => &["core", "archive", "git", "rebuild-args"],
        "cli" => &[
            "core",
            "archive",
            "diff",
            "gather",
            "git",
            "http",
            "openpgp",
            "rebuild-args",
            "record",
            "trust",
            "unsign",
        ],
        "bench" => &["core", "gather", "record", "trust"],
        _ => &["core", "gather"],
    }
}

#[cfg(test)]
mod tests {
    use super::{Tree, faults};

    /// Returns the faults of a crate that has `lines` in its manifest, among all the others.
    fn faults_with(folder: &str, lines: &str) -> Vec<String> {
        let path = format!("crates/{folder}/Cargo.toml");
        let names = [
            ("core", "quorate"),
            ("gather", "quorate-gather"),
            ("testkit", "quorate-testkit"),
            ("cli", "quorate-cli"),
            ("rebuild", "quorate-rebuild"),
        ];
        let files = names.map(|(folder, name)| {
            let path = format!("crates/{folder}/Cargo.toml");
            (path, format!("[package]\nname = \"{name}\"\n"))
        });
        let files = files.map(|(p, text)| {
            let text = if p == path { text + lines } else { text };
            (p, text)
        });
        let files: Vec<_> = files
            .iter()
            .map(|(p, t)| (p.as_str(), t.as_str()))
            .collect();
        let faults = faults(&Tree::of(&files));
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn core_depends_on_none_of_ours() {
        let found = faults_with("core", "[dependencies]\nquorate-gather = \"1\"\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/core/Cargo.toml:4: core depends on gather;"));
    }

    #[test]
    fn programs_never_depend_on_each_other_not_even_for_tests() {
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let lines = format!("[{table}]\nquorate-rebuild = \"1\"\n");
            assert_eq!(faults_with("cli", &lines).len(), 1, "{table}");
        }
    }

    #[test]
    fn gather_stands_on_core_alone() {
        let good = "[dependencies]\nquorate = \"1\"\n";
        assert!(faults_with("gather", good).is_empty());
        let bad = "[dependencies]\nquorate-cli = \"1\"\n";
        assert_eq!(faults_with("gather", bad).len(), 1);
    }

    #[test]
    fn testkit_is_for_tests_only_and_a_new_name_does_not_hide_it() {
        let shipped = "[dependencies]\nx = { package = \"quorate-testkit\" }\n";
        let found = faults_with("cli", shipped);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("[dev-dependencies]"));
        let tested = "[dev-dependencies]\nquorate-testkit = \"1\"\n";
        assert!(faults_with("core", tested).is_empty());
    }
}

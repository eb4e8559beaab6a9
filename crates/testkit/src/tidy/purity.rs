//! Core judges from its arguments: nothing in it can look at the world.

use super::manifest::{Need, parse_all};
use super::source::Source;
use super::{Fault, Tree};

/// Crates that bring files, network, randomness, a runtime or C code. Tests of core may use them.
const CRATES: [&str; 18] = [
    "async-std",
    "aws-lc-rs",
    "aws-lc-sys",
    "curl",
    "getrandom",
    "git2",
    "hyper",
    "native-tls",
    "openssl",
    "openssl-sys",
    "rand",
    "reqwest",
    "ring",
    "rustix",
    "smol",
    "tempfile",
    "tokio",
    "ureq",
];

/// Paths of the standard library that reach outside, and what to do instead.
const PATHS: [(&str, &str); 6] = [
    ("std::fs", "take the bytes as an argument"),
    ("std::env", "take the value as an argument"),
    ("std::net", "core has no network; fetch in gather"),
    ("std::process", "core starts no programs"),
    ("SystemTime", "take the time as an argument"),
    ("Instant::now", "take the time as an argument"),
];

/// Lists what core uses and must not.
pub(super) fn faults(tree: &Tree, sources: &[Source<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let core = sources
        .iter()
        .filter(|s| s.path.starts_with("crates/core/src/"));
    for source in core {
        faults.extend(source_faults(source));
    }
    let (manifests, _) = parse_all(tree);
    for core in manifests.iter().filter(|m| m.folder == "core") {
        let shipped = core
            .dependencies()
            .into_iter()
            .filter(|d| d.need == Need::Ship);
        for dependency in shipped.filter(|d| CRATES.contains(&d.package.as_str())) {
            let what = format!("core depends on {}", dependency.package);
            let remedy = "judging is pure; use it in a program, or under [dev-dependencies]";
            faults.push(Fault::at(&core.path, dependency.line, what, remedy));
        }
    }
    faults
}

fn source_faults(source: &Source<'_>) -> Vec<Fault> {
    let shipped = source
        .facts
        .paths
        .iter()
        .filter(|p| !source.is_test_at(p.line));
    let mut faults = Vec::new();
    for path in shipped {
        let banned = PATHS.iter().find(|(banned, _)| holds(&path.name, banned));
        if let Some((_, remedy)) = banned {
            let what = format!("core uses {}", path.name);
            faults.push(Fault::at(source.path, path.line, what, *remedy));
        }
    }
    faults
}

/// Says whether `part` is in `path` as whole segments.
fn holds(path: &str, part: &str) -> bool {
    format!("::{path}::").contains(&format!("::{part}::"))
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::{Tree, faults};

    fn count(path: &str, text: &str) -> usize {
        let tree = Tree::of(&[(path, text)]);
        let (sources, _) = source::parse_all(&tree);
        faults(&tree, &sources).len()
    }

    #[test]
    fn core_cannot_look_at_the_world() {
        let samples = [
            "use std::fs;",
            "use std::{fmt, env};",
            "use std::net::TcpStream;",
            "fn f() { std::process::abort() }",
            "fn f() { p!(std::env::var(\"x\")) }",
            "use std::time::SystemTime;",
            "use std::time; fn f() { time::Instant::now(); }",
        ];
        for sample in samples {
            assert_eq!(count("crates/core/src/a.rs", sample), 1, "{sample}");
        }
    }

    #[test]
    fn tests_of_core_and_other_crates_can() {
        let in_tests = "use std::fmt;\n#[cfg(test)]\nmod tests { use std::fs; }";
        assert_eq!(count("crates/core/src/a.rs", in_tests), 0);
        assert_eq!(count("crates/core/tests/a.rs", "use std::fs;"), 0);
        assert_eq!(count("crates/gather/src/a.rs", "use std::fs;"), 0);
    }

    #[test]
    fn core_ships_no_crate_that_looks_at_the_world() {
        let manifest = "crates/core/Cargo.toml";
        assert_eq!(count(manifest, "[dependencies]\ntokio = \"1\"\n"), 1);
        assert_eq!(count(manifest, "[build-dependencies]\nring = \"1\"\n"), 1);
        assert_eq!(count(manifest, "[dev-dependencies]\ntempfile = \"1\"\n"), 0);
    }
}

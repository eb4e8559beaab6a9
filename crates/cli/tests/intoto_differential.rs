//! Random supply chains, judged by the stock in-toto tools and by the library: a difference that is not meant fails.
//!
//! `docs/spec/in-toto-differences.md` lists what is meant, and how to run more cases than these.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says how many cases it judged"
)]

mod stage;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use stage::python::python_tools;

/// Two processes at once, a seed each: about half a minute.
const SEEDS: [&str; 2] = ["1", "2"];
const CASES_A_SEED: &str = "1000";

/// The program that judges, built as the tests are.
fn judge() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut build = Command::new(env!("CARGO"));
    build
        .current_dir(root)
        .args(["build", "--quiet", "--locked"]);
    // Of the workspace and not of its package alone: those would be other features of the same crates, and all of them compiled anew.
    build.args(["--workspace", "--example", "judge_chains"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    // The test itself stands in `deps`, beside `examples`.
    let here = std::env::current_exe().unwrap();
    here.parent()
        .unwrap()
        .with_file_name("examples")
        .join("judge_chains")
}

fn started(judge: &Path, seed: &str) -> Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/intoto/differential.py");
    let mut command = Command::new(python_tools().join("bin/python"));
    command.arg("-B").arg(script).arg("--judge").arg(judge);
    command.args(["--seed", seed, "--cases", CASES_A_SEED]);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn no_random_chain_is_judged_otherwise_than_by_the_stock_tools_for_a_reason_that_is_not_listed() {
    let judge = judge();
    let running = SEEDS.map(|seed| started(&judge, seed));
    for child in running {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        println!("{said}");
    }
}

//! The demonstration of in-toto verified as whole programs: three steps, and an inspection that unpacks the delivery.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate_bench::{Cost, Series, program, run};

/// Runs of each, taken in turn.
const RUNS: usize = 21;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let delivery = folder.path().join("delivery");
    let quorate = program("quorate").unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/in-toto-demo/run");
    let output = Command::new(script)
        .args([quorate.as_os_str(), "".as_ref(), delivery.as_os_str()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    println!("demo: the layout of the demonstration, whole programs, medians of {RUNS}");

    let peers = PathBuf::from(std::env::var_os("QUORATE_BENCH_PEERS").unwrap_or_default());
    let python = peers.join("python/bin/in-toto-verify");
    let mut ours = Series::default();
    let mut bare = Series::default();
    let mut theirs = Series::default();
    for _ in 0..RUNS {
        let of = |options: &[&str]| {
            let mut command = Command::new(&quorate);
            verify(command.args(["in-toto", "verify"]).args(options), &delivery)
        };
        ours.push(of(&[]));
        bare.push(of(&["--dangerous-no-sandbox"]));
        if python.is_file() {
            theirs.push(verify(&mut Command::new(&python), &delivery));
        }
    }
    let (ours, bare) = (ours.median(), bare.median());
    println!("  quorate in-toto verify       {ours}   with the inspection in a sandbox");
    println!("  the same, without a sandbox  {bare}");
    if python.is_file() {
        let theirs = theirs.median();
        let times = |ours: Cost| {
            let wall = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
            let processor = theirs.processor.as_secs_f64() / ours.processor.as_secs_f64();
            format!("{wall:.0} × wall {processor:.0} × processor")
        };
        println!(
            "  in-toto-verify 3.1.0         {theirs}   {} of ours, {} without a sandbox; goal 20 ×",
            times(ours),
            times(bare)
        );
    }
}

/// In a copy of the delivery, because some verifiers unpack into the folder itself.
fn verify(command: &mut Command, delivery: &Path) -> Cost {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(delivery).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    command.args([
        "--layout",
        "root.layout",
        "--verification-keys",
        "alice.pub",
    ]);
    let ended = run(command.current_dir(copy.path())).unwrap();
    assert!(ended.status.success(), "{command:?}");
    ended.cost
}

//! Recording: 10,000 files of 1 KiB and one of 1 GiB, beside OpenSSL, in-toto-run and the crate `in-toto`, each a whole program.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate::key::SigningKey;
use quorate_bench::{Cost, Series, memory_peak_of, program, run, time};
use quorate_record::{Recorder, Settings};

/// Runs of each on many files, taken in turn.
const MANY_RUNS: usize = 21;
/// Runs of each on one large file.
const LARGE_RUNS: usize = 7;
const FILES: usize = 10_000;
const FILE_BYTES: usize = 1 << 10;
const LARGE_BYTES: usize = 1 << 30;
const GOAL_MILLISECONDS: u32 = 60;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let key = SigningKey::ed25519_from_seed(&[7; 32]);
    fs::write(place.join("key"), key.to_pem().unwrap()).unwrap();
    many(place);
    large(place);
}

fn many(place: &Path) {
    for at in 0..FILES {
        let path = place.join(format!("many/{}/{at}", at / 100));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            path,
            [at.to_le_bytes(), [0; 8]].concat().repeat(FILE_BYTES / 16),
        )
        .unwrap();
    }
    println!(
        "recording: {FILES} files of {FILE_BYTES} bytes in the page cache, medians of {MANY_RUNS}; goal {GOAL_MILLISECONDS} ms"
    );
    let mut function = Series::default();
    let mut all = programs(place, "many");
    for _ in 0..MANY_RUNS {
        function.push(time(|| record(place, "many", FILES)).1);
        all.iter_mut().for_each(Measured::run);
    }
    report(&function, &all);
}

fn large(place: &Path) {
    let mut file = File::create(place.join("large")).unwrap();
    for at in 0..LARGE_BYTES >> 20 {
        let chunk = at.to_le_bytes().repeat(1 << 17);
        file.write_all(&chunk).unwrap();
    }
    println!(
        "recording: one file of {LARGE_BYTES} bytes in the page cache, medians of {LARGE_RUNS}; goal 90 % of OpenSSL's speed"
    );
    let mut function = Series::default();
    let mut all = programs(place, "large");
    let mut openssl = Command::new("openssl");
    openssl
        .args(["dgst", "-sha256", "large"])
        .current_dir(place);
    all.push(Measured::new("openssl dgst -sha256", openssl));
    for _ in 0..LARGE_RUNS {
        function.push(time(|| record(place, "large", 1)).1);
        all.iter_mut().for_each(Measured::run);
    }
    report(&function, &all);
    let peak = memory_peak_of(&mut all[0].command).unwrap();
    println!(
        "  peak memory of ours           {:.1} MiB",
        peak as f64 / f64::from(1 << 20)
    );
}

fn record(place: &Path, path: &str, count: usize) {
    let settings = Settings {
        base_path: Some(place.to_owned()),
        ..Settings::default()
    };
    let recorder = Recorder::new(&settings).unwrap();
    let recorded = recorder.record(&[path.to_owned()], &|_| ()).unwrap();
    assert_eq!(recorded.artifacts.len(), count);
}

/// A program and what its runs took.
struct Measured {
    name: &'static str,
    command: Command,
    series: Series,
}

impl Measured {
    fn new(name: &'static str, command: Command) -> Self {
        Self {
            name,
            command,
            series: Series::default(),
        }
    }

    fn run(&mut self) {
        let ended = run(&mut self.command).unwrap();
        assert!(ended.status.success(), "{}: {}", self.name, ended.status);
        self.series.push(ended.cost);
    }
}

/// Ours first; peers as far as `crates/bench/run` made them ready.
fn programs(place: &Path, path: &str) -> Vec<Measured> {
    let step = ["-n", "s", "--signing-key", "key", "-x", "-m", path];
    let mut ours = Command::new(program("quorate").unwrap());
    ours.args(["in-toto", "run"]).args(step).current_dir(place);
    let mut all = vec![Measured::new("quorate in-toto run", ours)];
    let peers = PathBuf::from(std::env::var_os("QUORATE_BENCH_PEERS").unwrap_or_default());
    let crate_peer = peers.join("release/quorate-bench-peer");
    if crate_peer.is_file() {
        let mut command = Command::new(crate_peer);
        command.args(["record", path]).current_dir(place);
        all.push(Measured::new(
            "crate in-toto 0.4, record_artifacts",
            command,
        ));
    }
    let python = peers.join("python/bin/in-toto-run");
    if python.is_file() {
        let mut command = Command::new(python);
        command.args(step).current_dir(place);
        all.push(Measured::new("in-toto-run 3.1.0", command));
    }
    all
}

fn report(function: &Series, all: &[Measured]) {
    let [ours, peers @ ..] = all else { return };
    let (function, program) = (function.median(), ours.series.median());
    println!("  {:36} {function}", "Recorder::record, in this process");
    println!("  {:36} {program}", ours.name);
    for peer in peers {
        let median = peer.series.median();
        println!(
            "  {:36} {median}   {} of the function's, {} of the program's",
            peer.name,
            ratio(median, function),
            ratio(median, program)
        );
    }
}

fn ratio(peer: Cost, ours: Cost) -> String {
    let wall = peer.wall.as_secs_f64() / ours.wall.as_secs_f64();
    let processor = peer.processor.as_secs_f64() / ours.processor.as_secs_f64();
    format!("{wall:.2} × wall {processor:.2} × processor")
}

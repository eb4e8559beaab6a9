//! The file in hand: our hashing beside OpenSSL's, and the memory that a large file takes.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

mod case;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use quorate::verify::ArtifactState;
use quorate_bench::{Cost, Series, memory_peak_of, program, run, time};
use quorate_gather::read_artifact;

/// Runs of each, taken in turn.
const RUNS: usize = 9;
/// The size that the goal speaks of.
const LARGE_BYTES: usize = 1 << 30;
/// A file to compare the memory with.
const SMALL_BYTES: usize = 1 << 26;
/// Our speed, of OpenSSL's.
const GOAL_PERCENT: f64 = 90.0;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (large, small) = (folder.path().join("large"), folder.path().join("small"));
    fill(&large, LARGE_BYTES);
    fill(&small, SMALL_BYTES);
    let digest = match read_artifact(&large, |_| ()).unwrap().state {
        ArtifactState::Read(digest) => digest,
        ArtifactState::Unusable(problem) => panic!("{problem}"),
    };
    println!("hashing: SHA-256 of {LARGE_BYTES} bytes in the page cache, {digest}");
    // The proof is about other bytes: the verdict is no after the same work.
    let scene = case::scene(b"other bytes");
    let files = case::Files::write(&scene, folder.path(), large.clone()).unwrap();
    let quorate = program("quorate").unwrap();
    let (mut function, mut whole, mut peer) =
        (Series::default(), Series::default(), Series::default());
    for _ in 0..RUNS {
        function.push(time(|| read_artifact(&large, |_| ()).unwrap()).1);
        peer.push(
            run(Command::new("openssl")
                .args(["dgst", "-sha256"])
                .arg(&large))
            .unwrap()
            .cost,
        );
        let ended = run(&mut files.verify(&quorate)).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{}", ended.status);
        whole.push(ended.cost);
    }
    let peer = peer.median();
    println!("  openssl dgst -sha256           {peer}");
    compared("read_artifact, in this process", function.median(), peer);
    compared("quorate verify, whole program", whole.median(), peer);
    for path in [small, large] {
        let size = path.metadata().unwrap().len();
        let files = case::Files::write(&scene, folder.path(), path).unwrap();
        let memory = (0..3)
            .map(|_| memory_peak_of(&mut files.verify(&quorate)).unwrap())
            .max();
        println!(
            "  peak memory on {size:>10} bytes    {:.1} MiB",
            memory.unwrap_or(0) as f64 / f64::from(1 << 20)
        );
    }
}

fn compared(name: &str, ours: Cost, peer: Cost) {
    let percent = |peer: std::time::Duration, ours: std::time::Duration| {
        100.0 * peer.as_secs_f64() / ours.as_secs_f64()
    };
    let (wall, processor) = (
        percent(peer.wall, ours.wall),
        percent(peer.processor, ours.processor),
    );
    println!(
        "  {name:30} {ours}   {wall:.0} % of OpenSSL's speed by the wall, {processor:.0} % by the processor; goal {GOAL_PERCENT:.0} %"
    );
}

/// Bytes that no storage compresses away.
fn fill(path: &Path, size: usize) {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut chunk = vec![0; 1 << 20];
    for word in chunk.chunks_exact_mut(8) {
        // Marsaglia's xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes());
    }
    let mut file = File::create(path).unwrap();
    for at in 0..size / chunk.len() {
        chunk[..8].copy_from_slice(&at.to_le_bytes());
        file.write_all(&chunk).unwrap();
    }
}

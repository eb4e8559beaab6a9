//! Records and verifies by the crate `in-toto`, so that the benches `recording` and `chain` can measure it in the same run.
//!
//! **Enters:** `record PATH`, or `verify FOLDER`: a chain in metablocks, and `keys`, a line `FILE SEED PUBLIC` for each of its files.
//! **Leaves:** the number of artifacts on stdout; or median wall and processor time of a verification in ms, and how many there were.
//! **Never:** a dependency of our programs.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use in_toto::crypto::{PrivateKey, PublicKey};
use in_toto::models::{Metablock, MetablockBuilder};
use in_toto::verifylib::in_toto_verify;

/// Verifications to take the median of, as far as they fit the time.
const RUNS: usize = 7;
const TIME_MAX: Duration = Duration::from_secs(20);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["record", path] => {
            let artifacts = in_toto::runlib::record_artifacts(&[path], None, None);
            println!("{}", artifacts.expect("the bench's files can be recorded").len());
        }
        ["verify", folder] => verify(folder),
        _ => panic!("the benches say what to do"),
    }
}

fn verify(folder: &str) {
    std::env::set_current_dir(folder).expect("the bench's folder");
    let owner = sign_anew();
    let started = Instant::now();
    let (mut walls, mut processors) = (Vec::new(), Vec::new());
    while walls.len() < RUNS && started.elapsed() < TIME_MAX {
        let (wall, processor) = (Instant::now(), processor_nanoseconds());
        let layout = read("peer/root.layout");
        let keys = HashMap::from([(owner.key_id().clone(), owner.clone())]);
        in_toto_verify(&layout, keys, "peer", None).expect("the bench's chain is good");
        walls.push(wall.elapsed().as_secs_f64() * 1e3);
        processors.push((processor_nanoseconds() - processor) / 1e6);
    }
    println!("{} {} {}", median(&mut walls), median(&mut processors), walls.len());
}

/// Writes the same documents to `peer/` as the crate itself writes and signs them: it checks signatures over its own form of what
/// it has read, and leaves out of a layout what it does not know. Returns the owner's key.
fn sign_anew() -> PublicKey {
    fs::create_dir_all("peer").expect("the bench's folder");
    let mut owner = None;
    for line in fs::read_to_string("keys").expect("the bench's keys").lines() {
        let [file, secret, public] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}: not a file and a key");
        };
        let key = PrivateKey::from_ed25519(&bytes(&[secret, public].concat())).expect("a key");
        let builder = MetablockBuilder::from_metadata(read(file).metadata.into_trait());
        let signed = builder.sign(&[&key]).expect("it can be signed").build();
        let text = serde_json::to_string(&signed).expect("it can be written");
        fs::write(format!("peer/{file}"), text).expect("the bench's folder");
        if file == "root.layout" {
            owner = Some(key.public().clone());
        }
    }
    owner.expect("a layout")
}

fn read(file: &str) -> Metablock {
    let text = fs::read_to_string(file).expect("a file of the bench");
    serde_json::from_str(&text).expect("a metablock")
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

/// What this thread, the only one, used of a processor, as the kernel's scheduler counts it.
fn processor_nanoseconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split(' ').next().and_then(|word| word.parse().ok()).expect("nanoseconds")
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

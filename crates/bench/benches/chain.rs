//! A supply chain of three links with 10,000 artifacts each: verification with few and with many rules.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use quorate::digest::Sha256;
use quorate::envelope::{PAYLOAD_TYPE_IN_TOTO, sign, sign_metablock};
use quorate::intoto::chain::{Chain, NoInspections};
use quorate::intoto::{Layout, Link, Rule, Step};
use quorate::json::Json;
use quorate::key::{PublicKey, SigningKey};
use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_bench::{Cost, Series, time};
use quorate_gather::LinkFolder;

/// Runs of each, taken in turn.
const RUNS: usize = 31;
/// Artifacts in each link.
const ARTIFACTS: usize = 10_000;
/// Numbers of MATCH rules, with the goal for the whole verification.
const RULES: [(usize, f64); 3] = [(1, 20.0), (100, 20.0), (1_000, 60.0)];

fn main() {
    println!("chain: 3 links of {ARTIFACTS} artifacts, two of one step, medians of {RUNS}");
    let peers = std::env::var_os("QUORATE_BENCH_PEERS");
    for form in [Form::Dsse, Form::Metablock] {
        for (rules, goal) in RULES {
            let folder = tempfile::tempdir().unwrap();
            let owner = write(folder.path(), rules, form);
            let mut series = Series::default();
            for _ in 0..RUNS {
                series.push(time(|| black_box(verify(folder.path(), &owner))).1);
            }
            let median = series.median();
            println!("  {form:?}, {rules:5} MATCH rules  {median}   goal {goal} ms");
            if let Some(peers) = &peers {
                beside(Path::new(peers), folder.path(), form, median);
            }
        }
    }
}

/// Other implementations, each warm in its own process, on the same files: they print the medians of their own runs.
fn beside(peers: &Path, folder: &Path, form: Form, ours: Cost) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer/chain.py");
    let mut python = Command::new(peers.join("python/bin/python"));
    python.arg(script);
    print_peer("in-toto 3.1.0", python.arg(folder), ours);
    // The crate knows one form.
    if let Form::Metablock = form {
        let mut peer = Command::new(peers.join("release/quorate-bench-peer"));
        print_peer("crate in-toto 0.4", peer.arg("verify").arg(folder), ours);
    }
}

fn print_peer(name: &str, command: &mut Command, ours: Cost) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut words = text.split_whitespace();
    let mut number = || words.next().unwrap().parse::<f64>().unwrap();
    let (wall, processor, runs) = (number(), number(), number());
    let ratio = |theirs: f64, ours: Duration| theirs / (ours.as_secs_f64() * 1e3);
    println!(
        "    {name:24} {wall:9.3} ms wall {processor:9.3} ms processor   {:.0} and {:.0} times ours, {runs} runs",
        ratio(wall, ours.wall),
        ratio(processor, ours.processor)
    );
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Dsse,
    Metablock,
}

/// Reads the files and verifies, as the program does after it has read its command line.
fn verify(folder: &Path, owner: &PublicKey) -> usize {
    let limits = Limits::STANDARD;
    let layout = fs::read(folder.join("root.layout")).unwrap();
    let chain = Chain {
        layout: &layout,
        keys: std::slice::from_ref(owner),
        parameters: None,
        at: Timestamp::parse("2026-11-25T00:00:00Z").unwrap(),
        limits: &limits,
    };
    let links = LinkFolder::new(folder, &limits);
    let verification = chain.verify(&links, &mut NoInspections);
    let accepted = verification.outcome.unwrap();
    accepted.summary().materials.len()
}

/// Writes layout, links and the owner's key; and, for a peer that signs its own form of them, which key signed which file.
fn write(folder: &Path, rules: usize, form: Form) -> PublicKey {
    let key = |seed: u8| SigningKey::ed25519_from_seed(&[seed; 32]);
    let mut keys = String::new();
    let mut put = |name: String, value: &Json<'_>, seed: u8| {
        let key = key(seed);
        let bytes = match form {
            Form::Dsse => sign(PAYLOAD_TYPE_IN_TOTO, &value.to_text(), &[&key]),
            Form::Metablock => sign_metablock(value, &[&key]),
        };
        let secret = format!("{seed:02x}").repeat(32);
        keys += &format!("{name} {secret} {}\n", public_hex(key.public()));
        fs::write(folder.join(name), bytes).unwrap();
    };
    let layout = layout(&[key(2), key(3), key(4)], rules);
    put("root.layout".to_owned(), &layout.to_json(), 1);
    let artifacts: BTreeMap<_, _> = (0..ARTIFACTS)
        .map(|number| (name_of(number), Sha256::of(&number.to_le_bytes()).into()))
        .collect();
    for seed in 2..=4 {
        let name = if seed < 4 { "build" } else { "package" };
        let mut link = Link::new(name);
        let list = if seed < 4 {
            &mut link.products
        } else {
            &mut link.materials
        };
        list.clone_from(&artifacts);
        let id = key(seed).public().id()[..8].to_owned();
        put(format!("{name}.{id}.link"), &link.to_json(), seed);
    }
    fs::write(folder.join("keys"), keys).unwrap();
    let owner = key(1).public().clone();
    fs::write(folder.join("owner.pub"), owner.to_pem()).unwrap();
    owner
}

fn public_hex(key: &PublicKey) -> String {
    let Json::Object(members) = key.to_json() else {
        panic!("a key is an object")
    };
    let value = members.get("keyval").unwrap();
    let text = String::from_utf8(value.to_text()).unwrap();
    text.split('"').nth(3).unwrap().to_owned()
}

/// Two functionaries build, a third packages what they built, matched by so many rules.
fn layout(functionaries: &[SigningKey; 3], rules: usize) -> Layout {
    let keys = functionaries.iter().map(SigningKey::public);
    let ids: Vec<String> = keys.clone().map(|key| key.id().to_owned()).collect();
    let patterns: BTreeSet<String> = (0..ARTIFACTS)
        .map(|number| format!("{}*", start_of(number, rules)))
        .collect();
    assert_eq!(patterns.len(), rules);
    let mut matches: Vec<Rule> = patterns
        .iter()
        .map(|pattern| rule(&["MATCH", pattern, "WITH", "PRODUCTS", "FROM", "build"]))
        .collect();
    matches.push(rule(&["DISALLOW", "*"]));
    let creates = vec![rule(&["CREATE", "*"]), rule(&["DISALLOW", "*"])];
    Layout {
        expires: Timestamp::parse("2099-01-01T00:00:00Z").unwrap(),
        readme: String::new(),
        keys: keys.map(|key| (key.id().to_owned(), key.clone())).collect(),
        steps: vec![
            step("build", 2, &ids[..2], vec![], creates),
            step("package", 1, &ids[2..], matches, vec![]),
        ],
        inspections: vec![],
    }
}

fn rule(words: &[&str]) -> Rule {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Rule::parse(&words).unwrap()
}

fn step(
    name: &str,
    threshold: usize,
    pubkeys: &[String],
    materials: Vec<Rule>,
    products: Vec<Rule>,
) -> Step {
    Step {
        name: name.to_owned(),
        threshold: NonZeroUsize::new(threshold).unwrap(),
        pubkeys: pubkeys.to_vec(),
        expected_command: Vec::new(),
        expected_materials: materials,
        expected_products: products,
    }
}

fn name_of(number: usize) -> String {
    format!("src/module-{:04}/file-{number:05}.c", number % 1_000)
}

/// The start of names that one of `rules` rules is about.
fn start_of(number: usize, rules: usize) -> String {
    match rules {
        1 => "src/".to_owned(),
        100 => format!("src/module-{:02}", number % 1_000 / 10 % 100),
        _ => format!("src/module-{:04}/", number % 1_000),
    }
}

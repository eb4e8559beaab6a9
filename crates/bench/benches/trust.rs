//! Trust repositories of 100 and 10,000 projects, in 256 and 4,096 hash bins: what a client waits for.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use quorate::digest::Sha256;
use quorate::key::SigningKey;
use quorate::time::Timestamp;
use quorate_bench::{Cost, Series, program, run, time};
use quorate_trust::client::{Client, Fetch, FetchError, FolderFetch, Pin, Request, TrustClient};
use quorate_trust::disk::OnBusy;
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::sign;
use quorate_trust::project::Project;
use quorate_trust::repository::{Bins, Change, Founding, Holders, Online, Repository, RoleChange};

/// Runs of each, taken in turn.
const RUNS: usize = 31;
/// Bytes of a layout and of its terms: those of a policy of five parties.
const POLICY_BYTES: [usize; 2] = [6_000, 1_200];
const LIMITS: TrustLimits = TrustLimits::STANDARD;

fn main() {
    for (bits, projects) in [(8, 100), (8, 10_000), (12, 10_000)] {
        measure(Bins::of_bits(bits).unwrap(), projects);
    }
}

fn measure(bins: Bins, projects: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let repository = path("repository");
    found(&repository, bins, projects);
    let snapshot = fs::metadata(repository.join("metadata/1.snapshot.json")).unwrap();
    println!(
        "trust: {projects} projects in {} bins, a snapshot of {} bytes, medians of {RUNS}",
        bins.all().unwrap().len(),
        snapshot.len()
    );
    let pin = fs::read(repository.join("metadata/1.root.json")).unwrap();
    let client = || Client::open(&path("store"), Pin::Root(pin.clone()), OnBusy::Wait, LIMITS);
    let (mut fetch, fetched) = Counted::of(&repository);
    client().unwrap().update(&mut fetch, now()).unwrap();
    let first = fetched.replace(0);

    let (mut refresh, mut look, mut within) =
        (Series::default(), Series::default(), Series::default());
    let mut looked_bytes = Vec::new();
    for number in 0..RUNS {
        let mut refreshed = || client().unwrap().update(&mut fetch, now()).unwrap();
        refresh.push(time(|| black_box(refreshed())).1);
        fetched.set(0);
        let project = Project::new(&name((number * 317 + 5) % projects)).unwrap();
        let (inner, whole) = time(|| {
            let look = client().unwrap().look(now(), |workflow| {
                let (policy, inner) = time(|| workflow.policy_of(&project, Some(&mut fetch)));
                policy.map(|policy| (black_box(policy), inner).1)
            });
            look.unwrap()
        });
        within.push(inner);
        look.push(whole);
        looked_bytes.push(fetched.replace(0));
    }
    let (refresh, look, within) = (refresh.median(), look.median(), within.median());
    println!("  first update                 {first} bytes fetched");
    println!("  refresh, nothing new         {refresh}   goal 20 ms");
    println!("  look-up, from the store on   {look}   goal 30 ms");
    println!(
        "  look-up, metadata loaded     {within}   {} bytes fetched; goal 50,000",
        quorate_bench::median(looked_bytes.into_iter())
    );
    if let Ok(quorate) = program("quorate") {
        let whole = whole_program(&quorate, folder.path());
        println!("  quorate trust update, whole  {whole}");
    }
    let peers = std::env::var_os("QUORATE_BENCH_PEERS");
    if let Some(peers) = peers {
        beside(
            Path::new(&peers),
            folder.path(),
            projects,
            [refresh, within],
        );
    }
}

/// The program with a store of its own, which has seen everything already.
fn whole_program(quorate: &Path, folder: &Path) -> Cost {
    let trust = |words: &[&str]| {
        let mut command = Command::new(quorate);
        command.arg("trust").args(words).current_dir(folder);
        command.args(["--store", "users", "--at", &now().to_string()]);
        let ended = run(&mut command).unwrap();
        assert!(ended.status.success(), "{command:?}");
        ended.cost
    };
    trust(&["pin", "repository/metadata/1.root.json"]);
    trust(&["update", "repository"]);
    let mut series = Series::default();
    for _ in 0..RUNS {
        series.push(trust(&["update", "repository"]));
    }
    series.median()
}

/// python-tuf, warm in its own process, on the same files: it prints the medians of its own runs.
fn beside(peers: &Path, folder: &Path, projects: usize, ours: [Cost; 2]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer/trust.py");
    let mut python = Command::new(peers.join("tuf/bin/python"));
    let output = python
        .arg(script)
        .arg(folder)
        .arg(projects.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let ratio = |theirs: f64, ours: Duration| theirs / (ours.as_secs_f64() * 1e3);
    for ((line, ours), what) in text.lines().zip(ours).zip(["refresh", "look-up"]) {
        let numbers: Vec<f64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
        println!(
            "    python-tuf 6.0.0 {what:11} {:9.3} ms wall {:9.3} ms processor   {:.1} and {:.1} times ours, {} runs",
            numbers[0],
            numbers[1],
            ratio(numbers[0], ours.wall),
            ratio(numbers[1], ours.processor),
            numbers[2]
        );
    }
}

/// Counts the bytes that come from a folder.
struct Counted(FolderFetch, Rc<Cell<usize>>);

impl Counted {
    fn of(folder: &Path) -> (Self, Rc<Cell<usize>>) {
        let bytes = Rc::default();
        (Self(FolderFetch::new(folder), Rc::clone(&bytes)), bytes)
    }
}

impl Fetch for Counted {
    fn fetch(&mut self, request: &Request<'_>) -> Result<Option<Vec<u8>>, FetchError> {
        let found = self.0.fetch(request)?;
        let bytes = found.as_ref().map_or(0, Vec::len);
        self.1.set(self.1.get() + bytes);
        Ok(found)
    }

    fn seconds_spent(&self) -> u64 {
        self.0.seconds_spent()
    }
}

fn now() -> Timestamp {
    Timestamp::parse("2027-01-01T00:00:00Z").unwrap()
}

fn name(number: usize) -> String {
    format!("project-{number:05}")
}

fn key(name: &str) -> SigningKey {
    SigningKey::ed25519_from_seed(Sha256::of(name.as_bytes()).as_bytes())
}

/// Every project has owners of its own.
fn owners(project: &str) -> [SigningKey; 2] {
    ["one", "two"].map(|owner| key(&format!("{project} {owner}")))
}

fn holders(names: &[&str]) -> Holders {
    Holders {
        keys: names
            .iter()
            .map(|name| key(name).public().clone())
            .collect(),
        threshold: names.len() as u64,
    }
}

/// Founds the repository and publishes all projects with their policies, in one ceremony.
fn found(repository: &Path, bins: Bins, projects: usize) {
    let later = Timestamp::parse("2028-01-01T00:00:00Z").unwrap();
    let mut change: Change = Founding {
        root: holders(&["root-1", "root-2"]),
        targets: holders(&["targets-1", "targets-2"]),
        rebuilders: holders(&["board"]),
        bin_holders: holders(&["bins"]),
        snapshot: holders(&["online"]),
        timestamp: holders(&["online"]),
        bins,
        expires: later,
        rebuilders_expire: later,
        bins_expire: later,
    }
    .into_change()
    .unwrap();
    for number in 0..projects {
        let project = Project::new(&name(number)).unwrap();
        let paths = project.paths();
        let role = project.role(1).unwrap();
        let owners = owners(project.name()).map(|key| key.public().clone());
        let owners = Holders {
            keys: owners.into(),
            threshold: 2,
        };
        let delegations = bins.delegations(&role, &owners, &paths.all()).unwrap();
        for (bin, delegate) in delegations {
            change.roles.get_mut(&bin).unwrap().delegate.push(delegate);
        }
        let mut role_change = RoleChange::renewed(later);
        for (path, bytes) in [paths.layout, paths.terms].into_iter().zip(POLICY_BYTES) {
            let mut content = project.name().as_bytes().to_vec();
            content.resize(bytes, b'.');
            role_change.put.insert(path, content);
        }
        change.roles.insert(role, role_change);
    }
    publish(repository, &change);
}

fn publish(repository: &Path, change: &Change) {
    let prepared =
        quorate_trust::repository::prepare(&Repository::default(), change, &LIMITS).unwrap();
    let names = [
        "root-1",
        "root-2",
        "targets-1",
        "targets-2",
        "board",
        "bins",
    ];
    let top = names.map(key);
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (file, mut bytes) in prepared.files {
        if !file.contains('/') {
            let project = file.strip_prefix("proj-");
            let project = project.map(|file| owners(file.trim_end_matches(".json")));
            for key in project.as_ref().map_or(&top[..], |owners| &owners[..]) {
                bytes = sign(&bytes, key, &LIMITS).unwrap();
            }
        }
        files.insert(file, bytes);
    }
    let online = [key("online")];
    let online = Online {
        snapshot: &online,
        snapshot_expires: Timestamp::parse("2027-06-01T00:00:00Z").unwrap(),
        timestamp: &online,
        timestamp_expires: Timestamp::parse("2027-06-01T00:00:00Z").unwrap(),
    };
    let publication =
        quorate_trust::repository::publish(&Repository::default(), &files, online, now(), &LIMITS);
    for (name, bytes) in publication.unwrap().writes {
        let path = repository.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

//! A trust repository with its holders, the policy of the project `demo`, and a user who pinned the first root.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use quorate_testkit::scenario::ed25519;

use crate::stage::{DEB, Ran, Stage};

/// When everything happens unless a test says otherwise.
pub(crate) const NOW: &str = "2027-01-01T00:00:00Z";
/// A time by which an unattended timestamp has expired.
pub(crate) const LATER: &str = "2027-01-03T00:00:00Z";

const HOLDERS: [&str; 14] = [
    "root-1",
    "root-2",
    "root-3",
    "root-4",
    "targets-1",
    "targets-2",
    "board",
    "bins",
    "bins-2",
    "online",
    "online-2",
    "maria",
    "omar",
    "thief",
];

/// Files by their paths.
type Files = BTreeMap<String, Vec<u8>>;

/// A folder in which a repository is kept, and files and evidence lie.
pub(crate) struct Town {
    pub(crate) stage: Stage,
    ceremonies: Cell<u32>,
}

impl Town {
    /// Keys of all holders, a signed policy, a quorate package and its evidence; no repository.
    pub(crate) fn empty() -> Self {
        let stage = Stage::quorate();
        for name in HOLDERS {
            stage.key(name, &ed25519(name));
        }
        Self {
            stage,
            ceremonies: Cell::new(0),
        }
    }

    /// A repository that nothing is in: root 2 of 3, targets 2 of 2.
    pub(crate) fn founded() -> Self {
        static TOWN: LazyLock<Files> = LazyLock::new(|| {
            let town = Town::empty();
            town.ok(&format!("init founding {FOUNDING} --at {NOW}"));
            let holders = [
                "root-1",
                "root-2",
                "targets-1",
                "targets-2",
                "board",
                "bins",
            ];
            town.sign("founding", &holders);
            town.publish("founding");
            town.all_files()
        });
        Self::of_files(&TOWN)
    }

    /// With the project `demo` of maria and omar, its policy and its naming rule.
    pub(crate) fn with_project() -> Self {
        static TOWN: LazyLock<Files> = LazyLock::new(|| {
            let town = Town::founded();
            town.change(
                "delegate",
                "demo --owner maria.pub --owner omar.pub --needed 2 --files catdoc_*.deb --layout demo.layout",
                &["targets-1", "targets-2", "bins", "maria", "omar"],
            );
            fs::remove_dir_all(town.stage.path("ceremony-1")).unwrap();
            town.all_files()
        });
        Self::of_files(&TOWN)
    }

    /// The same files again: making a town takes dozens of programs.
    fn of_files(files: &Files) -> Self {
        let stage = Stage::empty();
        for (name, bytes) in files {
            let path = stage.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        Self {
            stage,
            ceremonies: Cell::new(0),
        }
    }

    fn all_files(&self) -> Files {
        let mut files = Files::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(self.stage.path(&folder)).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{folder}{}", entry.file_name().to_str().unwrap());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(format!("{name}/"));
                } else {
                    files.insert(name.clone(), self.stage.read(&name));
                }
            }
        }
        files
    }

    /// A repository of somebody else, with one key for everything.
    pub(crate) fn founded_by_a_thief() -> Self {
        let town = Self::empty();
        let ceremony = town.ceremony();
        let all = "--root thief.pub --targets thief.pub --online online.pub";
        town.ok(&format!("init {ceremony} {all} --at {NOW}"));
        town.sign(&ceremony, &["thief"]);
        town.publish(&ceremony);
        town
    }

    /// With a user who pinned the first root and updated.
    pub(crate) fn with_user() -> Self {
        let town = Self::with_project();
        town.ok(&format!(
            "pin repository/metadata/1.root.json --store store --at {NOW}"
        ));
        town.update();
        town
    }

    /// The name of a folder for the next ceremony.
    pub(crate) fn ceremony(&self) -> String {
        self.ceremonies.set(self.ceremonies.get() + 1);
        format!("ceremony-{}", self.ceremonies.get())
    }

    /// Runs a verb of `quorate trust`.
    pub(crate) fn run(&self, words: &str) -> Ran {
        self.stage.run(&format!("trust {words}"))
    }

    /// Runs a verb of `quorate trust`, which must succeed; its answer.
    pub(crate) fn ok(&self, words: &str) -> String {
        self.stage.ok(&format!("trust {words}"))
    }

    /// Prepares a change; the folder of the ceremony.
    pub(crate) fn prepare(&self, verb: &str, rest: &str) -> String {
        let ceremony = self.ceremony();
        self.ok(&format!("{verb} repository {ceremony} {rest} --at {NOW}"));
        ceremony
    }

    /// Prepares a change, lets these sign, and publishes it.
    pub(crate) fn change(&self, verb: &str, rest: &str, signers: &[&str]) {
        let ceremony = self.prepare(verb, rest);
        self.sign(&ceremony, signers);
        self.publish(&ceremony);
    }

    pub(crate) fn sign(&self, ceremony: &str, signers: &[&str]) {
        for signer in signers {
            self.ok(&format!("sign {ceremony} --key {signer}.key"));
        }
    }

    pub(crate) fn publish(&self, ceremony: &str) {
        let ran = self.publication(ceremony);
        assert_eq!(ran.code, 0, "{ran:#?}");
    }

    pub(crate) fn publication(&self, ceremony: &str) -> Ran {
        self.run(&format!(
            "publish repository {ceremony} --online-key online.key --at {NOW}"
        ))
    }

    pub(crate) fn update(&self) -> String {
        self.ok(&format!("update repository --store store --at {NOW}"))
    }

    /// `quorate verify` of the package with no word about policy or owners.
    pub(crate) fn verify(&self) -> Ran {
        self.verify_file(DEB, NOW)
    }

    pub(crate) fn verify_file(&self, file: &str, at: &str) -> Ran {
        self.stage.run(&format!(
            "verify {file} --evidence evidence --store store --at {at}"
        ))
    }

    /// Files below a folder whose names end so.
    pub(crate) fn files(&self, folder: &str, end: &str) -> Vec<String> {
        let entries = fs::read_dir(self.stage.path(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(end)).collect();
        names.sort();
        names
            .iter()
            .map(|name| format!("{folder}/{name}"))
            .collect()
    }
}

/// Who holds a repository at first.
pub(crate) const FOUNDING: &str = "--root root-1.pub --root root-2.pub --root root-3.pub --targets targets-1.pub --targets targets-2.pub \
    --rebuilders board.pub --bins-holders bins.pub --online online.pub";
/// A party's entry but for its name and key.
pub(crate) const PARTY: &str = "--operator Somebody --hosting self --country DE --toolchain debian-bookworm --contact mailto:a@example.org";

//! A repository with real keys, in memory, and what is done to it.

mod reader;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use quorate::digest::Sha256;
use quorate::key::{PublicKey, SigningKey};
use quorate::time::Timestamp;
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::{RoleName, TargetPath};
use quorate_trust::repository::{
    Bins, Change, Founding, Holders, Online, Publication, Renew, Repository, RoleChange, prepare,
    publish, refresh, sign,
};

pub(crate) const LIMITS: TrustLimits = TrustLimits::STANDARD;

pub(crate) use reader::{Reader, Served};

/// The key of that name; the same in every run.
pub(crate) fn key(name: &str) -> SigningKey {
    SigningKey::ed25519_from_seed(Sha256::of(name.as_bytes()).as_bytes())
}

pub(crate) fn public(name: &str) -> PublicKey {
    key(name).public().clone()
}

pub(crate) fn holders(threshold: u64, names: &[&str]) -> Holders {
    Holders {
        keys: names.iter().map(|name| public(name)).collect(),
        threshold,
    }
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// When everything happens unless a test says otherwise.
pub(crate) fn now() -> Timestamp {
    time("2027-01-01T00:00:00Z")
}

pub(crate) fn days(days: i64) -> Timestamp {
    Timestamp::from_unix_seconds(now().unix_seconds() + days * 86_400).unwrap()
}

pub(crate) fn role(name: &str) -> RoleName {
    RoleName::delegated(name).unwrap()
}

pub(crate) fn path(text: &str) -> TargetPath {
    TargetPath::parse(text).unwrap()
}

pub(crate) fn bins() -> Bins {
    Bins::of_bits(4).unwrap()
}

/// The policy of a project.
pub(crate) fn policy(project: &str) -> TargetPath {
    path(&format!("p/{project}/policy.json"))
}

/// A repository's folder in memory, with the keys of its online roles.
pub(crate) struct Stage {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) snapshot: Vec<SigningKey>,
    pub(crate) timestamp: Vec<SigningKey>,
    /// When online roles expire that are made next.
    pub(crate) online_expires: Timestamp,
}

/// The names of the holders of offline roles: who is able to sign signs everything.
pub(crate) const HOLDERS: [&str; 12] = [
    "root-1",
    "root-2",
    "root-3",
    "targets-1",
    "targets-2",
    "board-1",
    "board-2",
    "bins-1",
    "bins-2",
    "catdoc-1",
    "catdoc-2",
    "zlib-1",
];

impl Stage {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            files: BTreeMap::new(),
            snapshot: vec![key("snapshot")],
            timestamp: vec![key("timestamp")],
            online_expires: days(7),
        }
    }

    /// A repository with root 2 of 3, a roster and bins, and nothing in them.
    pub(crate) fn founded() -> Self {
        static FILES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
            let mut stage = Stage::empty();
            stage.change(&founding().into_change().unwrap());
            stage.files
        });
        Self {
            files: FILES.clone(),
            ..Self::empty()
        }
    }

    /// The same with the projects catdoc (2 of 2) and zlib (1 of 1), each with its policy.
    pub(crate) fn with_projects() -> Self {
        static FILES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
            let mut stage = Stage::founded();
            stage.project("catdoc", holders(2, &["catdoc-1", "catdoc-2"]), 300);
            stage.project("zlib", holders(1, &["zlib-1"]), 300);
            stage.files
        });
        Self {
            files: FILES.clone(),
            ..Self::empty()
        }
    }

    /// Adds a project with its policy; its role expires in so many days.
    pub(crate) fn project(&mut self, name: &str, holders: Holders, expires: i64) {
        let mut change = Change::default();
        let delegations = bins()
            .delegations(&role(&format!("proj-{name}")), &holders, &[policy(name)])
            .unwrap();
        for (bin, delegate) in delegations {
            let mut renewed = RoleChange::renewed(days(180));
            renewed.delegate.push(delegate);
            change.roles.insert(bin, renewed);
        }
        let mut project = RoleChange::renewed(days(expires));
        let text = format!("the policy of {name}");
        project.put.insert(policy(name), text.into_bytes());
        change.roles.insert(role(&format!("proj-{name}")), project);
        self.change(&change);
    }

    pub(crate) fn read(&self) -> Repository {
        Repository::read(
            |name| Ok(self.files.get(&format!("metadata/{name}")).cloned()),
            &LIMITS,
        )
        .unwrap()
    }

    /// Prepares a change, lets everybody sign, and publishes.
    pub(crate) fn change(&mut self, change: &Change) {
        let publication = self.publication(change, &HOLDERS).unwrap();
        self.files.extend(publication.writes);
    }

    /// The same up to the publication, signed by `names` alone.
    pub(crate) fn publication(
        &self,
        change: &Change,
        names: &[&str],
    ) -> Result<Publication, quorate_trust::repository::RepositoryError> {
        let repository = self.read();
        let prepared = prepare(&repository, change, &LIMITS)?;
        let signed = signed_by_all(prepared.files, names);
        publish(&repository, &signed, self.online(), now(), &LIMITS)
    }

    pub(crate) fn online(&self) -> Online<'_> {
        Online {
            snapshot: &self.snapshot,
            snapshot_expires: self.online_expires,
            timestamp: &self.timestamp,
            timestamp_expires: self.online_expires,
        }
    }

    pub(crate) fn refresh(&mut self, renew: Renew) {
        let publication = refresh(&self.read(), renew, self.online(), &LIMITS).unwrap();
        self.files.extend(publication.writes);
    }

    /// The first root, which clients pin.
    pub(crate) fn first_root(&self) -> Vec<u8> {
        self.files["metadata/1.root.json"].clone()
    }
}

pub(crate) fn founding() -> Founding {
    Founding {
        root: holders(2, &["root-1", "root-2", "root-3"]),
        targets: holders(2, &["targets-1", "targets-2"]),
        rebuilders: holders(2, &["board-1", "board-2"]),
        bin_holders: holders(1, &["bins-1", "bins-2"]),
        snapshot: holders(1, &["snapshot"]),
        timestamp: holders(1, &["timestamp"]),
        bins: bins(),
        expires: days(365),
        rebuilders_expire: days(90),
        bins_expire: days(180),
    }
}

/// Every metadata file with a signature of everybody: who does not hold a role counts for nothing there.
pub(crate) fn signed_by_all(
    files: BTreeMap<String, Vec<u8>>,
    names: &[&str],
) -> BTreeMap<String, Vec<u8>> {
    files
        .into_iter()
        .map(|(name, mut bytes)| {
            if !name.starts_with("targets/") {
                for holder in names {
                    bytes = sign(&bytes, &key(holder), &LIMITS).unwrap();
                }
            }
            (name, bytes)
        })
        .collect()
}

/// A text in the place of another in a file, which breaks its signatures.
pub(crate) fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1).into_bytes()
}

/// The same, signed anew by these keys alone.
pub(crate) fn resigned(bytes: &[u8], from: &str, to: &str, keys: &[&SigningKey]) -> Vec<u8> {
    let mut bytes = replaced(bytes, from, to);
    let text = std::str::from_utf8(&bytes).unwrap();
    let signed = text.find("\"signed\":").unwrap();
    bytes = format!("{{\"signatures\":[],{}", &text[signed..]).into_bytes();
    for key in keys {
        bytes = sign(&bytes, key, &LIMITS).unwrap();
    }
    bytes
}

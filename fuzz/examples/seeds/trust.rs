//! Metadata of a trust repository.

use quorate::digest::Sha256;
use quorate::tenure::{KeyStatement, MachineLayout, Revocation, Rotation, Witness};
use quorate::time::Timestamp;
use quorate_testkit::scenario::ed25519;
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::{RoleName, TargetPath, sign as sign_metadata};
use quorate_trust::repository::{Bins, Founding, Holders, Online, Repository, prepare, publish};

use super::Seeds;

/// Metadata of a repository with a roster, sixteen bins and one project.
pub(super) fn trust() -> Vec<Seeds> {
    let holders = |names: &[&str], threshold| Holders {
        keys: names
            .iter()
            .map(|name| ed25519(name).public().clone())
            .collect(),
        threshold,
    };
    let expires = |text| Timestamp::parse(text).expect("a time");
    let year = expires("2027-11-24T00:00:00Z");
    let founding = Founding {
        root: holders(&["alice", "bob", "carol"], 2),
        targets: holders(&["alice", "bob"], 2),
        rebuilders: holders(&["bob"], 1),
        bin_holders: holders(&["carol"], 1),
        snapshot: holders(&["online"], 1),
        timestamp: holders(&["online"], 1),
        bins: Bins::of_bits(4).expect("a number of bits that there is"),
        expires: year,
        rebuilders_expire: year,
        bins_expire: year,
    };
    let limits = TrustLimits::STANDARD;
    let mut change = founding.into_change().expect("names of our own");
    let path = TargetPath::parse("rebuilders/alpha.json").expect("a path");
    let board = RoleName::delegated("rebuilders").expect("a role's name");
    if let Some(role) = change.roles.get_mut(&board) {
        role.put.insert(path, b"alpha".to_vec());
    }
    let prepared = prepare(&Repository::default(), &change, &limits).expect("a first change");
    let mut files = prepared.files;
    for bytes in files.values_mut() {
        for name in ["alice", "bob", "carol"] {
            if let Ok(signed) = sign_metadata(bytes, &ed25519(name), &limits) {
                *bytes = signed;
            }
        }
    }
    let online = [ed25519("online")];
    let keys = Online {
        snapshot: &online,
        snapshot_expires: year,
        timestamp: &online,
        timestamp_expires: year,
    };
    let now = expires("2026-11-24T02:06:00Z");
    let publication =
        publish(&Repository::default(), &files, keys, now, &limits).expect("all signed");
    let named = |name: &str| {
        let found = publication
            .writes
            .iter()
            .find(|(file, _)| file.ends_with(name));
        found.expect("it is published").1.clone()
    };
    vec![(
        "trust_metadata",
        vec![
            ("root", named("1.root.json")),
            ("targets", named("1.targets.json")),
            ("rebuilders", named("1.rebuilders.json")),
            ("snapshot", named("1.snapshot.json")),
            ("timestamp", named("timestamp.json")),
        ],
    )]
}

/// What a party says about keys: of each kind one.
pub(super) fn party_keys() -> Vec<Seeds> {
    let time = |text| Timestamp::parse(text).expect("a time");
    let at = time("2026-11-19T00:00:00Z");
    let (carol, other) = (ed25519("carol 0"), ed25519("another"));
    let rotation = KeyStatement::Rotation(Box::new(Rotation {
        party: "carol".to_owned(),
        old: carol.public().clone(),
        new: other.public().clone(),
        at,
    }));
    let revocation = KeyStatement::Revocation(Box::new(Revocation {
        party: "carol".to_owned(),
        key: carol.public().clone(),
        compromised_since: at,
        reason: "stolen".to_owned(),
    }));
    let witness = KeyStatement::Witness(Witness {
        party: "carol".to_owned(),
        at,
        signatures: [Sha256::of(b"a signature")].into(),
    });
    let machines = MachineLayout {
        keys: vec![other.public().clone()],
        expires: time("2027-01-01T00:00:00Z"),
    };
    let kinds = [rotation, revocation, witness].map(|it| it.to_payload());
    let all = [kinds.join(&b'\n'), machines.to_payload()].join(&b'\n');
    let [rotation, revocation, witness] = kinds;
    vec![(
        "party_keys",
        vec![
            ("rotation", rotation),
            ("revocation", revocation),
            ("witness", witness),
            ("machines", machines.to_payload()),
            ("all", all),
        ],
    )]
}

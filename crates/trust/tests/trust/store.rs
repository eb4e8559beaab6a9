//! The store of a client: what a crash, a second process, a thief or a wrong clock leave of it.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate_trust::client::{Client, FolderFetch, Pin, TrustClient, TrustError};
use quorate_trust::disk::{Disk, DiskError, OnBusy, Step};
use quorate_trust::metadata::TopRole;
use quorate_trust::repository::{
    Ceremony, Change, Folder, Online, Renew, RoleChange, RootChange, TakeBack,
};

use crate::stage::{LIMITS, Reader, Stage, days, holders, key, now, path, policy, role};

const LIE: &str = "a lie";

/// Tells a child process where it works, and after how many steps it is killed.
const FOLDER: &str = "QUORATE_TEST_FOLDER";
const STEPS: &str = "QUORATE_TEST_STEPS";

/// A repository written to a folder, and a client's store beside it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn of(stage: &Stage) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        place.serve(stage);
        fs::write(place.folder.path().join("pinned.json"), stage.first_root()).unwrap();
        place
    }

    fn serve(&self, stage: &Stage) {
        for (name, bytes) in &stage.files {
            let path = self.folder.path().join("repository").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    fn client(&self) -> Client {
        client(self.folder.path())
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn fetch(&self) -> FolderFetch {
        fetch(self.folder.path())
    }

    /// Runs the test of that name as a process of its own, which ends as it likes.
    fn child(&self, test: &str, steps: usize) -> std::process::ExitStatus {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--test-threads=1"])
            .env(FOLDER, self.folder.path())
            .env(STEPS, steps.to_string())
            .output()
            .unwrap()
            .status
    }
}

/// It waits for the lock: a child that another test is starting has its descriptor for a moment, too.
fn client(folder: &Path) -> Client {
    client_with(folder, OnBusy::Wait)
}

fn client_with(folder: &Path, busy: OnBusy) -> Client {
    let pin = Pin::Root(fs::read(folder.join("pinned.json")).unwrap());
    Client::open(&folder.join("store"), pin, busy, LIMITS).unwrap()
}

fn fetch(folder: &Path) -> FolderFetch {
    FolderFetch::new(&folder.join("repository"))
}

/// Kills this process as `kill -9` does when `steps` steps were begun.
fn mortal(steps: usize) -> impl FnMut(&Step) {
    let begun = Cell::new(0);
    move |_| {
        if begun.replace(begun.get() + 1) == steps {
            let this = rustix::process::getpid();
            rustix::process::kill_process(this, rustix::process::Signal::KILL).unwrap();
        }
    }
}

/// Where this process is such a child: its folder, and how long it lives.
fn as_child() -> Option<(PathBuf, usize)> {
    let folder = std::env::var_os(FOLDER)?;
    let steps = std::env::var(STEPS).unwrap().parse().unwrap();
    Some((folder.into(), steps))
}

fn rotation(stage: &mut Stage) -> Change {
    stage.timestamp = vec![key("timestamp-2")];
    Change {
        root: Some(RootChange {
            holders: [(TopRole::Timestamp, holders(1, &["timestamp-2"]))].into(),
            expires: days(300),
        }),
        roles: [].into(),
    }
}

#[test]
fn an_update_from_a_folder_is_there_without_asking_again() {
    let stage = Stage::with_projects();
    let place = Place::of(&stage);
    let refused = place.client().status(now());
    assert!(
        matches!(refused, Err(TrustError::NotStored(_))),
        "{refused:?}"
    );
    let updated = place.client().update(&mut place.fetch(), now()).unwrap();
    let stored = place.client().status(now()).unwrap();
    assert_eq!(updated.roles, stored.roles);
    let fetched = place
        .client()
        .target(&policy("catdoc"), Some(&mut place.fetch()), now());
    let kept = place.client().target(&policy("catdoc"), None, now());
    assert_eq!(fetched.unwrap(), kept.unwrap());
    let refused = place.client().status(days(7));
    assert!(
        matches!(refused, Err(TrustError::Expired { .. })),
        "{refused:?}"
    );
    assert!(FolderFetch::from_url("file:///srv/trust").is_ok());
    assert!(FolderFetch::from_url("file://host/srv").is_err());
}

#[test]
fn a_child_updates_until_it_is_killed() {
    let Some((folder, steps)) = as_child() else {
        return;
    };
    let mut client = client(&folder);
    client.observe(mortal(steps));
    client.update(&mut fetch(&folder), now()).unwrap();
}

#[test]
fn an_update_that_is_killed_at_any_step_leaves_a_store_that_holds() {
    let mut stage = Stage::with_projects();
    let place = Place::of(&stage);
    place.client().update(&mut place.fetch(), now()).unwrap();
    let before = place.client().status(now()).unwrap().roles;
    // Everything changes: root with other online keys, snapshot, targets.
    let mut change = rotation(&mut stage);
    change.roles.insert(
        quorate_trust::metadata::RoleName::targets(),
        RoleChange::renewed(days(200)),
    );
    stage.change(&change);
    place.serve(&stage);
    let saved = place.folder.path().join("saved");
    copy(&place.store(), &saved);
    let mut killed = 0;
    loop {
        fs::remove_dir_all(place.store()).unwrap();
        copy(&saved, &place.store());
        if place
            .child("store::a_child_updates_until_it_is_killed", killed)
            .success()
        {
            break;
        }
        // What is there without asking: what was before, or what is new, or a refusal that says what to do. Never a mixture.
        match place.client().status(now()) {
            Ok(status) => assert!(
                status.roles == before || status.roles[1].version.number() == 4,
                "{status:?}"
            ),
            Err(refusal) => assert!(
                matches!(refusal, TrustError::NotStored(_)),
                "{killed}: {refusal}"
            ),
        }
        let status = place.client().update(&mut place.fetch(), now()).unwrap();
        assert_eq!(status.roles[0].version.number(), 2, "after {killed} steps");
        assert!(status.passed_over.is_empty(), "{status:?}");
        let left = fs::read_dir(place.store()).unwrap();
        let left = left.filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with(".unfinished")
        });
        assert_eq!(left.count(), 0, "after {killed} steps");
        killed += 1;
    }
    assert!(killed >= 12, "{killed} steps were tried");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_child_publishes_until_it_is_killed() {
    let Some((folder, steps)) = as_child() else {
        return;
    };
    let mut repository = Folder::open(&folder.join("repository"), LIMITS).unwrap();
    repository.observe(mortal(steps));
    let ceremony = Ceremony::open(&folder.join("ceremony"), LIMITS).unwrap();
    repository
        .publish(
            &ceremony,
            online(&[key("snapshot")], &[key("timestamp-2")]),
            now(),
            TakeBack::Refused,
        )
        .unwrap();
}

fn online<'k>(
    snapshot: &'k [quorate::key::SigningKey],
    timestamp: &'k [quorate::key::SigningKey],
) -> Online<'k> {
    Online {
        snapshot,
        snapshot_expires: days(7),
        timestamp,
        timestamp_expires: days(7),
    }
}

#[test]
fn a_publication_that_is_killed_at_any_step_is_done_again_and_misleads_nobody() {
    let mut stage = Stage::founded();
    let place = Place::of(&stage);
    let mut change = rotation(&mut stage);
    let mut board = RoleChange::renewed(days(60));
    board
        .put
        .insert(path("rebuilders/alpha.json"), b"alpha".to_vec());
    change.roles.insert(role("rebuilders"), board);
    let root = place.folder.path().to_owned();
    let saved = root.join("saved");
    copy(&root.join("repository"), &saved);
    let ceremony = signed_ceremony(&root, &stage, &change);
    let mut killed = 0;
    loop {
        fs::remove_dir_all(root.join("repository")).unwrap();
        copy(&saved, &root.join("repository"));
        if place
            .child("store::a_child_publishes_until_it_is_killed", killed)
            .success()
        {
            break;
        }
        // A client sees the state before or after, or is refused between the new root and its timestamp.
        let mut early = Reader::of(&stage);
        match early.update_from(&mut place.fetch(), now()) {
            Ok(status) => assert!(matches!(status.roles[1].version.number(), 1 | 2)),
            Err(refusal) => assert!(
                matches!(refusal, TrustError::Signatures { .. }),
                "{killed}: {refusal}"
            ),
        }
        let mut again = Folder::open(&root.join("repository"), LIMITS).unwrap();
        match again.publish(
            &ceremony,
            online(&[key("snapshot")], &[key("timestamp-2")]),
            now(),
            TakeBack::Refused,
        ) {
            Ok(_) => {}
            // Everything was there already; only the process did not live to say so.
            Err(error) => assert!(
                error.to_string().contains("rebuilders.json: version 2"),
                "{killed}: {error}"
            ),
        }
        let status = early.update_from(&mut place.fetch(), now()).unwrap();
        assert_eq!(status.roles[0].version.number(), 2);
        killed += 1;
    }
    assert!(killed >= 8, "{killed} steps were tried");
    goes_on(&place);
}

/// The change as two holders of each role signed it, in a folder.
fn signed_ceremony(root: &Path, stage: &Stage, change: &Change) -> Ceremony {
    let mut ceremony = Ceremony::open(&root.join("ceremony"), LIMITS).unwrap();
    let words = ceremony.prepare(&stage.read(), change).unwrap();
    assert_eq!(
        fs::read_to_string(root.join("ceremony/CHANGES.txt"))
            .unwrap()
            .lines()
            .count(),
        words.len()
    );
    for (name, holders) in [
        ("root.json", ["root-1", "root-2"]),
        ("rebuilders.json", ["board-1", "board-2"]),
    ] {
        for holder in holders {
            ceremony.sign(name, &key(holder)).unwrap();
        }
    }
    ceremony
}

/// What was published is served, and the online roles are made anew.
fn goes_on(place: &Place) {
    let target = path("rebuilders/alpha.json");
    place.client().update(&mut place.fetch(), now()).unwrap();
    let found = place
        .client()
        .target(&target, Some(&mut place.fetch()), now())
        .unwrap();
    assert_eq!(found.bytes, b"alpha");
    let mut refreshed = Folder::open(&place.folder.path().join("repository"), LIMITS).unwrap();
    refreshed
        .refresh(
            Renew::Both,
            online(&[key("snapshot")], &[key("timestamp-2")]),
        )
        .unwrap();
    let status = place.client().update(&mut place.fetch(), now()).unwrap();
    assert_eq!(status.roles[2].version.number(), 3);
}

#[test]
fn two_updates_at_once_wait_or_are_refused() {
    let stage = Stage::founded();
    let place = Place::of(&stage);
    place.client().update(&mut place.fetch(), now()).unwrap();
    let mut other = Disk::open(&place.store()).unwrap();
    let lock = other.lock(OnBusy::Wait).unwrap();
    let mut hasty = client_with(place.folder.path(), OnBusy::Refuse);
    let refused = hasty.update(&mut place.fetch(), now());
    assert!(
        matches!(refused, Err(TrustError::Store(DiskError::Busy(_)))),
        "{refused:?}"
    );
    drop(lock);
    // Many that wait: each finds the store whole.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let pin = Pin::Root(stage.first_root());
                let mut client = Client::open(&place.store(), pin, OnBusy::Wait, LIMITS).unwrap();
                client.update(&mut place.fetch(), now()).unwrap();
            });
        }
    });
}

#[test]
fn a_clock_set_back_revives_nothing() {
    let stage = Stage::founded();
    let mut reader = Reader::of(&stage);
    let mut later = Stage {
        files: stage.files.clone(),
        ..Stage::empty()
    };
    later.online_expires = days(30);
    later.refresh(Renew::Both);
    reader.update_at(&later, days(20)).unwrap();
    // The first publication expired after 7 days. A client whose floors are gone but for the time does not take it.
    reader.shelf.0.retain(|name, _| name == "floor");
    let refused = reader.update_at(&stage, now());
    assert!(matches!(refused, Err(TrustError::Expired { time, .. }) if time == days(20)));
    let status = reader.update_at(&later, now()).unwrap();
    assert!(status.clock_is_behind && status.time == days(20));
}

#[test]
fn a_clock_far_ahead_leaves_no_floor_behind() {
    let stage = Stage::founded();
    let mut reader = Reader::of(&stage);
    assert!(reader.update_at(&stage, days(9_000)).is_err());
    assert!(reader.update(&stage).is_ok());
    reader
        .shelf
        .0
        .insert("floor".to_owned(), b"yesterday".to_vec());
    assert!(matches!(reader.update(&stage), Err(TrustError::Floor)));
}

#[test]
fn a_poisoned_store_is_believed_in_nothing() {
    let stage = Stage::with_projects();
    let mut reader = Reader::of(&stage);
    reader.update(&stage).unwrap();
    reader.target(&stage, &policy("catdoc"), now()).unwrap();
    // Whoever can write to the store puts a root, an online role, a project and a policy of their own there.
    let mut thief = Stage::empty();
    let mut founding = crate::stage::founding();
    founding.root = holders(1, &["zlib-1"]);
    thief.change(&founding.into_change().unwrap());
    let clean = reader.shelf.clone();
    let names: Vec<String> = clean
        .0
        .keys()
        .filter(|name| *name != "floor")
        .cloned()
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        reader.shelf = clean.clone();
        for poison in [
            &thief.first_root()[..],
            b"{",
            LIE.as_bytes(),
            &[b' '; 20_000_000],
        ] {
            reader.shelf.0.insert(name.clone(), poison.to_vec());
            let status = reader.update(&stage).unwrap();
            assert_eq!(status.roles[0].signed_by.len(), 3, "{name}");
            let target = reader.target(&stage, &policy("catdoc"), now()).unwrap();
            assert_eq!(target.bytes, b"the policy of catdoc", "{name}");
        }
    }
    reader.shelf = clean;
    reader
        .shelf
        .0
        .insert("root/2.root.json".to_owned(), thief.first_root());
    let status = reader.update(&stage).unwrap();
    assert_eq!(status.passed_over.len(), 1, "{status:?}");
    assert!(status.passed_over[0].starts_with("root/2.root.json: "));
}

#[test]
fn a_pipe_or_a_link_in_the_store_is_not_followed() {
    let stage = Stage::founded();
    let place = Place::of(&stage);
    place.client().update(&mut place.fetch(), now()).unwrap();
    let floor = place.store().join("floor");
    fs::remove_file(&floor).unwrap();
    std::os::unix::fs::symlink(place.folder.path().join("pinned.json"), &floor).unwrap();
    assert!(matches!(
        place.client().update(&mut place.fetch(), now()),
        Err(TrustError::Store(_))
    ));
    fs::remove_file(&floor).unwrap();
    let made = Command::new("mkfifo").arg(&floor).status().unwrap();
    assert!(made.success());
    assert!(matches!(
        place.client().update(&mut place.fetch(), now()),
        Err(TrustError::Store(_))
    ));
}

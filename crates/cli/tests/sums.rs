//! `quorate sums show`: real releases of Bitcoin Core, and builders who try to speak for others.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::fs;
use std::process::Command;

use serde_json::Value;
use stage::{Ran, Stage};

/// A time at which the certificates of the fixtures have been fetched.
const AT: &str = "2026-11-22T00:00:00Z";

/// Asks about a release of the fixtures, whose certificates lie beside it.
fn release(name: &str, more: &[&str]) -> Ran {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guix-sigs");
    let (release, keys) = (format!("{folder}/{name}"), format!("{folder}/builder-keys"));
    let words = ["sums", "show", &release, "--keys", &keys, "--at", AT];
    Stage::empty().run_with(words.iter().chain(more))
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

fn names(value: &Value) -> Vec<&str> {
    let names = value.as_array().unwrap().iter();
    names.map(|name| name.as_str().unwrap()).collect()
}

/// The builders of a set whose signatures hold, with the time as of which.
fn holding<'a>(set: &'a Value, as_of: &str) -> Vec<&'a str> {
    let signatures = set["signatures"].as_array().unwrap().iter();
    signatures
        .filter(|signature| signature["asOf"] == as_of)
        .map(|signature| signature["builder"].as_str().unwrap())
        .collect()
}

/// Why a builder's signature does not hold.
fn reason<'a>(set: &'a Value, builder: &str) -> &'a str {
    let mut signatures = set["signatures"].as_array().unwrap().iter();
    let found = signatures.find(|signature| signature["builder"] == builder);
    found.unwrap()["reason"].as_str().unwrap()
}

#[test]
fn in_release_22_0_nineteen_builders_agree_and_jamesob_dissents() {
    let ran = release("22.0", &["--json"]);
    assert_eq!(ran.code, 1);
    let answer = json(&ran);
    assert_eq!(answer["format"], "quorate-sums/1");
    assert_eq!(answer["class"], "weak");
    let set = &answer["sets"][0];
    assert_eq!(set["name"], "noncodesigned.SHA256SUMS");
    assert_eq!(set["unanimous"], false);
    assert_eq!(names(&set["groups"][0]["builders"]).len(), 19);
    assert_eq!(names(&set["groups"][1]["builders"]), ["jamesob"]);
    // His build made nothing for macOS; of what it made, every digest is the others'.
    let files = set["files"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(names(&file["notListedBy"]), ["jamesob"]);
        assert_eq!(file["digests"].as_array().unwrap().len(), 1);
        assert!(file["name"].as_str().unwrap().contains("osx"));
    }
    assert!(reason(set, "jamesob").contains("in none of the listed certificates"));
    let all = &answer["sets"][1];
    assert_eq!(names(&all["groups"][0]["builders"]).len(), 18);
    assert_eq!(all["unanimous"], true);

    let text = release("22.0", &[]).stdout;
    for part in [
        "noncodesigned.SHA256SUMS: no full agreement",
        "  19 builders (0xb10c, CoinForensics, Emzy, ",
        ") agree on 20 files; 13 signatures hold\n",
        "  1 builder (jamesob) lists 17 files; 0 signatures hold\n",
        "  bitcoin-22.0-osx64.tar.gz\n    2744d199c3343b2d94faffdfb2c94d75a630ba27301a70e47b0ad30a7e0155e9 19 builders; 13 signatures hold\n    not listed by jamesob; 0 signatures hold\n",
        "all.SHA256SUMS: all lists agree, and not all of it holds",
        "  signature does not hold: jamesob: made by key 18d45523534f62e642488ac67a935dadb2c44f05",
        "weak evidence: the lists name no source, so this is no verdict",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn in_release_29_1_all_builders_agree_and_all_signatures_hold() {
    let ran = release("29.1", &["--json"]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let answer = json(&ran);
    assert_eq!(answer["good"], true);
    for (index, name) in ["noncodesigned.SHA256SUMS", "all.SHA256SUMS"]
        .iter()
        .enumerate()
    {
        let set = &answer["sets"][index];
        assert_eq!(set["name"], *name);
        assert_eq!(set["unanimous"], true);
        assert_eq!(names(&set["groups"][0]["builders"]).len(), 17);
        assert_eq!(set["groups"].as_array().unwrap().len(), 1);
        assert_eq!(set["files"].as_array().unwrap().len(), 0);
        // Their keys have expired since.
        assert_eq!(holding(set, "claimed"), ["Emzy", "glozow", "willcl-ark"]);
        assert_eq!(holding(set, "at").len(), 14);
    }
}

#[test]
fn a_signature_that_claims_a_later_time_does_not_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guix-sigs");
    let ran = Stage::empty().run(&format!(
        "sums show {folder}/29.1 --keys {folder}/builder-keys --json --at 2025-09-01T00:00:00Z"
    ));
    assert_eq!(ran.code, 1);
    let answer = json(&ran);
    let set = &answer["sets"][0];
    assert_eq!(
        (set["unanimous"].as_bool(), answer["good"].as_bool()),
        (Some(true), Some(false))
    );
    assert!(reason(set, "fanquake").contains("which is after 2025-09-01"));
    assert!(holding(set, "at").is_empty() && holding(set, "claimed").is_empty());
}

#[test]
fn one_file_is_asked_for_by_its_name() {
    let file = "bitcoin-22.0-osx64.tar.gz";
    let ran = release("22.0", &["--json", "--file", file]);
    let answer = json(&ran);
    assert_eq!((ran.code, answer["file"].as_str()), (1, Some(file)));
    let set = &answer["sets"][0];
    assert_eq!(set["files"].as_array().unwrap().len(), 1);
    assert_eq!(names(&set["files"][0]["notListedBy"]), ["jamesob"]);
    let agreed = release("22.0", &["--json", "--file", "bitcoin-22.0.tar.gz"]);
    let answer = json(&agreed);
    assert_eq!(answer["sets"][0]["unanimous"], true);
    let digest = &answer["sets"][0]["files"][0]["digests"][0];
    assert_eq!(names(&digest["builders"]).len(), 20);
    let text = release("29.1", &["--file", "SHA256SUMS"]);
    assert_eq!(text.code, 1);
    assert!(
        text.stdout.starts_with("no list names \"SHA256SUMS\"\n"),
        "{text:?}"
    );
}

/// Builders with keys of the real gpg, who publish lists in `release` and certificates in `keys`.
struct Builders(Stage);

impl Drop for Builders {
    fn drop(&mut self) {
        let mut gpgconf = Command::new("gpgconf");
        gpgconf.env("GNUPGHOME", self.0.path("g"));
        drop(gpgconf.args(["--kill", "all"]).status());
    }
}

const LIST: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  tiny.tar.gz\n";

impl Builders {
    /// These builders agree, each by their own key.
    fn of(names: &[&str]) -> Self {
        let builders = Self(Stage::empty());
        for folder in ["g", "keys", "release"] {
            fs::create_dir(builders.0.path(folder)).unwrap();
        }
        for name in names {
            builders.gpg(&["--quick-generate-key", name, "ed25519", "sign", "0"], "");
            builders.certificate(name, name);
            builders.publish(name, name, LIST);
        }
        builders
    }

    fn gpg(&self, arguments: &[&str], input: &str) -> Vec<u8> {
        let file = self.0.path("input");
        fs::write(&file, input).unwrap();
        let mut gpg = Command::new("gpg");
        gpg.env("GNUPGHOME", self.0.path("g"));
        gpg.args(["--batch", "--quiet", "--no-tty", "--yes"]);
        gpg.args(["--pinentry-mode", "loopback", "--passphrase", ""]);
        gpg.args(["--trust-model", "always"]);
        // 2026-11-01, and the clock stands still.
        gpg.args(["--faked-system-time", "1793491200!"]);
        let ran = gpg
            .args(arguments)
            .stdin(fs::File::open(file).unwrap())
            .output();
        let ran = ran.expect("gpg is one of debian-packages.txt");
        assert!(ran.status.success(), "{ran:?}");
        ran.stdout
    }

    /// Puts the certificate of `user` into a file named after `builder`.
    fn certificate(&self, builder: &str, user: &str) {
        let certificate = self.gpg(&["--armor", "--export", user], "");
        self.0.write(&format!("keys/{builder}.gpg"), certificate);
    }

    /// Publishes a list in the name of `builder`, signed by `user`.
    fn publish(&self, builder: &str, user: &str, list: &str) {
        let sign = ["--armor", "--local-user", user, "--detach-sign"];
        let signature = self.gpg(&sign, list);
        let folder = format!("release/{builder}");
        fs::create_dir_all(self.0.path(&folder)).unwrap();
        self.0.write(&format!("{folder}/all.SHA256SUMS"), list);
        self.0
            .write(&format!("{folder}/all.SHA256SUMS.asc"), signature);
    }

    fn show(&self, more: &str) -> Ran {
        self.0
            .run(&format!("sums show release --keys keys --at {AT} {more}"))
    }

    /// The only set of lists, and whether all is well.
    fn set(&self) -> (Value, bool) {
        let ran = self.show("--json");
        let answer = json(&ran);
        assert_eq!(ran.code == 0, answer["good"] == true);
        (answer["sets"][0].clone(), ran.code == 0)
    }
}

#[test]
fn a_builder_speaks_by_the_certificate_of_that_name_alone() {
    let builders = Builders::of(&["alice", "bob"]);
    assert!(builders.set().1);
    // Mallory is a builder with a certificate, and publishes in alice's folder.
    builders.gpg(
        &["--quick-generate-key", "mallory", "ed25519", "sign", "0"],
        "",
    );
    builders.certificate("mallory", "mallory");
    builders.publish("alice", "mallory", LIST);
    let (set, good) = builders.set();
    assert!(!good);
    let said = reason(&set, "alice");
    assert!(
        said.contains("another certificate than those of \"alice\""),
        "{said}"
    );
    assert_eq!(holding(&set, "at"), ["bob"]);
}

#[test]
fn a_certificate_that_signs_for_several_builders_has_one_word() {
    let builders = Builders::of(&["alice", "bob"]);
    for name in ["carol", "dave"] {
        builders.publish(name, "bob", LIST);
    }
    let (set, good) = builders.set();
    assert!(!good);
    assert_eq!(holding(&set, "at"), ["alice", "bob"]);
    for name in ["carol", "dave"] {
        let said = reason(&set, name);
        assert!(
            said.contains("one certificate signed for bob, carol, dave"),
            "{said}"
        );
    }
    // Under a name that no file of certificates has, somebody who is known signs as who they are.
    fs::remove_dir_all(builders.0.path("release/bob")).unwrap();
    fs::remove_dir_all(builders.0.path("release/dave")).unwrap();
    let (set, good) = builders.set();
    assert!(good);
    let signature = &set["signatures"][1];
    assert_eq!(
        (signature["builder"].as_str(), names(&signature["knownAs"])),
        (Some("carol"), vec!["bob"])
    );
    let text = builders.show("").stdout;
    assert!(
        text.contains("  signed by another name: carol: bob\n"),
        "{text}"
    );
}

#[test]
fn who_lists_another_digest_is_named_with_it() {
    let builders = Builders::of(&["alice", "bob", "carol"]);
    let other = LIST.replace("e3b0", "e3b1");
    builders.publish("carol", "carol", &other);
    let ran = builders.show("");
    ran.refused("no full agreement");
    for part in [
        "  2 builders (alice, bob) agree on 1 file; 2 signatures hold\n",
        "  1 builder (carol) lists 1 file; 1 signature holds\n",
        "e3b1c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 carol; 1 signature holds\n",
    ] {
        assert!(
            ran.stdout.contains(part),
            "{part:?} is not in\n{}",
            ran.stdout
        );
    }
}

#[test]
fn what_is_changed_unsigned_or_no_list_is_named_and_not_good() {
    let builders = Builders::of(&["alice", "bob", "carol"]);
    let stage = &builders.0;
    stage.write("release/alice/all.SHA256SUMS", LIST.replace("e3b0", "e3b1"));
    fs::remove_file(stage.path("release/bob/all.SHA256SUMS.asc")).unwrap();
    builders.publish("carol", "carol", &LIST.replace("tiny", "../tiny"));
    let (set, good) = builders.set();
    assert!(!good);
    assert!(reason(&set, "alice").contains("not made by key"));
    assert!(reason(&set, "bob").contains("no signature beside it"));
    assert_eq!(set["unread"][0]["builder"], "carol");
    // A link in a list's place is not followed, nor one in a builder's.
    fs::remove_file(stage.path("release/alice/all.SHA256SUMS")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", stage.path("release/alice/all.SHA256SUMS"))
        .unwrap();
    std::os::unix::fs::symlink("bob", stage.path("release/erin")).unwrap();
    stage.write("release/bob/notes\u{1b}[2J\nall.SHA256SUMS: all agree", "x");
    let ran = builders.show("");
    ran.refused("cannot be read: alice: it is a symbolic link");
    assert!(
        ran.stderr.contains("release/erin: not a builder's folder"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains('\u{1b}') && !ran.stderr.contains("\nall.SHA"),
        "{}",
        ran.stderr
    );
}

#[test]
fn one_builder_alone_or_nobody_is_not_agreement() {
    let builders = Builders::of(&["alice"]);
    let (set, good) = builders.set();
    assert_eq!((good, set["unanimous"].as_bool()), (false, Some(false)));
    fs::remove_dir_all(builders.0.path("release/alice")).unwrap();
    let ran = builders.show("");
    ran.refused("no list of a builder is there");
    ran.refused("hint: name the folder of one release");
}

#[test]
fn without_readable_certificates_or_folders_nothing_is_judged() {
    let builders = Builders::of(&["alice", "bob"]);
    let stage = &builders.0;
    stage.run("sums show nowhere --keys keys").unable("nowhere");
    stage
        .run("sums show release --keys nowhere")
        .unable("nowhere");
    fs::create_dir(stage.path("none")).unwrap();
    stage
        .run("sums show release --keys none")
        .unable("no OpenPGP certificate");
    // It might have held a revocation.
    stage.write("keys/carol.gpg", "broken");
    builders.show("").unable("not an OpenPGP certificate");
    fs::remove_file(stage.path("keys/carol.gpg")).unwrap();
    stage.write("keys/README", "these are keys");
    assert!(builders.set().1);
}

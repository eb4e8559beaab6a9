//! What the archive may not do: serve what nobody signed, or nothing at all without it being said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::path::Path;

use lab::{Lab, Outcome, append, outcome};

fn published() -> Lab {
    let lab = Lab::new();
    lab.add("plain", "true");
    lab.publish();
    lab
}

fn rebuild(lab: &Lab, sources: &Path) -> Outcome {
    let run = outcome(&mut lab.command("plain=1.0", sources));
    assert!(!lab.has_statement());
    run
}

fn assert_refused(run: &Outcome, code: &str) {
    assert_eq!((run.code, run.error()), (2, code), "{}", run.stderr);
}

fn flip_last_byte(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_untouched_archive_gets_past_the_source() {
    // The control for this file: without binary packages it is the root that fails.
    let lab = published();
    let run = rebuild(&lab, &lab.sources_without_network());
    assert!(run.stderr.contains("plain=1.0, 2 files"), "{}", run.stderr);
    assert_refused(&run, "root");
}

#[test]
fn an_index_without_a_signature_is_refused() {
    let lab = published();
    let dist = lab.path("archive/dists/lab");
    let text = fs::read_to_string(dist.join("InRelease")).unwrap();
    let body = text
        .split_once("\n\n")
        .unwrap()
        .1
        .split_once("-----BEGIN PGP SIGNATURE-----")
        .unwrap()
        .0;
    fs::write(dist.join("Release"), body).unwrap();
    fs::remove_file(dist.join("InRelease")).unwrap();
    assert_refused(
        &rebuild(&lab, &lab.sources_without_network()),
        "unauthenticated",
    );
}

#[test]
fn an_index_signed_by_another_key_is_refused() {
    let lab = published();
    lab.make_archive_key("stranger");
    lab.publish_signed_by("stranger");
    assert_refused(
        &rebuild(&lab, &lab.sources_without_network()),
        "unauthenticated",
    );
}

#[test]
fn a_changed_signed_index_is_refused() {
    let lab = published();
    let path = lab.path("archive/dists/lab/InRelease");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("Suite: lab", "Suite: lob");
    fs::write(path, text).unwrap();
    assert_refused(
        &rebuild(&lab, &lab.sources_without_network()),
        "unauthenticated",
    );
}

#[test]
fn a_changed_list_of_sources_is_refused() {
    let lab = published();
    append(&lab.path("archive/dists/lab/main/source/Sources"), "\n");
    assert_refused(
        &rebuild(&lab, &lab.sources_without_network()),
        "unauthenticated",
    );
}

#[test]
fn a_changed_source_file_is_refused() {
    for name in ["plain_1.0.tar.xz", "plain_1.0.dsc"] {
        let lab = published();
        flip_last_byte(&lab.path("archive/pool").join(name));
        assert_refused(
            &rebuild(&lab, &lab.sources_without_network()),
            "unauthenticated",
        );
    }
}

#[test]
fn a_hole_in_the_archive_is_called_a_hole() {
    for name in ["plain_1.0.tar.xz", "plain_1.0.dsc"] {
        let lab = published();
        fs::remove_file(lab.path("archive/pool").join(name)).unwrap();
        let run = rebuild(&lab, &lab.sources_without_network());
        assert_refused(&run, "source-not-in-archive");
        assert!(
            run.stderr
                .contains("the archive does not have the source plain=1.0"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_source_that_no_index_lists_is_called_that() {
    let lab = published();
    let sources = lab.sources_without_network();
    for release in ["plain=2.0", "absent"] {
        let run = outcome(&mut lab.command(release, &sources));
        assert_refused(&run, "no-such-source");
    }
}

#[test]
fn a_list_that_turns_authentication_off_is_refused() {
    let lab = published();
    for option in [
        "Trusted: yes",
        "Allow-Insecure: yes",
        "Allow-Weak: yes",
        "Allow-Downgrade-To-Insecure: yes",
    ] {
        let sources = lab.write_sources(&format!("{}{option}\n", lab.entry("deb deb-src")));
        assert_refused(&rebuild(&lab, &sources), "sources-refused");
    }
    let unsigned = lab.entry("deb deb-src");
    let unsigned = unsigned.split("Signed-By").next().unwrap();
    assert_refused(
        &rebuild(&lab, &lab.write_sources(unsigned)),
        "sources-refused",
    );
}

#[test]
fn a_cached_list_that_was_changed_is_not_believed() {
    let lab = published();
    let cache = lab.path("own-cache");
    let run = || {
        outcome(&mut lab.command_with_cache("plain=1.0", &lab.sources_without_network(), &cache))
    };
    assert_refused(&run(), "root");
    let folder = fs::read_dir(cache.join("apt"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let list = fs::read_dir(folder.join("lists"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let list = list
        .into_iter()
        .find(|path| path.to_string_lossy().ends_with("_Sources"))
        .unwrap();
    let text = fs::read_to_string(&list).unwrap();
    fs::remove_file(&list).unwrap();
    fs::write(&list, text.replace("Maintainer: Lab", "Maintainer: Bal")).unwrap();
    let second = run();
    // Either apt replaced the list or we refused it; it was never used.
    assert!(
        second.error() == "unauthenticated" || second.error() == "root",
        "{}",
        second.stderr
    );
    let healed = fs::read_to_string(&list).is_ok_and(|now| now == text);
    assert!(second.error() == "unauthenticated" || healed);
}

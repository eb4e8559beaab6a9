//! The file in hand is one fixed sequence of bytes or it is refused.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;

use quorate::digest::Sha256;
use quorate::verify::ArtifactState;
use quorate_gather::read_artifact;

fn problem(state: &ArtifactState) -> &str {
    match state {
        ArtifactState::Unusable(problem) => problem,
        ArtifactState::Read(sha256) => panic!("read as {sha256}"),
    }
}

#[test]
fn a_file_of_any_name_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tool.weird~ext");
    let bytes: Vec<u8> = (0..1_000_000u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&path, &bytes).unwrap();
    let mut last = 0;
    let artifact = read_artifact(&path, |done| last = done).unwrap();
    assert!(matches!(artifact.state, ArtifactState::Read(sha256) if sha256 == Sha256::of(&bytes)));
    assert_eq!(last, bytes.len() as u64);
}

#[test]
fn a_symlink_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("a.deb"), folder.path().join("b.deb"));
    fs::write(&target, "a").unwrap();
    symlink(&target, &link).unwrap();
    assert!(problem(&read_artifact(&link, |_| ()).unwrap().state).contains("symbolic link"));
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.deb");
    fs::write(&path, vec![1; 1_000_000]).unwrap();
    let mut grow = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let artifact = read_artifact(&path, |_| grow.write_all(b"x").unwrap()).unwrap();
    assert!(problem(&artifact.state).contains("changed"));
}

#[test]
fn a_file_that_is_rewritten_in_place_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.deb");
    fs::write(&path, vec![1; 1_000_000]).unwrap();
    let artifact = read_artifact(&path, |_| fs::write(&path, vec![2; 1_000_000]).unwrap()).unwrap();
    assert!(problem(&artifact.state).contains("changed"));
}

#[test]
fn a_file_that_is_replaced_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.deb"), folder.path().join("b.deb"));
    fs::write(&path, vec![1; 1_000_000]).unwrap();
    let mut replaced = false;
    let artifact = read_artifact(&path, |_| {
        if !std::mem::replace(&mut replaced, true) {
            fs::write(&other, vec![2; 1_000_000]).unwrap();
            fs::rename(&other, &path).unwrap();
        }
    });
    assert!(problem(&artifact.unwrap().state).contains("changed"));
}

#[test]
fn a_pipe_or_folder_is_refused_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    for path in [pipe.as_path(), folder.path()] {
        assert!(problem(&read_artifact(path, |_| ()).unwrap().state).contains("regular"));
    }
}

#[test]
fn a_missing_file_is_an_error_and_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read_artifact(&folder.path().join("none"), |_| ()).is_err());
}

//! Evidence is whatever envelopes lie in a folder; names mean nothing; junk costs nothing else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use quorate::limits::Limits;
use quorate_gather::gather;

#[test]
fn every_document_counts_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("beta")).unwrap();
    fs::write(folder.path().join("no name at all"), "{\n \"a\": 1\n}\n").unwrap();
    fs::write(folder.path().join("beta/..link"), "{\"b\":1}").unwrap();
    let gathered = gather(&[folder.path().to_owned()], &Limits::STANDARD).unwrap();
    assert_eq!((gathered.evidence.len(), gathered.junk.len()), (2, 0));
}

#[test]
fn a_bundle_holds_one_document_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("x.jsonl");
    fs::write(&bundle, "{\"a\":1}\n{\"b\":2}\n\n").unwrap();
    let gathered = gather(&[bundle], &Limits::STANDARD).unwrap();
    let documents: Vec<_> = gathered
        .evidence
        .iter()
        .map(|document| document.bytes.as_ref())
        .collect();
    assert_eq!(documents, [b"{\"a\":1}", b"{\"b\":2}"]);
}

#[test]
fn junk_is_reported_and_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.deb"), b"!<arch>\n").unwrap();
    fs::write(at("empty"), b"").unwrap();
    symlink("/etc/passwd", at("link")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RWXU).unwrap();
    fs::write(at("zz"), "{}").unwrap();
    let gathered = gather(&[folder.path().to_owned()], &Limits::STANDARD).unwrap();
    assert_eq!((gathered.evidence.len(), gathered.junk.len()), (1, 4));
}

#[test]
fn a_file_of_a_gibibyte_is_junk_and_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.json");
    fs::write(&path, "{").unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    let limits = Limits {
        proof_bytes_max: 1 << 20,
        ..Limits::STANDARD
    };
    let gathered = gather(&[path], &limits).unwrap();
    assert!(gathered.evidence.is_empty() && gathered.junk[0].reason.contains("larger"));
}

/// Bytes that this thread has read from files so far (proc(5), `/proc/pid/io`).
fn bytes_read() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/io").expect("the kernel counts");
    let line = text.lines().find_map(|line| line.strip_prefix("rchar: "));
    let count = line.expect("a line for reading").parse();
    count.expect("a number")
}

#[test]
fn three_hundred_sparse_files_of_a_gibibyte_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..300 {
        let path = folder.path().join(format!("{index}.json"));
        fs::write(&path, "{").unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(1 << 30).unwrap();
    }
    fs::write(folder.path().join("z"), "{}").unwrap();
    let limits = Limits {
        proof_bytes_max: 1 << 16,
        ..Limits::STANDARD
    };
    let before = bytes_read();
    let gathered = gather(&[folder.path().to_owned()], &limits).unwrap();
    assert_eq!((gathered.evidence.len(), gathered.junk.len()), (1, 300));
    assert!(bytes_read() - before < 1 << 16);
}

#[test]
fn a_heap_of_files_that_may_hide_a_revocation_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..5 {
        fs::write(folder.path().join(index.to_string()), "{}").unwrap();
    }
    let limits = Limits {
        evidence_count_max: 3,
        ..Limits::STANDARD
    };
    let refused = gather(&[folder.path().to_owned()], &limits).unwrap_err();
    assert!(
        refused.to_string().contains("more evidence than"),
        "{refused}"
    );
    let limits = Limits {
        evidence_count_max: 5,
        evidence_bytes_max: 9,
        ..limits
    };
    assert!(gather(&[folder.path().to_owned()], &limits).is_err());
    // One that alone is too large hides nothing.
    fs::write(folder.path().join("huge"), "{}".repeat(20)).unwrap();
    let limits = Limits {
        evidence_count_max: 6,
        evidence_bytes_max: 100,
        proof_bytes_max: 30,
        ..limits
    };
    let gathered = gather(&[folder.path().to_owned()], &limits).unwrap();
    assert_eq!((gathered.evidence.len(), gathered.junk.len()), (5, 1));
}

#[test]
fn a_deep_trap_ends_and_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let deep: PathBuf = std::iter::once(folder.path().to_owned())
        .chain(std::iter::repeat_n("d".into(), 30))
        .collect();
    fs::create_dir_all(&deep).unwrap();
    fs::write(folder.path().join("z"), "{}").unwrap();
    let gathered = gather(&[folder.path().to_owned()], &Limits::STANDARD).unwrap();
    assert_eq!((gathered.evidence.len(), gathered.junk.len()), (1, 1));
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    assert!(gather(&[PathBuf::from("/nonexistent/evidence")], &Limits::STANDARD).is_err());
}

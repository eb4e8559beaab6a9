//! Commits: what is accepted, written again from its parts, is the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::source::git::{Commit, ObjectFormat};

fuzz_target!(|bytes: &[u8]| {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let Ok(commit) = Commit::parse(bytes, format) else {
            continue;
        };
        let mut written = format!("tree {}\n", commit.tree).into_bytes();
        for parent in &commit.parents {
            written.extend(format!("parent {parent}\n").bytes());
        }
        let people = [
            (&b"author"[..], commit.author),
            (b"committer", commit.committer),
        ];
        let extra = commit
            .extra
            .iter()
            .map(|header| (header.name, header.value));
        for (name, value) in people.into_iter().chain(extra) {
            written.extend([name, b" ", value, b"\n"].concat());
        }
        written.extend([b"\n", commit.message].concat());
        assert_eq!(written, bytes);
    }
});

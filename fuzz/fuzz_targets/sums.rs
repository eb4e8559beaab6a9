//! Lists of digests: what is accepted names plain files once each, is read again as the same, and agrees with itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::source::{Agreement, Sums};
use quorate_fuzz::LIMITS;

fuzz_target!(|bytes: &[u8]| {
    let Ok(sums) = Sums::parse(bytes, &LIMITS) else {
        return;
    };
    let mut written = String::new();
    for (name, digest) in sums.files() {
        assert!(name.split('/').all(|part| !["", ".", ".."].contains(&part)));
        assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
        written += &format!("{digest} *{name}\n");
    }
    assert_eq!(Sums::parse(written.as_bytes(), &LIMITS).as_ref(), Ok(&sums));
    let lists = ["alice", "bob"].map(|builder| (builder.to_owned(), sums.clone()));
    let seen = Agreement::of(&lists).expect("two builders have one list each");
    assert!(seen.unanimous() && seen.dissent().next().is_none());
});

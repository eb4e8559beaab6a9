//! Digests: one spelling each; a stream in pieces has the digest of the whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::digest::{Digests, Hasher, Sha256, Sha256Stream, Sha512};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(digest) = Sha256::parse(&text) {
        assert_eq!(digest.to_string(), text);
    }
    if let Ok(digest) = Sha512::parse(&text) {
        assert_eq!(digest.to_string(), text);
    }
    let (mut both, mut one) = (Hasher::default(), Sha256Stream::default());
    let piece = usize::from(bytes.first().copied().unwrap_or(0)) + 1;
    for chunk in bytes.chunks(piece) {
        both.update(chunk);
        one.update(chunk);
    }
    assert_eq!(both.finish(), (Digests::of(bytes), bytes.len() as u64));
    assert_eq!(one.finish(), Sha256::of(bytes));
    assert_eq!(
        Sha256::parse(&Sha256::of(bytes).to_string()),
        Ok(Sha256::of(bytes))
    );
});

//! SSH signatures, bare or in armour: the only one that counts for the honest signer is the only one that they made.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::source::ssh::{AllowedSigners, SshPublicKey, SshSignature};
use quorate::time::Timestamp;
use quorate_fuzz::release::{HONEST, HONEST_KEY, MESSAGE, armoured};

static ALLOWED: LazyLock<AllowedSigners> = LazyLock::new(|| {
    AllowedSigners::parse(format!("a@b {}\n", *HONEST_KEY).as_bytes()).expect("a good line")
});

fuzz_target!(|bytes: &[u8]| {
    drop(SshPublicKey::from_wire(bytes));
    let armour = armoured(bytes);
    let Ok(signature) = SshSignature::parse(&armour) else {
        return;
    };
    assert!(!signature.namespace().is_empty());
    let at = Timestamp::parse("2026-11-25T00:00:00Z").expect("a fixed time");
    let counts = |message| ALLOWED.signer(&signature, message, "git", at).is_ok();
    // Ed25519 by the strict rule has one signature for a key and a message.
    assert_eq!(counts(MESSAGE), armour == *HONEST);
    assert!(!counts(bytes));
});

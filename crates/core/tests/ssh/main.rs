//! SSH signatures and lists of signers: what ssh-keygen makes is judged as ssh-keygen judges it, or more strictly.

mod agreement;
mod allowed;
mod forge;
mod properties;
mod security_keys;
mod signatures;
mod stricter;
#[path = "../git/workshop.rs"]
mod workshop;

use quorate::source::ssh::{AllowedSigners, Principal, SshRefusal, SshSignature};
use quorate::time::Timestamp;
use workshop::Workshop;

const MESSAGE: &[u8] = b"object 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\n";

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn now() -> Timestamp {
    time("2026-11-25T00:00:00Z")
}

fn list(text: impl AsRef<[u8]>) -> AllowedSigners {
    AllowedSigners::parse(text.as_ref()).expect("allowed signers")
}

fn signature(armour: &[u8]) -> SshSignature {
    SshSignature::parse(armour).expect("a signature")
}

/// Who signed [`MESSAGE`] for git, by the list.
fn signer(allowed: impl AsRef<[u8]>, armour: &[u8]) -> Result<Principal, SshRefusal> {
    list(allowed).signer(&signature(armour), MESSAGE, "git", now())
}

/// Our verdict about a signature of `name`, from bytes alone.
fn ours(allowed: &[u8], name: &str, armour: &[u8], message: &[u8], at: Timestamp) -> bool {
    let (Ok(list), Ok(signature)) = (AllowedSigners::parse(allowed), SshSignature::parse(armour))
    else {
        return false;
    };
    list.signer_named(name, &signature, message, "git", at)
        .is_ok()
}

/// The verdict of ssh-keygen about the same.
fn theirs(
    shop: &Workshop,
    allowed: &[u8],
    name: &str,
    armour: &[u8],
    message: &[u8],
    at: Timestamp,
) -> bool {
    shop.write("allowed", allowed);
    shop.write("signature", armour);
    let digits: String = at
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let at = format!("-Overify-time={digits}Z");
    let args = [
        "-q",
        "-Y",
        "verify",
        "-f",
        "allowed",
        "-I",
        name,
        "-n",
        "git",
        "-s",
        "signature",
        &at,
    ];
    shop.start(".", "ssh-keygen", &args, message)
        .status
        .success()
}

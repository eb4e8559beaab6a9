//! What the targets of git objects and SSH signatures start from: real objects, an honest signer, and the armour around a signature.

use std::sync::LazyLock;

use quorate::digest::Sha512;
use quorate_testkit::scenario::ed25519;

/// What the honest signer signed, once, for git.
pub const MESSAGE: &[u8] = b"object 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\n";

/// A tag and a commit of a real project.
pub const TAG: &[u8] =
    include_bytes!("../../crates/core/tests/git/vectors/sigstore-python-v1.1.1/tag");
/// See [`TAG`].
pub const COMMIT: &[u8] =
    include_bytes!("../../crates/core/tests/git/vectors/sigstore-python-v1.1.1/commit");

/// The only signature that the honest signer ever made, in its armour.
pub static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| armour(&honest_blob()));

/// The honest signer's key, as a line of `allowed_signers` has it.
pub static HONEST_KEY: LazyLock<String> = LazyLock::new(|| {
    let blob = pem_body(&pem_rfc7468::encode_string(
        "X",
        pem_rfc7468::LineEnding::LF,
        &wire_key(),
    ));
    format!("ssh-ed25519 {blob}")
});

/// The signature of [`HONEST`] without armour.
pub fn honest_blob() -> Vec<u8> {
    let digest = Sha512::of(MESSAGE);
    let fields = [&b"git"[..], b"", b"sha512"].map(string).concat();
    let signed = [b"SSHSIG", &fields[..], &string(digest.as_bytes())].concat();
    let mark = [
        string(b"ssh-ed25519"),
        string(&ed25519("honest").sign(&signed)),
    ]
    .concat();
    [
        b"SSHSIG\0\0\0\x01",
        &string(&wire_key())[..],
        &fields,
        &string(&mark),
    ]
    .concat()
}

/// A signature as it is when it begins as one, or else armour around the bytes, so that a fuzzer need not learn base64.
pub fn armoured(bytes: &[u8]) -> Vec<u8> {
    match bytes.first() {
        Some(b'-') => bytes.to_vec(),
        _ => armour(bytes),
    }
}

fn armour(blob: &[u8]) -> Vec<u8> {
    let base64 = pem_rfc7468::encode_string("X", pem_rfc7468::LineEnding::LF, blob);
    let base64 = pem_body(&base64).into_bytes();
    let lines: Vec<_> = base64.chunks(70).collect();
    [
        b"-----BEGIN SSH SIGNATURE-----\n",
        &lines.join(&b'\n')[..],
        b"\n-----END SSH SIGNATURE-----\n",
    ]
    .concat()
}

/// The base64 of a PEM text, on one line; nothing when there is none.
fn pem_body(pem: &Result<String, pem_rfc7468::Error>) -> String {
    let lines = pem.as_deref().unwrap_or_default().lines();
    lines.filter(|line| !line.starts_with('-')).collect()
}

fn wire_key() -> Vec<u8> {
    let pem = ed25519("honest").public().to_pem();
    let (_, der) = pem_rfc7468::decode_vec(pem.as_bytes()).unwrap_or_default();
    let point = der.get(der.len().saturating_sub(32)..).unwrap_or_default();
    [string(b"ssh-ed25519"), string(point)].concat()
}

/// RFC 4251 `string`.
fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    [&length.to_be_bytes(), bytes].concat()
}

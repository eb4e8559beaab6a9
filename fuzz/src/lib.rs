//! What the fuzz targets share.
//!
//! **Enters:** bytes that a fuzzer makes up.
//! **Leaves:** the same bytes with an honest party's or owner's signature around them, and second opinions to hold the library against.
//! **Never:** randomness, a clock, a file: an input that fails fails in every run.

pub mod archives;
mod fnmatch;
#[path = "../../crates/core/tests/intoto/naive.rs"]
pub mod naive;
pub mod release;
pub mod unsign;

use std::io::Cursor;
use std::sync::LazyLock;

use quorate::attest::{Attestation, AttestationError};
use quorate::digest::Sha256;
use quorate::envelope::{Envelope, PAYLOAD_TYPE_IN_TOTO};
use quorate::key::{OpenPgpSignature, PublicKey, SigningKey, public_keys_from_file};
use quorate::limits::Limits;
use quorate::verify::Tools;
use quorate_testkit::scenario::{Sample, Scene, ed25519, signed};

pub use fnmatch::fnmatch;

/// The limits that the programs use.
pub const LIMITS: Limits = Limits::STANDARD;

/// What the judge is given beside the evidence.
pub const TOOLS: Tools = Tools::WITHOUT_OPENPGP;

/// Two files in one input: the first two bytes are the size of the first file, little-endian.
pub fn two_files(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes {
        [low, high, rest @ ..] => {
            let size = usize::from(u16::from_le_bytes([*low, *high]));
            rest.split_at(size.min(rest.len()))
        }
        _ => (bytes, bytes),
    }
}

/// What differs between two files in memory.
///
/// # Panics
/// Never: memory can be read and does not change.
pub fn differ(a: &[u8], b: &[u8]) -> quorate_diff::Report {
    quorate_diff::compare(
        Cursor::new(a),
        Cursor::new(b),
        &quorate_diff::Limits::STANDARD,
    )
    .expect("memory can be read")
}

/// The certificate of the maintainer of git.
pub const TAG_KEYS: &[u8] = include_bytes!("../../crates/openpgp/tests/git-tags/signers.asc");

/// A tag object's signed bytes and its signature; all is signature when no armour begins in it.
pub fn split_tag(bytes: &[u8]) -> (&[u8], &[u8]) {
    let begin = b"-----BEGIN PGP SIGNATURE-----";
    let found = bytes
        .windows(begin.len())
        .position(|window| window == begin);
    bytes.split_at(found.unwrap_or(0))
}

static SIGNER: LazyLock<SigningKey> = LazyLock::new(|| ed25519("a signer of anything"));

/// The functionaries of the chains that are made here: `0`, `1` and `2`.
pub fn functionaries() -> Vec<SigningKey> {
    ["alice", "bob", "carol"].map(ed25519).into()
}

/// Two of three parties have rebuilt catdoc: alice and bob. Carol says nothing yet.
pub fn honest(environment: Option<&str>, on_dissent: Option<&str>) -> Scene {
    let mut scene = Scene::with(2, 3, |draft| {
        draft.environment = environment.map(str::to_owned);
        draft.on_dissent = on_dissent.map(str::to_owned);
    });
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc());
    scene
}

/// Signs `payload`, opens it again, and reads it as evidence: how a payload reaches the readers behind the signature.
///
/// # Errors
/// [`AttestationError`] as [`Attestation::read`] has it.
///
/// # Panics
/// When a signature that was just made does not open the envelope it was made for.
pub fn attestation(payload: &[u8]) -> Result<Attestation, AttestationError> {
    let envelope = signed(PAYLOAD_TYPE_IN_TOTO, payload, [&*SIGNER]);
    let keys: [&PublicKey; 1] = [SIGNER.public()];
    let opened = Envelope::parse(&envelope, &LIMITS)
        .expect("a signed payload is in an envelope")
        .open(&keys, &LIMITS)
        .expect("the signer's signature is valid");
    assert_eq!(opened.payload(), Some(payload));
    Attestation::read(&opened, &LIMITS)
}

/// The id of the OpenPGP key of that name.
fn openpgp_id(name: &str) -> String {
    Sha256::of(name.as_bytes()).to_string()[..40].to_owned()
}

/// An OpenPGP key in in-toto's form, without subkeys, of the material of the Ed25519 key of that name.
///
/// # Panics
/// When the library refuses the form that it writes.
pub fn openpgp_key_json(name: &str) -> Vec<u8> {
    let plain = String::from_utf8(ed25519(name).public().to_json().to_text())
        .expect("a key in JSON is text");
    let point = plain
        .split("\"public\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a plain key has its point");
    format!(
        r#"{{"creation_time":1,"hashes":["pgp+SHA2"],"keyid":"{}","keyval":{{"private":"","public":{{"q":"{point}"}}}},"method":"pgp+eddsa-ed25519","type":"eddsa"}}"#,
        openpgp_id(name)
    )
    .into_bytes()
}

/// That key as the library reads it.
///
/// # Panics
/// As [`openpgp_key_json`].
pub fn openpgp_key(name: &str) -> PublicKey {
    let mut keys =
        public_keys_from_file(&openpgp_key_json(name), &LIMITS).expect("the form is in-toto's");
    keys.remove(0)
}

/// That key's OpenPGP signature over `message`.
///
/// # Panics
/// Never: the headers are good ones.
pub fn openpgp_signature(name: &str, message: &[u8]) -> OpenPgpSignature {
    // RFC 4880 §5.2.3 and §5.2.4: version 4, type 0, EdDSA, SHA-256, a creation time; the trailer counts twelve octets.
    let headers = [4, 0, 22, 8, 0, 6, 5, 2, 0x5c, 9, 0x5e, 0x65];
    let covered = [message, &headers, &[4, 0xff, 0, 0, 0, 12]].concat();
    let signature = ed25519(name).sign(Sha256::of(&covered).as_bytes());
    OpenPgpSignature::new(&openpgp_id(name), headers.to_vec(), signature)
        .expect("the headers are in-toto's")
}

/// The text of a key file: as it is, or PEM around the bytes, so that a fuzzer need not learn base64 to reach the DER reader.
pub fn key_file(label: &str, bytes: &[u8]) -> Option<String> {
    if bytes.first().is_some_and(|first| b"-{ \n".contains(first)) {
        return String::from_utf8(bytes.to_vec()).ok();
    }
    pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, bytes).ok()
}

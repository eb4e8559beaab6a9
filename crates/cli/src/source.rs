//! Where the things to be judged come from: files that the command line names, and the time.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate::key::PublicKey;
use quorate::limits::Limits;
use quorate::policy::Owners;
use quorate::time::Timestamp;
use quorate::verify::Tools;
use quorate_gather::{Gathered, read_bounded};

use crate::error::CommandError;

/// The limits that this program works under.
pub(crate) const LIMITS: Limits = Limits::STANDARD;

/// What this program judges with.
pub(crate) const TOOLS: Tools = Tools {
    limits: LIMITS,
    openpgp: &quorate_openpgp::Sequoia,
};

/// The two documents of a policy, as they stand on disk.
pub(crate) struct PolicyDocuments {
    pub(crate) layout: Vec<u8>,
    pub(crate) terms: Vec<u8>,
    /// The certificates that travel with the policy, where it has any.
    pub(crate) certificates: Option<PathBuf>,
}

impl PolicyDocuments {
    pub(crate) fn read(layout: &Path) -> Result<Self, CommandError> {
        let read = |path: &Path| read_bounded(path, LIMITS.policy_bytes_max);
        let no_terms = "a policy is two files that stay together: NAME.layout and NAME.terms; with a third, NAME.certificates, where it names OpenPGP certificates";
        let bytes = read(layout)?;
        if is_policy_toml(&bytes) {
            return Err(CommandError::unable(format!(
                "{}: this is policy.toml, which nobody signs",
                layout.display()
            ))
            .hint("compile it (`quorate policy compile`), sign NAME.layout, and give that"));
        }
        Ok(Self {
            layout: bytes,
            terms: read(&terms_beside(layout))
                .map_err(|error| CommandError::from(error).hint(no_terms))?,
            certificates: Some(beside(layout, "certificates")).filter(|path| path.exists()),
        })
    }
}

/// Whether this is what owners write and not what they sign.
fn is_policy_toml(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(str::trim_start);
    !text.trim_start().starts_with('{')
        && lines.any(|line| line.starts_with("format") && line.contains("quorate-policy/"))
}

/// `demo.layout` → `demo.terms`; any other name gets `.terms` after it.
pub(crate) fn terms_beside(layout: &Path) -> PathBuf {
    beside(layout, "terms")
}

/// `demo.layout` → `demo.ENDING`; any other name gets the ending after it.
pub(crate) fn beside(layout: &Path, ending: &str) -> PathBuf {
    if layout
        .extension()
        .is_some_and(|extension| extension == "layout")
    {
        return layout.with_extension(ending);
    }
    let mut name = layout.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

pub(crate) fn public_key(path: &Path) -> Result<PublicKey, CommandError> {
    let bytes = read_bounded(path, LIMITS.policy_bytes_max)?;
    let spki = openssh_ed25519(&bytes);
    PublicKey::from_file(spki.as_ref().map_or(&bytes, |pem| pem.as_bytes()), &LIMITS)
        .map_err(|error| CommandError::unable(format!("{}: {error}", path.display())))
}

/// An Ed25519 key as `ssh-keygen` writes it (RFC 8709 §4), which an agent holds, as the PEM that it means; `None` for all else.
fn openssh_ed25519(bytes: &[u8]) -> Option<String> {
    const BLOB: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";
    /// RFC 8410: the algorithm, and a bit string of 32 bytes.
    const SPKI: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\0";
    let text = std::str::from_utf8(bytes).ok()?;
    let mut words = text.trim_end().split(' ');
    let (kind, blob) = (words.next()?, words.next()?);
    if kind != "ssh-ed25519" || text.trim_end().contains('\n') {
        return None;
    }
    let blob = STANDARD.decode(blob).ok()?;
    let key = blob.strip_prefix(BLOB).filter(|key| key.len() == 32)?;
    let der = STANDARD.encode([SPKI, key].concat());
    Some(format!(
        "-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"
    ))
}

pub(crate) fn owners(paths: &[PathBuf], needed: Option<usize>) -> Result<Owners, CommandError> {
    let keys = paths
        .iter()
        .map(|path| public_key(path))
        .collect::<Result<_, _>>()?;
    Owners::new(keys, needed).map_err(CommandError::unable)
}

/// Evidence that the user names, and the certificates that lie beside the policy.
pub(crate) fn evidence(
    paths: &[PathBuf],
    documents: &PolicyDocuments,
) -> Result<Gathered, CommandError> {
    let paths: Vec<PathBuf> = paths
        .iter()
        .chain(&documents.certificates)
        .cloned()
        .collect();
    Ok(quorate_gather::gather(&paths, &LIMITS)?)
}

/// The time that the user gave, or the clock's.
pub(crate) fn time(at: Option<Timestamp>) -> Result<Timestamp, CommandError> {
    let clock = || {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Timestamp::from_unix_seconds(i64::try_from(since_1970.as_secs()).ok()?)
    };
    at.or_else(clock).ok_or_else(|| {
        CommandError::unable("the clock is out of range")
            .hint("give the time with --at YYYY-MM-DDTHH:MM:SSZ")
    })
}

//! Files that say who may sign a tag: lines as ssh-keygen(1) has them in `allowed_signers`, or OpenPGP certificates.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use quorate::source::git::TagSigners;
use quorate::source::ssh::AllowedSigners;
use quorate_gather::read_bounded;
use quorate_openpgp::split_certificates;

use crate::error::CommandError;

/// Debian's keyring of developers has about 30 MB.
const SIGNERS_BYTES_MAX: usize = 128 << 20;
/// How a line looks, for whoever gave something else.
const LINE: &str = "a line of allowed_signers looks like this, in one line:\nmaria@example.org namespaces=\"git\" ssh-ed25519 AAAAC3Nza…";

/// Files of either kind: certificates are told by their first bytes.
pub(crate) fn read(paths: &[PathBuf]) -> Result<TagSigners, CommandError> {
    let mut allowed = Vec::new();
    let mut openpgp = Vec::new();
    for path in paths {
        let bytes = read_bounded(path, SIGNERS_BYTES_MAX)?;
        let failed = |error: &dyn std::fmt::Display| {
            CommandError::unable(format!("{}: {error}", path.display()))
        };
        if is_openpgp(&bytes) {
            openpgp.extend(split_certificates(&bytes).map_err(|error| failed(&error))?);
            continue;
        }
        if let Some(what) = is_instead(&bytes) {
            return Err(failed(&what).hint(LINE));
        }
        // Each file must be good by itself: a line that is cut short must not swallow the next file's first.
        AllowedSigners::parse(&bytes).map_err(|error| failed(&error).hint(LINE))?;
        allowed.extend(bytes);
        allowed.push(b'\n');
    }
    let ssh = (!allowed.is_empty()).then(|| AllowedSigners::parse(&allowed));
    Ok(TagSigners {
        needed: NonZeroUsize::MIN,
        ssh: ssh
            .transpose()
            .map_err(|error| CommandError::unable(error.to_string()))?,
        openpgp,
    })
}

/// The same advice for a file that a policy names as its `allowed_signers`.
pub(crate) fn demand_lines(name: &str, bytes: &[u8]) -> Result<(), CommandError> {
    if is_openpgp(bytes) {
        let problem =
            format!("{name}: this is an OpenPGP certificate, and not lines of allowed_signers");
        return Err(CommandError::unable(problem).hint("name it in `certificates` instead"));
    }
    match is_instead(bytes) {
        Some(what) => Err(CommandError::unable(format!("{name}: {what}")).hint(LINE)),
        None => Ok(()),
    }
}

fn is_openpgp(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP") || std::str::from_utf8(bytes).is_err()
}

/// What the file is when people take it for lines of allowed_signers.
fn is_instead(bytes: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = first else {
        return Some("the file names nobody: nobody could have signed");
    };
    let kind = first.split_whitespace().next().unwrap_or_default();
    let begins = |start: &&str| kind.starts_with(start);
    if ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        .iter()
        .any(begins)
    {
        return Some(match kind.contains("-cert-v01@openssh.com") {
            true => {
                "this is a certificate of SSH, and not lines that say who may sign with which key"
            }
            false => "this is a public key alone, without the name of whom it belongs to",
        });
    }
    if first.starts_with("-----BEGIN ") {
        return Some("this is a key or certificate in PEM, and not lines of allowed_signers");
    }
    None
}

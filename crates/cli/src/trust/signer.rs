//! Who signs: a key in a file, under a passphrase or not, or one that an SSH agent holds.

use std::path::Path;

use quorate::key::{SigningKey, SigningKeyError};
use quorate_gather::read_bounded;
use quorate_trust::metadata::Signer;

use super::agent::Agent;
use super::args::SignerArguments;
use crate::error::CommandError;
use crate::intoto::passphrase;
use crate::source::{LIMITS, public_key};

/// A passphrase is a line that somebody could type.
const PASSPHRASE_BYTES_MAX: usize = 4_096;

pub(super) fn open(
    key: &Path,
    arguments: &SignerArguments,
) -> Result<Box<dyn Signer>, CommandError> {
    if arguments.agent {
        let agent = Agent::with_key(public_key(key)?)?;
        return Ok(Box::new(agent));
    }
    let key = key_file(key, arguments.passphrase_file.as_deref())?;
    Ok(Box::new(key))
}

/// Reads a private key; where a passphrase protects it, from a file or else from the terminal.
pub(crate) fn key_file(
    path: &Path,
    passphrase_file: Option<&Path>,
) -> Result<SigningKey, CommandError> {
    let failed = |problem: &dyn std::fmt::Display| {
        CommandError::unable(format!("{}: {problem}", path.display()))
    };
    let bytes = read_bounded(path, LIMITS.policy_bytes_max)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| failed(&error))?;
    match SigningKey::from_pem(text) {
        Err(SigningKeyError::Encrypted) => {}
        read => return read.map_err(|error| failed(&error)),
    }
    let passphrase = match passphrase_file {
        Some(file) => {
            let bytes = read_bounded(file, PASSPHRASE_BYTES_MAX)?;
            let text = String::from_utf8(bytes)
                .map_err(|error| CommandError::unable(format!("{}: {error}", file.display())))?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        None => passphrase::ask(&path.display().to_string())
            .map_err(|error| error.hint("give --passphrase-file, a file that only you can read"))?,
    };
    SigningKey::from_encrypted_pem(text, passphrase.as_bytes()).map_err(|error| failed(&error))
}

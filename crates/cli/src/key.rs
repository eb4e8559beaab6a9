//! `quorate key`: key pairs in files.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate::json::Json;
use quorate::key::{PublicKey, SigningKey, SigningKeyError};
use quorate_gather::read_bounded;

use crate::args::{KeyType, KeyVerb};
use crate::error::CommandError;
use crate::output;
use crate::source::{LIMITS, public_key};

pub(crate) fn run(verb: KeyVerb) -> Result<ExitCode, CommandError> {
    match verb {
        KeyVerb::New { name, key_type } => new(&name, key_type),
        KeyVerb::Show { file, public, json } => show(&file, public, json),
    }
}

fn new(name: &Path, key_type: KeyType) -> Result<ExitCode, CommandError> {
    let KeyType::Ed25519 = key_type;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| CommandError::unable(format!("no randomness: {error}")))?;
    let key = SigningKey::ed25519_from_seed(&seed);
    let private = key.to_pem().map_err(CommandError::unable)?;
    let (private_path, public_path) = (with_suffix(name, ".key"), with_suffix(name, ".pub"));
    create(&private_path, 0o600, &private)?;
    create(&public_path, 0o644, &key.public().to_pem()).inspect_err(|_| {
        // Half a pair would stop the next try; what was just made is no loss.
        let removed = std::fs::remove_file(&private_path);
        drop(removed);
    })?;
    output::talk(&format!(
        "{}: private, keep it to yourself",
        private_path.display()
    ));
    output::talk(&format!(
        "{}: public, give it to policy owners",
        public_path.display()
    ));
    output::answer(key.public().id())?;
    Ok(ExitCode::SUCCESS)
}

fn with_suffix(name: &Path, suffix: &str) -> PathBuf {
    let mut path = name.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Makes a file that must not exist yet: a key is never overwritten.
fn create(path: &Path, mode: u32, text: &str) -> Result<(), CommandError> {
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    let written = opened.and_then(|mut file| {
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
    });
    written.map_err(|error| {
        let taken = error.kind() == ErrorKind::AlreadyExists;
        let failure = CommandError::unable(format!("{}: {error}", path.display()));
        if taken {
            failure.hint("keys are never overwritten; choose another name")
        } else {
            failure
        }
    })
}

fn show(file: &Path, public: bool, json: bool) -> Result<ExitCode, CommandError> {
    let key = either_half(file)?;
    if public {
        output::answer(&key.to_pem())?;
    } else if json {
        let members = [
            ("format", "quorate-key/1".to_owned()),
            ("id", key.id().to_owned()),
            ("scheme", key.scheme().name().to_owned()),
            ("fingerprint", key.fingerprint().to_string()),
        ];
        output::json(&Json::object(
            members.map(|(name, text)| (name, Json::text(text))),
        ))?;
    } else {
        output::answer(&format!(
            "id           {}\nscheme       {}\nfingerprint  {}",
            key.id(),
            key.scheme().name(),
            key.fingerprint()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn either_half(file: &Path) -> Result<PublicKey, CommandError> {
    let bytes = read_bounded(file, LIMITS.policy_bytes_max)?;
    if let Ok(text) = std::str::from_utf8(&bytes)
        && let Ok(private) = SigningKey::from_pem(text)
    {
        return Ok(private.public().clone());
    }
    public_key(file)
}

/// Reads a private key for signing, which no passphrase protects.
pub(crate) fn private_key(path: &Path) -> Result<SigningKey, CommandError> {
    private_key_with(path, None)
}

/// Reads a private key for signing; a passphrase for a key that needs none is passed over.
pub(crate) fn private_key_with(
    path: &Path,
    passphrase: Option<&str>,
) -> Result<SigningKey, CommandError> {
    let bytes = read_bounded(path, LIMITS.policy_bytes_max)?;
    let failed = |problem: &dyn std::fmt::Display| {
        CommandError::unable(format!("{}: {problem}", path.display()))
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| failed(&error))?;
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Err(failed(&"this is a public key").hint(
            "give the private key that belongs to it: `quorate key new NAME` puts it into NAME.key",
        ));
    }
    match (SigningKey::from_pem(text), passphrase) {
        (Err(SigningKeyError::Encrypted), Some(passphrase)) => {
            SigningKey::from_encrypted_pem(text, passphrase.as_bytes())
        }
        (read, _) => read,
    }
    .map_err(|error| failed(&error))
}

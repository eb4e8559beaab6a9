//! Signing by the system's gpg: it holds the private key, and nothing here ever sees it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use quorate::key::{OpenPgpSignature, PublicKey};
use quorate_openpgp::{functionary_keys, signature_from_detached};

use crate::error::CommandError;
use crate::source::{self, LIMITS};

/// A key ring of gpg's.
pub(super) struct Gpg {
    home: Option<PathBuf>,
}

impl Gpg {
    /// The key ring in that folder, or the user's.
    pub(super) fn new(home: Option<&Path>) -> Self {
        Self {
            home: home.map(Path::to_owned),
        }
    }

    /// A signature over exactly `message` by that key, or by gpg's default key.
    pub(super) fn sign(
        &self,
        id: Option<&str>,
        message: &[u8],
    ) -> Result<OpenPgpSignature, CommandError> {
        let mut arguments = vec![
            "--detach-sign".to_owned(),
            "--digest-algo=SHA256".to_owned(),
        ];
        arguments.extend(id.map(|id| format!("--local-user={id}")));
        let signature = self.run(&arguments, message)?;
        signature_from_detached(&signature)
            .map_err(|error| CommandError::unable(format!("gpg's signature: {error}")))
    }

    /// The public key that gpg knows by that id, as of now.
    pub(super) fn key(&self, id: &str) -> Result<PublicKey, CommandError> {
        let arguments = ["--export".to_owned(), "--".to_owned(), id.to_owned()];
        let certificates = self.run(&arguments, b"")?;
        if certificates.is_empty() {
            return Err(CommandError::unable(format!("gpg knows no key {id:?}")));
        }
        let at = source::time(None)?;
        let keys = functionary_keys(&certificates, at, &LIMITS)
            .map_err(|error| CommandError::unable(format!("gpg's key {id:?}: {error}")))?;
        let [key] = <[PublicKey; 1]>::try_from(keys).map_err(|keys| {
            CommandError::unable(format!("gpg knows {} keys by {id:?}", keys.len()))
                .hint("give the full fingerprint")
        })?;
        Ok(key)
    }

    fn run(&self, arguments: &[String], input: &[u8]) -> Result<Vec<u8>, CommandError> {
        let failed = |error: std::io::Error| CommandError::unable(format!("gpg: {error}"));
        let mut command = Command::new("gpg");
        if let Some(home) = &self.home {
            command.arg("--homedir").arg(home);
        }
        command.args(["--quiet", "--no-tty"]).args(arguments);
        // What gpg has to say, it says to the user.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        // gpg reads all of it before it writes a signature, so that neither waits for the other.
        let written = child.stdin.take().map(|mut stdin| stdin.write_all(input));
        let output = child.wait_with_output().map_err(failed)?;
        if !output.status.success() {
            return Err(CommandError::unable(format!("gpg: {}", output.status))
                .hint("what gpg says stands above; --gpg-home names another key ring"));
        }
        written.transpose().map_err(failed)?;
        Ok(output.stdout)
    }
}

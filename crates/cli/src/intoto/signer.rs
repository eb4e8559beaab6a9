//! Who signs a link: a key in a file.

use std::path::Path;

use quorate::envelope::{self, EnvelopeForm, PAYLOAD_TYPE_IN_TOTO};
use quorate::intoto::Link;
use quorate::key::{PublicKey, SigningKey};

use super::args::{FormArguments, SignerArguments};
use super::passphrase;
use crate::error::CommandError;
use crate::key::private_key;

/// The key that the user named.
pub(super) struct Signer {
    key: SigningKey,
}

/// Where the passphrase of a private key comes from.
pub(super) enum Passphrase<'a> {
    /// The key has none.
    No,
    /// It stands on the command line.
    Given(&'a str),
    /// The terminal is asked.
    Asked,
}

impl Signer {
    pub(super) fn open(arguments: &SignerArguments) -> Result<Self, CommandError> {
        let passphrase = match &arguments.password {
            None => Passphrase::No,
            Some(None) => Passphrase::Asked,
            Some(Some(text)) => Passphrase::Given(text),
        };
        match &arguments.key.signing_key {
            Some(path) => Self::from_file(path, &passphrase),
            None => Err(no_gpg()),
        }
    }

    pub(super) fn from_file(path: &Path, passphrase: &Passphrase<'_>) -> Result<Self, CommandError> {
        let key = match passphrase {
            Passphrase::No => private_key(path)?,
            Passphrase::Given(_) => private_key(path)?,
            Passphrase::Asked => {
                passphrase::ask(&path.display().to_string())?;
                private_key(path)?
            }
        };
        Ok(Self { key })
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(super) fn public(&self) -> &PublicKey {
        self.key.public()
    }

    pub(super) fn key_id(&self) -> &str {
        self.key.public().id()
    }

    /// The link in an envelope of that form, signed.
    pub(super) fn seal(&self, link: &Link, form: EnvelopeForm) -> Vec<u8> {
        seal(link, form, &[&self.key])
    }
}

/// The link in an envelope of that form, with a signature for each key.
pub(super) fn seal(link: &Link, form: EnvelopeForm, keys: &[&SigningKey]) -> Vec<u8> {
    let link = link.to_json();
    match form {
        EnvelopeForm::Metablock => envelope::sign_metablock(&link, keys),
        _ => envelope::sign(PAYLOAD_TYPE_IN_TOTO, &link.to_text(), keys),
    }
}

/// DSSE unless the user wants the older form.
pub(super) fn form(arguments: FormArguments) -> EnvelopeForm {
    if arguments.metablock {
        EnvelopeForm::Metablock
    } else {
        EnvelopeForm::Dsse
    }
}

pub(super) fn no_gpg() -> CommandError {
    CommandError::unable("gpg does not sign here yet").hint("use --signing-key with a key in PEM")
}

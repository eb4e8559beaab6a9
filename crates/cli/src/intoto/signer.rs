//! Who signs a link or layout: a key in a file, or gpg.

use std::path::Path;

use quorate::envelope::{self, Envelope, EnvelopeForm, PAYLOAD_TYPE_IN_TOTO};
use quorate::intoto::Link;
use quorate::json::{self, Json};
use quorate::key::{PublicKey, SigningKey};

use super::args::{FormArguments, SignerArguments};
use super::gpg::Gpg;
use super::passphrase;
use crate::error::CommandError;
use crate::key::private_key_with;
use crate::source::LIMITS;

/// The key that the user named.
pub(super) enum Signer {
    /// A private key in a file.
    Key(Box<SigningKey>),
    /// A key that gpg holds, its default one without an id.
    Gpg { gpg: Gpg, id: Option<String> },
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

/// A signed document.
pub(super) struct Sealed {
    pub(super) bytes: Vec<u8>,
    /// The id of the key, or of the subkey, that signed it: what file names begin with.
    pub(super) key_id: String,
    /// The key under which it can be opened.
    pub(super) key: PublicKey,
}

impl Signer {
    pub(super) fn open(arguments: &SignerArguments) -> Result<Self, CommandError> {
        let passphrase = match &arguments.password {
            None => Passphrase::No,
            Some(None) => Passphrase::Asked,
            Some(Some(text)) => Passphrase::Given(text),
        };
        let home = arguments.gpg_home.as_deref();
        match &arguments.key.signing_key {
            Some(path) => Self::from_file(path, &passphrase),
            None => Ok(Self::gpg(home, arguments.key.gpg.clone().flatten())),
        }
    }

    pub(super) fn from_file(
        path: &Path,
        passphrase: &Passphrase<'_>,
    ) -> Result<Self, CommandError> {
        let asked;
        let passphrase = match passphrase {
            Passphrase::No => None,
            Passphrase::Given(text) => Some(*text),
            Passphrase::Asked => {
                asked = passphrase::ask(&path.display().to_string())?;
                Some(asked.as_str())
            }
        };
        let key = private_key_with(path, passphrase)?;
        Ok(Self::Key(Box::new(key)))
    }

    pub(super) fn gpg(home: Option<&Path>, id: Option<String>) -> Self {
        let gpg = Gpg::new(home);
        Self::Gpg { gpg, id }
    }

    /// The form that the user wants and this key can sign: gpg's signatures have a place in metablocks alone.
    pub(super) fn form(&self, arguments: FormArguments) -> Result<EnvelopeForm, CommandError> {
        match self {
            Self::Key(_) => Ok(form(arguments)),
            Self::Gpg { .. } if arguments.use_dsse => Err(no_openpgp_on_dsse()),
            Self::Gpg { .. } => Ok(EnvelopeForm::Metablock),
        }
    }

    /// The link in an envelope of that form, signed.
    pub(super) fn seal(&self, link: &Link, form: EnvelopeForm) -> Result<Sealed, CommandError> {
        match self {
            Self::Key(key) => Ok(Sealed {
                bytes: seal(link, form, &[key]),
                key_id: key.public().id().to_owned(),
                key: key.public().clone(),
            }),
            Self::Gpg { .. } => self.add_signature(&seal(link, form, &[])),
        }
    }

    /// The same document with this key's signature added.
    pub(super) fn add_signature(&self, bytes: &[u8]) -> Result<Sealed, CommandError> {
        let (gpg, id) = match self {
            Self::Key(key) => {
                let signed = envelope::add_signature(bytes, key, &LIMITS);
                return Ok(Sealed {
                    bytes: signed.map_err(CommandError::unable)?,
                    key_id: key.public().id().to_owned(),
                    key: key.public().clone(),
                });
            }
            Self::Gpg { gpg, id } => (gpg, id.as_deref()),
        };
        let value = json::parse(bytes, &LIMITS).map_err(CommandError::unable)?;
        let signed = match &value {
            Json::Object(members) => members.get("signed"),
            _ => None,
        };
        let signed = signed.ok_or_else(no_openpgp_on_dsse)?;
        let signature = gpg.sign(id, &json::canonical(signed))?;
        let added = envelope::add_openpgp_signature(bytes, &signature, &LIMITS);
        let sealed = Sealed {
            bytes: added.map_err(CommandError::unable)?,
            key_id: signature.key_id().to_owned(),
            key: gpg.key(signature.key_id())?,
        };
        check(&sealed)?;
        Ok(sealed)
    }

    /// The public key that signed what this signer signed before, under the id that stands there.
    pub(super) fn key_of(&self, signed: &Envelope<'_>) -> Result<PublicKey, CommandError> {
        let (gpg, id) = match self {
            Self::Key(key) => return Ok(key.public().clone()),
            Self::Gpg { gpg, id } => (gpg, id.as_deref()),
        };
        let id = id.or_else(|| signed.key_ids().next());
        gpg.key(id.ok_or_else(|| CommandError::refused("it has no signature"))?)
    }
}

/// What gpg signed is looked at before anybody relies on it.
fn check(sealed: &Sealed) -> Result<(), CommandError> {
    let unusable = |problem: &dyn std::fmt::Display| {
        CommandError::unable(format!("what gpg signed does not verify: {problem}"))
    };
    let envelope = Envelope::parse(&sealed.bytes, &LIMITS).map_err(|error| unusable(&error))?;
    envelope
        .open(&[&sealed.key], &LIMITS)
        .map_err(|error| unusable(&error))?;
    Ok(())
}

/// The link in an envelope of that form, with a signature for each key.
pub(super) fn seal(link: &Link, form: EnvelopeForm, keys: &[&SigningKey]) -> Vec<u8> {
    let link = link.to_json();
    match form {
        EnvelopeForm::Metablock => envelope::sign_metablock(&link, keys),
        EnvelopeForm::Dsse => envelope::sign(PAYLOAD_TYPE_IN_TOTO, &link.to_text(), keys),
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

fn no_openpgp_on_dsse() -> CommandError {
    CommandError::unable("a DSSE envelope has no place for OpenPGP signatures, which gpg makes")
        .hint("sign a metablock, which is the default with --gpg, or use a key in PEM")
}

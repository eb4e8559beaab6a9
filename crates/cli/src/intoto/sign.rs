//! `quorate in-toto sign`: signatures of links and layouts, made and checked.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate::envelope::{self, Envelope};
use quorate::intoto::{Layout, Link};
use quorate::json::Json;
use quorate::key::PublicKey;
use quorate_gather::read_bounded;

use super::args::SignArguments;
use super::gpg::Gpg;
use super::link_file::{check_step_name, link_name};
use super::passphrase;
use super::signer::{Passphrase, Signer};
use super::talk::Talk;
use crate::error::CommandError;
use crate::output;
use crate::prove::write_whole;
use crate::source::{LIMITS, public_key};

/// The format of `--json`: `docs/spec/in-toto-commands.md`.
const FORMAT: &str = "quorate-in-toto-sign/1";

pub(super) fn run(arguments: &SignArguments) -> Result<ExitCode, CommandError> {
    let talk = Talk::new(arguments.talk);
    let bytes = read_bounded(&arguments.file, LIMITS.envelope_bytes_max)?;
    if arguments.verify {
        verify(arguments, &bytes, &talk)
    } else {
        sign(arguments, &bytes, &talk)
    }
}

/// What is signed, as far as this command must know it.
enum Document {
    Link { step: String },
    Layout,
}

impl Document {
    /// Reads what one of the keys signed; a problem that verifiers will have with it is said.
    fn read(value: &Json<'_>, talk: &Talk) -> Result<Self, String> {
        let Json::Object(members) = value else {
            return Err("neither a link nor a layout".to_owned());
        };
        match members.get("_type") {
            Some(Json::String(kind)) if kind == "link" => {
                let link = Link::from_json(value).map_err(|error| error.to_string())?;
                Ok(Self::Link { step: link.name })
            }
            Some(Json::String(kind)) if kind == "layout" => {
                if let Err(error) = Layout::from_json(value, &LIMITS) {
                    talk.warn(&format!("verifiers will refuse this layout: {error}"));
                }
                Ok(Self::Layout)
            }
            _ => Err("neither a link nor a layout".to_owned()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Link { .. } => "link",
            Self::Layout => "layout",
        }
    }
}

fn sign(arguments: &SignArguments, bytes: &[u8], talk: &Talk) -> Result<ExitCode, CommandError> {
    let failed = |problem: String| CommandError::unable(at(&arguments.file, &problem));
    let signers = signers(arguments)?;
    let mut signed = bytes.to_vec();
    if !arguments.append {
        let none = envelope::drop_signatures(&signed, &LIMITS);
        signed = none.map_err(|error| failed(error.to_string()))?;
    }
    let (mut keys, mut ids) = (Vec::new(), Vec::new());
    for signer in &signers {
        let more = signer.add_signature(&signed)?;
        signed = more.bytes;
        keys.push(more.key);
        ids.push(more.key_id);
    }
    // What these keys signed just now can be read under them.
    let keys: Vec<_> = keys.iter().collect();
    let envelope = Envelope::parse(&signed, &LIMITS).map_err(|error| failed(error.to_string()))?;
    let opened = envelope.open(&keys, &LIMITS);
    let opened = opened.map_err(|error| failed(error.to_string()))?;
    let value = opened
        .json(&LIMITS)
        .map_err(|error| failed(error.to_string()))?;
    let document = Document::read(&value, talk).map_err(failed)?;
    let path = target(arguments, &document, &ids)?;
    write_whole(&path, &signed)?;
    talk.say(&format!(
        "{}: {} signed by {}",
        path.display(),
        document.name(),
        ids.join(", ")
    ));
    if arguments.json {
        output::json(&Json::object([
            ("format", Json::text(FORMAT)),
            ("document", Json::text(document.name())),
            ("path", Json::text(path.display().to_string())),
            ("keyIds", Json::texts(ids)),
            ("warnings", talk.to_json()),
        ]))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn signers(arguments: &SignArguments) -> Result<Vec<Signer>, CommandError> {
    let home = arguments.gpg_home.as_deref();
    if let Some(ids) = &arguments.keys.gpg {
        if ids.is_empty() {
            return Ok(vec![Signer::gpg(home, None)]);
        }
        let ids = ids.iter().cloned();
        return Ok(ids.map(|id| Signer::gpg(home, Some(id))).collect());
    }
    let asked = arguments
        .prompt
        .then(|| passphrase::ask("the private keys"))
        .transpose()?;
    let passphrase = asked.as_deref().map_or(Passphrase::No, Passphrase::Given);
    let keys = arguments.keys.key.iter();
    keys.map(|path| Signer::from_file(path, &passphrase))
        .collect()
}

/// The keys that must all have signed, and what the user called them.
fn verification_keys(arguments: &SignArguments) -> Result<Vec<(String, PublicKey)>, CommandError> {
    let Some(ids) = &arguments.keys.gpg else {
        let paths = arguments.keys.key.iter();
        return paths
            .map(|path| Ok((path.display().to_string(), public_key(path)?)))
            .collect();
    };
    if ids.is_empty() {
        return Err(CommandError::unable("--verify --gpg: no key is named")
            .hint("give the ids of the keys that must have signed"));
    }
    let gpg = Gpg::new(arguments.gpg_home.as_deref());
    ids.iter()
        .map(|id| Ok((id.clone(), gpg.key(id)?)))
        .collect()
}

/// Where the signed document goes: in-toto-sign writes a layout over itself and a link under the name of its key.
fn target(
    arguments: &SignArguments,
    document: &Document,
    key_ids: &[String],
) -> Result<PathBuf, CommandError> {
    let Document::Link { step } = document else {
        return Ok(arguments
            .output
            .clone()
            .unwrap_or_else(|| arguments.file.clone()));
    };
    let [key_id] = key_ids else {
        return Err(
            CommandError::unable("a link has one signer, and several keys are given")
                .hint("each party signs a link of its own"),
        );
    };
    if arguments.append {
        return Err(
            CommandError::unable("a link has one signer: --append is for layouts")
                .hint("each party signs a link of its own"),
        );
    }
    if let Some(path) = &arguments.output {
        return Ok(path.clone());
    }
    check_step_name(step)?;
    Ok(link_name(step, key_id).into())
}

fn verify(arguments: &SignArguments, bytes: &[u8], talk: &Talk) -> Result<ExitCode, CommandError> {
    let failed = |problem: String| CommandError::unable(at(&arguments.file, &problem));
    let mut ids = Vec::new();
    let mut invalid = Vec::new();
    let keys = verification_keys(arguments)?;
    for (name, key) in &keys {
        let envelope =
            Envelope::parse(bytes, &LIMITS).map_err(|error| failed(error.to_string()))?;
        match envelope.open(&[key], &LIMITS) {
            Ok(opened) => {
                let value = opened
                    .json(&LIMITS)
                    .map_err(|error| failed(error.to_string()))?;
                let document = Document::read(&value, talk).map_err(failed)?;
                if matches!(document, Document::Link { .. }) && keys.len() > 1 {
                    return Err(CommandError::unable(
                        "a link has one signer, and several keys are given",
                    ));
                }
                ids.push(key.id().to_owned());
            }
            Err(_) => invalid.push(name.clone()),
        }
    }
    if arguments.json {
        output::json(&Json::object([
            ("format", Json::text(FORMAT)),
            ("path", Json::text(arguments.file.display().to_string())),
            ("valid", Json::Bool(invalid.is_empty())),
            ("keyIds", Json::texts(ids.clone())),
            ("notSignedBy", Json::texts(invalid.clone())),
            ("warnings", talk.to_json()),
        ]))?;
    }
    if !invalid.is_empty() {
        let problem = format!("no valid signature by {}", invalid.join(", "));
        return Err(CommandError::refused(at(&arguments.file, &problem)));
    }
    talk.say(&at(
        &arguments.file,
        &format!("signed by {}", ids.join(", ")),
    ));
    Ok(ExitCode::SUCCESS)
}

fn at(path: &Path, problem: &str) -> String {
    format!("{}: {problem}", path.display())
}

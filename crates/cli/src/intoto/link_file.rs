//! Links as files: their names, and how they come to be there.

use std::path::{Path, PathBuf};

use quorate::envelope::EnvelopeForm;
use quorate::intoto::Link;
use quorate::json::Json;

use super::talk::Talk;
use crate::error::CommandError;
use crate::prove::write_whole;
use crate::source::LIMITS;

/// The format of `--json`: `docs/spec/in-toto-commands.md`.
const FORMAT: &str = "quorate-in-toto/1";

/// A step's name becomes part of file names: one path component, nothing special.
const NAME_CHARACTERS_MAX: usize = 128;

/// Refuses names that layouts cannot have or that would lead to another folder.
pub(super) fn check_step_name(name: &str) -> Result<(), CommandError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._- ".contains(&byte);
    let plain = (1..=NAME_CHARACTERS_MAX).contains(&name.len())
        && name.bytes().all(is_plain)
        && !name.starts_with('.')
        && !name.contains("..");
    if plain {
        return Ok(());
    }
    Err(CommandError::unable(format!(
        "{name:?} cannot be a step's name: it becomes part of a file name"
    ))
    .hint("use letters, digits, spaces and ._- and no dot in front"))
}

/// `NAME.KEYID.link`, the key id's first eight characters.
pub(super) fn link_name(step: &str, key_id: &str) -> String {
    format!("{step}.{key_id:.8}.link")
}

/// `.NAME.KEYID.link-unfinished`.
pub(super) fn unfinished_name(step: &str, key_id: &str) -> String {
    format!(".{step}.{key_id:.8}.link-unfinished")
}

/// The folder that links go to, which must be there before the work begins.
pub(super) fn check_folder(folder: Option<&Path>) -> Result<&Path, CommandError> {
    let folder = folder.unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(folder);
    }
    let path = folder.display();
    Err(CommandError::unable(format!(
        "--metadata-directory {path}: not a folder"
    )))
}

/// Writes a sealed link whole, or not at all.
pub(super) fn write(path: &Path, bytes: &[u8], talk: &Talk) -> Result<(), CommandError> {
    write_whole(path, bytes)?;
    if bytes.len() > LIMITS.envelope_bytes_max {
        talk.warn(&format!(
            "{}: {} bytes, and verifiers read at most {}; record less in one step",
            path.display(),
            bytes.len(),
            LIMITS.envelope_bytes_max
        ));
    }
    Ok(())
}

/// What a command made, for people and for programs.
pub(super) struct Made<'a> {
    pub(super) command: &'static str,
    pub(super) path: PathBuf,
    pub(super) link: &'a Link,
    pub(super) key_id: Option<&'a str>,
    pub(super) form: EnvelopeForm,
    pub(super) return_value: Option<i32>,
}

impl Made<'_> {
    /// One line: where the link is and what it holds.
    pub(super) fn line(&self) -> String {
        let signed = match self.key_id {
            Some(id) => format!("signed by {id:.8}"),
            None => "unsigned".to_owned(),
        };
        format!(
            "{}: {} materials, {} products, {signed}",
            self.path.display(),
            self.link.materials.len(),
            self.link.products.len()
        )
    }

    pub(super) fn to_json(&self, talk: &Talk) -> Json<'static> {
        let count = |count: usize| Json::number(u32::try_from(count).unwrap_or(u32::MAX));
        Json::object([
            ("format", Json::text(FORMAT)),
            ("command", Json::text(self.command)),
            ("path", Json::text(self.path.display().to_string())),
            ("step", Json::text(self.link.name.clone())),
            (
                "keyId",
                self.key_id
                    .map_or(Json::Null, |id| Json::text(id.to_owned())),
            ),
            ("envelope", Json::text(form_name(self.form))),
            ("materials", count(self.link.materials.len())),
            ("products", count(self.link.products.len())),
            (
                "returnValue",
                self.return_value.map_or(Json::Null, Json::number),
            ),
            ("warnings", talk.to_json()),
        ])
    }
}

/// The form's name in JSON.
pub(super) fn form_name(form: EnvelopeForm) -> &'static str {
    match form {
        EnvelopeForm::Metablock => "metablock",
        EnvelopeForm::Dsse => "dsse",
    }
}

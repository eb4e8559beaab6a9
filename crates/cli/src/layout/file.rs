//! The file that a layout is kept in.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

use quorate::envelope::EnvelopeForm;
use quorate::intoto::{DraftLayout, Layout, LayoutError, unsigned_layout};
use quorate_gather::read_bounded;

use crate::error::CommandError;
use crate::output;
use crate::prove::write_whole;
use crate::source::LIMITS;

/// Reads a layout that is to be shown or edited.
pub(super) fn read(path: &Path) -> Result<DraftLayout, CommandError> {
    let bytes = read_bounded(path, LIMITS.policy_bytes_max)?;
    DraftLayout::read(&bytes, &LIMITS)
        .map_err(|error| CommandError::unable(format!("{}: {error}", path.display())))
}

/// Changes a layout and writes it in the form that it had, without signatures: they were over other words.
pub(super) fn edit<T>(
    path: &Path,
    change: impl FnOnce(&mut Layout) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let draft = read(path)?;
    let mut layout = draft.dangerous_unverified().clone();
    let changed = change(&mut layout)?;
    if layout == *draft.dangerous_unverified() {
        output::talk(&format!("{}: nothing to change", path.display()));
        return Ok(changed);
    }
    write_whole(path, &bytes_of(&layout, draft.form())?)?;
    let dropped = draft.signature_count();
    if dropped > 0 {
        output::talk(&format!(
            "{}: {dropped} signature{} dropped, for they were made over what it said before; have it signed again",
            path.display(),
            if dropped == 1 { " was" } else { "s were" }
        ));
    }
    Ok(changed)
}

/// Writes a layout to a file that must not be there yet.
pub(super) fn create(path: &Path, layout: &Layout, form: EnvelopeForm) -> Result<(), CommandError> {
    let bytes = bytes_of(layout, form)?;
    let claimed = OpenOptions::new().write(true).create_new(true).open(path);
    claimed.map_err(|error| {
        let failure = CommandError::unable(format!("{}: {error}", path.display()));
        if error.kind() == ErrorKind::AlreadyExists {
            failure.hint("an existing file is never overwritten; choose another name")
        } else {
            failure
        }
    })?;
    write_whole(path, &bytes).inspect_err(|_| {
        // The empty file that held the name is of no use to anybody.
        let removed = std::fs::remove_file(path);
        drop(removed);
    })
}

fn bytes_of(layout: &Layout, form: EnvelopeForm) -> Result<Vec<u8>, CommandError> {
    unsigned_layout(layout, form, &LIMITS).map_err(|error| refused(&error))
}

fn refused(error: &LayoutError) -> CommandError {
    let failure = CommandError::refused(error);
    match error {
        LayoutError::Threshold { .. } => {
            failure.hint("add keys of further functionaries (`quorate layout add-key FILE KEY --step NAME`), or lower the threshold")
        }
        LayoutError::Name(_) => {
            failure.hint("use a new name of letters, digits, spaces and `._-` that starts with no dot")
        }
        LayoutError::KeyId(_) => failure
            .hint("take the key as PEM: `quorate key show KEY --public` prints it, and its id is computed"),
        _ => failure,
    }
}

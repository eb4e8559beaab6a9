//! A folder of links, asked for by name: the files of a supply chain lie where in-toto's tools put them.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::PathBuf;

use quorate::intoto::chain::LinkSource;
use quorate::limits::Limits;

use crate::open::{OpenError, read_bounded};

/// The links below a folder. Only the files that a layout's keys could have made are opened; whatever else lies there is never read.
///
/// Symbolic links among them are followed, as the reference tools do: a link counts by its signature, and nothing of it that is
/// not signed is shown. Pipes and devices are refused without waiting for them.
#[derive(Clone, Debug)]
pub struct LinkFolder {
    folder: PathBuf,
    bytes_max: usize,
}

impl LinkFolder {
    /// The links below `folder`.
    pub fn new(folder: impl Into<PathBuf>, limits: &Limits) -> Self {
        Self {
            folder: folder.into(),
            bytes_max: limits.envelope_bytes_max,
        }
    }
}

impl LinkSource for LinkFolder {
    /// `path` is made of step names and key ids, in which no `..` and no slash of their own can stand.
    fn link(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        match read_bounded(&self.folder.join(path), self.bytes_max) {
            Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
            Err(error) => match error.source {
                OpenError::Io(source) if source.kind() == ErrorKind::NotFound => Ok(None),
                source => Err(source.to_string()),
            },
        }
    }
}

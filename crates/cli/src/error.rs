//! How a command fails: what, and what to do about it.

use std::process::ExitCode;

/// A failure on its way out.
#[derive(Debug)]
pub(crate) struct CommandError {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The content was judged and found wanting.
    Refused,
    /// There was nothing to judge, or it was asked for in a wrong way.
    Unable,
}

impl CommandError {
    /// Something that was read and is refused: exit code 1.
    pub(crate) fn refused(message: impl std::fmt::Display) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Something that could not be done: exit code 2.
    pub(crate) fn unable(message: impl std::fmt::Display) -> Self {
        Self::new(Kind::Unable, message)
    }

    fn new(kind: Kind, message: impl std::fmt::Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            hint: None,
        }
    }

    /// Adds what the user can do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with exit code 1, for commands whose users know that code for every failure.
    pub(crate) fn into_refused(mut self) -> Self {
        self.kind = Kind::Refused;
        self
    }

    /// Whether something was read and refused.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.kind, Kind::Refused)
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Refused => ExitCode::from(1),
            Kind::Unable => ExitCode::from(2),
        }
    }
}

impl From<quorate_gather::PathError> for CommandError {
    fn from(error: quorate_gather::PathError) -> Self {
        Self::unable(error)
    }
}

impl From<quorate_gather::FolderError> for CommandError {
    fn from(error: quorate_gather::FolderError) -> Self {
        Self::unable(error)
    }
}

impl From<quorate_gather::ArtifactError> for CommandError {
    fn from(error: quorate_gather::ArtifactError) -> Self {
        Self::unable(error)
    }
}

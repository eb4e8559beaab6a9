//! Why a file was refused.

use std::io;

/// Why no unsigned form of a file is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnsignError {
    /// The file cannot be read, or became shorter while it was.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    /// A signature format that has no rule. Its files are judged as they are, or not at all.
    #[error(
        "there is no rule that takes out a signature of the format {name:?}; the known ones are apk, pe, debsigs and detached"
    )]
    NoRule {
        /// The name, cut to 64 characters.
        name: String,
    },
    /// The file has no signature of the format that was asked for.
    #[error("{what} is missing: the file is not signed in this format")]
    NotSigned {
        /// What was looked for.
        what: &'static str,
    },
    /// Something ends before its own structure does.
    #[error("{what} is cut off")]
    Truncated {
        /// The structure.
        what: &'static str,
    },
    /// Something goes on after its structure has ended: the place where data would hide.
    #[error("{what} has {bytes} bytes too many")]
    LeftOver {
        /// The structure.
        what: &'static str,
        /// How many bytes are left over.
        bytes: u64,
    },
    /// Something that can hold any data, or that is not known.
    #[error("{what} {id} is not one that a signature may have")]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// Its id or name, as the format writes it.
        id: String,
    },
    /// Something that is there once at most is there twice.
    #[error("{what} is there twice")]
    Twice {
        /// The thing.
        what: &'static str,
    },
    /// Something is larger, or more often there, than the limits or the specification allow.
    #[error("{what} is {found}, more than the {max} that are allowed")]
    OverLimit {
        /// What was measured, with its unit.
        what: &'static str,
        /// What was found.
        found: u64,
        /// What is allowed.
        max: u64,
    },
    /// Something is not as the format's rule has it.
    #[error("{what} is refused: {why}")]
    Refused {
        /// The structure.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl UnsignError {
    pub(crate) const fn refused(what: &'static str, why: &'static str) -> Self {
        Self::Refused { what, why }
    }

    pub(crate) fn unknown(what: &'static str, id: impl Into<String>) -> Self {
        let id = id.into();
        Self::Unknown { what, id }
    }

    pub(crate) fn no_rule(name: &str) -> Self {
        let name = name.chars().take(64).collect();
        Self::NoRule { name }
    }
}

/// Refuses more than `max` of something.
pub(crate) fn bounded(what: &'static str, found: u64, max: u64) -> Result<(), UnsignError> {
    if found > max {
        return Err(UnsignError::OverLimit { what, found, max });
    }
    Ok(())
}

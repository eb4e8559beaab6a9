//! Why two files could not be compared.

use std::io;

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl std::fmt::Display for Side {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

/// Two files that could not be compared. Files that cannot be *understood* are no error: they are compared as plain bytes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// A reader failed.
    #[error("{side} cannot be read: {source}")]
    Read {
        /// Which.
        side: Side,
        /// Why.
        source: io::Error,
    },
    /// A later reading gave other bytes than the first one.
    #[error("{side} changed while it was compared")]
    Changed {
        /// Which.
        side: Side,
    },
}

impl DiffError {
    /// Names the side to an error of its reader.
    pub(crate) fn read(side: Side) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { side, source }
    }
}

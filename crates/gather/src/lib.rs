//! Takes in evidence and artifacts from the file system.
//!
//! **Enters:** paths that the user gave.
//! **Leaves:** bytes as [`quorate::verify::Evidence`], links by name, and an [`quorate::verify::Artifact`] with its digest.
//! **Never:** an opinion; a meaning of a file's name; a symbolic link inside a folder followed; more bytes than the limits allow.

mod artifact;
mod folder;
mod links;
mod open;

pub use artifact::{ArtifactError, read_artifact};
pub use folder::{FolderError, Gathered, Junk, gather};
pub use links::LinkFolder;
pub use open::{OpenError, PathError, read_bounded};

//! Takes in evidence and artifacts from the file system.
//!
//! **Enters:** paths that the user gave.
//! **Leaves:** bytes as [`quorate::verify::Evidence`], links by name, builders' lists of digests, and an [`quorate::verify::Artifact`] with its digest.
//! **Never:** an opinion; in a folder of evidence, a meaning of a file's name or a symbolic link that is followed; an artifact through a
//! symbolic link; more bytes than the limits allow.
//!
//! Paths of evidence, policies and keys that the user gave may be symbolic links. So may the links of an in-toto chain: [`LinkFolder`]
//! opens files by the names that a layout's keys make, and follows symbolic links there as in-toto's reference tools do. What a link
//! is found to say counts by its signature, wherever it lay.

mod artifact;
mod folder;
mod links;
mod open;
mod sums;

pub use artifact::{ArtifactError, read_artifact, read_artifact_with};
pub use folder::{FolderError, Gathered, Junk, gather};
pub use links::LinkFolder;
pub use open::{OpenError, PathError, open_file, read_bounded};
pub use sums::{PublishedList, PublishedLists, certificate_files, published_lists};

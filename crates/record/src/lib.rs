//! Records local files as the artifacts of in-toto links.
//!
//! **Enters:** paths and `scheme:` names that the user gave, with excludes and prefixes to strip.
//! **Leaves:** [`quorate::intoto::Artifacts`], and a [`Warning`] for each thing that was named or found and not recorded.
//! **Never:** a pipe or device opened; a name that a rule could be walked around with; a file that changed while it was hashed;
//! code that a repository brings along.

mod dirhash;
mod error;
mod exclude;
mod git;
mod hash;
mod name;
mod recorder;
mod walk;

pub use error::{RecordError, Warning};
pub use exclude::DEFAULT_EXCLUDES;
pub use recorder::{Recorder, Recording, Settings};

//! What was released: the identity of the source that a build says it took.
//!
//! **Enters:** a Debian `.dsc` whose digest a signed claim names; git objects; signatures by SSH keys, and the list of those who may sign;
//! `SHA256SUMS` files.
//! **Leaves:** the source's name, version and the complete list of its files with digests; a git release with its signers. Beside that, lists
//! of digests that builders publish, which name no source and lead to no verdict.
//! **Never:** a source whose description and files do not fit each other exactly.

mod dsc;
pub mod git;
pub mod openpgp;
pub mod ssh;
mod sums;

pub use dsc::{Dsc, DscError, DscFile};
pub(crate) use dsc::{is_file_name, is_package_name, is_version};
pub use sums::{Agreement, AgreementError, Group, Opinions, Sums, SumsError};

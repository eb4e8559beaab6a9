//! Trust that can change: which keys, parties and policies are in force, as a TUF repository and its client.
//!
//! **Enters:** metadata of any origin, a root that the caller pinned, a time and limits; for the repository, changes and keys.
//! **Leaves:** roles that enough of their holders signed, target files that such roles vouch for, or a refusal with its reason.
//! **Never:** trust on first use; a clock or a network of its own; a verdict about an artifact.
//!
//! The formats are in `docs/spec/trust.md`.

pub mod client;
pub mod disk;
pub mod limits;
pub mod metadata;
pub mod naming;
pub mod project;
pub mod releases;
pub mod repository;
pub mod roster;

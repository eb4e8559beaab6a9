//! Git repositories at the edge: objects, each compared with its id.
//!
//! **Enters:** a folder with a repository, names of tags, ids.
//! **Leaves:** the bytes of objects whose ids we computed ourselves; the identity of a tree.
//! **Never:** a configuration of the user or the system, a hook, a filter, an attribute, a replaced object; an object whose bytes do not
//! have its id; an opinion about who signed.
//!
//! **Architecture Invariant:** `git` only hands out bytes. What they say is read by the library `quorate`.

mod command;
mod error;
mod objects;
mod repository;
mod tree;

pub use command::git;
pub use error::GitError;
pub use objects::{Objects, Sizes};
pub use repository::{Repository, TagFound};
pub use tree::SourceTree;

//! Debian: from a name and a version to a source whose every byte a signed index vouches for, and to its build root.
//!
//! **Enters:** the list of archives with their keys, a source name.
//! **Leaves:** files with digests, a root with every package named.
//! **Never:** the published binary of what is rebuilt, the host's apt state, an unauthenticated byte.
//!
//! **Architecture Invariant:** a file gets past this folder only after its SHA-256 was compared, by us and not only
//! by apt, with an index that in turn was compared with a signed `InRelease`.

pub(crate) mod apt;
pub(crate) mod control;
pub(crate) mod dependencies;
pub(crate) mod index;
pub(crate) mod release;
pub(crate) mod root;
pub(crate) mod source;
pub(crate) mod sources;

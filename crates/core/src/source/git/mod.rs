//! Git objects, read strictly, and the one way from a signed tag to the commit and tree that were released.
//!
//! **Enters:** the bytes of git objects with the ids that somebody says they have, the keys of those who may tag, a time.
//! **Leaves:** object ids, tags, commits, folders, the identity of a whole tree, and [`Release`]: who released which commit under which name.
//! **Never:** an id that was not computed over the bytes; a date inside an object taken for the time; attributes, filters or `git` itself applied.

mod commit;
mod header;
mod identity;
mod lfs;
mod name;
mod object;
mod release;
mod signers;
mod tag;
mod tree;

pub use crate::source::openpgp::{NoOpenPgp, OpenPgpSigner, OpenPgpVerifier};
pub use commit::{Commit, CommitError, ExtraHeader};
pub use identity::{IdentityError, SourceEntry, TreeIdentity};
pub use lfs::is_lfs_pointer;
pub use name::TagNameError;
pub use object::{
    CollisionError, ObjectFormat, ObjectHashError, ObjectHasher, ObjectId, ObjectIdError,
    ObjectKind, object_id,
};
pub use release::{Release, SignedTag, TagRefusal};
pub use signers::{TagSigner, TagSigners};
pub use tag::{Tag, TagError, TagSignature, Tagger};
pub use tree::{EntryMode, TreeEntry, TreeError, TreeFault, parse_tree, write_tree};

//! What is inside an archive: names, kinds, modes, owners, times, sizes and digests of its members, as `docs/spec/archives.md` has it.
//!
//! **Enters:** the bytes of an archive as a stream, or as a file for zip; its format; limits.
//! **Leaves:** an [`Inventory`], or a [`Visitor`] that sees each member and its contents in one pass.
//! **Never:** a member written anywhere; a name or a link followed; contents held in memory; two readings of the same bytes: where
//! readers of a format differ, the archive is refused with an [`ArchiveError`].
//!
//! Whether a file may be used is judged over its whole bytes and not here. A list only says where two files differ.

#![warn(missing_docs)]

mod ar;
mod deb;
mod error;
mod format;
mod limits;
mod listing;
mod member;
mod names;
mod source;
pub mod stabilise;
mod tar;
mod visit;
mod zip;

pub use ar::ArFault;
pub use deb::DebFault;
pub use error::{ArchiveError, LimitFault, SizeFault};
pub use format::Format;
pub use limits::{Limits, SigningBlock};
pub use member::{Inventory, Member, MemberKind, Owner};
pub use names::NameFault;
pub use source::{GzipFault, XzFault, ZstdFault};
pub use tar::TarFault;
pub use visit::{Contents, Visitor, Walked, inventory, inventory_seek, visit, visit_seek};
pub use zip::ZipFault;

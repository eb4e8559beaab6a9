//! Two archives, member by member.
//!
//! **Enters:** two contents that begin like archives.
//! **Leaves:** lists of both by the strict reader, what differs in them and in headers outside of members; contents of chosen members.
//! **Never:** an archive that the strict reader refuses taken for one; contents held beyond what was asked for.

mod choose;
mod members;
mod packing;
mod spool;

pub(crate) use choose::{Chosen, choose};
pub(crate) use members::{Changed, Headers, Pairs, headers};
pub(crate) use packing::{PACKED_SIZE, Streams, compare as compare_packing, streams};
pub(crate) use spool::hold;

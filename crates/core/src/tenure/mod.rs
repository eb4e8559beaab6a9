//! Keys in time: for which party a key speaks, from when, and until when.
//!
//! **Enters:** the keys that a policy names, what a roster says of them, and what parties signed about keys of their own.
//! **Leaves:** a [`KeyBook`] that says of each signature whether it counts, or why not.
//! **Never:** a vote given to a key that the policy's parties do not name, themselves or through one another's statements; a date inside a
//! document against a key that is known to be stolen; an order in which statements arrived.

mod apply;
mod book;
mod derive;
mod ignored;
mod machines;
mod roster;
mod statement;

pub(crate) use apply::{Base, Ground, Principals, Signed, Spoken, apply, candidates};
pub(crate) use book::Signature;
pub use book::{KeyBook, Struck};
pub use machines::{MachineLayout, MachineLayoutError};
pub(crate) use roster::declared;
pub use roster::{Listed, ListedKey};
pub use statement::{
    KeyStatement, KeyStatementError, PAYLOAD_TYPE_KEYS, Revocation, Rotation, Witness,
};

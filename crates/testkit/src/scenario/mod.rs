//! Hostile parties in memory: everything that a verdict rests on, made from names.
//!
//! **Enters:** names of keys and parties, and what they are to say.
//!
//! **Leaves:** keys, signed policies, statements, links, and a [`Scene`] that is judged in one line.
//!
//! **Never:** randomness, a clock, a file; a judgement of its own.

mod document;
mod keys;
mod party;
mod policy;
mod sample;
mod scene;
mod tagged;

pub use document::{edited, flipped, metablock, replaced, signed, without};
pub use keys::{ed25519, p256, p384, p521, rsa2048};
pub use party::{Party, evidence};
pub use policy::{Documents, LATER_STEPS, PolicyDraft};
pub use sample::{Sample, Stated};
pub use scene::{AT, Scene, refusal};
pub use tagged::{Tagged, allowed_signer, ssh_signature};

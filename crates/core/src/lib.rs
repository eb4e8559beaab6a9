//! Judges whether k of n independent parties rebuilt exactly these bytes from a released source.
//!
//! **Enters:** bytes, a time and limits, all as arguments.
//! **Leaves:** six answers with reasons as data, and a proof that lets anyone reach them again offline.
//! **Never:** a clock, a file, the network, the environment, another program.
//!
//! **Architecture Invariant:** each stage has its own type and is made only from the one before it, by one function:
//! `&[u8]` → [`envelope::Envelope`] → [`envelope::Opened`] → [`verify::Claim`] → [`verify::Tally`] → [`verify::Verdict`].
//! No payload is readable before a signature over exactly its bytes was checked.

pub mod attest;
pub mod digest;
pub mod envelope;
pub mod intoto;
pub mod invisible;
pub mod json;
pub mod key;
pub mod limits;
pub mod policy;
pub mod proof;
pub mod source;
pub mod tenure;
pub mod time;
pub mod verify;

//! `quorate trust` and `quorate verify FILE` with the real program: ceremonies by files, pins, updates, and what is tried against them.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its stage has failed"
)]

mod agents;
mod bound;
mod ceremonies;
mod clients;
mod daily;
mod entries;
mod media;
mod network;
mod parties;
mod recovery;
#[path = "../stage/mod.rs"]
mod stage;
mod town;

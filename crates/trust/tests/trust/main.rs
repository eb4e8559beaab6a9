//! Trust that changes, and what is tried against it: each test is named after the attack or the behaviour.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its stage has failed"
)]

mod attacks;
mod interop;
mod metadata;
mod projects;
mod releases;
mod repository;
mod roster;
mod stage;
mod store;

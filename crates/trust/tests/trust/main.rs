//! Trust that changes, and what is tried against it: each test is named after the attack or the behaviour.

mod metadata;
mod repository;
mod stage;

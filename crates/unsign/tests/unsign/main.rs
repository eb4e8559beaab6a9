//! Files that the real signers signed, and every place in a signature where something could hide.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod apk;
mod apk_attacks;
mod apk_sample;
mod deb;
mod der_tree;
mod pe;
mod pe_attacks;
mod pe_sample;
mod properties;
mod signing;

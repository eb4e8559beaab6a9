//! What archives of real tools hold, and which made-up ones are refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ar;
mod bombs;
mod compressed;
mod deb;
mod properties;
mod stabilise;
mod tar;
mod tar_attacks;
mod workshop;
mod zip;
mod zip_attacks;
mod zip_hand;

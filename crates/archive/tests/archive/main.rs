//! What archives of real tools hold, and which made-up ones are refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bombs;
mod compressed;
mod tar;
mod tar_attacks;
mod workshop;

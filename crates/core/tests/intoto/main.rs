//! Supply chains, one rule of in-toto at a time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod vectors;

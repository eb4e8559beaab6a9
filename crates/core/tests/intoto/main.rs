//! Supply chains, one rule of in-toto at a time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain_properties;
mod cost_attacks;
mod layout_attacks;
mod link_attacks;
mod naive;
mod rule_properties;
mod sublayout_attacks;
mod vectors;
mod workshop;

//! What the tests of all rooms share. It is a dev-dependency only and is never shipped.
//!
//! **Enters:** the files of this repository, as text; names and seeds of a scenario.
//!
//! **Leaves:** [`tidy::Fault`]s: each place where a file breaks the style of the project; signed policies and evidence of a
//! [`scenario::Scene`].
//!
//! **Never:** anything that a program links, and anything that judges evidence by itself.

pub mod scenario;
pub mod tidy;

//! What is said about pairs of files of real tools, and about made-up ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod archives;
mod bytes;
mod causes;
mod changing;
mod hostile;
mod packages;
mod workshop;

//! Files of a trust repository over http and https.
//!
//! **Enters:** the addresses of a repository's two trees, a file's name and its limits; what a server answers.
//! **Leaves:** the file's bytes, that there is no such file (404 and nothing else), or why it does not come.
//! **Never:** an opinion about the bytes, which signed metadata judges; a step from https down to http; a wait without end.

mod address;
mod fetch;
mod pace;
mod tls;

pub use address::{Address, AddressError};
pub use fetch::{HttpFetch, Patience, Proxies};

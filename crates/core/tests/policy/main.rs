//! Policies: what is wrong is refused both when an owner compiles it and when a verifier reads it signed.

mod compiled;
mod in_force;
mod layout;
mod linted;
mod steps;
mod terms;
mod versions;

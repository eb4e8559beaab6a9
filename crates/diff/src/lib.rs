//! What differs between two builds, and what is likely to have caused it, as `docs/spec/diff.md` has it.
//!
//! **Enters:** two files that can be read from any place; limits.
//! **Leaves:** a [`Report`], and the same as JSON, as text for a terminal and as one page of HTML.
//! **Never:** a verdict on a file; a cause that is claimed as certain; a whole file or member in memory beyond [`Limits`]; a file
//! written or a program run; text from a file in a report for people without being made harmless.

#![warn(missing_docs)]

mod archive;
mod bytes;
mod causes;
mod compare;
mod elf;
mod error;
mod limits;
mod render;
mod report;
mod text;

pub use causes::{Cause, CauseKind, Confidence, Summary};
pub use compare::compare;
pub use elf::{ElfFault, Section, build_id, sections};
pub use error::{DiffError, Side};
pub use limits::Limits;
pub use render::{Names, html, json, text};
pub use report::{
    ArchiveDiff, ContentsDiff, Difference, Digested, Divergence, FieldDiff, Hunk, Line, LineSide,
    MemberDiff, OrderDiff, Report, Shown, TextDiff, TextOf,
};

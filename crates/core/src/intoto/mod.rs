//! in-toto 1.0 metadata: layouts, their steps and artifact rules, and the patterns in them.
//!
//! **Enters:** the JSON of an opened envelope; or the parts of a layout to be written.
//! **Leaves:** a [`Layout`] in which every field was understood; or its JSON.
//! **Never:** a layout with a field, a rule or a key that is not understood: it may say something that matters.

mod artifact;
pub mod chain;
mod draft;
mod glob;
mod layout;
mod link;
mod lint;
mod parameters;
mod rule;

pub use artifact::{ArtifactError, Artifacts, DigestSet, artifacts_to_json, is_normal_name};
pub use draft::{DraftError, DraftLayout, unsigned_layout};
pub use glob::{Glob, GlobError};
pub use layout::{Functionary, Inspection, Layout, LayoutError, Step};
pub use link::{Link, LinkError};
pub use lint::{LintPlace, Severity, Weakness, WeaknessCode, lint};
pub use parameters::{ParameterError, Parameters};
pub use rule::{ArtifactList, Rule};

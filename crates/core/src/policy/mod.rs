//! Who may say what is reproduced, and how many must agree.
//!
//! **Enters:** `policy.toml` with the keys it names, to be compiled; or a signed layout and signed terms, to be put in force.
//! **Leaves:** the payloads of layout and terms to be signed; or a [`Policy`] in force.
//! **Never:** a policy without enough owners' signatures on both documents, past its expiry, or with a word that is not understood.

mod bound;
mod certificates;
mod declared;
mod delivered;
mod diversity;
mod file;
mod in_force;
mod independence;
mod matching;
mod owners;
mod party;
mod refusal;
mod rules;
mod source;
mod steps;
mod terms;

pub use bound::BoundRelease;
pub use certificates::{GivenCertificate, NamedCertificates};
pub use declared::{Declared, DeclaredError, Domain};
pub use delivered::{
    ArchiveFormat, Comparison, DeliveredError, MemberRule, MemberRules, Normaliser, SignatureFormat,
};
pub use diversity::{Aspect, DiversityError, DiversityRule};
pub use file::{CompileError, Compiled, PolicyFile};
pub use in_force::{Document, LaterStep, Party, Policy};
pub(crate) use independence::Lack;
pub use independence::{Asked, Shortfall};
pub use owners::{OwnerError, Owners};
pub use party::PartyTerms;
pub use refusal::PolicyError;
pub(crate) use rules::rebuild_step;
pub use source::{
    DebianTerms, GitTerms, MovedTag, RecipeTerms, SourceError, SourceFiles, SourceTerms,
};
pub use steps::{Problem, StepTerms, StepsError};
pub use terms::{Environment, OnDissent, PAYLOAD_TYPE_TERMS, Terms, TermsError};

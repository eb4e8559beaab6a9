//! The verdict: six questions about one artifact, each answered yes, no with its reasons, or not asked.
//!
//! **Enters:** a policy, evidence, the owners' keys, the digest of the artifact in hand, a time, limits.
//! **Leaves:** a [`Verdict`] with reasons as data.
//! **Never:** a vote counted anywhere but in [`tally`]; a reason that only a person can read.
//!
//! [`Case::open`] checks signatures once; [`Case::judge`] answers for each artifact.

mod advice;
mod answers;
mod artifact;
mod case;
mod claim;
mod code;
mod complete;
mod identity;
mod keys;
mod later;
mod members;
mod reading;
mod reason;
mod report;
mod source;
mod struck;
mod tally;
mod vote;
mod wording;

pub use artifact::{
    Artifact, ArtifactState, Candidate, Member, MemberKind, Stabilised, Unsigned, View,
};
pub use case::{Accepted, Answer, Case, Outcome, Question, Report, Tools, Verdict};
pub use claim::{Claim, Claims, DropReason, Dropped, Evidence, StruckClaim};
pub use identity::{Expected, ExpectedError, Identity};
pub use reason::{Reason, RoleInForce, TagObject};
pub use tally::{Group, Standing, Tally, tally};

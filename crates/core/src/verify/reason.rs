//! Reasons as data: what a program reads by its code and a person by its text.

use super::{Expected, Identity};
use crate::digest::Sha256;
use crate::policy::{BoundRelease, Shortfall};
use crate::tenure::Struck;
use crate::time::Timestamp;
use std::num::NonZeroU64;

/// One reason for an answer. `docs/spec/verdict.md` lists the codes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The policy is signed by enough owners and in force.
    PolicyInForce {
        /// The policy's name.
        policy: String,
        /// Its version.
        version: NonZeroU64,
        /// The one release that it is in force for, where it is for one alone.
        bound: Option<BoundRelease>,
        /// How many of the trusted owners signed.
        signed_by: usize,
        /// How many owners' keys were given.
        owners: usize,
        /// When the policy ends.
        expires: Timestamp,
    },
    /// The policy is not in force.
    PolicyRefused {
        /// Why.
        problem: String,
    },
    /// Roles of a trust repository that lead to the policy.
    RolesInForce {
        /// Each with its version, signers and end.
        roles: Vec<RoleInForce>,
    },
    /// Cannot be answered without a policy in force.
    NotJudged,
    /// The parties state one source.
    SourceEqual {
        /// The source package.
        name: String,
        /// Its full version.
        version: String,
        /// Digest over all its files.
        source: Sha256,
        /// Who states it.
        parties: Vec<String>,
    },
    /// The release is signed by whom the policy names.
    SourceSigned {
        /// The release.
        release: String,
        /// Who signed it.
        signers: Vec<String>,
        /// The time at which their keys had to hold: by then k parties had it.
        witnessed: Timestamp,
        /// Those k parties.
        witnesses: Vec<String>,
    },
    /// The commit of the tag and the tree that was built.
    TagBuilt {
        /// The commit's id.
        commit: String,
        /// The identity of the tree.
        identity: Sha256,
        /// The parties that built it.
        parties: Vec<String>,
    },
    /// The release is not signed as the policy wants it.
    SourceUnsigned {
        /// The release.
        release: String,
        /// Why.
        problem: String,
    },
    /// Another kind of source, or another repository.
    SourceOther {
        /// What was built.
        built: String,
        /// What the policy wants.
        wanted: String,
    },
    /// Alarm: one tag name, several tag objects.
    MovedTag {
        /// The tag.
        tag: String,
        /// The objects by their ids.
        objects: Vec<(String, TagObject)>,
    },
    /// Fewer than k parties state one source.
    SourceTooFew {
        /// How many do.
        have: usize,
        /// k.
        needed: usize,
    },
    /// k parties got the same bytes, or the same form of them.
    Quorum {
        /// The names of the parties.
        parties: Vec<String>,
        /// The normaliser, where a stabilised form is what they have in common.
        form: Option<&'static str>,
        /// k.
        needed: usize,
        /// n.
        total: usize,
    },
    /// Each of the rebuilt files that the file in hand was made of was got by k parties.
    QuorumOfFiles {
        /// How many files.
        files: usize,
        /// The parties that got all of them.
        parties: Vec<String>,
        /// k.
        needed: usize,
        /// n.
        total: usize,
    },
    /// Fewer than k parties got the same bytes.
    NoQuorum {
        /// The names of the parties in the largest group.
        parties: Vec<String>,
        /// k.
        needed: usize,
        /// n.
        total: usize,
    },
    /// k parties or more got the same bytes, and are not as independent of each other as the policy wants.
    NotDiverse {
        /// The names of the parties.
        parties: Vec<String>,
        /// n.
        total: usize,
        /// What they lack.
        shortfall: Shortfall,
    },
    /// The policy is in force for one release alone, and another was built.
    NotBound {
        /// The release.
        bound: BoundRelease,
        /// What was built.
        built: String,
    },
    /// A party states another result from the same source.
    Dissent {
        /// The party.
        party: String,
        /// What it states.
        sha256: Sha256,
    },
    /// A party states another source for this identity.
    OtherSource {
        /// The party.
        party: String,
        /// The product's digest that it states.
        sha256: Sha256,
    },
    /// A party built in another environment than the policy wants.
    OtherEnvironment {
        /// The party.
        party: String,
    },
    /// A party contradicts itself.
    Void {
        /// The party.
        party: String,
    },
    /// A party states these bytes under another identity.
    OtherIdentity {
        /// The party.
        party: String,
        /// The identity that it states.
        identity: Identity,
    },
    /// A party confirms these bytes and names no source.
    Weak {
        /// The party.
        party: String,
    },
    /// What a party says does not count for the time at which it was signed.
    Struck {
        /// The party.
        party: String,
        /// What it states.
        sha256: Sha256,
        /// Whether that is the file in hand.
        is_artifact: bool,
        /// Why it does not count.
        why: Struck,
    },
    /// More evidence than one verification reads: what was left unread may have taken votes away.
    TooMuchEvidence,
    /// A party says nothing about this artifact.
    Absent {
        /// The party.
        party: String,
    },
    /// The policy lets a dissenter veto.
    DissentRefuses {
        /// The dissenters.
        parties: Vec<String>,
    },
    /// k parties state the same bytes under each of several identities.
    Ambiguous {
        /// The identities.
        identities: Vec<Identity>,
    },
    /// The file in hand is the product.
    SameBytes {
        /// The product's file name.
        product: String,
        /// Its digest.
        sha256: Sha256,
        /// Who states it.
        parties: Vec<String>,
    },
    /// The file in hand is what some parties state, and no product is confirmed that it could be.
    NoProduct {
        /// The product's file name.
        product: String,
        /// Who states these bytes.
        parties: Vec<String>,
    },
    /// The file in hand is another file than the product.
    OtherBytes {
        /// The product's file name.
        product: String,
        /// The digest that the parties state.
        stated: Sha256,
        /// The digest of the file in hand.
        found: Sha256,
    },
    /// Nobody states these bytes.
    UnknownBytes {
        /// The digest of the file in hand.
        found: Sha256,
        /// Output names that the policy speaks of.
        artifacts: String,
    },
    /// Nobody states anything about the demanded identity.
    UnknownIdentity {
        /// What the caller demands.
        expected: Expected,
    },
    /// The file in hand is what the last step made.
    FromStep {
        /// The step.
        step: String,
        /// The product's name.
        product: String,
        /// The parties that state it.
        parties: Vec<String>,
        /// The digest of the file in hand.
        sha256: Sha256,
    },
    /// Nobody who may carry out the last step states these bytes.
    NotFromStep {
        /// The step.
        step: String,
        /// The digest of the file in hand.
        found: Sha256,
    },
    /// Too few parties of a step state the same.
    StepTooFew {
        /// The step.
        step: String,
        /// The parties that do.
        parties: Vec<String>,
        /// How many are needed.
        needed: usize,
    },
    /// A step took only what it may take, and made only what it may make.
    StepHeld {
        /// The step.
        step: String,
        /// The parties that state it.
        parties: Vec<String>,
        /// How many are needed.
        needed: usize,
        /// How many files it took.
        took: usize,
    },
    /// A step took or made something that the policy does not let it.
    StepBroken {
        /// The step.
        step: String,
        /// The parties that state it.
        parties: Vec<String>,
        /// `materials` or `products`.
        list: &'static str,
        /// The artifact rule that refuses.
        rule: String,
        /// How many files it refuses.
        count: usize,
        /// The first of them.
        files: Vec<String>,
    },
    /// A step made a file that the steps before it had made, and says that it did not take theirs.
    StepReplaced {
        /// The step.
        step: String,
        /// The parties that state it.
        parties: Vec<String>,
        /// The file.
        file: String,
    },
    /// The file in hand was made of releases that are not the demanded one.
    OtherRelease {
        /// What the caller demands.
        expected: Expected,
        /// What the file is.
        identities: Vec<Identity>,
    },
    /// A step took a file that too few parties rebuilt so.
    StepTookUnconfirmed {
        /// The step.
        step: String,
        /// The file.
        file: String,
        /// k.
        needed: usize,
    },
    /// A step says that it took nothing.
    StepTookNothing {
        /// The step.
        step: String,
        /// The parties that state it.
        parties: Vec<String>,
    },
    /// The artifact rules of a step take more work than is allowed.
    StepOutOfWork {
        /// The step.
        step: String,
    },
    /// Without its signature, the file in hand is the product.
    SignatureOnly {
        /// The format by whose rule the signature was taken out.
        format: &'static str,
        /// The product, and the step that made it when it is not the rebuild.
        product: String,
        /// Who states it.
        parties: Vec<String>,
        /// The digest without the signature.
        sha256: Sha256,
        /// What the signature is, or puts into other fields.
        regions: Vec<String>,
    },
    /// After a named normalisation, the file in hand is the product: a lower class than bit for bit.
    StabilisedEqual {
        /// The normaliser with its version.
        normaliser: &'static str,
        /// The product.
        product: String,
        /// Who states it.
        parties: Vec<String>,
        /// The digest of the stabilised form.
        sha256: Sha256,
        /// What was set aside.
        regions: Vec<String>,
    },
    /// Every member of the file in hand is a product.
    MembersEqual {
        /// How many files it holds.
        files: usize,
        /// The archive's format.
        format: &'static str,
    },
    /// A member of the file in hand is none.
    MemberRefused {
        /// The member.
        member: String,
        /// Why.
        problem: String,
    },
    /// The archive in hand holds no file.
    NoMembers,
    /// The file in hand has not the form that the policy compares.
    OtherForm {
        /// Why.
        problem: String,
    },
    /// The file in hand could not be taken.
    Unusable {
        /// Why.
        problem: String,
    },
}

/// One of several tag objects under one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagObject {
    /// The parties that say they had it.
    pub parties: Vec<String>,
    /// Whether those who may sign releases signed it.
    pub signed: bool,
}

/// A role of a trust repository that was in force when the caller looked the policy up. Whoever looked vouches for it, not this library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleInForce {
    /// The role.
    pub role: String,
    /// The version of its file.
    pub version: u64,
    /// Who signed it, as people call them.
    pub signers: Vec<String>,
    /// The first second at which it no longer counts.
    pub expires: Timestamp,
}

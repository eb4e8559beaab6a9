//! What a user can do about a reason.

use super::Reason;
use crate::policy::Aspect;

impl Reason {
    /// What the user can do, where there is something.
    pub fn next_step(&self) -> Option<&'static str> {
        match self {
            Self::PolicyRefused { .. } => {
                Some("get the current policy from its owners; never go on with one that is refused")
            }
            Self::SourceUnsigned { .. } | Self::SourceOther { .. } => Some(
                "do not use the file; ask the project which release this is, and who signs releases",
            ),
            Self::MovedTag { objects, .. }
                if objects.iter().filter(|(_, object)| object.signed).count() < 2 =>
            {
                Some(
                    "do not use the file; ask the parties with the object that nobody signed where they had it from",
                )
            }
            Self::MovedTag { .. } => Some(
                "do not use the file; ask the project why its tag was moved, and which object it stands by",
            ),
            Self::SourceTooFew { .. }
            | Self::NoQuorum { .. }
            | Self::StepTookUnconfirmed { .. } => {
                Some("gather more evidence, or wait until more parties have rebuilt")
            }
            Self::TooMuchEvidence => Some("give only the evidence for this package"),
            Self::NotDiverse { shortfall, .. } => Some(match shortfall.by {
                Aspect::Principal => {
                    "gather evidence of, or wait for, a party of another principal"
                }
                Aspect::Hosting => "gather evidence of, or wait for, a party with another hosting",
                Aspect::Country => "gather evidence of, or wait for, a party in another country",
                Aspect::Toolchain => {
                    "gather evidence of, or wait for, a party with another toolchain"
                }
            }),
            Self::NotBound { .. } => Some(
                "do not use the file: it has the name of an old release and is not that release",
            ),
            Self::DissentRefuses { .. } => {
                Some("ask the dissenting parties what they built; do not use the file meanwhile")
            }
            Self::Ambiguous { .. } => Some("say which one you want with --as NAME=VERSION:ARCH"),
            Self::OtherBytes { .. } => Some(
                "do not use the file; `quorate diff` shows where it differs from a rebuilt one",
            ),
            Self::UnknownBytes { .. } => Some(
                "do not use the file; --as NAME=VERSION shows what the parties say of the one that it should be",
            ),
            Self::UnknownIdentity { .. } | Self::OtherRelease { .. } => {
                Some("check the name and version, or gather evidence for it")
            }
            Self::NotFromStep { .. } => Some(
                "do not use the file; check that the links of the last step are for this version",
            ),
            Self::StepTooFew { .. } => {
                Some("gather the links of that step, or wait for its parties")
            }
            Self::MemberRefused { .. } | Self::NoMembers => Some(
                "do not use the file; `quorate diff` shows where it differs from a rebuilt one",
            ),
            Self::StepBroken { .. } | Self::StepReplaced { .. } | Self::StepTookNothing { .. } => {
                Some("do not use the file; ask the parties of that step what they did")
            }
            Self::OtherForm { .. } => Some(
                "do not use the file; it is not delivered as the policy says: get it again, or ask the policy's owners",
            ),
            Self::Unusable { .. } => Some("give the path of a regular file that nobody writes to"),
            _ => None,
        }
    }
}

//! What programs read of a reason: `docs/spec/verdict.md` lists the codes.

use super::Reason;
use crate::json::Json;

impl Reason {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PolicyInForce { .. } => "policy-in-force",
            Self::PolicyRefused { .. } => "policy-refused",
            Self::RolesInForce { .. } => "roles-in-force",
            Self::NotJudged => "not-judged",
            Self::SourceEqual { .. } => "source-equal",
            Self::SourceTooFew { .. } => "source-too-few",
            Self::SourceSigned { .. } => "source-signed",
            Self::TagBuilt { .. } => "tag-built",
            Self::SourceUnsigned { .. } => "source-unsigned",
            Self::SourceOther { .. } => "source-other",
            Self::MovedTag { .. } => "moved-tag",
            Self::Quorum { .. } => "quorum",
            Self::QuorumOfFiles { .. } => "quorum-of-files",
            Self::NoQuorum { .. } => "no-quorum",
            Self::NotDiverse { .. } => "not-diverse",
            Self::NotBound { .. } => "not-bound",
            Self::Dissent { .. } => "dissent",
            Self::OtherSource { .. } => "other-source",
            Self::OtherEnvironment { .. } => "other-environment",
            Self::Void { .. } => "void",
            Self::OtherIdentity { .. } => "other-identity",
            Self::Weak { .. } => "weak",
            Self::Struck { .. } => "struck",
            Self::TooMuchEvidence => "too-much-evidence",
            Self::Absent { .. } => "absent",
            Self::DissentRefuses { .. } => "dissent-refuses",
            Self::Ambiguous { .. } => "ambiguous-identity",
            Self::SameBytes { .. } => "same-bytes",
            Self::NoProduct { .. } => "no-product",
            Self::OtherBytes { .. } => "other-bytes",
            Self::UnknownBytes { .. } => "unknown-bytes",
            Self::UnknownIdentity { .. } => "unknown-identity",
            Self::FromStep { .. } => "from-step",
            Self::NotFromStep { .. } => "not-from-step",
            Self::StepTooFew { .. } => "step-too-few",
            Self::StepHeld { .. } => "step-held",
            Self::StepBroken { .. } => "step-broken",
            Self::StepReplaced { .. } => "step-replaced",
            Self::OtherRelease { .. } => "other-release",
            Self::StepTookUnconfirmed { .. } => "step-took-unconfirmed",
            Self::StepTookNothing { .. } => "step-took-nothing",
            Self::StepOutOfWork { .. } => "step-out-of-work",
            Self::SignatureOnly { .. } => "signature-only",
            Self::StabilisedEqual { .. } => "stabilised-equal",
            Self::MembersEqual { .. } => "members-equal",
            Self::MemberRefused { .. } => "member-refused",
            Self::NoMembers => "no-members",
            Self::OtherForm { .. } => "other-form",
            Self::Unusable { .. } => "unusable-file",
        }
    }

    /// The party that the reason is about.
    pub fn party(&self) -> Option<&str> {
        match self {
            Self::Dissent { party, .. }
            | Self::OtherSource { party, .. }
            | Self::OtherEnvironment { party }
            | Self::Void { party }
            | Self::OtherIdentity { party, .. }
            | Self::Weak { party }
            | Self::Struck { party, .. }
            | Self::Absent { party } => Some(party),
            _ => None,
        }
    }

    /// The reason as an object with `code`, `text`, and `party`, `next` and the policy's `version` where there are any.
    pub fn to_json(&self) -> Json<'static> {
        let members = [
            ("code", Some(self.code().to_owned())),
            ("text", Some(self.to_string())),
            ("party", self.party().map(str::to_owned)),
            ("next", self.next_step().map(str::to_owned)),
        ];
        let texts = members.into_iter();
        let texts = texts.filter_map(|(name, text)| Some((name, Json::text(text?))));
        let version = match self {
            Self::PolicyInForce { version, .. } => Some(("version", Json::number(version.get()))),
            _ => None,
        };
        Json::object(texts.chain(version))
    }
}

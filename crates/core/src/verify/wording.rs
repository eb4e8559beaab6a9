//! What people read of a reason. Programs read its code.

use super::{Reason, RoleInForce};
use crate::digest::Sha256;

impl std::fmt::Display for Reason {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&match self.party() {
            Some(party) => self.text_of_party(party),
            None => self.text_of_answer(),
        })
    }
}

impl Reason {
    /// What is said of one party.
    fn text_of_party(&self, party: &str) -> String {
        match self {
            Self::Dissent { sha256, .. } => {
                format!(
                    "{party} got other bytes from the same source: sha256 {}",
                    short(sha256)
                )
            }
            Self::OtherSource { sha256, .. } => {
                format!(
                    "{party} built another source under this name and version: sha256 {}",
                    short(sha256)
                )
            }
            Self::OtherEnvironment { .. } => {
                format!("{party} built in another environment, which this policy does not count")
            }
            Self::Void { .. } => {
                format!(
                    "{party} contradicts itself: its statements give several results, so none counts"
                )
            }
            Self::OtherIdentity { identity, .. } => {
                format!("{party} states these bytes as {identity}, which does not count here")
            }
            Self::Weak { .. } => {
                format!(
                    "{party} confirms these bytes without naming a source, which does not count"
                )
            }
            Self::Struck {
                sha256,
                is_artifact,
                why,
                ..
            } => {
                let what = match is_artifact {
                    true => "these bytes".to_owned(),
                    false => format!("other bytes, sha256 {}", short(sha256)),
                };
                format!("struck: the vote of {party} for {what}: {why}")
            }
            _ => format!("{party} says nothing about it"),
        }
    }

    /// What is said of the policy, the group of parties, or the file.
    fn text_of_answer(&self) -> String {
        match self {
            Self::PolicyInForce {
                policy,
                version,
                bound,
                signed_by,
                owners,
                expires,
            } => {
                let until = match bound {
                    None => format!("in force until {expires}"),
                    Some(release) => format!("in force for {release} alone, which is bound to it"),
                };
                format!(
                    "policy {policy} version {version}, signed by {signed_by} of {owners} trusted owners, {until}"
                )
            }
            Self::PolicyRefused { problem } => format!("the policy is not in force: {problem}"),
            Self::RolesInForce { roles } => roles
                .iter()
                .map(text_of_role)
                .collect::<Vec<_>>()
                .join("; "),
            Self::NotJudged => "not judged: no policy in force says who may speak".to_owned(),
            _ => self
                .text_of_votes()
                .or_else(|| self.text_of_source())
                .or_else(|| self.text_of_step())
                .or_else(|| self.text_of_broken_step())
                .or_else(|| self.text_of_comparison())
                .unwrap_or_else(|| self.text_of_file()),
        }
    }

    /// What is said of the count.
    fn text_of_votes(&self) -> Option<String> {
        Some(match self {
            Self::SourceTooFew { have, needed } => {
                format!("{have} of {needed} needed parties state one source for this result")
            }
            Self::Quorum {
                parties,
                form,
                needed,
                total,
            } => {
                let names = parties.join(", ");
                let same = form.map_or_else(
                    || "the same bytes".to_owned(),
                    |form| format!("the same after {form}, NOT bit for bit"),
                );
                format!(
                    "{} of {total} parties got {same} ({needed} needed): {names}",
                    parties.len()
                )
            }
            Self::QuorumOfFiles {
                files,
                parties,
                needed,
                total,
            } => {
                let names = match parties.is_empty() {
                    true => "nobody".to_owned(),
                    false => parties.join(", "),
                };
                format!(
                    "each of the {files} rebuilt files got the same bytes from {needed} or more of {total} parties; all of them from {names}"
                )
            }
            Self::NoQuorum {
                parties,
                needed,
                total,
            } if parties.is_empty() => {
                format!("0 of {total} parties state this result ({needed} needed)")
            }
            Self::NoQuorum {
                parties,
                needed,
                total,
            } => {
                let names = parties.join(", ");
                format!(
                    "only {} of {total} parties got the same bytes ({needed} needed): {names}",
                    parties.len()
                )
            }
            Self::TooMuchEvidence => {
                "there is more evidence than is read, and what was left unread may take votes away"
                    .to_owned()
            }
            Self::NotDiverse { .. } => return self.text_of_shortfall(),
            Self::DissentRefuses { parties } => {
                format!(
                    "this policy lets a dissenter veto; dissenting: {}",
                    parties.join(", ")
                )
            }
            _ => return None,
        })
    }

    /// What is said of parties that are enough and not independent enough.
    fn text_of_shortfall(&self) -> Option<String> {
        let Self::NotDiverse {
            parties,
            total,
            shortfall,
        } = self
        else {
            return None;
        };
        let (count, names) = (parties.len(), parties.join(", "));
        Some(format!(
            "{count} of {total} parties got the same bytes and are not independent enough: {names}: {shortfall}"
        ))
    }

    /// What is said of the released source.
    fn text_of_source(&self) -> Option<String> {
        Some(match self {
            Self::SourceEqual {
                name,
                version,
                source,
                parties,
            } => {
                format!(
                    "{name} {version} from a signed index, files {}, equal for {}",
                    short(source),
                    parties.join(", ")
                )
            }
            Self::SourceSigned {
                release,
                signers,
                witnessed,
                witnesses,
            } => format!(
                "{release}, signed by {}, whose keys held at {witnessed}, by when {} had it",
                signers.join(", "),
                witnesses.join(", ")
            ),
            Self::TagBuilt {
                commit,
                identity,
                parties,
            } => format!(
                "commit {}…, tree {}, equal for {}",
                &commit[..commit.len().min(12)],
                short(identity),
                parties.join(", ")
            ),
            Self::SourceUnsigned { release, problem } => {
                format!("{release} is not a release by this policy: {problem}")
            }
            Self::NotBound { bound, built } => format!(
                "this version of the policy, {}, is in force for {bound} alone, and these bytes were built from {built}",
                bound.policy
            ),
            Self::SourceOther { built, wanted } => {
                format!("{built} was built, and the policy wants {wanted}")
            }
            Self::MovedTag { tag, objects } => {
                let seen: Vec<String> = objects
                    .iter()
                    .map(|(id, object)| {
                        let id = &id[..id.len().min(12)];
                        let signed = match object.signed {
                            true => "signed as the policy wants it",
                            false => "NOT signed as the policy wants it",
                        };
                        format!("{id}… {signed}, seen by {}", object.parties.join(", "))
                    })
                    .collect();
                format!(
                    "MOVED TAG: {tag} names {} objects: {}",
                    objects.len(),
                    seen.join("; ")
                )
            }
            _ => return None,
        })
    }

    /// What is said of a comparison other than bit for bit.
    fn text_of_comparison(&self) -> Option<String> {
        Some(match self {
            Self::SignatureOnly {
                format,
                product,
                parties,
                sha256,
                regions,
            } => format!(
                "the {product} of {}, but for its {format} signature: sha256 {} without it; {}",
                parties.join(", "),
                short(sha256),
                regions.join(", ")
            ),
            Self::StabilisedEqual {
                normaliser,
                product,
                parties,
                sha256,
                regions,
            } => format!(
                "NOT bit for bit: the {product} of {} after {normaliser} (sha256 {}), which sets aside: {}",
                parties.join(", "),
                short(sha256),
                regions.join(", ")
            ),
            Self::MembersEqual { files, format } => {
                format!("each of the {files} files in the {format} is a product, bit for bit")
            }
            Self::MemberRefused { member, problem } => format!("member {member:?}: {problem}"),
            Self::NoMembers => "the archive holds no file, so nothing says what it is".to_owned(),
            _ => return None,
        })
    }

    /// What is said of a later step.
    fn text_of_step(&self) -> Option<String> {
        Some(match self {
            Self::FromStep {
                step,
                product,
                parties,
                sha256,
            } => format!(
                "bit for bit the {product} of step {step} by {}: sha256 {sha256}",
                parties.join(", ")
            ),
            Self::NotFromStep { step, found } => format!(
                "nobody who may carry out step {step} states these bytes (sha256 {})",
                short(found)
            ),
            Self::StepTooFew {
                step,
                parties,
                needed,
            } => {
                let names = if parties.is_empty() {
                    String::new()
                } else {
                    format!(": {}", parties.join(", "))
                };
                format!(
                    "step {step}: {} of {needed} needed parties state the same{names}",
                    parties.len()
                )
            }
            Self::StepHeld {
                step,
                parties,
                needed,
                took,
            } => format!(
                "step {step} by {} ({needed} needed): took {took} files and made only what it may",
                parties.join(", ")
            ),
            _ => return None,
        })
    }

    /// What is said of a later step that does not hold.
    fn text_of_broken_step(&self) -> Option<String> {
        Some(match self {
            Self::StepBroken {
                step,
                parties,
                list,
                rule,
                count,
                files,
            } => {
                let more = match count.saturating_sub(files.len()) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let what = match files.is_empty() {
                    true => String::new(),
                    false => format!(": {}{more}", files.join(", ")),
                };
                format!(
                    "step {step} by {}: rule {rule:?} over its {list} refuses{what}",
                    parties.join(", ")
                )
            }
            Self::StepTookNothing { step, parties } => format!(
                "step {step} by {} took nothing, so nothing says what its result was made of",
                parties.join(", ")
            ),
            Self::StepTookUnconfirmed { step, file, needed } => format!(
                "step {step} took {file:?}, which fewer than the {needed} needed parties rebuilt so"
            ),
            Self::StepReplaced {
                step,
                parties,
                file,
            } => format!(
                "step {step} by {} put a {file:?} of its own in the place of one that it was given",
                parties.join(", ")
            ),
            Self::StepOutOfWork { step } => {
                format!("the rules of step {step} take more work than one verification may do")
            }
            _ => return None,
        })
    }

    /// What is said of the file in hand.
    fn text_of_file(&self) -> String {
        match self {
            Self::Ambiguous { identities } => {
                let names: Vec<String> = identities.iter().map(ToString::to_string).collect();
                format!(
                    "enough parties state these bytes under each of several identities: {}",
                    names.join(", ")
                )
            }
            Self::SameBytes {
                product,
                sha256,
                parties,
            } => {
                let names = parties.join(", ");
                format!("bit for bit the {product} of {names}: sha256 {sha256}")
            }
            Self::NoProduct { product, parties } => {
                let names = parties.join(", ");
                format!("no product is confirmed; the file is the {product} of {names} alone")
            }
            Self::OtherBytes {
                product,
                stated,
                found,
            } => {
                let (found, stated) = (short(found), short(stated));
                format!(
                    "the file is not the {product} that was rebuilt: it has sha256 {found}, rebuilt was {stated}"
                )
            }
            Self::UnknownBytes { found, artifacts } => {
                format!(
                    "no party states these bytes (sha256 {}) for an output like {artifacts:?}",
                    short(found)
                )
            }
            Self::OtherRelease {
                expected,
                identities,
            } => {
                let names: Vec<String> = identities.iter().map(ToString::to_string).collect();
                format!("the file is not {expected}; it is {}", names.join(" or "))
            }
            Self::UnknownIdentity { expected } => {
                format!("no party states anything about {expected}")
            }
            Self::OtherForm { problem } | Self::Unusable { problem } => problem.clone(),
            _ => self.code().to_owned(),
        }
    }
}

fn text_of_role(role: &RoleInForce) -> String {
    format!(
        "{} {}, signed by {}, until {}",
        role.role,
        role.version,
        role.signers.join(" and "),
        role.expires
    )
}

/// Enough of a digest for people to tell two apart.
fn short(digest: &Sha256) -> String {
    format!("{}…", &digest.to_string()[..16])
}

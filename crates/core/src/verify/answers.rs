//! The answers, each from what it rests on.

use super::artifact::{Artifact, ArtifactState, View};
use super::case::{Answer, Outcome, Question};
use super::{Expected, Group, Reason, Standing, Tally};
use crate::digest::Sha256;
use crate::policy::{Comparison, OnDissent, Policy, PolicyError};

pub(super) fn answer(question: Question, outcome: Outcome, reasons: Vec<Reason>) -> Answer {
    Answer {
        question,
        outcome,
        reasons,
    }
}

pub(super) fn refused_policy(error: &PolicyError) -> [Answer; 6] {
    let unanswered = |question| answer(question, Outcome::No, vec![Reason::NotJudged]);
    [
        answer(
            Question::Policy,
            Outcome::No,
            vec![Reason::PolicyRefused {
                problem: error.to_string(),
            }],
        ),
        unanswered(Question::Source),
        unanswered(Question::Rebuilt),
        unanswered(Question::Bytes),
        answer(Question::After, Outcome::NotAsked, Vec::new()),
        answer(Question::Public, Outcome::NotAsked, Vec::new()),
    ]
}

pub(super) fn in_force(policy: &Policy) -> Answer {
    let (signed_by, owners) = policy.signatures();
    let in_force = Reason::PolicyInForce {
        policy: policy.name().to_owned(),
        signed_by,
        owners,
        expires: policy.expires(),
    };
    answer(Question::Policy, Outcome::Yes, vec![in_force])
}

pub(super) fn one_reason(question: Question, outcome: Result<Reason, Reason>) -> Answer {
    match outcome {
        Ok(reason) => answer(question, Outcome::Yes, vec![reason]),
        Err(reason) => answer(question, Outcome::No, vec![reason]),
    }
}

pub(super) fn rebuilt(policy: &Policy, tally: &Tally) -> Answer {
    let parties = tally
        .group()
        .map(|group| group.parties.clone())
        .unwrap_or_default();
    let (needed, total) = (tally.threshold().get(), policy.parties().len());
    let dissenters: Vec<String> = tally.dissenters().map(str::to_owned).collect();
    let (outcome, decisive) = if !tally.has_quorum() {
        (
            Outcome::No,
            Reason::NoQuorum {
                parties,
                needed,
                total,
            },
        )
    } else if !tally.rivals().is_empty() {
        let identities = tally
            .identity()
            .into_iter()
            .chain(tally.rivals())
            .cloned()
            .collect();
        (Outcome::No, Reason::Ambiguous { identities })
    } else if policy.on_dissent() == OnDissent::Refuse && !dissenters.is_empty() {
        (
            Outcome::No,
            Reason::DissentRefuses {
                parties: dissenters,
            },
        )
    } else {
        (
            Outcome::Yes,
            Reason::Quorum {
                parties,
                needed,
                total,
            },
        )
    };
    let others = tally
        .standings()
        .iter()
        .filter_map(|(party, standing)| other(party.clone(), standing));
    answer(
        Question::Rebuilt,
        outcome,
        std::iter::once(decisive).chain(others).collect(),
    )
}

/// What is to be said of a party that is not in the group.
fn other(party: String, standing: &Standing) -> Option<Reason> {
    Some(match standing {
        Standing::Confirms => return None,
        Standing::Dissents { sha256 } => Reason::Dissent {
            party,
            sha256: *sha256,
        },
        Standing::OtherSource { sha256 } => Reason::OtherSource {
            party,
            sha256: *sha256,
        },
        Standing::OtherEnvironment { .. } => Reason::OtherEnvironment { party },
        Standing::Void => Reason::Void { party },
        Standing::OtherIdentity(identity) => Reason::OtherIdentity {
            party,
            identity: identity.clone(),
        },
        Standing::Weak => Reason::Weak { party },
        Standing::Absent => Reason::Absent { party },
    })
}

pub(super) fn bytes(
    policy: &Policy,
    tally: &Tally,
    artifact: &Artifact,
    expected: Option<&Expected>,
) -> Answer {
    let found = match (&artifact.state, &artifact.view) {
        (ArtifactState::Unusable(problem), _) | (_, View::Unusable(problem)) => {
            return answer(
                Question::Bytes,
                Outcome::No,
                vec![Reason::Unusable {
                    problem: problem.clone(),
                }],
            );
        }
        (ArtifactState::Read(sha256), _) => *sha256,
    };
    match (tally.group(), expected) {
        // Bytes that fewer than k parties state are no product yet: a yes here would be misread.
        (Some(group), _) if group.is_artifact && !tally.has_quorum() => {
            let few = Reason::NoProduct {
                product: group.product.clone(),
                parties: group.parties.clone(),
            };
            answer(Question::Bytes, Outcome::No, vec![few])
        }
        (Some(group), _) if group.is_artifact => equal(policy, group, artifact, found),
        (Some(group), _) => {
            let other = Reason::OtherBytes {
                product: group.product.clone(),
                stated: group.digests.sha256,
                found,
            };
            answer(Question::Bytes, Outcome::No, vec![other])
        }
        (None, Some(expected)) => answer(
            Question::Bytes,
            Outcome::No,
            vec![Reason::UnknownIdentity {
                expected: expected.clone(),
            }],
        ),
        (None, None) => {
            let unknown = Reason::UnknownBytes {
                found,
                artifacts: policy.artifacts().as_str().to_owned(),
            };
            answer(Question::Bytes, Outcome::No, vec![unknown])
        }
    }
}

/// The file in hand is what the group states, as the policy compares it and as the caller looked at it.
fn equal(policy: &Policy, group: &Group, artifact: &Artifact, found: Sha256) -> Answer {
    let (product, parties) = (group.product.clone(), group.parties.clone());
    let reason = match (policy.comparison(), &artifact.view) {
        (Comparison::SignatureOnly(format), View::Unsigned(unsigned)) => Reason::SignatureOnly {
            format: format.name(),
            product,
            parties,
            sha256: group.digests.sha256,
            regions: unsigned.regions_of(group.digests.sha256),
        },
        (Comparison::Stabilised(normaliser), View::Stabilised(form)) => Reason::StabilisedEqual {
            normaliser: normaliser.name(),
            product,
            parties,
            sha256: form.sha256,
            regions: form.regions.clone(),
        },
        (Comparison::Bytes, View::Whole) => Reason::SameBytes {
            product,
            sha256: found,
            parties,
        },
        // Whatever else the caller looked at, it is not what this policy compares.
        _ => return answer(Question::Bytes, Outcome::No, vec![Reason::NotJudged]),
    };
    answer(Question::Bytes, Outcome::Yes, vec![reason])
}

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
        version: policy.version(),
        bound: policy.bound().cloned(),
        signed_by,
        owners,
        expires: policy.expires(),
    };
    answer(Question::Policy, Outcome::Yes, vec![in_force])
}

/// Refuses the source when the policy is in force for one release alone, and another one was built.
pub(super) fn bound(policy: &Policy, tally: &Tally, used: &[Tally]) -> Option<Answer> {
    let bound = policy.bound()?;
    let groups = std::iter::once(tally).chain(used).filter_map(Tally::group);
    let mut others = groups
        .filter(|group| group.source_name != bound.source || group.source_version != bound.version);
    let other = others.next().map(|group| Reason::NotBound {
        bound: bound.clone(),
        built: format!("{} {}", group.source_name, group.source_version),
    });
    other.map(|reason| answer(Question::Source, Outcome::No, vec![reason]))
}

pub(super) fn one_reason(question: Question, outcome: Result<Reason, Reason>) -> Answer {
    match outcome {
        Ok(reason) => answer(question, Outcome::Yes, vec![reason]),
        Err(reason) => answer(question, Outcome::No, vec![reason]),
    }
}

/// `used` are the tallies of all rebuilt files that the file in hand was made of, where there are several.
pub(super) fn rebuilt(policy: &Policy, tally: &Tally, used: &[Tally]) -> Answer {
    let parties = tally
        .group()
        .map(|group| group.parties.clone())
        .unwrap_or_default();
    let (needed, total) = (tally.threshold().get(), policy.parties().len());
    let dissenters: Vec<String> = tally.dissenters().map(str::to_owned).collect();
    let (outcome, decisive) = if !tally.has_quorum() {
        (Outcome::No, no_quorum(tally, total))
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
    } else if used.len() > 1 {
        let parties = all_confirmed(used);
        let of_files = Reason::QuorumOfFiles {
            files: used.len(),
            parties,
            needed,
            total,
        };
        (Outcome::Yes, of_files)
    } else {
        let form = match policy.comparison() {
            Comparison::Stabilised(normaliser) => Some(normaliser.name()),
            _ => None,
        };
        let quorum = Reason::Quorum {
            parties,
            form,
            needed,
            total,
        };
        (Outcome::Yes, quorum)
    };
    let others = standings(tally, used);
    let others = others.filter_map(|(party, standing)| other(party.to_owned(), standing));
    answer(
        Question::Rebuilt,
        outcome,
        std::iter::once(decisive).chain(others).collect(),
    )
}

/// Too few parties agree, or enough that are not independent enough.
pub(super) fn no_quorum(tally: &Tally, total: usize) -> Reason {
    let group = tally.group();
    let parties = group.map_or_else(Vec::new, |group| group.parties.clone());
    match tally.shortfall() {
        Some(shortfall) => Reason::NotDiverse {
            parties,
            total,
            shortfall: shortfall.clone(),
        },
        None => Reason::NoQuorum {
            parties,
            needed: tally.threshold().get(),
            total,
        },
    }
}

/// The parties that confirm every one.
fn all_confirmed(used: &[Tally]) -> Vec<String> {
    let first = used.first().map(Tally::standings).unwrap_or_default();
    let parties = first.iter().enumerate();
    let confirms = |tally: &Tally, at: usize| {
        let standing = tally.standings().get(at);
        standing.is_some_and(|(_, standing)| *standing == Standing::Confirms)
    };
    parties
        .filter(|(at, _)| used.iter().all(|tally| confirms(tally, *at)))
        .map(|(_, (party, _))| party.clone())
        .collect()
}

/// Each party with what it says; of several files, of the first that it does not confirm.
fn standings<'t>(
    tally: &'t Tally,
    used: &'t [Tally],
) -> impl Iterator<Item = (&'t str, &'t Standing)> {
    let parties = tally.standings().iter().enumerate();
    parties.map(move |(at, (party, standing))| {
        let all = used
            .iter()
            .filter_map(move |tally| tally.standings().get(at));
        let mut all = all.map(|(_, standing)| standing);
        let other = all.find(|standing| **standing != Standing::Confirms);
        (party.as_str(), other.unwrap_or(standing))
    })
}

/// What is to be said of a party that is not in the group.
fn other(party: String, standing: &Standing) -> Option<Reason> {
    Some(match standing {
        // What was struck is told with its reason.
        Standing::Confirms | Standing::Struck => return None,
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
        (ArtifactState::Unusable(problem), _) => {
            let problem = problem.clone();
            return one_reason(Question::Bytes, Err(Reason::Unusable { problem }));
        }
        (_, View::Unusable(problem)) => {
            let problem = problem.clone();
            return one_reason(Question::Bytes, Err(Reason::OtherForm { problem }));
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

//! One policy and one body of evidence, opened once; a verdict for each artifact.

use super::{Claim, Claims, Evidence, Expected, Reason, Standing, Tally, tally};
use crate::digest::Sha256;
use crate::limits::Limits;
use crate::policy::{OnDissent, Owners, Policy, PolicyError};
use crate::time::Timestamp;

/// A policy and evidence, signatures checked.
pub struct Case {
    policy: Result<Policy, PolicyError>,
    claims: Claims,
}

/// The file in hand as the caller found it.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its file name: shown, and used to say what was stated instead; it never leads to a yes.
    pub name: String,
    /// What is known of its bytes.
    pub state: ArtifactState,
}

/// What is known of an artifact's bytes.
#[derive(Clone, Debug)]
pub enum ArtifactState {
    /// SHA-256 over the whole file, read once from one open file.
    Read(Sha256),
    /// The file could not be taken as one fixed sequence of bytes.
    Unusable(String),
}

impl ArtifactState {
    fn sha256(&self) -> Option<Sha256> {
        match self {
            Self::Read(sha256) => Some(*sha256),
            Self::Unusable(_) => None,
        }
    }
}

impl Case {
    /// Puts the policy in force and opens the evidence with the parties' keys.
    pub fn open<'e>(
        layout: &[u8],
        terms: &[u8],
        owners: &Owners,
        evidence: impl IntoIterator<Item = &'e Evidence<'e>>,
        at: Timestamp,
        limits: &Limits,
    ) -> Self {
        let policy = Policy::open(layout, terms, owners, at, limits);
        let claims = policy
            .as_ref()
            .map(|policy| Claims::open(policy, evidence, limits))
            .unwrap_or_default();
        Self { policy, claims }
    }

    /// The policy, or why it is not in force.
    pub fn policy(&self) -> Result<&Policy, &PolicyError> {
        self.policy.as_ref()
    }

    /// What the evidence says.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The origins of every claim about the artifact that `verdict` is about: what a proof must hold to lead to it again, dissent
    /// and what does not count included. Of several documents in which a party says the same, one is enough.
    pub fn origins_for(&self, verdict: &Verdict) -> Vec<&str> {
        let report = verdict.report();
        let identity = report.tally().and_then(Tally::identity);
        let sha256 = report.artifact().state.sha256();
        let mut kept: Vec<&Claim> = Vec::new();
        for claim in self.claims.claims() {
            let repeated = kept.iter().any(|other| other.says_the_same(claim));
            if !repeated && claim.is_about(identity, sha256) {
                kept.push(claim);
            }
        }
        kept.into_iter().map(Claim::origin).collect()
    }

    /// Answers the six questions for one artifact.
    pub fn judge(&self, artifact: &Artifact, expected: Option<&Expected>) -> Verdict {
        let sha256 = artifact.state.sha256();
        let (answers, tally) = match &self.policy {
            Err(error) => (refused_policy(error), None),
            Ok(policy) => {
                let tally = tally(
                    policy,
                    self.claims.claims(),
                    sha256,
                    &artifact.name,
                    expected,
                );
                (answers(policy, &tally, artifact, expected), Some(tally))
            }
        };
        let report = Report {
            artifact: artifact.clone(),
            expected: expected.cloned(),
            answers,
            tally,
        };
        let quorate = report.answers.iter().all(|answer| match answer.question {
            Question::After | Question::Public => answer.outcome != Outcome::No,
            // The first four are asked by every policy.
            Question::Policy | Question::Source | Question::Rebuilt | Question::Bytes => {
                answer.outcome == Outcome::Yes
            }
        });
        if quorate {
            Verdict::Quorate(Accepted { report })
        } else {
            Verdict::Refused(report)
        }
    }
}

/// The six questions, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Who may say so, and is that still in force?
    Policy,
    /// Is what was built the released source?
    Source,
    /// Did k of n parties get the same products from the same materials?
    Rebuilt,
    /// Is the file in hand that product?
    Bytes,
    /// Did everything that came later use that product?
    After,
    /// Does everyone see the same claims?
    Public,
}

/// An answer's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Yes.
    Yes,
    /// No; the reasons say why.
    No,
    /// The policy does not ask.
    NotAsked,
}

/// One of the six answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which question.
    pub question: Question,
    /// Its value.
    pub outcome: Outcome,
    /// Why; the decisive reason first.
    pub reasons: Vec<Reason>,
}

/// Everything that a verdict rests on.
#[derive(Clone, Debug)]
pub struct Report {
    artifact: Artifact,
    expected: Option<Expected>,
    answers: [Answer; 6],
    tally: Option<Tally>,
}

impl Report {
    /// The file that was judged.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The identity that the caller demanded.
    pub fn expected(&self) -> Option<&Expected> {
        self.expected.as_ref()
    }

    /// The six answers in order.
    pub fn answers(&self) -> &[Answer; 6] {
        &self.answers
    }

    /// Where the votes stand; `None` when no policy is in force.
    pub fn tally(&self) -> Option<&Tally> {
        self.tally.as_ref()
    }
}

/// The end of judging.
#[derive(Clone, Debug)]
#[must_use]
pub enum Verdict {
    /// Every question that the policy asks is answered yes.
    Quorate(Accepted),
    /// Anything else.
    Refused(Report),
}

/// The proof, as a type, that an artifact is quorate: whoever delivers a file asks for one. Only [`Case::judge`] makes it.
///
/// ```compile_fail,E0451
/// fn forge(report: quorate::verify::Report) -> quorate::verify::Accepted {
///     quorate::verify::Accepted { report }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Accepted {
    report: Report,
}

impl Accepted {
    /// What the acceptance rests on.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl Verdict {
    /// What the verdict rests on.
    pub fn report(&self) -> &Report {
        match self {
            Self::Quorate(accepted) => &accepted.report,
            Self::Refused(report) => report,
        }
    }

    /// Whether the artifact is quorate.
    pub fn is_quorate(&self) -> bool {
        matches!(self, Self::Quorate(_))
    }
}

fn answer(question: Question, outcome: Outcome, reasons: Vec<Reason>) -> Answer {
    Answer {
        question,
        outcome,
        reasons,
    }
}

fn refused_policy(error: &PolicyError) -> [Answer; 6] {
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

fn answers(
    policy: &Policy,
    tally: &Tally,
    artifact: &Artifact,
    expected: Option<&Expected>,
) -> [Answer; 6] {
    let (signed_by, owners) = policy.signatures();
    let in_force = Reason::PolicyInForce {
        policy: policy.name().to_owned(),
        signed_by,
        owners,
        expires: policy.expires(),
    };
    [
        answer(Question::Policy, Outcome::Yes, vec![in_force]),
        source(tally),
        rebuilt(policy, tally),
        bytes(policy, tally, artifact, expected),
        answer(Question::After, Outcome::NotAsked, Vec::new()),
        answer(Question::Public, Outcome::NotAsked, Vec::new()),
    ]
}

fn source(tally: &Tally) -> Answer {
    match tally.group() {
        Some(group) if tally.has_quorum() => {
            let equal = Reason::SourceEqual {
                name: group.source_name.clone(),
                version: group.source_version.clone(),
                source: group.source,
                parties: group.parties.clone(),
            };
            answer(Question::Source, Outcome::Yes, vec![equal])
        }
        group => {
            let too_few = Reason::SourceTooFew {
                have: group.map_or(0, |group| group.parties.len()),
                needed: tally.threshold().get(),
            };
            answer(Question::Source, Outcome::No, vec![too_few])
        }
    }
}

fn rebuilt(policy: &Policy, tally: &Tally) -> Answer {
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

fn bytes(
    policy: &Policy,
    tally: &Tally,
    artifact: &Artifact,
    expected: Option<&Expected>,
) -> Answer {
    let found = match &artifact.state {
        ArtifactState::Unusable(problem) => {
            return answer(
                Question::Bytes,
                Outcome::No,
                vec![Reason::Unusable {
                    problem: problem.clone(),
                }],
            );
        }
        ArtifactState::Read(sha256) => *sha256,
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
        (Some(group), _) if group.is_artifact => answer(
            Question::Bytes,
            Outcome::Yes,
            vec![Reason::SameBytes {
                product: group.product.clone(),
                sha256: found,
                parties: group.parties.clone(),
            }],
        ),
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

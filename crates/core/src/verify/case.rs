//! One policy and one body of evidence, opened once; a verdict for each artifact.

use std::collections::BTreeSet;

use super::answers::{answer, bound, bytes, in_force, one_reason, rebuilt, refused_policy};
use super::artifact::{Artifact, ArtifactState};
use super::claim::Said;
use super::complete::Complete;
use super::keys::KeyDocument;
use super::later::{Trail, trail};
use super::source::SourceCase;
use super::struck::struck;
use super::tally::Votes;
use super::{
    Claim, Claims, Evidence, Expected, Identity, Reason, RoleInForce, Standing, StruckClaim, Tally,
};
use crate::attest::rebuild::Source;
use crate::digest::Sha256;
use crate::limits::Limits;
use crate::policy::{Comparison, Declared, Owners, Policy, PolicyError};
use crate::source::openpgp::{NoOpenPgp, OpenPgpVerifier};
use crate::tenure::declared;
use crate::time::Timestamp;

/// A policy and evidence, signatures checked.
pub struct Case {
    policy: Result<Policy, PolicyError>,
    claims: Claims,
    at: Timestamp,
    tools: Tools,
    vouchers: Vec<Reason>,
    /// What the roster declares of the policy's parties, by their places in it.
    declared: Vec<Option<Declared>>,
}

/// What judging uses and has not in itself.
#[derive(Clone, Copy, Debug)]
pub struct Tools {
    /// Bounds on everything that is read.
    pub limits: Limits,
    /// Who checks OpenPGP signatures of releases.
    pub openpgp: &'static dyn OpenPgpVerifier,
}

impl Tools {
    /// The standard limits, and no OpenPGP: what only an OpenPGP signature could show is refused.
    pub const WITHOUT_OPENPGP: Self = Self {
        limits: Limits::STANDARD,
        openpgp: &NoOpenPgp,
    };
}

impl Case {
    /// Puts the policy in force and opens the evidence with the parties' keys.
    pub fn open<'e>(
        layout: &[u8],
        terms: &[u8],
        owners: &Owners,
        evidence: impl IntoIterator<Item = &'e Evidence<'e>>,
        at: Timestamp,
        tools: &Tools,
    ) -> Self {
        let limits = &tools.limits;
        let policy = Policy::open(layout, terms, owners, at, limits);
        let claims = policy
            .as_ref()
            .map(|policy| Claims::open(policy, owners, evidence, at, limits))
            .unwrap_or_default();
        let parties = policy.iter().flat_map(|policy| policy.parties());
        let declared = parties.map(|party| declared(owners.roster(), party).cloned());
        let declared = declared.collect();
        Self {
            policy,
            claims,
            at,
            tools: *tools,
            vouchers: Vec::new(),
            declared,
        }
    }

    /// Says in the first answer by which roles of a trust repository the caller came to the policy; each list is one reason. It changes no answer.
    #[must_use]
    pub fn vouched_for_by(mut self, roles: Vec<Vec<RoleInForce>>) -> Self {
        let reasons = roles
            .into_iter()
            .map(|roles| Reason::RolesInForce { roles });
        self.vouchers = reasons.collect();
        self
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
    pub fn origins_for<'v>(&'v self, verdict: &'v Verdict) -> Vec<&'v str> {
        let report = verdict.report();
        let identity = report.tally().and_then(Tally::identity);
        let trail = report.trail.as_ref();
        let files = report.files();
        let mut kept: Vec<&Claim> = Vec::new();
        let struck = self.claims.struck().iter().map(StruckClaim::claim);
        for claim in self.claims.claims().iter().chain(struck) {
            let repeated = kept.iter().any(|other| other.says_the_same(claim));
            if !repeated && claim.is_about(identity, &files) {
                kept.push(claim);
            }
        }
        let links = trail.into_iter().flat_map(|trail| &trail.origins);
        let unsigned = self.certificates_for(&kept);
        let about_keys = self.about_keys_for(&kept);
        let claims = kept.into_iter().map(Claim::origin);
        claims
            .chain(about_keys)
            .chain(links.map(String::as_str))
            .chain(unsigned)
            .collect()
    }

    /// The origins of what is said about keys: all of it but for witnesses who saw nothing of what is kept.
    fn about_keys_for(&self, kept: &[&Claim]) -> Vec<&str> {
        let documents = self.claims.about_keys();
        let of_claims = kept
            .iter()
            .flat_map(|claim| claim.signers.values().flatten());
        let of_documents = documents.iter().flat_map(|document| &document.marks);
        let marks: BTreeSet<&Sha256> = of_claims.chain(of_documents).collect();
        let matters = |document: &&KeyDocument| match &document.saw {
            None => true,
            Some(saw) => saw.iter().any(|mark| marks.contains(mark)),
        };
        let kept = documents.iter().filter(matters);
        kept.map(|document| document.origin.as_str()).collect()
    }

    /// The origins of the certificates that can matter to the signatures on what `claims` were built from.
    fn certificates_for(&self, claims: &[&Claim]) -> Vec<&str> {
        let Ok(policy) = &self.policy else {
            return Vec::new();
        };
        let openpgp = self.openpgp(policy);
        let mut involved: BTreeSet<Sha256> = BTreeSet::new();
        for claim in claims {
            if let Said::Rebuild(stated) = claim.said() {
                involved.extend(openpgp.involved(match &stated.rebuild.source {
                    Source::Debian(source) => &source.dsc,
                    Source::Git(source) => &source.tag_object,
                }));
            }
        }
        let certificates = self.claims.certificates().iter();
        certificates
            .filter(|it| involved.contains(&it.sha256))
            .map(|it| it.origin.as_str())
            .collect()
    }

    fn openpgp<'c>(&'c self, policy: &'c Policy) -> Complete<'c> {
        let given = self.claims.certificates().iter();
        Complete {
            named: policy.source().certificates(),
            given: given.map(|it| it.sha256).collect(),
            openpgp: self.tools.openpgp,
        }
    }

    /// Answers the six questions for one artifact.
    pub fn judge(&self, artifact: &Artifact, expected: Option<&Expected>) -> Verdict {
        let mut report = Report {
            artifact: artifact.clone(),
            expected: expected.cloned(),
            answers: Vec::new(),
            identity: None,
            tally: None,
            trail: None,
        };
        match &self.policy {
            Err(error) => report.answers = refused_policy(error).into(),
            Ok(policy) => self.answer(policy, &mut report),
        }
        if let Some(first) = report.answers.first_mut() {
            first.reasons.extend(self.vouchers.iter().cloned());
        }
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

    fn source(&self, policy: &Policy, tally: &Tally) -> Answer {
        let certificates = self.claims.certificates().iter();
        let certificates: Vec<Vec<u8>> = certificates.map(|it| it.bytes.clone()).collect();
        let standings = tally.standings().iter().enumerate();
        let void = standings.filter(|(_, (_, standing))| *standing == Standing::Void);
        SourceCase {
            policy,
            claims: self.claims.claims(),
            declared: &self.declared,
            at: self.at,
            void: void.map(|(party, _)| party).collect(),
            certificates: &certificates,
            openpgp: &self.openpgp(policy),
            limits: &self.tools.limits,
        }
        .answer(tally)
    }

    /// Answers under a policy that is in force.
    fn answer(&self, policy: &Policy, report: &mut Report) {
        let votes = Votes::cast(policy, self.claims.claims(), &self.declared);
        let expected = report.expected.as_ref();
        let digests = report.artifact.digests();
        let by_trail =
            !policy.steps().is_empty() || matches!(policy.comparison(), Comparison::Members(_));
        let tally = match digests.first() {
            Some(_) if by_trail => {
                let (artifact, steps) = (&report.artifact, self.claims.steps());
                let work = self.tools.limits.rule_steps_max;
                let trail = trail(policy, &votes, steps, artifact, expected, work);
                let tally = trail.tally.clone();
                report.trail = Some(trail);
                tally
            }
            first => {
                // Of several readings of the file, the one that somebody states.
                let stated = digests.iter().find(|sha256| votes.states(**sha256));
                votes.tally(stated.or(first).copied(), &report.artifact.name, expected)
            }
        };
        let bytes = match &report.trail {
            None => bytes(policy, &tally, &report.artifact, expected),
            Some(trail) => one_reason(Question::Bytes, trail.delivered.clone()),
        };
        let after = match &report.trail {
            Some(_) if policy.steps().is_empty() => {
                answer(Question::After, Outcome::NotAsked, Vec::new())
            }
            Some(trail) => match trail.outcome.clone() {
                Ok(reasons) => answer(Question::After, Outcome::Yes, reasons),
                Err(reason) => answer(Question::After, Outcome::No, vec![reason]),
            },
            None if policy.steps().is_empty() => {
                answer(Question::After, Outcome::NotAsked, Vec::new())
            }
            None => match &report.artifact.state {
                ArtifactState::Unusable(problem) => {
                    let problem = problem.clone();
                    one_reason(Question::After, Err(Reason::Unusable { problem }))
                }
                ArtifactState::Read(_) => one_reason(Question::After, Err(Reason::NotJudged)),
            },
        };
        let used = report.trail.as_ref().map_or(&[][..], |it| &it.tallies);
        report.answers = vec![
            in_force(policy),
            bound(policy, &tally, used).unwrap_or_else(|| self.source(policy, &tally)),
            rebuilt(policy, &tally, used),
            bytes,
            after,
            answer(Question::Public, Outcome::NotAsked, Vec::new()),
        ];
        report.identity = match &report.trail {
            None => tally.identity().cloned(),
            Some(trail) => trail.identity.clone(),
        };
        report.tally = Some(self.strike(report, tally));
    }

    /// Says in answer 3 which votes do not count, and refuses when some were left unread.
    fn strike(&self, report: &mut Report, tally: Tally) -> Tally {
        let files = report.files();
        let struck = struck(
            &self.claims,
            &report.artifact,
            report.identity.as_ref(),
            &files,
        );
        let rebuilt = &mut report.answers[REBUILT];
        if self.claims.is_cut() {
            rebuilt.outcome = Outcome::No;
            rebuilt.reasons.insert(0, Reason::TooMuchEvidence);
        }
        let without: BTreeSet<&str> = struck.iter().filter_map(Reason::party).collect();
        // Whoever was struck did say something.
        rebuilt.reasons.retain(|reason| match reason {
            Reason::Absent { party } => !without.contains(party.as_str()),
            _ => true,
        });
        let tally = tally.with_struck(&without);
        rebuilt.reasons.extend(struck);
        tally
    }
}

/// Where the answer to question 3 stands.
const REBUILT: usize = 2;

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
    answers: Vec<Answer>,
    identity: Option<Identity>,
    tally: Option<Tally>,
    trail: Option<Trail>,
}

impl Report {
    /// The digests that statements may have about the file in hand, or about what it was made of.
    fn files(&self) -> BTreeSet<Sha256> {
        match &self.trail {
            None => self.artifact.digests().into_iter().collect(),
            Some(trail) => trail.used.clone(),
        }
    }

    /// The file that was judged.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The identity that the caller demanded.
    pub fn expected(&self) -> Option<&Expected> {
        self.expected.as_ref()
    }

    /// The six answers in order.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// What the file in hand was judged as; `None` when nobody states anything that fits.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Where the votes stand; of several rebuilt files that later steps used, for the one that decides. `None` when no policy is in
    /// force.
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

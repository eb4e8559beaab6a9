//! A policy, what its parties said, and a file in hand: judged in one line.

use quorate::digest::Sha256;
use quorate::key::SigningKey;
use quorate::limits::Limits;
use quorate::policy::Owners;
use quorate::proof::Proof;
use quorate::source::openpgp::{NoOpenPgp, OpenPgpVerifier};
use quorate::tenure::Listed;
use quorate::time::Timestamp;
use quorate::verify::{
    Artifact, ArtifactState, Case, Evidence, Expected, Outcome, Standing, Tools, Verdict, View,
};

use super::policy::owners;
use super::{Documents, Party, PolicyDraft, Sample, Stated};

/// The time of every scene.
pub const AT: &str = "2026-11-24T02:06:00Z";

/// Names of parties in the order of the policy.
const NAMES: [&str; 10] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
];

/// Everything that a verdict rests on. Fields are public: a test breaks what it wants to see refused.
#[derive(Debug)]
pub struct Scene {
    /// The owners of the policy, all of whom sign.
    pub owners: Vec<SigningKey>,
    /// The parties in the order of the policy.
    pub parties: Vec<Party>,
    /// The signed policy.
    pub documents: Documents,
    /// What was gathered.
    pub evidence: Vec<Evidence<'static>>,
    /// The file in hand.
    pub artifact: Artifact,
    /// The identity that the caller demands.
    pub expected: Option<Expected>,
    /// The time.
    pub at: Timestamp,
    /// The roster that the caller trusts; empty unless a test says so.
    pub roster: Vec<Listed>,
    /// The limits.
    pub limits: Limits,
    /// Who checks OpenPGP signatures: nobody, unless a test says so.
    pub openpgp: &'static dyn OpenPgpVerifier,
}

impl Scene {
    /// `threshold` of `parties`, one key each, one owner; the file in hand is [`Sample::catdoc`]'s; no evidence yet.
    ///
    /// # Panics
    /// When more than ten parties are asked for, or the threshold cannot be reached.
    pub fn of(threshold: usize, parties: usize) -> Self {
        Self::with(threshold, parties, |_| ())
    }

    /// The same, after `change` has changed the draft of the policy.
    pub fn with(threshold: usize, parties: usize, change: impl FnOnce(&mut PolicyDraft)) -> Self {
        let parties = NAMES[..parties].iter().map(|name| Party::new(name));
        Self::with_parties(threshold, parties.collect(), change)
    }

    /// The same with these parties.
    pub fn with_parties(
        threshold: usize,
        parties: Vec<Party>,
        change: impl FnOnce(&mut PolicyDraft),
    ) -> Self {
        let owners = owners(1);
        let mut draft = PolicyDraft::of(threshold, &parties, &owners);
        change(&mut draft);
        let sample = Sample::catdoc();
        Self {
            documents: draft.signed(&owners),
            owners,
            parties,
            evidence: Vec::new(),
            artifact: artifact(&sample.file_name(), sample.artifact()),
            expected: None,
            at: Timestamp::parse(AT).expect("a fixed time"),
            roster: Vec::new(),
            limits: Limits::STANDARD,
            openpgp: &NoOpenPgp,
        }
    }

    /// `threshold` of `parties`, of whom the first `threshold` state [`Sample::catdoc`]: quorate as it stands.
    pub fn quorate(threshold: usize, parties: usize) -> Self {
        let mut scene = Self::of(threshold, parties);
        for party in 0..threshold {
            scene.states(party, &Sample::catdoc());
        }
        scene
    }

    /// Adds the signed statement of that build by the party at that position.
    pub fn states(&mut self, party: usize, sample: &impl Stated) {
        let statement = self.parties[party].statement(sample);
        self.evidence.push(statement);
    }

    /// Takes other bytes in hand, under the same file name.
    pub fn hold(&mut self, bytes: &[u8]) {
        self.artifact = artifact(&self.artifact.name, bytes);
    }

    /// Demands the identity `NAME=VERSION[:ARCH]`.
    ///
    /// # Panics
    /// When the text is none.
    pub fn expect(&mut self, identity: &str) {
        self.expected = Some(Expected::parse(identity).expect("an identity"));
    }

    /// The caller's trust: all owners, all needed, and the roster.
    pub fn trust(&self) -> Owners {
        let keys = self.owners.iter().map(|key| key.public().clone());
        let owners = Owners::new(keys.collect(), None).expect("a scene has owners");
        owners.with_roster(self.roster.clone())
    }

    /// Policy and evidence, opened.
    pub fn case(&self) -> Case {
        let Documents { layout, terms, .. } = &self.documents;
        Case::open(
            layout,
            terms,
            &self.trust(),
            &self.evidence,
            self.at,
            &self.tools(),
        )
    }

    fn tools(&self) -> Tools {
        Tools {
            limits: self.limits,
            openpgp: self.openpgp,
        }
    }

    /// The verdict.
    pub fn judge(&self) -> Verdict {
        self.case().judge(&self.artifact, self.expected.as_ref())
    }

    /// The first question that is answered no and the code of its decisive reason; `None` when the artifact is quorate.
    pub fn refusal(&self) -> Option<(&'static str, &'static str)> {
        refusal(&self.judge())
    }

    /// Where the party at that position stands.
    ///
    /// # Panics
    /// When no policy is in force.
    pub fn standing(&self, party: usize) -> Standing {
        let verdict = self.judge();
        let tally = verdict.report().tally().expect("a policy is in force");
        tally.standings()[party].1.clone()
    }

    /// Why each document was dropped.
    pub fn dropped(&self) -> Vec<String> {
        let case = self.case();
        let dropped = case.claims().dropped().iter();
        dropped.map(|dropped| dropped.reason.to_string()).collect()
    }

    /// The proof of this scene.
    ///
    /// # Panics
    /// When a document is not JSON.
    pub fn proof(&self) -> Vec<u8> {
        let Documents { layout, terms, .. } = &self.documents;
        let evidence = self.evidence.iter().map(|evidence| &*evidence.bytes);
        Proof::assemble(layout, terms, evidence, &self.limits).expect("every document is JSON")
    }

    /// The verdict that a proof leads to, for the same file, time and owners.
    ///
    /// # Panics
    /// When the bytes are no proof.
    pub fn judge_proof(&self, proof: &[u8]) -> Verdict {
        let proof = Proof::parse(proof, &self.limits).expect("the bytes are a proof");
        Case::open(
            proof.layout,
            proof.terms,
            &self.trust(),
            &proof.evidence,
            self.at,
            &self.tools(),
        )
        .judge(&self.artifact, self.expected.as_ref())
    }
}

/// The first question that is answered no and the code of its decisive reason; `None` when the artifact is quorate.
pub fn refusal(verdict: &Verdict) -> Option<(&'static str, &'static str)> {
    if verdict.is_quorate() {
        return None;
    }
    let answers = verdict.report().answers();
    let no = answers.iter().find(|answer| answer.outcome == Outcome::No);
    // A refusal without an answer that is no would be a fault of the judge: it shows here as words that no test expects.
    Some(no.map_or(("none", "none"), |answer| {
        let code = answer
            .reasons
            .first()
            .map_or("none", |reason| reason.code());
        (answer.question.name(), code)
    }))
}

fn artifact(name: &str, bytes: &[u8]) -> Artifact {
    Artifact {
        name: name.to_owned(),
        state: ArtifactState::Read(Sha256::of(bytes)),
        view: View::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::{Scene, refusal};

    #[test]
    fn a_scene_without_evidence_is_refused_and_with_k_parties_quorate() {
        assert_eq!(
            refusal(&Scene::of(2, 3).judge()),
            Some(("source", "source-too-few"))
        );
        assert_eq!(Scene::quorate(2, 3).refusal(), None);
    }
}

//! A verdict as JSON: `docs/spec/verdict.md`.

use super::artifact::ArtifactState;
use super::case::{Answer, Outcome, Question, Report, Verdict};
use super::{Reason, Standing};
use crate::json::Json;

/// The format that [`Verdict::to_json`] writes.
const FORMAT: &str = "quorate-verdict/1";

impl Question {
    /// The word that all outputs use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Source => "source",
            Self::Rebuilt => "rebuilt",
            Self::Bytes => "bytes",
            Self::After => "after",
            Self::Public => "public",
        }
    }
}

impl Outcome {
    /// The words that all outputs use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotAsked => "not asked",
        }
    }
}

impl Standing {
    /// The word that all outputs use: three values of evidence, and what does not count.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Confirms => "confirmed",
            Self::Dissents { .. } | Self::OtherSource { .. } => "contradicted",
            Self::Void => "void",
            Self::Struck => "struck",
            Self::OtherEnvironment { .. } | Self::OtherIdentity(_) | Self::Weak | Self::Absent => {
                "absent"
            }
        }
    }
}

impl Verdict {
    /// The verdict as one JSON object.
    pub fn to_json(&self) -> Json<'static> {
        let report = self.report();
        let verdict = if self.is_quorate() {
            "quorate"
        } else {
            "refused"
        };
        Json::object([
            ("format", Json::text(FORMAT)),
            ("verdict", Json::text(verdict)),
            ("artifact", artifact(report)),
            (
                "expected",
                report
                    .expected()
                    .map_or(Json::Null, |expected| Json::text(expected.to_string())),
            ),
            (
                "identity",
                report
                    .identity()
                    .map_or(Json::Null, |identity| Json::text(identity.to_string())),
            ),
            (
                "answers",
                Json::Array(report.answers().iter().map(answer).collect()),
            ),
            ("parties", Json::Array(parties(report))),
        ])
    }
}

fn artifact(report: &Report) -> Json<'static> {
    let sha256 = match report.artifact().state {
        ArtifactState::Read(sha256) => Json::text(sha256.to_string()),
        ArtifactState::Unusable(_) => Json::Null,
    };
    Json::object([
        ("name", Json::text(report.artifact().name.clone())),
        ("sha256", sha256),
    ])
}

fn answer(answer: &Answer) -> Json<'static> {
    Json::object([
        ("question", Json::text(answer.question.name())),
        ("answer", Json::text(answer.outcome.name())),
        (
            "reasons",
            Json::Array(answer.reasons.iter().map(Reason::to_json).collect()),
        ),
    ])
}

fn parties(report: &Report) -> Vec<Json<'static>> {
    let standings = report
        .tally()
        .map(|tally| tally.standings())
        .unwrap_or_default();
    let party = |(name, standing): &(String, Standing)| {
        Json::object([
            ("name", Json::text(name.clone())),
            ("standing", Json::text(standing.name())),
        ])
    };
    standings.iter().map(party).collect()
}

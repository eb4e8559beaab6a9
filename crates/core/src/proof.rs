//! The proof: one file from which anyone who trusts the owners reaches the same verdict offline. `docs/spec/proof.md`.

use crate::json::{self, Json, JsonError, Members, ShapeError, integer, object, string};
use crate::limits::Limits;
use crate::verify::Evidence;

const TYPE: &str = "https://quorate.dev/proof/v1";
const TYPE_STEM: &str = "https://quorate.dev/proof/";

/// The parts of a proof as they stand in the file; none of them is trusted yet.
#[derive(Clone, Debug)]
pub struct Proof<'p> {
    /// The envelope of the layout.
    pub layout: &'p [u8],
    /// The envelope of the terms.
    pub terms: &'p [u8],
    /// The envelopes of the evidence.
    pub evidence: Vec<Evidence<'p>>,
}

impl<'p> Proof<'p> {
    /// Splits a proof into its envelopes: a header line, the layout, the terms, then evidence, one JSON document a line.
    ///
    /// # Errors
    /// [`ProofError`] when it is too large, another kind of file, made by a newer version, or cut short.
    pub fn parse(bytes: &'p [u8], limits: &Limits) -> Result<Self, ProofError> {
        if bytes.len() > limits.proof_bytes_max {
            return Err(ProofError::TooLarge {
                bytes_max: limits.proof_bytes_max,
            });
        }
        let mut lines = bytes
            .strip_suffix(b"\n")
            .ok_or(ProofError::Cut)?
            .split(|byte| *byte == b'\n');
        let header = json::parse(lines.next().unwrap_or_default(), limits)?;
        let header = object(&header)?;
        match header.read("_type", string)? {
            TYPE => {}
            newer if newer.starts_with(TYPE_STEM) => {
                return Err(ProofError::Newer(newer.to_owned()));
            }
            other => return Err(ProofError::Type(other.to_owned())),
        }
        header.only(&["_type", "evidence"])?;
        let stated: usize = header.read("evidence", integer)?;
        // Before each line takes memory of its own.
        if stated > limits.evidence_count_max {
            return Err(ProofError::TooMany {
                documents_max: limits.evidence_count_max,
            });
        }
        let (Some(layout), Some(terms)) = (lines.next(), lines.next()) else {
            return Err(ProofError::Cut);
        };
        let evidence: Vec<_> = lines
            .take(stated.saturating_add(1))
            .enumerate()
            .map(|(index, line)| Evidence {
                origin: format!("evidence {} of the proof", index + 1),
                bytes: line.into(),
            })
            .collect();
        if evidence.len() != stated {
            return Err(ProofError::Cut);
        }
        Ok(Self {
            layout,
            terms,
            evidence,
        })
    }

    /// Writes a proof. Envelopes are re-spelled on one line, which leaves every signed byte as it is; repetitions are left out.
    ///
    /// # Errors
    /// [`ProofError::Json`] when one of the documents is not strict JSON; [`ProofError::TooLarge`] when nobody would read the proof.
    pub fn assemble<'e>(
        layout: &[u8],
        terms: &[u8],
        evidence: impl IntoIterator<Item = &'e [u8]>,
        limits: &Limits,
    ) -> Result<Vec<u8>, ProofError> {
        let line = |bytes: &[u8]| json::parse(bytes, limits).map(|value| value.to_text());
        let mut lines = evidence
            .into_iter()
            .map(line)
            .collect::<Result<Vec<_>, _>>()?;
        lines.sort();
        lines.dedup();
        let count = i128::try_from(lines.len()).unwrap_or(i128::MAX);
        let header = Json::object([
            ("_type", Json::text(TYPE)),
            ("evidence", Json::number(count)),
        ])
        .to_text();
        let mut text = Vec::new();
        for line in [header, line(layout)?, line(terms)?].iter().chain(&lines) {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        // Nobody would read it.
        if text.len() > limits.proof_bytes_max {
            return Err(ProofError::TooLarge {
                bytes_max: limits.proof_bytes_max,
            });
        }
        Ok(text)
    }
}

/// Why bytes are not a proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Larger than a proof may be.
    #[error("a proof is not larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// More evidence than is read.
    #[error("more than {documents_max} documents of evidence")]
    TooMany {
        /// The limit.
        documents_max: usize,
    },
    /// Another kind of file.
    #[error("{0:?} is not a proof")]
    Type(String),
    /// A version that this program does not know.
    #[error("{0:?} is newer than this program; update quorate")]
    Newer(String),
    /// The file ends too early, or does not hold what its header says.
    #[error("the proof is cut short or padded; get it again")]
    Cut,
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// JSON of another form.
    #[error("not a proof: {0}")]
    Shape(#[from] ShapeError),
}

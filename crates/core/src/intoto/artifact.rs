//! Artifacts as links record them: names with digest sets (in-toto 1.0 §4.2, §4.4).

use std::collections::BTreeMap;

use crate::digest::{Sha256, hex_into};
use crate::json::{Json, ShapeError, object, string};

/// The digests of one artifact, by algorithm. Never empty; every value is lower-case hex.
///
/// Two sets are equal when they hold the same algorithms with the same values (in-toto 1.0 compares them as a whole). A set with
/// one algorithm more is another set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestSet {
    sha256: Option<Sha256>,
    others: Vec<(Box<str>, Box<str>)>,
}

/// What the reference tools write: nothing else is needed for equality of bytes.
impl From<Sha256> for DigestSet {
    fn from(digest: Sha256) -> Self {
        Self {
            sha256: Some(digest),
            others: Vec::new(),
        }
    }
}

impl DigestSet {
    /// A set of digests by algorithm.
    ///
    /// # Errors
    /// [`ArtifactError::Digest`] for no digest at all, an algorithm's name that is not plain, or a value that is not lower-case hex
    /// of the algorithm's length.
    pub fn new<'t>(
        digests: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self, ArtifactError> {
        let mut set = Self {
            sha256: None,
            others: Vec::new(),
        };
        for (algorithm, value) in digests {
            set.add(algorithm, value)?;
        }
        set.others.sort();
        let twice = set.others.windows(2).any(|pair| pair[0].0 == pair[1].0);
        if twice || (set.sha256.is_none() && set.others.is_empty()) {
            return Err(ArtifactError::Digest("none, or one algorithm twice".into()));
        }
        Ok(set)
    }

    fn add(&mut self, algorithm: &str, value: &str) -> Result<(), ArtifactError> {
        let refused = || ArtifactError::Digest(format!("{algorithm}:{value}"));
        if algorithm == "sha256" {
            if self.sha256.is_some() {
                return Err(refused());
            }
            self.sha256 = Some(Sha256::parse(value).map_err(|_| refused())?);
            return Ok(());
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte);
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let fits = match length_of(algorithm) {
            Some(lengths) => lengths.contains(&value.len()),
            None => (2..=HEX_DIGITS_MAX).contains(&value.len()) && value.len().is_multiple_of(2),
        };
        if !fits
            || !value.bytes().all(is_hex)
            || !algorithm.bytes().all(plain)
            || !(1..=ALGORITHM_CHARACTERS_MAX).contains(&algorithm.len())
        {
            return Err(refused());
        }
        self.others.push((algorithm.into(), value.into()));
        Ok(())
    }

    /// The SHA-256 digest, if the set has one.
    pub fn sha256(&self) -> Option<Sha256> {
        self.sha256
    }

    /// The set as in-toto writes it: `{"sha256": "…"}`.
    pub fn to_json(&self) -> Json<'static> {
        let sha256 = self
            .sha256
            .map(|digest| ("sha256".to_owned(), Json::text(digest.to_string())));
        let others = self
            .others
            .iter()
            .map(|(algorithm, value)| (algorithm.to_string(), Json::text(value.to_string())));
        Json::object(sha256.into_iter().chain(others))
    }

    pub(super) fn read(value: &Json<'_>) -> Result<Self, ArtifactError> {
        let members = object(value)?;
        if members.len() == 1
            && let Some(Json::String(text)) = members.get("sha256")
        {
            let mut bytes = [0; 32];
            if hex_into(text, &mut bytes).is_some() {
                return Ok(Sha256::from_bytes(bytes).into());
            }
        }
        let digests = members
            .iter()
            .map(|(algorithm, value)| Ok((algorithm, string(value)?)))
            .collect::<Result<Vec<_>, ShapeError>>()?;
        Self::new(digests)
    }
}

impl std::fmt::Display for DigestSet {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sha256 = self.sha256.map(|digest| format!("sha256:{digest}"));
        let others = self.others.iter();
        let texts = sha256
            .into_iter()
            .chain(others.map(|(algorithm, value)| format!("{algorithm}:{value}")));
        out.write_str(&texts.collect::<Vec<_>>().join(" "))
    }
}

/// SHA-512 has 128 digits; nothing in use is more than four times as long.
const HEX_DIGITS_MAX: usize = 512;
/// The longest name of an algorithm that we would print.
const ALGORITHM_CHARACTERS_MAX: usize = 64;

/// The longest name of an artifact, and the longest pattern, prefix and name in a rule: Linux's `PATH_MAX`. Comparing a name with a
/// pattern can cost the product of their lengths.
pub(super) const NAME_BYTES_MAX: usize = 4_096;

/// Digits of the algorithms of the attestation framework's `DigestSet`; git ids are SHA-1 or SHA-256.
fn length_of(algorithm: &str) -> Option<&'static [usize]> {
    Some(match algorithm {
        "md5" => &[32],
        "sha1" => &[40],
        "sha224" | "sha512_224" | "sha3_224" => &[56],
        "sha512_256" | "sha3_256" | "dirHash" => &[64],
        "sha384" | "sha3_384" => &[96],
        "sha512" | "sha3_512" => &[128],
        "gitBlob" | "gitCommit" | "gitTag" | "gitTree" => &[40, 64],
        _ => return None,
    })
}

/// Artifacts by name, in the order of names' bytes.
pub type Artifacts = BTreeMap<String, DigestSet>;

/// Reads `{NAME: {ALGORITHM: HEX}}`. The reader of the envelope has bounded how many there can be.
pub(super) fn read_artifacts(value: &Json<'_>) -> Result<Artifacts, ArtifactError> {
    let read = |(name, digests): (&str, &Json<'_>)| {
        if name.len() > NAME_BYTES_MAX {
            return Err(ArtifactError::LongName { bytes: name.len() });
        }
        if !is_normal_name(name) {
            return Err(ArtifactError::Name(name.to_owned()));
        }
        let set = DigestSet::read(digests).map_err(|source| ArtifactError::Within {
            name: name.to_owned(),
            source: Box::new(source),
        })?;
        Ok((name.to_owned(), set))
    };
    object(value)?.iter().map(read).collect()
}

/// `{NAME: {ALGORITHM: HEX}}`.
pub fn artifacts_to_json(artifacts: &Artifacts) -> Json<'static> {
    Json::object(
        artifacts
            .iter()
            .map(|(name, digests)| (name.clone(), digests.to_json())),
    )
}

/// Whether a name has one spelling: no empty, `.` or `..` part between slashes, where a rule over names could be walked around.
///
/// A leading slash is part of an absolute path. A name that starts with a scheme (`https://…`, ITE-4) may have empty parts.
pub fn is_normal_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let colon = bytes.iter().position(|byte| *byte == b':');
    let scheme = colon.filter(|at| is_scheme(&name[..*at]));
    let rest = match scheme {
        Some(colon) => &bytes[colon + 1..],
        None => bytes.strip_prefix(b"/").unwrap_or(bytes),
    };
    let is_part = |part: &[u8]| match part {
        b"." | b".." => false,
        part => scheme.is_some() || !part.is_empty(),
    };
    !rest.is_empty() && rest.split(|byte| *byte == b'/').all(is_part)
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Why artifacts cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// Not of the expected form.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A name that could be spelt otherwise.
    #[error(
        "the artifact name {0:?} is not in normal form: empty, or with an empty, `.` or `..` part"
    )]
    Name(String),
    /// A name that is too long to be compared with patterns.
    #[error("an artifact name of {bytes} bytes, and one may have 4,096")]
    LongName {
        /// Its length.
        bytes: usize,
    },
    /// No digest, or one that is not lower-case hex of its algorithm's length.
    #[error("not a set of digests in lower-case hex: {0}")]
    Digest(String),
    /// The digests of one artifact.
    #[error("artifact {name:?}: {source}")]
    Within {
        /// The artifact.
        name: String,
        /// What is wrong with it.
        source: Box<Self>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        for name in [
            "a",
            "a/b",
            "/a/b",
            ".a",
            "a.b",
            "..a",
            "pkg:deb/x@1",
            "https://h/p",
            "git:.git@HEAD",
            "a b",
        ] {
            assert!(is_normal_name(name), "{name}");
        }
        for name in [
            "",
            "/",
            "./a",
            "a/./b",
            "a/../b",
            "..",
            "a//b",
            "//a",
            "a/",
            "https://h/../p",
            "file:./a",
            "x:",
        ] {
            assert!(!is_normal_name(name), "{name}");
        }
    }

    #[test]
    fn digest_sets_are_equal_as_a_whole() {
        let short = "ab".repeat(32);
        let long = "cd".repeat(64);
        let one = DigestSet::new([("sha256", short.as_str())]).unwrap();
        let two = DigestSet::new([("sha512", long.as_str()), ("sha256", &short)]).unwrap();
        assert_ne!(one, two);
        assert_eq!(two, DigestSet::read(&two.to_json()).unwrap());
        assert_eq!(one, DigestSet::read(&one.to_json()).unwrap());
        assert_eq!(one, Sha256::parse(&short).unwrap().into());
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let upper = "AB".repeat(32);
        for (algorithm, value) in [
            ("sha256", "ab"),
            ("sha256", upper.as_str()),
            ("sha512", "zz"),
            ("other", ""),
            ("other", "abc"),
            ("", "ab"),
            ("a b", "ab"),
        ] {
            assert!(
                DigestSet::new([(algorithm, value)]).is_err(),
                "{algorithm}:{value}"
            );
        }
        assert!(DigestSet::new([]).is_err());
        assert!(DigestSet::new([("x", "ab"), ("x", "ab")]).is_err());
    }
}

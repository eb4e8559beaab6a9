//! Releases of a project that stay under the version of its policy that they were made under: the target `p/NAME/releases.json`, which the
//! project's role vouches for.
//!
//! A file's name selects the entry and never leads to a yes: what is bound is a release, and the verdict says no when another one was built.

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use quorate::intoto::Glob;
use quorate::json::{self, Json, JsonError, Members, ShapeError};
use quorate::policy::BoundRelease;

use crate::limits::TrustLimits;

const TYPE: &str = "https://quorate.dev/releases/v1";
const TYPE_STEM: &str = "https://quorate.dev/releases/";
/// Bytes of a source's name, a version or a pattern, none of them empty.
const TEXT_BYTES_MAX: usize = 512;

/// Releases in order: the first whose pattern matches a file's name decides.
///
/// ```json
/// {"_type": "https://quorate.dev/releases/v1",
///  "bound": [{"source": "hello", "version": "2.10-3", "artifacts": "hello_2.10-3_*.deb", "policy": 3}]}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Releases {
    bound: Vec<Binding>,
}

/// One release, and how its files are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The release, and the version of the policy that judges it.
    pub release: BoundRelease,
    /// Names of its files.
    pub artifacts: Glob,
}

impl Releases {
    /// Reads the document.
    ///
    /// # Errors
    /// [`ReleasesError`] for another kind of file, an unknown member, an empty text, or one release that is bound to two versions.
    pub fn read(bytes: &[u8], limits: &TrustLimits) -> Result<Self, ReleasesError> {
        if bytes.len() > limits.releases_bytes_max {
            return Err(ReleasesError::TooLarge(limits.releases_bytes_max));
        }
        let value = json::parse(bytes, &limits.json)?;
        let members = json::object(&value)?;
        let kind = members.read("_type", json::string)?;
        if kind != TYPE {
            let shown = kind.chars().take(60).collect();
            return Err(if kind.starts_with(TYPE_STEM) {
                ReleasesError::Newer(shown)
            } else {
                ReleasesError::Type(shown)
            });
        }
        members.only(&["_type", "bound"])?;
        let mut releases = Self::default();
        for binding in members.read_items("bound", Binding::from_json)? {
            releases.bind(binding)?;
        }
        Ok(releases)
    }

    /// The document as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bound = self.bound.iter().map(Binding::to_json).collect();
        Json::object([("_type", Json::text(TYPE)), ("bound", Json::Array(bound))]).to_text()
    }

    /// All of them, in order.
    pub fn bound(&self) -> &[Binding] {
        &self.bound
    }

    /// Adds one at the end. A release may have several patterns and has one version of the policy.
    ///
    /// # Errors
    /// [`ReleasesError::Twice`] when it is bound to another version, or so already.
    pub fn bind(&mut self, binding: Binding) -> Result<(), ReleasesError> {
        let (release, pattern) = (&binding.release, &binding.artifacts);
        let taken = self.bound.iter().find(|other| {
            let same =
                other.release.source == release.source && other.release.version == release.version;
            same && (other.release.policy != release.policy || other.artifacts == *pattern)
        });
        if let Some(other) = taken {
            return Err(ReleasesError::Twice {
                release: other.release.to_string(),
                policy: other.release.policy,
            });
        }
        self.bound.push(binding);
        Ok(())
    }

    /// Takes out all entries of a release.
    ///
    /// # Errors
    /// [`ReleasesError::NotBound`] when there is none.
    pub fn unbind(&mut self, source: &str, version: &str) -> Result<(), ReleasesError> {
        let before = self.bound.len();
        let is_other =
            |release: &BoundRelease| release.source != source || release.version != version;
        self.bound.retain(|binding| is_other(&binding.release));
        match self.bound.len() == before {
            true => Err(ReleasesError::NotBound(format!("{source} {version}"))),
            false => Ok(()),
        }
    }

    /// The versions of the policy that something is bound to.
    pub fn versions(&self) -> BTreeSet<NonZeroU64> {
        let bound = self.bound.iter();
        bound.map(|binding| binding.release.policy).collect()
    }

    /// The release that a file of that name may be; `None` when it is judged by the policy of now.
    pub fn of_file(&self, file_name: &str) -> Option<&BoundRelease> {
        let matches = |binding: &&Binding| binding.artifacts.matches(file_name);
        let binding = self.bound.iter().find(matches);
        binding.map(|binding| &binding.release)
    }
}

impl Binding {
    fn to_json(&self) -> Json<'static> {
        Json::object([
            ("source", Json::text(self.release.source.clone())),
            ("version", Json::text(self.release.version.clone())),
            ("artifacts", Json::text(self.artifacts.as_str().to_owned())),
            ("policy", Json::number(self.release.policy.get())),
        ])
    }

    fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = json::object(value)?;
        members.only(&["artifacts", "policy", "source", "version"])?;
        let policy = members.read("policy", |value| {
            NonZeroU64::new(json::integer(value)?)
                .ok_or_else(|| ShapeError::new("versions begin with 1"))
        })?;
        Self::new(
            members.read("source", json::string)?,
            members.read("version", json::string)?,
            members.read("artifacts", json::string)?,
            policy,
        )
    }

    /// Takes the words of one.
    ///
    /// # Errors
    /// [`ShapeError`] for an empty or too long text, and a pattern that is none.
    pub fn new(
        source: &str,
        version: &str,
        artifacts: &str,
        policy: NonZeroU64,
    ) -> Result<Self, ShapeError> {
        for (name, text) in [
            ("source", source),
            ("version", version),
            ("artifacts", artifacts),
        ] {
            if text.is_empty() || text.len() > TEXT_BYTES_MAX {
                return Err(ShapeError::new("expected 1 to 512 bytes").within(name));
            }
        }
        Ok(Self {
            release: BoundRelease {
                source: source.to_owned(),
                version: version.to_owned(),
                policy,
            },
            artifacts: Glob::parse(artifacts)
                .map_err(|error| ShapeError::new(error.to_string()).within("artifacts"))?,
        })
    }
}

/// Why a list of bound releases is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleasesError {
    /// Larger than the document may be.
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// Another kind of file.
    #[error("{0:?} is not a list of releases")]
    Type(String),
    /// A newer version of the format.
    #[error("{0:?} is newer than this program; update quorate")]
    Newer(String),
    /// JSON of another form.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// A release that nothing is said of.
    #[error("{0} is not bound")]
    NotBound(String),
    /// One release twice.
    #[error("{release} is bound to version {policy} of the policy already")]
    Twice {
        /// The release.
        release: String,
        /// The version that it is bound to.
        policy: NonZeroU64,
    },
}

//! What counts as released source: `docs/spec/policy.md`, "Source".

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::certificates::{GivenCertificate, NamedCertificates};
use super::steps::pattern;
use crate::digest::Sha256;
use crate::intoto::Glob;
use crate::json::{Json, Members, ShapeError, integer, object, string};
use crate::source::ssh::AllowedSigners;

/// Certificates of one policy: Debian's developers are about a thousand.
const CERTIFICATES_MAX: usize = 5_000;

/// What counts as released source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceTerms {
    /// A Debian source package that a signed index lists.
    Debian(DebianTerms),
    /// A signed tag of a git repository.
    Git(GitTerms),
}

/// Without words about the source, a signed index is enough.
impl Default for SourceTerms {
    fn default() -> Self {
        Self::Debian(DebianTerms {
            uploaders: NamedCertificates::default(),
        })
    }
}

/// A Debian source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebianTerms {
    /// The certificates of which one must have signed the `.dsc`; none when the index is enough.
    pub uploaders: NamedCertificates,
}

/// A signed tag of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitTerms {
    /// The repository's address, which the statements must name exactly.
    pub repository: String,
    /// The names that tags of releases have.
    pub tags: Glob,
    /// How many signers must have signed the tag.
    pub needed: NonZeroUsize,
    /// `allowed_signers` as ssh-keygen(1) has it, where tags are signed with SSH keys.
    pub allowed_signers: Option<String>,
    /// The OpenPGP certificates of signers.
    pub certificates: NamedCertificates,
    /// Where the recipe of the build stands.
    pub recipe: RecipeTerms,
    /// What two tag objects of one name do to the verdict.
    pub moved_tag: MovedTag,
}

/// Where the recipe of a build stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipeTerms {
    /// In the repository, at this path, so that the tag's signature covers it.
    Repository(String),
    /// With the policy: a file with this SHA-256.
    Policy(Sha256),
}

/// What two tag objects of one name do to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MovedTag {
    /// The alarm refuses the artifact.
    Refuse,
    /// The alarm is shown.
    Report,
}

impl SourceTerms {
    /// Every certificate that the terms name.
    pub fn certificates(&self) -> &NamedCertificates {
        match self {
            Self::Debian(terms) => &terms.uploaders,
            Self::Git(terms) => &terms.certificates,
        }
    }

    pub(super) fn to_json(&self) -> Option<Json<'static>> {
        match self {
            Self::Debian(terms) if terms.uploaders.is_empty() => None,
            Self::Debian(terms) => Some(Json::object([
                ("kind", Json::text("debian")),
                ("uploaders", terms.uploaders.to_json()),
            ])),
            Self::Git(terms) => {
                let recipe = match &terms.recipe {
                    RecipeTerms::Repository(path) => ("path", Json::text(path.clone())),
                    RecipeTerms::Policy(sha256) => ("sha256", Json::text(sha256.to_string())),
                };
                let moved_tag = match terms.moved_tag {
                    MovedTag::Refuse => "refuse",
                    MovedTag::Report => "report",
                };
                let needed = i128::try_from(terms.needed.get()).unwrap_or(i128::MAX);
                let allowed = terms.allowed_signers.clone();
                Some(Json::object([
                    ("kind", Json::text("git")),
                    ("repository", Json::text(terms.repository.clone())),
                    ("tags", Json::text(terms.tags.as_str().to_owned())),
                    ("needed", Json::number(needed)),
                    ("allowedSigners", allowed.map_or(Json::Null, Json::text)),
                    ("certificates", terms.certificates.to_json()),
                    ("recipe", Json::object([recipe])),
                    ("movedTag", Json::text(moved_tag)),
                ]))
            }
        }
    }

    pub(super) fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let source = object(value)?;
        match source.read("kind", string)? {
            "debian" => {
                source.only(&["kind", "uploaders"])?;
                let uploaders = source.read("uploaders", NamedCertificates::from_json)?;
                Ok(Self::Debian(DebianTerms { uploaders }))
            }
            "git" => {
                source.only(&[
                    "allowedSigners",
                    "certificates",
                    "kind",
                    "movedTag",
                    "needed",
                    "recipe",
                    "repository",
                    "tags",
                ])?;
                let allowed = |value: &Json<'_>| match value {
                    Json::Null => Ok(None),
                    text => string(text).map(|text| Some(text.to_owned())),
                };
                let needed = |value: &Json<'_>| {
                    NonZeroUsize::new(integer(value)?)
                        .ok_or_else(|| ShapeError::new("0 signers would be anybody"))
                };
                Ok(Self::Git(GitTerms {
                    repository: source.read("repository", string)?.to_owned(),
                    tags: source.read("tags", pattern)?,
                    needed: source.read("needed", needed)?,
                    allowed_signers: source.read("allowedSigners", allowed)?,
                    certificates: source.read("certificates", NamedCertificates::from_json)?,
                    recipe: source.read("recipe", recipe)?,
                    moved_tag: source.read("movedTag", |value| match string(value)? {
                        "refuse" => Ok(MovedTag::Refuse),
                        "report" => Ok(MovedTag::Report),
                        other => Err(ShapeError::new(format!(
                            "expected refuse or report, found {other:?}"
                        ))),
                    })?,
                }))
            }
            other => Err(
                ShapeError::new(format!("expected debian or git, found {other:?}")).within("kind"),
            ),
        }
    }

    /// Somebody could sign, and whoever may sign with an SSH key is named in a form that is understood.
    pub(super) fn consistent(&self) -> Result<(), SourceError> {
        if self.certificates().len() > CERTIFICATES_MAX {
            return Err(SourceError::Certificates);
        }
        let Self::Git(terms) = self else {
            return Ok(());
        };
        let fetched = ["https://", "file:///"];
        let is_fetched = fetched
            .iter()
            .any(|stem| terms.repository.starts_with(stem));
        if !is_fetched || !crate::attest::is_repository(&terms.repository) {
            return Err(SourceError::Repository(terms.repository.clone()));
        }
        if terms.tags.as_str().starts_with("refs/") {
            return Err(SourceError::TagsOfRefs(terms.tags.as_str().to_owned()));
        }
        // One SSH signature is one signer, and only OpenPGP blocks hold several.
        let signers_max = terms.certificates.len().max(1);
        if terms.needed.get() > signers_max {
            return Err(SourceError::Needed {
                needed: terms.needed.get(),
                signers_max,
            });
        }
        if let Some(text) = &terms.allowed_signers {
            AllowedSigners::parse(text.as_bytes())
                .map_err(|error| SourceError::AllowedSigners(error.to_string()))?;
        } else if terms.certificates.is_empty() {
            return Err(SourceError::Nobody);
        }
        if let RecipeTerms::Repository(path) = &terms.recipe
            && !crate::attest::is_output_path(path)
        {
            return Err(SourceError::Recipe(path.clone()));
        }
        Ok(())
    }
}

fn recipe(value: &Json<'_>) -> Result<RecipeTerms, ShapeError> {
    let recipe = object(value)?;
    if recipe.get("path").is_some() {
        recipe.only(&["path"])?;
        return recipe
            .read("path", string)
            .map(|path| RecipeTerms::Repository(path.to_owned()));
    }
    recipe.only(&["sha256"])?;
    recipe.read("sha256", sha256).map(RecipeTerms::Policy)
}

fn sha256(value: &Json<'_>) -> Result<Sha256, ShapeError> {
    Sha256::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
}

/// `[source]` of `policy.toml`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
pub(super) enum SourceTable {
    Debian {
        uploaders: Vec<String>,
    },
    Git {
        repository: String,
        #[serde(default = "every_tag")]
        tags: String,
        #[serde(default = "one")]
        needed: usize,
        allowed_signers: Option<String>,
        #[serde(default)]
        certificates: Vec<String>,
        recipe: RecipeTable,
        moved_tag: Option<MovedTag>,
    },
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub(super) enum RecipeTable {
    /// A path in the repository.
    Repository(String),
    /// A file beside the policy.
    Policy { file: String },
}

fn every_tag() -> String {
    "*".to_owned()
}

fn one() -> usize {
    1
}

/// What the files are that a policy's source table names: read by the caller.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    /// The certificates in each file of certificates, one by one.
    pub certificates: BTreeMap<String, Vec<GivenCertificate>>,
    /// The contents of other files: `allowed_signers`, recipes.
    pub texts: BTreeMap<String, Vec<u8>>,
}

impl SourceTable {
    /// The names of files of certificates.
    pub(super) fn certificates(&self) -> &[String] {
        match self {
            Self::Debian { uploaders } => uploaders,
            Self::Git { certificates, .. } => certificates,
        }
    }

    /// The names of other files.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Debian { .. } => Vec::new(),
            Self::Git {
                allowed_signers,
                recipe,
                ..
            } => {
                let recipe = match recipe {
                    RecipeTable::Policy { file } => Some(file.as_str()),
                    RecipeTable::Repository(_) => None,
                };
                allowed_signers
                    .as_deref()
                    .into_iter()
                    .chain(recipe)
                    .collect()
            }
        }
    }

    pub(super) fn terms(&self, files: &SourceFiles) -> Result<SourceTerms, SourceError> {
        let mut certificates = Vec::new();
        for name in self.certificates() {
            let found = files.certificates.get(name);
            let found = found.ok_or_else(|| SourceError::Missing(name.clone()))?;
            if found.is_empty() {
                return Err(SourceError::Empty(name.clone()));
            }
            certificates.extend(found);
        }
        let certificates = NamedCertificates::of(certificates);
        let text = |name: &String| {
            let bytes = files.texts.get(name);
            bytes.ok_or_else(|| SourceError::Missing(name.clone()))
        };
        match self {
            Self::Debian { .. } if certificates.is_empty() => Err(SourceError::Nobody),
            Self::Debian { .. } => Ok(SourceTerms::Debian(DebianTerms {
                uploaders: certificates,
            })),
            Self::Git {
                repository,
                tags,
                needed,
                allowed_signers,
                recipe,
                moved_tag,
                ..
            } => {
                let allowed_signers = allowed_signers.as_ref().map(|name| {
                    String::from_utf8(text(name)?.clone())
                        .map_err(|_| SourceError::AllowedSigners("not UTF-8".to_owned()))
                });
                let tags = Glob::parse(tags).ok().filter(|_| !tags.is_empty());
                Ok(SourceTerms::Git(GitTerms {
                    repository: repository.clone(),
                    tags: tags.ok_or(SourceError::Tags)?,
                    needed: NonZeroUsize::new(*needed).ok_or(SourceError::Nobody)?,
                    allowed_signers: allowed_signers.transpose()?,
                    certificates,
                    recipe: match recipe {
                        RecipeTable::Repository(path) => RecipeTerms::Repository(path.clone()),
                        RecipeTable::Policy { file } => {
                            RecipeTerms::Policy(Sha256::of(text(file)?))
                        }
                    },
                    moved_tag: moved_tag.unwrap_or(MovedTag::Refuse),
                }))
            }
        }
    }
}

/// Why words about the source cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nobody could sign.
    #[error(
        "nobody is named who may sign: give `allowed_signers` or `certificates` (git) or `uploaders` (debian), and `needed` of at least 1"
    )]
    Nobody,
    /// More certificates than a policy may name.
    #[error("more than {CERTIFICATES_MAX} certificates")]
    Certificates,
    /// A file that the caller did not give.
    #[error("no file {0:?}")]
    Missing(String),
    /// A file of certificates without one.
    #[error("{0:?} holds no certificate")]
    Empty(String),
    /// An address that cannot stand in a statement.
    #[error(
        "repository {0:?}: give the address as statements have it, such as https://example.org/hello.git or file:///srv/hello.git"
    )]
    Repository(String),
    /// A pattern over references, which tags' names never match.
    #[error("tags {0:?}: give a pattern over names such as \"v*\", without refs/tags/")]
    TagsOfRefs(String),
    /// More signers than there can be.
    #[error(
        "needed = {needed} can never be reached: {signers_max} can sign one tag (one SSH signature is one signer; certificates can each sign)"
    )]
    Needed {
        /// How many must sign.
        needed: usize,
        /// How many can.
        signers_max: usize,
    },
    /// `allowed_signers` that is not understood to the end.
    #[error("allowed_signers: {0}")]
    AllowedSigners(String),
    /// A path that leads out of the repository.
    #[error("recipe {0:?}: give a path within the repository, or {{ file = \"recipe.toml\" }}")]
    Recipe(String),
    /// A pattern that is empty or too long.
    #[error("tags: a pattern must have 1 to 4,096 characters")]
    Tags,
}

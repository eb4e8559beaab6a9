//! Which project a file belongs to, by its name: the target `naming.json`, which the role `targets` itself vouches for.
//!
//! A name never leads to a yes: it selects whose policy judges the file, and the verdict says which.

use quorate::intoto::Glob;
use quorate::json::{self, Json, JsonError, Members, ShapeError};

use crate::limits::TrustLimits;
use crate::metadata::TargetPath;
use crate::project::is_project_name;

const TYPE: &str = "https://quorate.dev/naming/v1";
const TYPE_STEM: &str = "https://quorate.dev/naming/";

/// Where the document is.
pub fn path() -> TargetPath {
    TargetPath::parse("naming.json").expect("a plain name is a target's path")
}

/// Rules in order: the first whose pattern matches decides.
///
/// ```json
/// {"_type": "https://quorate.dev/naming/v1",
///  "rules": [{"pattern": "hello*", "project": "hello"}, {"pattern": "*_*_*.deb", "before": "_"}]}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The rules.
    pub rules: Vec<NamingRule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamingRule {
    /// Names that it decides.
    pub pattern: Glob,
    /// The project of these.
    pub project: ProjectOf,
}

/// How a rule names the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectOf {
    /// This one.
    Named(String),
    /// The part of the file's name before the first such text.
    Before(String),
}

impl Naming {
    /// Reads the document.
    ///
    /// # Errors
    /// [`NamingError`] for another kind of file, an unknown member, or a rule that names no project.
    pub fn read(bytes: &[u8], limits: &TrustLimits) -> Result<Self, NamingError> {
        if bytes.len() > limits.naming_bytes_max {
            return Err(NamingError::TooLarge(limits.naming_bytes_max));
        }
        let value = json::parse(bytes, &limits.json)?;
        let members = json::object(&value)?;
        let kind = members.read("_type", json::string)?;
        if kind != TYPE {
            let shown = kind.chars().take(60).collect();
            return Err(if kind.starts_with(TYPE_STEM) {
                NamingError::Newer(shown)
            } else {
                NamingError::Type(shown)
            });
        }
        members.only(&["_type", "rules"])?;
        let rules = members.read_items("rules", NamingRule::from_json)?;
        Ok(Self { rules })
    }

    /// The document as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let rule = |rule: &NamingRule| {
            let (member, text) = match &rule.project {
                ProjectOf::Named(project) => ("project", project),
                ProjectOf::Before(text) => ("before", text),
            };
            Json::object([
                ("pattern", Json::text(rule.pattern.as_str().to_owned())),
                (member, Json::text(text.clone())),
            ])
        };
        Json::object([
            ("_type", Json::text(TYPE)),
            ("rules", Json::Array(self.rules.iter().map(rule).collect())),
        ])
        .to_text()
    }

    /// The project of a file of that name.
    ///
    /// # Errors
    /// [`NamingError::NoRule`] when no pattern matches; [`NamingError::NoProject`] when the rule that decides finds no project's name there.
    pub fn project_of(&self, file_name: &str) -> Result<String, NamingError> {
        let rule = self
            .rules
            .iter()
            .find(|rule| rule.pattern.matches(file_name))
            .ok_or_else(|| NamingError::NoRule(file_name.to_owned()))?;
        let project = match &rule.project {
            ProjectOf::Named(project) => Some(project.as_str()),
            ProjectOf::Before(text) => file_name.split_once(text).map(|(before, _)| before),
        };
        match project.filter(|project| is_project_name(project)) {
            Some(project) => Ok(project.to_owned()),
            None => Err(NamingError::NoProject {
                file_name: file_name.to_owned(),
                pattern: rule.pattern.as_str().to_owned(),
            }),
        }
    }
}

impl NamingRule {
    fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = json::object(value)?;
        members.only(&["before", "pattern", "project"])?;
        let pattern = members.read("pattern", |value| {
            Glob::parse(json::string(value)?).map_err(|error| ShapeError::new(error.to_string()))
        })?;
        let project = match (members.get("project"), members.get("before")) {
            (Some(_), None) => members.read("project", |value| {
                let text = json::string(value)?;
                match is_project_name(text) {
                    true => Ok(ProjectOf::Named(text.to_owned())),
                    false => Err(ShapeError::new("expected a project's name")),
                }
            })?,
            (None, Some(_)) => members.read("before", |value| {
                let text = json::string(value)?;
                match text.is_empty() {
                    true => Err(ShapeError::new("expected at least one character")),
                    false => Ok(ProjectOf::Before(text.to_owned())),
                }
            })?,
            _ => {
                return Err(ShapeError::new(
                    "expected exactly one of project and before",
                ));
            }
        };
        Ok(Self { pattern, project })
    }
}

/// Why a file has no project.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamingError {
    /// Larger than the document may be.
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    /// Not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// Another kind of file.
    #[error("{0:?} is not a naming document")]
    Type(String),
    /// A newer version of the format.
    #[error("{0:?} is newer than this program; update quorate")]
    Newer(String),
    /// JSON of another form.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// No rule matches.
    #[error("no naming rule says which project {0:?} belongs to")]
    NoRule(String),
    /// A rule matches and finds no project's name.
    #[error("the naming rule {pattern:?} finds no project's name in {file_name:?}")]
    NoProject {
        /// The file's name.
        file_name: String,
        /// The rule's pattern.
        pattern: String,
    },
}

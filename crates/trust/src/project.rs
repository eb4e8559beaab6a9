//! A project in the trust repository: its role, and the target files of its policy.

use std::num::NonZeroU64;

use quorate::attest::is_party_name;

use crate::metadata::{NameError, RoleName, TargetPath};

/// The beginning of the names of projects' roles.
pub const ROLE_PREFIX: &str = "proj-";
/// The folder of projects' files among the targets.
const FOLDER: &str = "p";
/// Bytes of a project's name: its role's name has 64, and a second role of it a number behind.
const NAME_BYTES_MAX: usize = 52;

/// Whether a text can be a project's name: as a policy's name, since the two are the same.
pub fn is_project_name(name: &str) -> bool {
    is_party_name(name) && name.len() <= NAME_BYTES_MAX
}

/// A project by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Project(String);

/// The files of a project's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPaths {
    /// The layout.
    pub layout: TargetPath,
    /// The terms.
    pub terms: TargetPath,
    /// Certificates of those who sign releases, where the policy names any.
    pub certificates: TargetPath,
}

impl PolicyPaths {
    /// All of them.
    pub fn all(&self) -> [TargetPath; 3] {
        [
            self.layout.clone(),
            self.terms.clone(),
            self.certificates.clone(),
        ]
    }
}

impl Project {
    /// Takes a name.
    ///
    /// # Errors
    /// [`NotAProject`] when it can be none.
    pub fn new(name: &str) -> Result<Self, NotAProject> {
        if is_project_name(name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(NotAProject(name.chars().take(60).collect()))
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Where its policy is: `p/NAME/policy.layout` and so on.
    pub fn paths(&self) -> PolicyPaths {
        self.policy_at("policy")
    }

    /// Where the version of its policy is that releases are bound to: `p/NAME/3.policy.layout` and so on.
    pub fn kept_paths(&self, version: NonZeroU64) -> PolicyPaths {
        self.policy_at(&format!("{version}.policy"))
    }

    /// The version of its policy that a path is kept for, as [`Self::kept_paths`] has them.
    pub fn kept_version(&self, path: &TargetPath) -> Option<NonZeroU64> {
        let own = path.as_str().strip_prefix(&format!("{FOLDER}/{}/", self.0));
        let (version, _) = own?.split_once(".policy.")?;
        let version = version.parse().ok()?;
        let kept = self.kept_paths(version).all();
        kept.contains(path).then_some(version)
    }

    /// Where it says which releases are bound: `p/NAME/releases.json`.
    pub fn releases(&self) -> TargetPath {
        self.path("releases.json")
    }

    /// The paths that a project has from the beginning; those of kept versions are added when the first release is bound to one.
    pub fn own_paths(&self) -> Vec<TargetPath> {
        let policy = self.paths().all().into_iter();
        policy.chain([self.releases()]).collect()
    }

    fn policy_at(&self, stem: &str) -> PolicyPaths {
        let path = |ending: &str| self.path(&format!("{stem}.{ending}"));
        PolicyPaths {
            layout: path("layout"),
            terms: path("terms"),
            certificates: path("certificates"),
        }
    }

    fn path(&self, name: &str) -> TargetPath {
        TargetPath::parse(&format!("{FOLDER}/{}/{name}", self.0))
            .expect("a project's name is a plain part of a path")
    }

    /// The name of its role: `proj-NAME`, and `proj-NAME_2` and so on after keys were stolen at its threshold. No project's name has a `_`.
    ///
    /// # Errors
    /// [`NameError`] when so many roles were made that the name is too long.
    pub fn role(&self, number: u32) -> Result<RoleName, NameError> {
        match number {
            0 | 1 => RoleName::delegated(&format!("{ROLE_PREFIX}{}", self.0)),
            number => RoleName::delegated(&format!("{ROLE_PREFIX}{}_{number}", self.0)),
        }
    }
}

impl std::fmt::Display for Project {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// A text that can be no project's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no project's name: lower-case letters, digits, plus, minus and dot, at most 52")]
pub struct NotAProject(String);

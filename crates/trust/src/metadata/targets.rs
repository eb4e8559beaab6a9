//! Targets and delegated targets: which files a role vouches for, and to whom it delegates which paths (§4.5).

use std::collections::BTreeMap;

use quorate::intoto::Glob;
use quorate::json::{self, Json, Members, Object, ShapeError};

use super::{
    Common, Hashes, KeySet, MetadataError, Mismatch, Role, RoleKeys, RoleName, TargetPath,
};
use crate::limits::TrustLimits;

/// Digits of a hash prefix: a SHA-256 in hex.
const PREFIX_DIGITS_MAX: usize = 64;

/// What a role says about a target file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile {
    /// Its length in bytes.
    pub length: u64,
    /// Its digests; at least one.
    pub hashes: Hashes,
    /// What its owner adds; this program passes it on.
    pub custom: Option<Json<'static>>,
}

impl TargetFile {
    /// What is to be said about a file of ours.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len() as u64,
            hashes: Hashes::of(bytes),
            custom: None,
        }
    }

    /// Compares a file with what is said about it.
    ///
    /// # Errors
    /// [`Mismatch`] when the length or a digest is another.
    pub fn matches(&self, bytes: &[u8]) -> Result<(), Mismatch> {
        if self.length != bytes.len() as u64 {
            return Err(Mismatch::Length);
        }
        self.hashes.matches(bytes)
    }

    fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = json::object(value)?;
        Ok(Self {
            length: members.read("length", json::integer)?,
            hashes: members.read("hashes", Hashes::read)?,
            custom: members
                .get("custom")
                .map(|value| value.clone().into_owned()),
        })
    }

    fn to_json(&self) -> Json<'static> {
        let mut members = vec![
            ("hashes", self.hashes.to_json()),
            ("length", Json::number(self.length)),
        ];
        if let Some(custom) = &self.custom {
            members.push(("custom", custom.clone()));
        }
        Json::object(members)
    }
}

/// Which paths a delegation is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Patterns; `*`, `?` and `[…]` stay within one part of the path.
    Paths(Vec<String>),
    /// Prefixes, in lower-case hex, of the SHA-256 of the path.
    HashPrefixes(Vec<String>),
}

impl Scope {
    /// Whether the delegation is for that path.
    pub fn covers(&self, path: &TargetPath) -> bool {
        match self {
            Self::Paths(patterns) => patterns.iter().any(|pattern| fits(pattern, path)),
            Self::HashPrefixes(prefixes) => {
                let hash = path.hash();
                prefixes.iter().any(|prefix| hash.starts_with(prefix))
            }
        }
    }

    fn read(members: &Object<'_>) -> Result<Self, ShapeError> {
        match (members.get("paths"), members.get("path_hash_prefixes")) {
            (Some(_), None) => Ok(Self::Paths(members.read("paths", json::strings)?)),
            (None, Some(_)) => {
                let prefixes = members.read("path_hash_prefixes", json::strings)?;
                let is_prefix = |prefix: &String| {
                    prefix.len() <= PREFIX_DIGITS_MAX
                        && prefix
                            .bytes()
                            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
                };
                if prefixes.iter().all(is_prefix) {
                    Ok(Self::HashPrefixes(prefixes))
                } else {
                    Err(ShapeError::new("expected digits of lower-case hex")
                        .within("path_hash_prefixes"))
                }
            }
            _ => Err(ShapeError::new(
                "expected exactly one of paths and path_hash_prefixes",
            )),
        }
    }

    fn member(&self) -> (&'static str, Json<'static>) {
        match self {
            Self::Paths(patterns) => ("paths", Json::texts(patterns.iter().cloned())),
            Self::HashPrefixes(prefixes) => {
                ("path_hash_prefixes", Json::texts(prefixes.iter().cloned()))
            }
        }
    }
}

/// Part by part: a pattern that crossed `/` would give away more than its owner meant to (§4.5).
fn fits(pattern: &str, path: &TargetPath) -> bool {
    let (patterns, parts) = (pattern.split('/'), path.as_str().split('/'));
    patterns.clone().count() == parts.clone().count()
        && patterns
            .zip(parts)
            .all(|(pattern, part)| Glob::parse(pattern).is_ok_and(|glob| glob.matches(part)))
}

/// One delegation.
#[derive(Clone, Debug)]
pub struct DelegatedRole {
    /// To which role.
    pub name: RoleName,
    /// Who holds it.
    pub keys: RoleKeys,
    /// For which paths.
    pub scope: Scope,
    /// Whether nobody further down the list is asked for these paths.
    pub terminating: bool,
}

impl DelegatedRole {
    fn read(value: &Json<'_>, keys: &KeySet, limits: &TrustLimits) -> Result<Self, MetadataError> {
        let members = json::object(value)?;
        let name = RoleName::delegated(members.read("name", json::string)?)
            .map_err(|error| ShapeError::new(error.to_string()))?;
        let terminating = match members.required("terminating")? {
            Json::Bool(value) => *value,
            _ => {
                return Err(ShapeError::new("expected a boolean")
                    .within("terminating")
                    .into());
            }
        };
        Ok(Self {
            keys: keys.read_role(name.as_str(), members, limits)?,
            scope: Scope::read(members).map_err(|error| error.within(name.as_str()))?,
            name,
            terminating,
        })
    }

    fn to_json(&self) -> Json<'static> {
        let mut members = vec![
            ("name", Json::text(self.name.as_str().to_owned())),
            ("terminating", Json::Bool(self.terminating)),
            self.scope.member(),
        ];
        members.extend(self.keys.members());
        Json::object(members)
    }
}

/// All delegations of one role, in order: the first that covers a path is asked first.
#[derive(Clone, Debug, Default)]
pub struct Delegations(Vec<DelegatedRole>);

impl Delegations {
    /// Delegations of our own making.
    ///
    /// # Errors
    /// [`MetadataError::DoubledRole`] when a role stands there twice.
    pub fn new(roles: Vec<DelegatedRole>) -> Result<Self, MetadataError> {
        let mut names = std::collections::BTreeSet::new();
        for role in &roles {
            if !names.insert(role.name.clone()) {
                return Err(MetadataError::DoubledRole(role.name.to_string()));
            }
        }
        Ok(Self(roles))
    }

    /// In order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &DelegatedRole> {
        self.0.iter()
    }

    /// The delegation to that role.
    pub fn get(&self, name: &RoleName) -> Option<&DelegatedRole> {
        self.0.iter().find(|role| role.name == *name)
    }

    fn read(value: &Json<'_>, limits: &TrustLimits) -> Result<Self, MetadataError> {
        let members = json::object(value)?;
        let keys = KeySet::read(members, limits)?;
        let listed = members.read("roles", json::array)?;
        if listed.len() > limits.delegations_max {
            return Err(MetadataError::TooMany {
                what: "delegations",
                count_max: limits.delegations_max,
            });
        }
        let roles: Result<Vec<_>, _> = listed
            .iter()
            .map(|value| DelegatedRole::read(value, &keys, limits))
            .collect();
        Self::new(roles?)
    }

    fn to_json(&self) -> Json<'static> {
        Json::object([
            (
                "keys",
                KeySet::of_roles(self.0.iter().map(|role| &role.keys)).to_json(),
            ),
            (
                "roles",
                Json::Array(self.0.iter().map(DelegatedRole::to_json).collect()),
            ),
        ])
    }
}

/// Content of `targets` or of a delegated role.
#[derive(Clone, Debug)]
pub struct Targets {
    common: Common,
    targets: BTreeMap<TargetPath, TargetFile>,
    delegations: Delegations,
}

impl Targets {
    /// Content of our own making.
    pub fn new(
        common: Common,
        targets: BTreeMap<TargetPath, TargetFile>,
        delegations: Delegations,
    ) -> Self {
        Self {
            common,
            targets,
            delegations,
        }
    }

    /// What is said about the file of that path. Whether the role may say so is the delegator's matter.
    pub fn target(&self, path: &TargetPath) -> Option<&TargetFile> {
        self.targets.get(path)
    }

    /// All files that the role vouches for.
    pub fn targets(&self) -> impl ExactSizeIterator<Item = (&TargetPath, &TargetFile)> {
        self.targets.iter()
    }

    /// To whom the role delegates.
    pub fn delegations(&self) -> &Delegations {
        &self.delegations
    }
}

impl Role for Targets {
    const TYPE: &'static str = "targets";

    fn bytes_max(limits: &TrustLimits) -> usize {
        limits.targets_bytes_max
    }

    fn read(
        common: Common,
        members: &Object<'_>,
        limits: &TrustLimits,
    ) -> Result<Self, MetadataError> {
        let mut targets = BTreeMap::new();
        for (path, value) in members.read("targets", json::object)?.iter() {
            let within = |error: ShapeError| error.within(path).within("targets");
            let name = TargetPath::parse(path)
                .map_err(|error| ShapeError::new(error.to_string()).within("targets"))?;
            targets.insert(name, TargetFile::from_json(value).map_err(within)?);
        }
        let delegations = match members.get("delegations") {
            None => Delegations::default(),
            Some(value) => Delegations::read(value, limits)?,
        };
        Ok(Self {
            common,
            targets,
            delegations,
        })
    }

    fn own_members(&self) -> Vec<(&'static str, Json<'static>)> {
        let files = self
            .targets
            .iter()
            .map(|(path, file)| (path.as_str().to_owned(), file.to_json()));
        let mut members = vec![("targets", Json::object(files))];
        if self.delegations.iter().len() > 0 {
            members.push(("delegations", self.delegations.to_json()));
        }
        members
    }

    fn common(&self) -> Common {
        self.common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_does_not_leave_its_part_of_the_path() {
        let covers = |pattern: &str, path: &str| {
            Scope::Paths(vec![pattern.to_owned()]).covers(&TargetPath::parse(path).unwrap())
        };
        assert!(covers("p/catdoc/*", "p/catdoc/policy.json"));
        assert!(covers("p/*/policy.?son", "p/catdoc/policy.json"));
        for (pattern, path) in [
            ("p/*", "p/catdoc/policy.json"),
            ("p?catdoc", "p/catdoc"),
            ("**", "p/catdoc"),
            ("p/catdoc/*", "p/catdoc2/policy.json"),
            ("p/[!a]/x", "p/a/x"),
            ("", "p"),
        ] {
            assert!(!covers(pattern, path), "{pattern} {path}");
        }
    }
}

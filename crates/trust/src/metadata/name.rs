//! Names that come from metadata. They are data: none of them is ever joined to a path as it stands.

use quorate::digest::Sha256;

/// Bytes of a role's name: encoded three for one, a file name of it stays below 255.
const ROLE_BYTES_MAX: usize = 64;
/// Bytes of a target's path.
const TARGET_BYTES_MAX: usize = 512;

/// One of the four roles that a root names (specification §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopRole {
    /// Names the keys of all four.
    Root,
    /// Names which versions belong together.
    Snapshot,
    /// Vouches for target files and delegates.
    Targets,
    /// Says which snapshot is the newest.
    Timestamp,
}

impl TopRole {
    /// All four, in the order of their names.
    pub const ALL: [Self; 4] = [Self::Root, Self::Snapshot, Self::Targets, Self::Timestamp];

    /// The name in metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Snapshot => "snapshot",
            Self::Targets => "targets",
            Self::Timestamp => "timestamp",
        }
    }
}

impl std::fmt::Display for TopRole {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name())
    }
}

/// The name of a role that vouches for targets: `targets`, or one that is delegated to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(String);

impl RoleName {
    /// The top-level role.
    pub fn targets() -> Self {
        Self(TopRole::Targets.name().to_owned())
    }

    /// The name of a delegated role.
    ///
    /// # Errors
    /// [`NameError`] when it is empty, longer than 64 bytes, has control characters, or is that of a top-level role, whose files it would
    /// take the place of.
    pub fn delegated(name: &str) -> Result<Self, NameError> {
        let usable =
            !name.is_empty() && name.len() <= ROLE_BYTES_MAX && !name.chars().any(char::is_control);
        if !usable {
            return Err(NameError::Role(shown(name)));
        }
        if TopRole::ALL.iter().any(|role| role.name() == name) {
            return Err(NameError::TopLevel(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }

    /// The role whose [`Self::encoded`] name this is; `targets` is the top-level one.
    ///
    /// # Errors
    /// [`NameError`] when it is the encoded name of none.
    pub fn from_encoded(text: &str) -> Result<Self, NameError> {
        let unreadable = || NameError::Role(shown(text));
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&first, behind)) = rest.split_first() {
            if first == b'%' {
                let digits = behind.get(..2).ok_or_else(unreadable)?;
                let digits = std::str::from_utf8(digits).map_err(|_| unreadable())?;
                bytes.push(u8::from_str_radix(digits, 16).map_err(|_| unreadable())?);
                rest = &behind[2..];
            } else {
                bytes.push(first);
                rest = behind;
            }
        }
        let name = String::from_utf8(bytes).map_err(|_| unreadable())?;
        let role = if name == TopRole::Targets.name() {
            Self::targets()
        } else {
            Self::delegated(&name)?
        };
        // One spelling: another one would be a second file for one role.
        if role.encoded() == text {
            Ok(role)
        } else {
            Err(unreadable())
        }
    }

    /// The name as metadata has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the top-level role.
    pub fn is_top_level(&self) -> bool {
        self.0 == TopRole::Targets.name()
    }

    /// The name in a file name or URL: every byte outside of RFC 3986's unreserved set is escaped, `/` included.
    pub fn encoded(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
        out
    }
}

impl std::fmt::Display for RoleName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// The path of a target, relative, with `/` between its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetPath(String);

impl TargetPath {
    /// Reads a path.
    ///
    /// # Errors
    /// [`NameError`] when it is longer than 512 bytes, has an empty, `.` or `..` part, a backslash or a control character.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = text.len() <= TARGET_BYTES_MAX
            && !text
                .chars()
                .any(|character| character.is_control() || character == '\\')
            && text
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
        if plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Target(shown(text)))
        }
    }

    /// The path as metadata has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 over the path in hex: what hash bins go by (§4.5).
    pub fn hash(&self) -> String {
        Sha256::of(self.0.as_bytes()).to_string()
    }

    /// The name of the file under consistent snapshots (§6.2): the hash stands before the last part.
    pub fn with_hash(&self, hash: &str) -> String {
        match self.0.rsplit_once('/') {
            Some((folder, name)) => format!("{folder}/{hash}.{name}"),
            None => format!("{hash}.{}", self.0),
        }
    }
}

impl std::fmt::Display for TargetPath {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A name that metadata cannot have here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// A role's name that is empty, too long or has control characters.
    #[error("{0:?} is no role's name: 1 to {ROLE_BYTES_MAX} bytes without control characters")]
    Role(String),
    /// A delegated role with the name of a top-level one.
    #[error("a delegated role cannot be called {0:?}: that is a role of the root")]
    TopLevel(String),
    /// A path that could lead elsewhere.
    #[error("{0:?} is no target's path: relative, no empty, `.` or `..` part, no backslash")]
    Target(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_path_that_leads_elsewhere_is_refused() {
        for text in [
            "", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\b", "a\nb",
        ] {
            assert!(TargetPath::parse(text).is_err(), "{text:?}");
        }
        let path = TargetPath::parse("p/catdoc/policy.json").unwrap();
        assert_eq!(path.with_hash("ab"), "p/catdoc/ab.policy.json");
    }

    #[test]
    fn a_role_name_never_is_a_path() {
        let role = RoleName::delegated("../é/1?").unwrap();
        assert_eq!(role.encoded(), "..%2F%C3%A9%2F1%3F");
        assert_eq!(RoleName::from_encoded(&role.encoded()), Ok(role));
        for text in ["a%2", "a%zz", "..%2f", "%61", "%FF", "root", "a/b"] {
            assert!(RoleName::from_encoded(text).is_err(), "{text:?}");
        }
        for name in ["", "root", "targets", "snapshot", "timestamp", "a\0"] {
            assert!(RoleName::delegated(name).is_err(), "{name:?}");
        }
    }
}

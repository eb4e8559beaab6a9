//! Which package a build output is, and which one the caller wants.

use crate::attest::{is_output_path, is_repository};
use crate::source::{is_file_name, is_package_name, is_version};

/// The identity that a claim gives to one output. From which source it was built is no part of it: an archive has one package of a name,
/// version and architecture, and parties that build it from different sources contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Binary package; the path of an output of a git tag; the product of a later step.
    pub package: String,
    /// Full version of the binary package; the tag.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{}={}:{}",
            self.package, self.version, self.architecture
        )
    }
}

/// The identity that the caller demands: `NAME=VERSION[:ARCH]`, as a signed index has it; `PATH=TAG[:ARCH]` for an output of a git tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Binary package.
    pub package: String,
    /// Full version, with its epoch.
    pub version: String,
    /// Architecture, when the caller cares.
    pub architecture: Option<String>,
}

impl Expected {
    /// Parses `NAME=VERSION[:ARCH]`. A version may hold colons; the last part is an architecture when it starts with a letter,
    /// which no part of a version after a colon does (Debian policy §5.6.12).
    ///
    /// # Errors
    /// [`ExpectedError`] when name, version or architecture are not Debian's.
    pub fn parse(text: &str) -> Result<Self, ExpectedError> {
        let (package, rest) = text.split_once('=').ok_or(ExpectedError)?;
        let is_architecture = |word: &str| {
            word.starts_with(|first: char| first.is_ascii_lowercase()) && is_package_name(word)
        };
        let (version, architecture) = match rest.rsplit_once(':') {
            Some((version, word)) if is_architecture(word) => (version, Some(word.to_owned())),
            _ => (rest, None),
        };
        let starts_with_digit = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
        let packaged = is_package_name(package)
            && is_version(version)
            && version.split(':').all(starts_with_digit);
        // An output of a tag is its path, and its version is the tag, which has no colon (git-check-ref-format(1)).
        let is_tag = |tag: &str| tag.split('/').all(is_file_name) && !tag.contains(':');
        // An archive that is compared by its members is called by the repository that they were built from.
        let is_address = package.contains("://") && is_repository(package);
        let named = is_output_path(package) || is_address;
        let tagged = named && is_tag(version);
        if !packaged && !tagged {
            return Err(ExpectedError);
        }
        Ok(Self {
            package: package.to_owned(),
            version: version.to_owned(),
            architecture,
        })
    }

    /// Whether a claim's identity is the demanded one.
    pub fn admits(&self, identity: &Identity) -> bool {
        self.package == identity.package
            && self.version == identity.version
            && self
                .architecture
                .as_ref()
                .is_none_or(|architecture| *architecture == identity.architecture)
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}={}", self.package, self.version)?;
        self.architecture
            .as_ref()
            .map_or(Ok(()), |architecture| write!(out, ":{architecture}"))
    }
}

/// A text that is not `NAME=VERSION[:ARCH]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected NAME=VERSION or NAME=VERSION:ARCH, as in catdoc=1:0.95-6~deb12u1:amd64 or bin/hello=v1.0:amd64"
)]
pub struct ExpectedError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoch_and_architecture_are_told_apart() {
        let parse = |text| {
            Expected::parse(text)
                .map(|e| (e.package, e.version, e.architecture.unwrap_or_default()))
        };
        let expect = |name: &str, version: &str, arch: &str| {
            Ok((name.to_owned(), version.to_owned(), arch.to_owned()))
        };
        assert_eq!(
            parse("catdoc=1:0.95-6~deb12u1"),
            expect("catdoc", "1:0.95-6~deb12u1", "")
        );
        assert_eq!(
            parse("catdoc=1:0.95-6~deb12u1:amd64"),
            expect("catdoc", "1:0.95-6~deb12u1", "amd64")
        );
        assert_eq!(
            parse("xz-utils=5.4.1:all"),
            expect("xz-utils", "5.4.1", "all")
        );
        assert_eq!(
            parse("bin/hello=v1.0/rc1:amd64"),
            expect("bin/hello", "v1.0/rc1", "amd64")
        );
        assert_eq!(
            parse("https://example.org/hello.git=v1.0:amd64"),
            expect("https://example.org/hello.git", "v1.0", "amd64")
        );
        assert_eq!(parse("Hello=release"), expect("Hello", "release", ""));
        for text in [
            "catdoc",
            "catdoc=",
            "=1",
            "catdoc=1 2",
            "/bin/hello=v1",
            "bin/../hello=v1",
            "catdoc=1:amd64:amd64",
            "catdoc=1:",
        ] {
            assert_eq!(parse(text), Err(ExpectedError), "{text}");
        }
    }
}

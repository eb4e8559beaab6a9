//! A release that stays under the version of the policy that it was made under.

use std::num::NonZeroU64;

/// One release and one version of a policy. Whoever makes it vouches that this release is judged so: [`super::Owners::for_release`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundRelease {
    /// What the source is called: a source package's name, or a repository's address.
    pub source: String,
    /// Its full version, or the tag's name.
    pub version: String,
    /// The version of the policy.
    pub policy: NonZeroU64,
}

impl std::fmt::Display for BoundRelease {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.source, self.version)
    }
}

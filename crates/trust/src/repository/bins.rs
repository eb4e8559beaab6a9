//! Hash bins: so many roles between `targets` and the projects that one look-up reads little, whatever the number of projects.

use std::collections::BTreeMap;

use super::{Delegate, Holders, Repository, RepositoryError};
use crate::metadata::{RoleName, Scope, TargetPath};

/// The beginning of the names of bins; a hash prefix follows.
const PREFIX: &str = "bins-";

/// How paths are spread over bins: by the first bits of the SHA-256 of the path (TUF 1.0.34 §4.5, `path_hash_prefixes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bins {
    digits: usize,
}

impl Bins {
    /// Bins by 4, 8 or 12 bits of hash: 16, 256 or 4,096 of them.
    ///
    /// # Errors
    /// [`RepositoryError::Bins`] for another number.
    pub fn of_bits(bits: u8) -> Result<Self, RepositoryError> {
        match bits {
            4 | 8 | 12 => Ok(Self {
                digits: usize::from(bits / 4),
            }),
            _ => Err(RepositoryError::Bins(bits)),
        }
    }

    /// How the projects of a repository are spread.
    ///
    /// # Errors
    /// [`RepositoryError::NoBins`] when `targets` delegates to no bin.
    pub fn of_repository(repository: &Repository) -> Result<Self, RepositoryError> {
        let targets = repository.role(&RoleName::targets());
        let delegations = targets.map(|targets| targets.unverified().delegations());
        let mut names = delegations.into_iter().flat_map(|roles| roles.iter());
        let bin = names
            .find(|role| Self::is_bin(&role.name))
            .ok_or(RepositoryError::NoBins)?;
        Ok(Self {
            digits: bin.name.as_str().len() - PREFIX.len(),
        })
    }

    /// Whether a role is a bin, by its name.
    pub fn is_bin(role: &RoleName) -> bool {
        let digits = role.as_str().strip_prefix(PREFIX).unwrap_or_default();
        (1..=3).contains(&digits.len())
            && digits
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// The bin for a path.
    ///
    /// # Errors
    /// [`RepositoryError::Name`] never: the names are ours.
    pub fn bin_of(self, path: &TargetPath) -> Result<RoleName, RepositoryError> {
        let prefix: String = path.hash().chars().take(self.digits).collect();
        Ok(RoleName::delegated(&format!("{PREFIX}{prefix}"))?)
    }

    /// All bins in order.
    ///
    /// # Errors
    /// [`RepositoryError::Name`] never: the names are ours.
    pub fn all(self) -> Result<Vec<RoleName>, RepositoryError> {
        (0..16_usize.pow(u32::try_from(self.digits).unwrap_or(1)))
            .map(|number| {
                let name = format!("{PREFIX}{number:0width$x}", width = self.digits);
                Ok(RoleName::delegated(&name)?)
            })
            .collect()
    }

    /// Which paths a bin is for.
    pub fn scope(self, bin: &RoleName) -> Scope {
        let prefix = bin.as_str().trim_start_matches(PREFIX);
        Scope::HashPrefixes(vec![prefix.to_owned()])
    }

    /// The delegations that give `paths` to a project's role, by the bin that must make them.
    ///
    /// Paths of one project lie in several bins. Each bin delegates the very paths that lie in it, and no pattern that could grow.
    ///
    /// # Errors
    /// [`RepositoryError::Name`] never: the names are ours.
    pub fn delegations(
        self,
        role: &RoleName,
        holders: &Holders,
        paths: &[TargetPath],
    ) -> Result<BTreeMap<RoleName, Delegate>, RepositoryError> {
        let mut by_bin: BTreeMap<RoleName, Vec<String>> = BTreeMap::new();
        for path in paths {
            let patterns = by_bin.entry(self.bin_of(path)?).or_default();
            patterns.push(literal(path));
        }
        Ok(by_bin
            .into_iter()
            .map(|(bin, patterns)| {
                let delegate = Delegate {
                    role: role.clone(),
                    holders: holders.clone(),
                    scope: Scope::Paths(patterns),
                };
                (bin, delegate)
            })
            .collect())
    }
}

/// The pattern that fits this one path: characters with a meaning in patterns stand in brackets.
fn literal(path: &TargetPath) -> String {
    let mut pattern = String::new();
    for character in path.as_str().chars() {
        if matches!(character, '*' | '?' | '[') {
            pattern.extend(['[', character, ']']);
        } else {
            pattern.push(character);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_lies_in_exactly_one_bin() {
        let bins = Bins::of_bits(8).unwrap();
        let all = bins.all().unwrap();
        assert_eq!(all.len(), 256);
        assert_eq!(all[10].as_str(), "bins-0a");
        for number in 0..100 {
            let path = TargetPath::parse(&format!("p/project-{number}/policy.json")).unwrap();
            let covering: Vec<_> = all
                .iter()
                .filter(|bin| bins.scope(bin).covers(&path))
                .collect();
            assert_eq!(covering, [&bins.bin_of(&path).unwrap()]);
        }
        assert!(Bins::of_bits(7).is_err());
    }

    #[test]
    fn a_name_with_a_star_gives_away_no_other_name() {
        let path = TargetPath::parse("p/a*[x]/y").unwrap();
        let scope = Scope::Paths(vec![literal(&path)]);
        assert!(scope.covers(&path));
        assert!(!scope.covers(&TargetPath::parse("p/abc[x]/y").unwrap()));
        assert!(!scope.covers(&TargetPath::parse("p/a*x/y").unwrap()));
    }
}

//! The only place where votes are counted.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use super::claim::{Claim, Said};
use super::vote::{Key, Vote, votes};
use super::{Expected, Identity};
use crate::digest::{Digests, Sha256};
use crate::policy::{Declared, Environment, Lack, Policy, Shortfall};

/// Where the votes stand for one artifact. Only [`tally`] makes one.
///
/// ```compile_fail,E0451
/// # fn lower(tally: quorate::verify::Tally) {
/// let forged = quorate::verify::Tally { threshold: std::num::NonZeroUsize::MIN, ..tally };
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Tally {
    threshold: NonZeroUsize,
    identity: Option<Identity>,
    rivals: Vec<Identity>,
    group: Option<Group>,
    lack: Option<Lack>,
    standings: Vec<(String, Standing)>,
}

/// Parties that state one result from one source.
#[derive(Clone, Debug)]
pub struct Group {
    /// The source package.
    pub source_name: String,
    /// Its full version.
    pub source_version: String,
    /// Digest over all files of the source.
    pub source: Sha256,
    /// Digests of the product.
    pub digests: Digests,
    /// The product's file name, as the first of the parties has it.
    pub product: String,
    /// The names of the parties, in policy order.
    pub parties: Vec<String>,
    /// Whether the product is the artifact in hand.
    pub is_artifact: bool,
}

/// What one party's evidence says about the artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It states the group's result from the group's source.
    Confirms,
    /// From the same source it got other bytes.
    Dissents {
        /// The SHA-256 that it states.
        sha256: Sha256,
    },
    /// For this identity it built another source.
    OtherSource {
        /// The SHA-256 that it states for the product.
        sha256: Sha256,
    },
    /// It built in another environment, and the policy wants the same one.
    OtherEnvironment {
        /// The SHA-256 that it states for the product.
        sha256: Sha256,
    },
    /// Its own statements contradict each other; none of them counts.
    Void,
    /// It states these bytes under another identity, which does not count.
    OtherIdentity(Identity),
    /// It states these bytes and no source, which does not count.
    Weak,
    /// What it says about this artifact does not count for the time at which it was signed.
    Struck,
    /// It says nothing about this artifact.
    Absent,
}

/// Counts: one vote per party, k of the n that the policy names, whoever answered.
///
/// `artifact` is the SHA-256 of the file in hand, or `None` when it could not be read; `expected` the identity that the caller
/// demands. Without one, the identity is the one under which these bytes are stated; a file name only helps to say what is
/// stated instead when nobody states these bytes, and so can never lead to a yes.
pub fn tally(
    policy: &Policy,
    claims: &[Claim],
    artifact: Option<Sha256>,
    file_name: &str,
    expected: Option<&Expected>,
) -> Tally {
    Votes::cast(policy, claims, &[]).tally(artifact, file_name, expected)
}

/// Everything that the parties state, found by identity and by bytes.
pub(super) struct Votes<'c> {
    policy: &'c Policy,
    claims: &'c [Claim],
    declared: &'c [Option<Declared>],
    votes: Vec<Vote<'c>>,
    by_identity: BTreeMap<Identity, Vec<usize>>,
    by_sha256: BTreeMap<Sha256, Vec<usize>>,
    by_name: BTreeMap<&'c str, Vec<usize>>,
}

/// An identity under which k parties state some bytes, and the source that they built them from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Confirmation {
    pub(super) identity: Identity,
    pub(super) source_name: String,
    pub(super) source_version: String,
    pub(super) source: Sha256,
}

impl<'c> Votes<'c> {
    /// `declared` is what a roster declares of the parties, by their places in the policy.
    pub(super) fn cast(
        policy: &'c Policy,
        claims: &'c [Claim],
        declared: &'c [Option<Declared>],
    ) -> Self {
        let votes = votes(policy, claims);
        let (mut by_identity, mut by_sha256) = (BTreeMap::new(), BTreeMap::new());
        let mut by_name: BTreeMap<&'c str, Vec<usize>> = BTreeMap::new();
        for (at, vote) in votes.iter().enumerate() {
            let same: &mut Vec<usize> = by_identity.entry(vote.identity.clone()).or_default();
            same.push(at);
            let same: &mut Vec<usize> = by_sha256.entry(vote.key.digests.sha256).or_default();
            same.push(at);
            by_name.entry(&vote.product.name).or_default().push(at);
        }
        Self {
            policy,
            claims,
            declared,
            votes,
            by_identity,
            by_sha256,
            by_name,
        }
    }

    /// Whether anybody states these bytes.
    pub(super) fn states(&self, sha256: Sha256) -> bool {
        self.by_sha256.contains_key(&sha256)
    }

    /// The identities that somebody gives to an output of this file name and these bytes.
    pub(super) fn identities_of(&self, sha256: Sha256, name: &str) -> BTreeSet<&Identity> {
        let stated = self.stating(sha256);
        stated
            .filter(|vote| vote.product.name == name)
            .map(|vote| &vote.identity)
            .collect()
    }

    /// What k parties confirm of an output of this file name, whatever its bytes.
    pub(super) fn outputs(&self, name: &str) -> Vec<Confirmation> {
        let at = self.by_name.get(name).into_iter().flatten();
        let bytes: BTreeSet<Sha256> = at.map(|at| self.votes[*at].key.digests.sha256).collect();
        let bytes = bytes.into_iter();
        bytes
            .flat_map(|sha256| self.confirmations(sha256, name))
            .collect()
    }

    /// What k parties confirm of an output of this file name and these bytes.
    pub(super) fn confirmations(&self, sha256: Sha256, name: &str) -> Vec<Confirmation> {
        let identities = self.identities_of(sha256, name).into_iter();
        let counted = identities.map(|identity| self.count(identity, Some(sha256)));
        let confirmed = counted.filter(|count| count.rank.confirmed);
        confirmed
            .filter_map(|count| {
                let (key, _) = count.group.as_ref()?;
                Some(Confirmation {
                    source_name: key.source_name.to_owned(),
                    source_version: key.source_version.to_owned(),
                    source: key.source,
                    identity: count.identity,
                })
            })
            .collect()
    }

    /// Counts, as [`tally`] says.
    pub(super) fn tally(
        &self,
        artifact: Option<Sha256>,
        file_name: &str,
        expected: Option<&Expected>,
    ) -> Tally {
        let mut counted: Vec<Count<'_>> = self
            .identities(artifact, file_name, expected)
            .into_iter()
            .map(|identity| self.count(identity, artifact))
            .collect();
        // The best supported identity is judged; the sort is stable over a deterministic order.
        counted.sort_by_key(|count| std::cmp::Reverse(count.rank));
        let rivals = counted
            .iter()
            .skip(1)
            .filter(|count| count.rank.confirmed)
            .map(|count| count.identity.clone())
            .collect();
        let best = counted.into_iter().next();
        let parties = self.policy.parties().iter().enumerate();
        let standings = parties.map(|(party, named)| {
            let standing = best.as_ref().and_then(|count| count.standing(party));
            let standing = standing.unwrap_or_else(|| self.bystander(party, artifact));
            (named.name().to_owned(), standing)
        });
        Tally {
            threshold: self.policy.threshold(),
            standings: standings.collect(),
            rivals,
            group: best.as_ref().and_then(|count| self.group(count, artifact)),
            lack: best.as_ref().and_then(|count| count.lack.clone()),
            identity: best.map(|count| count.identity),
        }
    }

    fn count(&self, identity: &Identity, artifact: Option<Sha256>) -> Count<'c> {
        let own = self.by_identity.get(identity).into_iter().flatten();
        let own: Vec<&Vote<'c>> = own.map(|at| &self.votes[*at]).collect();
        let lack = |parties: &BTreeSet<usize>| self.policy.lack(parties, self.declared);
        let environment = self.policy.environment();
        Count::of(environment, identity.clone(), &own, artifact, &lack)
    }

    fn group(&self, count: &Count<'_>, artifact: Option<Sha256>) -> Option<Group> {
        let (key, members) = count.group.as_ref()?;
        let own = self.by_identity.get(&count.identity).into_iter().flatten();
        let product = own
            .map(|at| &self.votes[*at])
            .find(|vote| vote.key == *key && members.contains(&vote.party))
            .map(|vote| vote.product.name.clone());
        let name = |party: &usize| self.policy.parties()[*party].name().to_owned();
        Some(Group {
            source_name: key.source_name.to_owned(),
            source_version: key.source_version.to_owned(),
            source: key.source,
            digests: key.digests,
            product: product.unwrap_or_default(),
            parties: members.iter().map(name).collect(),
            is_artifact: artifact == Some(key.digests.sha256),
        })
    }

    fn stating(&self, sha256: Sha256) -> impl Iterator<Item = &Vote<'c>> {
        let at = self.by_sha256.get(&sha256).into_iter().flatten();
        at.map(|at| &self.votes[*at])
    }

    /// The identities that are in question.
    fn identities(
        &self,
        artifact: Option<Sha256>,
        file_name: &str,
        expected: Option<&Expected>,
    ) -> BTreeSet<&Identity> {
        if let Some(expected) = expected {
            let all = self.by_identity.keys();
            return all.filter(|identity| expected.admits(identity)).collect();
        }
        let stated = artifact.map(|sha256| self.stating(sha256));
        let stated: BTreeSet<_> = stated
            .into_iter()
            .flatten()
            .map(|vote| &vote.identity)
            .collect();
        if !stated.is_empty() {
            return stated;
        }
        let named = self.votes.iter();
        named
            .filter(|vote| vote.product.name == file_name)
            .map(|vote| &vote.identity)
            .collect()
    }

    /// A party without a statement for the judged identity may have said something about these bytes all the same.
    fn bystander(&self, party: usize, artifact: Option<Sha256>) -> Standing {
        let Some(artifact) = artifact else {
            return Standing::Absent;
        };
        if let Some(vote) = self.stating(artifact).find(|vote| vote.party == party) {
            return Standing::OtherIdentity(vote.identity.clone());
        }
        let own = self.claims.iter().filter(|claim| claim.party() == party);
        let weak = own.into_iter().any(|claim| match claim.said() {
            Said::Weak(link) => link.products.values().any(|sha256| *sha256 == artifact),
            Said::Rebuild(_) => false,
        });
        if weak {
            Standing::Weak
        } else {
            Standing::Absent
        }
    }
}

impl Tally {
    /// Tells parties of which nothing counts from those that said nothing. It changes no count.
    pub(super) fn with_struck(mut self, parties: &BTreeSet<&str>) -> Self {
        for (party, standing) in &mut self.standings {
            if *standing == Standing::Absent && parties.contains(party.as_str()) {
                *standing = Standing::Struck;
            }
        }
        self
    }

    /// Whether k parties agree on one result from one source, and are as independent as the policy wants them, whatever the file in hand is.
    pub fn has_quorum(&self) -> bool {
        self.group.is_some() && self.lack.is_none()
    }

    /// By how much k parties that agree fall short of the policy's rules about their independence.
    pub fn shortfall(&self) -> Option<&Shortfall> {
        match self.lack.as_ref()? {
            Lack::Few => None,
            Lack::NotDiverse(shortfall) => Some(shortfall),
        }
    }

    /// The identity that is judged; `None` when nobody states anything that fits.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Other identities under which k parties state the same bytes: when there are any, the caller must say which one it wants.
    pub fn rivals(&self) -> &[Identity] {
        &self.rivals
    }

    /// The largest group for these bytes; when nobody states these bytes, the largest group for this identity.
    pub fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// Every party of the policy with what it says.
    pub fn standings(&self) -> &[(String, Standing)] {
        &self.standings
    }

    /// k.
    pub fn threshold(&self) -> NonZeroUsize {
        self.threshold
    }

    /// Parties that contradict the group, or themselves.
    pub fn dissenters(&self) -> impl Iterator<Item = &str> {
        let dissents = |standing: &Standing| {
            matches!(
                standing,
                Standing::Dissents { .. } | Standing::OtherSource { .. } | Standing::Void
            )
        };
        self.standings
            .iter()
            .filter(move |(_, standing)| dissents(standing))
            .map(|(party, _)| party.as_str())
    }
}

/// The count for one identity.
struct Count<'c> {
    identity: Identity,
    positions: BTreeMap<usize, Position<'c>>,
    group: Option<(Key<'c>, BTreeSet<usize>)>,
    /// What the group lacks to be a quorum.
    lack: Option<Lack>,
    rank: Rank,
}

/// How well an identity is supported; later fields decide between equals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// k parties state the bytes in hand under it.
    confirmed: bool,
    /// Somebody does.
    stated: bool,
    /// How many parties its group has.
    size: usize,
}

/// What one party states for one identity: one result for each set of materials, or nothing that holds together.
enum Position<'c> {
    States(BTreeSet<Key<'c>>),
    Void,
}

impl<'c> Count<'c> {
    /// Counts `votes`, which are all that were cast for this identity.
    fn of(
        environment: Environment,
        identity: Identity,
        votes: &[&Vote<'c>],
        artifact: Option<Sha256>,
        lack: &dyn Fn(&BTreeSet<usize>) -> Option<Lack>,
    ) -> Self {
        let mut stated: BTreeMap<usize, BTreeSet<Key<'c>>> = BTreeMap::new();
        for vote in votes {
            stated.entry(vote.party).or_default().insert(vote.key);
        }
        let positions: BTreeMap<usize, Position<'c>> = stated
            .into_iter()
            .map(|(party, keys)| (party, Position::of(keys, environment)))
            .collect();
        let mut groups: BTreeMap<Key<'c>, BTreeSet<usize>> = BTreeMap::new();
        for (party, position) in &positions {
            if let Position::States(keys) = position {
                for key in keys {
                    groups.entry(*key).or_default().insert(*party);
                }
            }
        }
        let is_artifact = |key: &Key<'_>| Some(key.digests.sha256) == artifact;
        let stated = votes.iter().any(|vote| is_artifact(&vote.key));
        // k parties outrank a few that happen to state the bytes in hand: else a lone liar's bytes would look like the product.
        let group = groups.into_iter().max_by_key(|(key, parties)| {
            (lack(parties).is_none(), is_artifact(key), parties.len())
        });
        let lack = group.as_ref().and_then(|(_, parties)| lack(parties));
        let size = group.as_ref().map_or(0, |(_, parties)| parties.len());
        let confirmed = lack.is_none() && group.as_ref().is_some_and(|(key, _)| is_artifact(key));
        Self {
            identity,
            positions,
            group,
            lack,
            rank: Rank {
                confirmed,
                stated,
                size,
            },
        }
    }

    fn standing(&self, party: usize) -> Option<Standing> {
        let keys = match self.positions.get(&party)? {
            Position::Void => return Some(Standing::Void),
            Position::States(keys) => keys,
        };
        let (group, _) = self.group.as_ref()?;
        if keys.contains(group) {
            return Some(Standing::Confirms);
        }
        // A party may have built in more environments than the group's: what it got in that one decides.
        let comparable = keys.iter().find(|key| key.environment == group.environment);
        let key = comparable.or(keys.first())?;
        let sha256 = key.digests.sha256;
        Some(if key.source_of() != group.source_of() {
            Standing::OtherSource { sha256 }
        } else if comparable.is_none() {
            Standing::OtherEnvironment { sha256 }
        } else {
            Standing::Dissents { sha256 }
        })
    }
}

impl<'c> Position<'c> {
    /// One party may have built in several environments, never several sources, and never two results from equal materials.
    fn of(keys: BTreeSet<Key<'c>>, environment: Environment) -> Self {
        let sources: BTreeSet<_> = keys.iter().map(Key::source_of).collect();
        let materials: BTreeSet<_> = keys
            .iter()
            .map(|key| (key.source_of(), key.environment))
            .collect();
        let results: BTreeSet<_> = keys.iter().map(|key| key.digests).collect();
        let one_result = if environment == Environment::Same {
            materials.len() == keys.len()
        } else {
            results.len() == 1
        };
        if sources.len() == 1 && one_result {
            Self::States(keys)
        } else {
            Self::Void
        }
    }
}

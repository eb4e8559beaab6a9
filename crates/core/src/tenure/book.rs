//! What is known of every key, and whether a signature by it counts.

use std::collections::BTreeMap;

use super::apply::Principals;
use crate::digest::Sha256;
use crate::key::{Fingerprint, PublicKey};
use crate::time::Timestamp;

/// All keys that speak for parties, each with its time. Only [`super::apply`] makes one.
#[derive(Clone, Debug, Default)]
pub struct KeyBook {
    pub(super) tenures: Vec<Tenure>,
    /// The time of judging.
    pub(super) at: Option<Timestamp>,
    /// Which party had which signature, and since when.
    pub(super) seen: BTreeMap<Sha256, BTreeMap<String, Timestamp>>,
    /// How many others must have had a signature before its key was compromised.
    pub(super) needed: usize,
    /// Who answers for which party, by each source that says so.
    pub(super) principals: Vec<Principals>,
    /// What was said and changes nothing, by its number, and why.
    pub(super) ignored: Vec<(usize, String)>,
}

/// A key at one party.
#[derive(Clone, Debug)]
pub(super) struct Tenure {
    pub(super) party: String,
    pub(super) key: PublicKey,
    pub(super) origin: Origin,
    /// From when to when the policy trusts its party.
    pub(super) trusted: (Option<Timestamp>, Option<Timestamp>),
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) compromised: Option<Timestamp>,
    /// The reason why it never counts.
    pub(super) never: Option<Struck>,
}

/// How a key came to its party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The policy names it.
    Policy,
    /// A rotation by the party.
    Rotation,
    /// A layout of the party's machines.
    Machines,
}

/// A signature that is to count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature<'s> {
    pub(crate) by: Fingerprint,
    pub(crate) party: &'s str,
    pub(crate) marks: &'s [Sha256],
    /// When it was made, as its signer says; `None` when the document has no time.
    pub(crate) said: Option<Timestamp>,
}

/// Why a valid signature does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Struck {
    /// Made before the key spoke for its party.
    TooEarly {
        /// The first second at which it did.
        from: Timestamp,
    },
    /// Made when the key no longer spoke for its party, as far as anybody can tell.
    TooLate {
        /// The first second at which it no longer did.
        until: Timestamp,
    },
    /// The key is compromised, and too few others had the signature before.
    Compromised {
        /// The first second at which it may have been in other hands.
        since: Timestamp,
        /// The parties that had it before.
        witnesses: Vec<String>,
        /// How many are needed.
        needed: usize,
    },
    /// The roster has the party and does not list the key for it.
    Unlisted,
    /// One key was rotated to two others: one of them is a thief's, and nobody knows which.
    RotatedTwice,
    /// One machine speaks for several parties: it would be several votes.
    SharedMachine {
        /// How many.
        count: usize,
    },
    /// The key speaks for another party, or for none.
    NotTheirs,
}

impl std::fmt::Display for Struck {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooEarly { from } => write!(out, "its key speaks for it from {from} on only"),
            Self::TooLate { until } => write!(
                out,
                "its key spoke for it until {until}, and nothing shows that this was signed before"
            ),
            Self::Compromised {
                since,
                witnesses,
                needed,
            } => {
                write!(
                    out,
                    "its key is compromised since {since}, and {} of {needed} needed other parties had this signature before",
                    witnesses.len()
                )?;
                match witnesses.as_slice() {
                    [] => Ok(()),
                    some => write!(out, ": {}", some.join(", ")),
                }
            }
            Self::Unlisted => {
                out.write_str("the roster lists the party and not the key that signed this")
            }
            Self::RotatedTwice => out.write_str(
                "its key was rotated to two others, and nobody can tell which is the thief's",
            ),
            Self::SharedMachine { count } => write!(
                out,
                "the machine that signed this speaks for {count} parties, which would be {count} votes"
            ),
            Self::NotTheirs => out.write_str("the key that signed this does not speak for it"),
        }
    }
}

impl KeyBook {
    /// The keys whose signatures may count, each once.
    pub(crate) fn keys(&self) -> Vec<&PublicKey> {
        let mut keys: BTreeMap<Fingerprint, &PublicKey> = BTreeMap::new();
        for tenure in &self.tenures {
            keys.entry(tenure.key.fingerprint()).or_insert(&tenure.key);
        }
        keys.into_values().collect()
    }

    /// What was said and changes nothing: its number, and why.
    pub(crate) fn ignored(&self) -> &[(usize, String)] {
        &self.ignored
    }

    /// Whether the key is one that only a party's own layout of machines names.
    pub(crate) fn is_machine(&self, key: Fingerprint) -> bool {
        let mut own = self.tenures.iter();
        own.any(|it| it.key.fingerprint() == key && it.origin == Origin::Machines)
    }

    /// The parties that a key speaks for at any time: one, or several for a machine that several name.
    pub(crate) fn parties_of(&self, key: Fingerprint) -> impl Iterator<Item = &str> {
        let own = self.tenures.iter();
        own.filter(move |tenure| tenure.key.fingerprint() == key)
            .map(|tenure| tenure.party.as_str())
    }

    /// Whether a signature counts.
    pub(crate) fn judge(&self, signature: Signature<'_>) -> Result<(), Struck> {
        let own = self.tenures.iter().filter(|tenure| {
            tenure.key.fingerprint() == signature.by && tenure.party == signature.party
        });
        let mut refused = Struck::NotTheirs;
        for tenure in own {
            match self.within(tenure, signature) {
                Ok(()) => return Ok(()),
                Err(struck) => refused = struck,
            }
        }
        Err(refused)
    }

    fn within(&self, tenure: &Tenure, signature: Signature<'_>) -> Result<(), Struck> {
        if let Some(never) = &tenure.never {
            return Err(never.clone());
        }
        let witnessed = self.witnessed(signature);
        if let Some(since) = tenure.compromised
            && witnessed.is_none_or(|time| time >= since)
        {
            return Err(Struck::Compromised {
                since,
                witnesses: self.witnesses(signature, since),
                needed: self.needed,
            });
        }
        if let Some(from) = tenure.from {
            // Whoever does not speak yet can write a later date.
            let not_yet = self.at.is_some_and(|at| at < from);
            if not_yet || signature.said.is_some_and(|said| said < from) {
                return Err(Struck::TooEarly { from });
            }
        }
        if let Some(until) = tenure.until {
            let times = [witnessed, signature.said];
            if times.into_iter().flatten().all(|time| time >= until) {
                return Err(Struck::TooLate { until });
            }
        }
        Ok(())
    }

    /// The earliest moment by which enough other parties had the signature. Fewer than that many that lie cannot make it earlier than an
    /// honest one's, and as many could outvote the party anyhow. Parties of one principal are one, by whoever says so.
    pub(super) fn witnessed(&self, signature: Signature<'_>) -> Option<Timestamp> {
        let alone = Principals::new();
        let sources: Vec<&Principals> = match self.principals.is_empty() {
            true => vec![&alone],
            false => self.principals.iter().collect(),
        };
        let by_source = sources.into_iter().map(|principals| {
            let mut times: Vec<Timestamp> = self
                .first_seen(signature, principals)
                .into_values()
                .collect();
            times.sort();
            times.get(self.needed.checked_sub(1)?).copied()
        });
        let latest = by_source.collect::<Option<Vec<_>>>()?;
        latest.into_iter().max()
    }

    fn witnesses(&self, signature: Signature<'_>, before: Timestamp) -> Vec<String> {
        let alone = Principals::new();
        let seen = self.first_seen(signature, &alone).into_iter();
        let early = seen.filter(|(_, time)| *time < before);
        early.map(|(party, _)| party.to_owned()).collect()
    }

    /// When each principal but the signer's own first had the signature.
    fn first_seen<'b>(
        &'b self,
        signature: Signature<'b>,
        principals: &'b Principals,
    ) -> BTreeMap<&'b str, Timestamp> {
        let of = |party: &'b str| principals.get(party).map_or(party, String::as_str);
        let mut first: BTreeMap<&str, Timestamp> = BTreeMap::new();
        let seen = signature
            .marks
            .iter()
            .filter_map(|mark| self.seen.get(mark));
        for (party, time) in seen.flatten() {
            if of(party) == of(signature.party) {
                continue;
            }
            let known = first.entry(of(party)).or_insert(*time);
            *known = (*known).min(*time);
        }
        first
    }
}

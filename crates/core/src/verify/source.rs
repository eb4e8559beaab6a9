//! Question 2: is what was built the released source?

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{answer, no_quorum};
use super::case::{Answer, Outcome, Question};
use super::claim::Said;
use super::{Claim, Group, Reason, TagObject, Tally};
use crate::attest::git::{GitSource, RecipePlace};
use crate::attest::rebuild::{DebianSource, Rebuild, Source};
use crate::digest::Sha256;
use crate::limits::Limits;
use crate::policy::{DebianTerms, Declared, GitTerms, MovedTag, Policy, RecipeTerms, SourceTerms};
use crate::source::Dsc;
use crate::source::git::{Release, SignedTag, TagSigners};
use crate::source::openpgp::OpenPgpVerifier;
use crate::source::ssh::AllowedSigners;
use crate::time::Timestamp;

/// What question 2 is answered from.
pub(super) struct SourceCase<'c> {
    pub(super) policy: &'c Policy,
    pub(super) claims: &'c [Claim],
    /// What a roster declares of the parties.
    pub(super) declared: &'c [Option<Declared>],
    /// The time of the judgement.
    pub(super) at: Timestamp,
    /// The parties that contradict themselves.
    pub(super) void: BTreeSet<usize>,
    /// The certificates that the policy names, as far as they were given.
    pub(super) certificates: &'c [Vec<u8>],
    pub(super) openpgp: &'c dyn OpenPgpVerifier,
    pub(super) limits: &'c Limits,
}

impl SourceCase<'_> {
    /// The answer for the source of the result that `tally` is about.
    pub(super) fn answer(&self, tally: &Tally) -> Answer {
        let group = tally.group().filter(|_| tally.has_quorum());
        let built = group.and_then(|group| Some((group, self.rebuild(group.source)?)));
        let Some((group, rebuild)) = built else {
            let too_few = match tally.shortfall() {
                Some(_) => no_quorum(tally, self.policy.parties().len()),
                None => Reason::SourceTooFew {
                    have: tally.group().map_or(0, |group| group.parties.len()),
                    needed: tally.threshold().get(),
                },
            };
            let moved = self.moved_before_quorum(tally);
            let reasons = moved.into_iter().chain([too_few]).collect();
            return answer(Question::Source, Outcome::No, reasons);
        };
        let outcome = match (self.policy.source(), &rebuild.source) {
            (SourceTerms::Debian(terms), Source::Debian(source)) => {
                self.package(terms, source, group)
            }
            (SourceTerms::Git(terms), Source::Git(source)) => self.tag(terms, source, group),
            (SourceTerms::Debian(_), Source::Git(source)) => Err(vec![Reason::SourceOther {
                built: source.reference(),
                wanted: "a Debian source package".to_owned(),
            }]),
            (SourceTerms::Git(terms), Source::Debian(source)) => Err(vec![Reason::SourceOther {
                built: format!("{} {}", source.name, source.version),
                wanted: terms.repository.clone(),
            }]),
        };
        match outcome {
            Ok(reasons) => answer(Question::Source, Outcome::Yes, reasons),
            Err(reasons) => answer(Question::Source, Outcome::No, reasons),
        }
    }

    /// A moved tag keeps parties from agreeing: then it is the reason.
    fn moved_before_quorum(&self, tally: &Tally) -> Option<Reason> {
        let SourceTerms::Git(terms) = self.policy.source() else {
            return None;
        };
        match &self.rebuild(tally.group()?.source)?.source {
            Source::Git(source) => self.moved(terms, source),
            Source::Debian(_) => None,
        }
    }

    fn rebuild(&self, source: Sha256) -> Option<&Rebuild> {
        self.rebuilds()
            .find(|(_, rebuild)| rebuild.source.digest() == source)
            .map(|(_, rebuild)| rebuild)
    }

    fn rebuilds(&self) -> impl Iterator<Item = (usize, &Rebuild)> {
        self.claims.iter().filter_map(|claim| match claim.said() {
            Said::Rebuild(stated) => Some((claim.party(), &stated.rebuild)),
            Said::Weak(_) => None,
        })
    }

    /// The earliest moment by which a quorum says that it had the source, and who they are: the k-th of what each says first, where the policy asks for no more. Fewer
    /// than k that lie cannot make it earlier than an honest party's. Whoever contradicts itself is no witness, and what is later than
    /// the judgement was not seen yet.
    fn witnessed(&self, seen: impl Fn(&Rebuild) -> Option<Timestamp>) -> Result<Witnessed, String> {
        let mut first: BTreeMap<usize, Timestamp> = BTreeMap::new();
        let rebuilds = self
            .rebuilds()
            .filter(|(party, _)| !self.void.contains(party));
        for (party, rebuild) in rebuilds {
            if let Some(time) = seen(rebuild).filter(|time| *time <= self.at) {
                let known = first.entry(party).or_insert(time);
                *known = (*known).min(time);
            }
        }
        let mut times: Vec<(Timestamp, usize)> = first
            .into_iter()
            .map(|(party, time)| (time, party))
            .collect();
        times.sort();
        let mut parties: BTreeSet<usize> = BTreeSet::new();
        for (time, party) in &times {
            parties.insert(*party);
            // Those who vouch for a time must be as independent as those who vouch for bytes.
            if self.policy.lack(&parties, self.declared).is_none() {
                let earliest = times.iter().take(parties.len());
                return Ok(Witnessed {
                    time: *time,
                    parties: earliest.map(|(_, party)| self.name(*party)).collect(),
                });
            }
        }
        let (have, needed) = (times.len(), self.policy.threshold());
        Err(format!(
            "{have} of {needed} needed parties say that they had it by {}, the time of this judgement",
            self.at
        ))
    }

    fn name(&self, party: usize) -> String {
        self.policy.parties()[party].name().to_owned()
    }

    fn package(
        &self,
        terms: &DebianTerms,
        source: &DebianSource,
        group: &Group,
    ) -> Result<Vec<Reason>, Vec<Reason>> {
        let equal = Reason::SourceEqual {
            name: group.source_name.clone(),
            version: group.source_version.clone(),
            source: group.source,
            parties: group.parties.clone(),
        };
        if terms.uploaders.is_empty() {
            return Ok(vec![equal]);
        }
        let refused = |problem: String| {
            let release = format!("{} {}", source.name, source.version);
            vec![Reason::SourceUnsigned { release, problem }]
        };
        let witnessed = self.witnessed(|rebuild| {
            (rebuild.source.digest() == group.source).then_some(rebuild.started)
        });
        let witnessed = witnessed.map_err(refused)?;
        let (text, signers) = self
            .openpgp
            .clear_signed(self.certificates, &source.dsc, witnessed.time)
            .map_err(refused)?;
        // What is signed must be what was read, whoever reads the frame differently.
        if Dsc::parse(&text).ok() != Dsc::parse(&source.dsc).ok() {
            return Err(refused("the signature covers another text".to_owned()));
        }
        let signers: BTreeSet<String> = signers
            .into_iter()
            .map(|signer| signer.certificate)
            .collect();
        if signers.is_empty() {
            return Err(refused("nobody signed".to_owned()));
        }
        let signed = Reason::SourceSigned {
            release: format!("the .dsc of {} {}", source.name, source.version),
            signers: signers.into_iter().collect(),
            witnessed: witnessed.time,
            witnesses: witnessed.parties,
        };
        Ok(vec![signed, equal])
    }

    fn tag(
        &self,
        terms: &GitTerms,
        source: &GitSource,
        group: &Group,
    ) -> Result<Vec<Reason>, Vec<Reason>> {
        let refused = |problem: String| {
            vec![Reason::SourceUnsigned {
                release: source.reference(),
                problem,
            }]
        };
        if source.repository != terms.repository {
            return Err(vec![Reason::SourceOther {
                built: source.reference(),
                wanted: terms.repository.clone(),
            }]);
        }
        if !terms.tags.matches(&source.tag) {
            let problem = format!("its name is not like {:?}", terms.tags.as_str());
            return Err(refused(problem));
        }
        let recipe = match (&terms.recipe, source.recipe.place) {
            (RecipeTerms::Repository(path), RecipePlace::Repository) => source.recipe.name == *path,
            (RecipeTerms::Policy(sha256), RecipePlace::Policy) => {
                Sha256::of(&source.recipe.content) == *sha256
            }
            _ => false,
        };
        if !recipe {
            let problem = "it was built by another recipe than the policy's".to_owned();
            return Err(refused(problem));
        }
        let witnessed = self.witnessed(|rebuild| match &rebuild.source {
            Source::Git(other) if is_same_tag(other, source) => Some(other.seen),
            _ => None,
        });
        let witnessed = witnessed.map_err(refused)?;
        let released = self
            .release(terms, source, witnessed.time)
            .map_err(refused)?;
        let signed = Reason::SourceSigned {
            release: format!("{}, object {}", source.reference(), source.tag_id),
            signers: released.signers().iter().map(ToString::to_string).collect(),
            witnessed: witnessed.time,
            witnesses: witnessed.parties,
        };
        let built = Reason::TagBuilt {
            commit: released.commit().to_string(),
            identity: source.identity,
            parties: group.parties.clone(),
        };
        match self.moved(terms, source) {
            None => Ok(vec![signed, built]),
            Some(moved) if terms.moved_tag == MovedTag::Report => Ok(vec![signed, built, moved]),
            Some(moved) => Err(vec![moved, signed]),
        }
    }

    fn release(
        &self,
        terms: &GitTerms,
        source: &GitSource,
        witnessed: Timestamp,
    ) -> Result<Release, String> {
        let ssh = terms.allowed_signers.as_deref();
        let ssh = ssh.map(|text| AllowedSigners::parse(text.as_bytes()));
        let signers = TagSigners {
            needed: terms.needed,
            ssh: ssh.transpose().map_err(|error| error.to_string())?,
            openpgp: self.certificates.to_vec(),
        };
        let tag = SignedTag {
            tag: &source.tag_object,
            commit: &source.commit_object,
            id: source.tag_id,
            name: &source.tag,
        };
        tag.release(&signers, self.openpgp, witnessed, self.limits)
            .map_err(|refusal| refusal.to_string())
    }

    /// Two tag objects under one name, in any two claims.
    fn moved(&self, terms: &GitTerms, source: &GitSource) -> Option<Reason> {
        let mut objects: BTreeMap<String, TagObject> = BTreeMap::new();
        for (party, rebuild) in self.rebuilds() {
            if let Source::Git(other) = &rebuild.source
                && other.repository == source.repository
                && other.tag == source.tag
            {
                let object = objects.entry(other.tag_id.to_string()).or_default();
                let name = self.name(party);
                if !object.parties.contains(&name) {
                    object.parties.push(name);
                }
                // An object that nobody signed who may was made up by somebody else than the project.
                object.signed |= self.release(terms, other, other.seen).is_ok();
            }
        }
        (objects.len() > 1).then(|| Reason::MovedTag {
            tag: source.reference(),
            objects: objects.into_iter().collect(),
        })
    }
}

/// By when k parties had a release.
struct Witnessed {
    time: Timestamp,
    parties: Vec<String>,
}

fn is_same_tag(one: &GitSource, two: &GitSource) -> bool {
    one.repository == two.repository && one.tag == two.tag && one.tag_id == two.tag_id
}

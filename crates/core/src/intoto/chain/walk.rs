//! The order of a verification: what must hold before what is looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Budget, Evidence, Place, Sources, Sublayout, places};
use super::refusal::ItemKind;
use super::rules::{Links, Unfinished, apply};
use super::{
    Accepted, Chain, Disagreement, Ending, Fate, InspectionTrace, Inspector, LinkSource, LinkTrace,
    Refusal, RuleTrace, StepTrace, Trace, Verification, link_of,
};
use crate::envelope::{Envelope, PAYLOAD_TYPE_IN_TOTO};
use crate::intoto::layout::holders;
use crate::intoto::{ArtifactList, Artifacts, Inspection, Layout, Link, Parameters, Rule, Step};
use crate::key::{Fingerprint, PublicKey};
use crate::limits::Limits;
use crate::time::Timestamp;

pub(super) fn verify(
    chain: &Chain<'_>,
    links: &dyn LinkSource,
    inspector: &mut dyn Inspector,
) -> Verification {
    let mut walk = Walk {
        sources: Sources {
            links,
            limits: chain.limits,
            budget: Budget::new(chain.limits),
        },
        inspector,
        at: chain.at,
        limits: chain.limits,
    };
    let mut trace = Trace::default();
    let root = Root {
        bytes: chain.layout,
        keys: chain.keys,
        parameters: chain.parameters,
        folder: "",
        depth: 0,
    };
    let outcome = walk.layout(&root, &mut trace);
    Verification {
        trace,
        outcome: outcome.map(|summary| Accepted { summary }),
    }
}

struct Walk<'w> {
    sources: Sources<'w>,
    inspector: &'w mut dyn Inspector,
    at: Timestamp,
    limits: &'w Limits,
}

/// A layout that is to be verified: the caller's, or a functionary's.
struct Root<'r> {
    bytes: &'r [u8],
    keys: &'r [PublicKey],
    parameters: Option<&'r Parameters>,
    /// Where its links are: empty, or a path with a final slash.
    folder: &'r str,
    depth: usize,
}

/// A link of a step that counts, and where it was.
struct Counted {
    path: String,
    link: Link,
}

/// What was found for a step: who has a vote, and the links.
#[derive(Default)]
struct Found {
    votes: BTreeSet<Fingerprint>,
    counted: Vec<Counted>,
}

impl Walk<'_> {
    fn layout(&mut self, root: &Root<'_>, trace: &mut Trace) -> Result<Link, Refusal> {
        let layout = self.opened(root, trace)?;
        let mut links = BTreeMap::new();
        for step in &layout.steps {
            let link = self.step(&layout, step, root, trace)?;
            links.insert(step.name.as_str(), link);
        }
        let mut by_name: Links<'_> = links.iter().map(|(name, link)| (*name, link)).collect();
        for (step, traced) in layout.steps.iter().zip(&mut trace.steps) {
            let lists = (&step.expected_materials, &step.expected_products);
            let item = (ItemKind::Step, step.name.as_str());
            self.ruled(item, lists, &by_name, &mut traced.rules)?;
        }
        let records = self.inspections(&layout, root, trace)?;
        by_name.extend(records.iter().map(|(name, link)| (*name, link)));
        for (inspection, traced) in layout.inspections.iter().zip(&mut trace.inspections) {
            let lists = (
                &inspection.expected_materials,
                &inspection.expected_products,
            );
            let item = (ItemKind::Inspection, inspection.name.as_str());
            self.ruled(item, lists, &by_name, &mut traced.rules)?;
        }
        Ok(summary(&layout, &mut links))
    }

    /// Signatures first, then content, then expiry, then parameters.
    fn opened(&mut self, root: &Root<'_>, trace: &mut Trace) -> Result<Layout, Refusal> {
        if root.keys.is_empty() {
            return Err(Refusal::NoKeys);
        }
        let envelope = Envelope::parse(root.bytes, self.limits)?;
        let valid = root.keys.iter().map(|key| {
            let expired = || Refusal::KeyExpired(key.id().to_owned());
            key.at(self.at).ok_or_else(expired)
        });
        let valid = valid.collect::<Result<Vec<_>, _>>()?;
        let keys: Vec<&PublicKey> = valid.iter().collect();
        let ids = |keys: Vec<&PublicKey>| keys.iter().map(|key| key.id().to_owned()).collect();
        // The caller's own layout costs its own; those of functionaries share what there is for all links.
        let mut own_checks = self.limits.signature_checks_max;
        let checks = match root.depth {
            0 => &mut own_checks,
            _ => &mut self.sources.budget.signature_checks,
        };
        let Ok(opened) = envelope.open_by_id(&keys, self.limits, checks) else {
            return Err(Refusal::NotSigned(ids(keys)));
        };
        let has_signed = |key: &&PublicKey| opened.signers().contains(&key.fingerprint());
        let (signed, missing): (Vec<_>, Vec<_>) = keys.into_iter().partition(has_signed);
        trace.signed_by = ids(signed);
        if !missing.is_empty() {
            return Err(Refusal::NotSigned(ids(missing)));
        }
        if opened.payload_type() != PAYLOAD_TYPE_IN_TOTO {
            return Err(Refusal::PayloadType(opened.payload_type().to_owned()));
        }
        let value = opened.json(self.limits)?;
        let layout = Layout::from_json(&value, self.limits)?;
        trace.expires = Some(layout.expires);
        // §4.3.1: `expires` is the time after which it is not to be trusted; like the reference tools we refuse at it, too.
        if layout.expires <= self.at {
            return Err(Refusal::Expired {
                expires: layout.expires,
                at: self.at,
            });
        }
        match root.parameters {
            Some(parameters) => Ok(layout.with_parameters(parameters)?),
            None => Ok(layout),
        }
    }

    /// The one link that stands for a step: enough functionaries signed links, and all of them are equal.
    fn step(
        &mut self,
        layout: &Layout,
        step: &Step,
        root: &Root<'_>,
        trace: &mut Trace,
    ) -> Result<Link, Refusal> {
        let mut traced = StepTrace {
            name: step.name.clone(),
            threshold: step.threshold.get(),
            counted: 0,
            links: Vec::new(),
            expected_command: step.expected_command.clone(),
            rules: Vec::new(),
        };
        let mut found = Found::default();
        let mut outcome = Ok(());
        for place in places(layout, step) {
            outcome = self.place(&place, step, root, &mut traced, &mut found);
            if outcome.is_err() {
                break;
            }
        }
        let holders = holders(
            layout
                .functionaries(step)
                .map(|functionary| functionary.key),
        );
        let votes: BTreeSet<_> = found.votes.iter().map(|key| holders.get(key)).collect();
        traced.counted = votes.len();
        let few = traced.too_few();
        trace.steps.push(traced);
        outcome?;
        if votes.len() < step.threshold.get() {
            return Err(few);
        }
        agreed(step, found.counted).unwrap_or(Err(few))
    }

    fn place(
        &mut self,
        place: &Place<'_>,
        step: &Step,
        root: &Root<'_>,
        traced: &mut StepTrace,
        found: &mut Found,
    ) -> Result<(), Refusal> {
        let path = format!("{}{}.link", root.folder, place.stem);
        let read = place.read(root.folder, step, self.at, &mut self.sources);
        let (fate, link, outcome) = match read {
            Ok(None) => (Fate::Absent, None, Ok(())),
            Err(reason) => (Fate::Dropped(reason), None, Ok(())),
            Ok(Some((evidence, signers))) => {
                found.votes.extend(signers);
                match evidence {
                    Evidence::Link(link) => (Fate::Counted, Some(*link), Ok(())),
                    Evidence::Sublayout(sublayout) => {
                        let mut trace = Trace::default();
                        let delegated = self
                            .sublayout(&sublayout, &place.stem, root, &mut trace)
                            .map_err(|source| Refusal::Sublayout {
                                step: step.name.clone(),
                                path: path.clone(),
                                source: Box::new(source),
                            });
                        let (link, outcome) = match delegated {
                            Ok(summary) => (Some(named(step, summary)), Ok(())),
                            Err(refusal) => (None, Err(refusal)),
                        };
                        (Fate::Sublayout(Box::new(trace)), link, outcome)
                    }
                }
            }
        };
        let stated = link.as_ref().map(|link| &link.command);
        traced.links.push(LinkTrace {
            path: path.clone(),
            key_ids: place
                .owners
                .iter()
                .map(|owner| owner.id.to_owned())
                .collect(),
            fate,
            other_command: stated
                .filter(|command| **command != step.expected_command)
                .cloned(),
        });
        found
            .counted
            .extend(link.map(|link| Counted { path, link }));
        outcome
    }

    /// Verifies a functionary's own layout, whose links are in the folder `stem`; the chain that it describes becomes the step's link.
    fn sublayout(
        &mut self,
        sublayout: &Sublayout,
        stem: &str,
        above: &Root<'_>,
        trace: &mut Trace,
    ) -> Result<Link, Refusal> {
        let depth = above.depth + 1;
        let depth_max = self.limits.sublayout_depth_max;
        if depth > depth_max {
            return Err(Refusal::TooDeep { depth_max });
        }
        let root = Root {
            bytes: &sublayout.bytes,
            keys: std::slice::from_ref(&sublayout.key),
            parameters: None,
            folder: &format!("{}{stem}/", above.folder),
            depth,
        };
        self.layout(&root, trace)
    }

    fn inspections<'l>(
        &mut self,
        layout: &'l Layout,
        root: &Root<'_>,
        trace: &mut Trace,
    ) -> Result<BTreeMap<&'l str, Link>, Refusal> {
        let mut links = BTreeMap::new();
        for inspection in &layout.inspections {
            let link = self.inspection(inspection, root, trace)?;
            links.insert(inspection.name.as_str(), link);
        }
        Ok(links)
    }

    fn inspection(
        &mut self,
        inspection: &Inspection,
        root: &Root<'_>,
        trace: &mut Trace,
    ) -> Result<Link, Refusal> {
        let refused = |reason: String| Refusal::Inspection {
            name: inspection.name.clone(),
            reason,
        };
        if inspection.run.is_empty() {
            return Err(refused("has no command".to_owned()));
        }
        let record = self
            .inspector
            .inspect(inspection, root.folder)
            .map_err(|reason| refused(format!("has no record: {reason}")))?;
        trace.inspections.push(InspectionTrace {
            name: inspection.name.clone(),
            run: inspection.run.clone(),
            ending: record.ending,
            rules: Vec::new(),
        });
        match record.ending {
            Ending::Returned(0) | Ending::NotRun => Ok(link_of(inspection, record)),
            Ending::Returned(value) => Err(refused(format!("returned {value}, not 0"))),
            Ending::Killed => Err(refused("was ended before it returned".to_owned())),
        }
    }

    /// Applies the rules of a step or inspection to its two lists.
    fn ruled(
        &mut self,
        (kind, item): (ItemKind, &str),
        (materials, products): (&Vec<Rule>, &Vec<Rule>),
        links: &Links<'_>,
        traces: &mut Vec<RuleTrace>,
    ) -> Result<(), Refusal> {
        let lists = [
            (ArtifactList::Materials, materials),
            (ArtifactList::Products, products),
        ];
        let steps_max = self.limits.rule_steps_max;
        for (list, rules) in lists {
            let steps_left = &mut self.sources.budget.rule_steps;
            apply(rules, list, links, item, steps_left, traces).map_err(|Unfinished(rule)| {
                Refusal::RuleSteps {
                    kind,
                    item: item.to_owned(),
                    list,
                    rule,
                    steps_max,
                }
            })?;
            if let Some(broken) = traces.last().filter(|last| last.is_violation()) {
                return Err(Refusal::Rule {
                    kind,
                    item: item.to_owned(),
                    list,
                    rule: broken.rule.clone(),
                    artifacts: broken.artifacts.clone(),
                });
            }
        }
        Ok(())
    }
}

/// A sublayout's summary as the link of the step that was delegated.
fn named(step: &Step, summary: Link) -> Link {
    Link {
        name: step.name.clone(),
        ..summary
    }
}

/// The first link if all are equal in materials and products; `None` when there are none.
fn agreed(step: &Step, counted: Vec<Counted>) -> Option<Result<Link, Refusal>> {
    let mut rest = counted.into_iter();
    let first = rest.next()?;
    for other in rest {
        let lists = [
            (
                ArtifactList::Materials,
                &first.link.materials,
                &other.link.materials,
            ),
            (
                ArtifactList::Products,
                &first.link.products,
                &other.link.products,
            ),
        ];
        for (list, ours, theirs) in lists {
            if let Some((artifact, digests)) = difference(ours, theirs) {
                return Some(Err(Refusal::Disagree(Box::new(Disagreement {
                    step: step.name.clone(),
                    first: first.path,
                    second: other.path,
                    list,
                    artifact,
                    digests,
                }))));
            }
        }
    }
    Some(Ok(first.link))
}

type Two = (Option<String>, Option<String>);

/// The first artifact that one list has and the other has not, or has with other digests.
fn difference(ours: &Artifacts, theirs: &Artifacts) -> Option<(String, Two)> {
    if ours == theirs {
        return None;
    }
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let name = names
        .into_iter()
        .find(|name| ours.get(*name) != theirs.get(*name))?;
    let digests = |artifacts: &Artifacts| artifacts.get(name).map(ToString::to_string);
    Some((name.clone(), (digests(ours), digests(theirs))))
}

/// The chain as one link: what went into the first step and what came out of the last.
fn summary(layout: &Layout, links: &mut BTreeMap<&str, Link>) -> Link {
    let (Some(first), Some(last)) = (layout.steps.first(), layout.steps.last()) else {
        return Link::new("");
    };
    let materials = links
        .get_mut(first.name.as_str())
        .map(|link| std::mem::take(&mut link.materials));
    let last = links.remove(last.name.as_str());
    let last = last.unwrap_or_else(|| Link::new(""));
    Link {
        materials: materials.unwrap_or_default(),
        ..last
    }
}

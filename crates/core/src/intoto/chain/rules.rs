//! Artifact rules over one list of one link (in-toto 1.0 §4.3.3, §5.2).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::RuleTrace;
use super::queue::{Queue, joined};
use crate::intoto::glob::{OutOfSteps, spend};
use crate::intoto::{ArtifactList, Artifacts, DigestSet, Glob, Link, Rule};

/// The links that MATCH rules may look into, by the name of their step or inspection.
pub(super) type Links<'l> = BTreeMap<&'l str, &'l Link>;

/// What looking a name up in a list costs beside its length, in comparisons of characters.
const LOOKUP_STEPS: usize = 32;

/// A rule for which the work that was allowed did not suffice.
pub(super) struct Unfinished(pub(super) String);

/// Applies `rules` in order to one list of the link of `item`. The last rule in `traces` is the one that failed, if one did.
///
/// What no rule consumes is allowed: the specification ends each list with an ALLOW for everything.
pub(super) fn apply(
    rules: &[Rule],
    list: ArtifactList,
    links: &Links<'_>,
    item: &str,
    steps_left: &mut usize,
    traces: &mut Vec<RuleTrace>,
) -> Result<(), Unfinished> {
    let link = links[item];
    let mut queue = Queue::new(artifacts(link, list));
    for rule in rules {
        let mut working = Working {
            queue: &mut queue,
            steps_left: &mut *steps_left,
        };
        let trace = apply_one(rule, list, &mut working, link, links)
            .map_err(|OutOfSteps| Unfinished(rule.to_string()))?;
        let failed = trace.is_violation();
        traces.push(trace);
        if failed {
            break;
        }
    }
    Ok(())
}

/// A queue under a rule, and the work that rules may still do.
struct Working<'w, 'l> {
    queue: &'w mut Queue<'l>,
    steps_left: &'w mut usize,
}

fn artifacts(link: &Link, list: ArtifactList) -> &Artifacts {
    match list {
        ArtifactList::Materials => &link.materials,
        ArtifactList::Products => &link.products,
    }
}

fn apply_one(
    rule: &Rule,
    list: ArtifactList,
    working: &mut Working<'_, '_>,
    link: &Link,
    links: &Links<'_>,
) -> Result<RuleTrace, OutOfSteps> {
    let material = |name: &str| link.materials.get(name);
    let product = |name: &str| link.products.get(name);
    let consumed = match rule {
        Rule::Allow(pattern) => working.consume(None, pattern, 0, |_, _| true)?,
        // CREATE, DELETE and MODIFY look at the whole lists of the link, not at what is left in the queue.
        Rule::Create(pattern) => working.consume(None, pattern, 0, |name, _| {
            product(name).is_some() && material(name).is_none()
        })?,
        Rule::Delete(pattern) => working.consume(None, pattern, 0, |name, _| {
            material(name).is_some() && product(name).is_none()
        })?,
        Rule::Modify(pattern) => working.consume(None, pattern, 0, |name, _| {
            let (before, after) = (material(name), product(name));
            before.is_some() && after.is_some() && before != after
        })?,
        Rule::Match {
            pattern,
            source_prefix,
            with,
            destination_prefix,
            from,
        } => match links.get(from.as_str()) {
            Some(other) => {
                let source = folder(source_prefix.as_deref());
                let destination = folder(destination_prefix.as_deref());
                let there = artifacts(other, *with);
                let longer = destination.map_or(0, str::len);
                working.consume(source, pattern, longer, |name, digests| {
                    there.get(&*moved(name, source, destination)) == Some(digests)
                })?
            }
            None => Vec::new(),
        },
        Rule::Disallow(pattern) => {
            let found = working
                .queue
                .matching(None, pattern, working.steps_left)?
                .into_iter();
            let names = found.map(|at| working.queue.name(at).to_owned()).collect();
            return Ok(RuleTrace::disallowed(list, rule, names));
        }
        Rule::Require(name) => {
            let is_there = working.queue.contains(name);
            return Ok(RuleTrace::required(list, rule, is_there));
        }
    };
    Ok(RuleTrace::consumed(list, rule, consumed))
}

impl Working<'_, '_> {
    /// Takes out of the queue what matches below `source` and passes `test`, which looks for names that are `longer` by so many bytes.
    fn consume(
        &mut self,
        source: Option<&str>,
        pattern: &Glob,
        longer: usize,
        test: impl Fn(&str, &DigestSet) -> bool,
    ) -> Result<Vec<String>, OutOfSteps> {
        let mut consumed = Vec::new();
        for at in self.queue.matching(source, pattern, self.steps_left)? {
            let name = self.queue.name(at);
            spend(self.steps_left, LOOKUP_STEPS + longer + name.len())?;
            if test(name, self.queue.digests(at)) {
                self.queue.consume(at);
                consumed.push(name.to_owned());
            }
        }
        Ok(consumed)
    }
}

/// A prefix that is empty is none.
fn folder(prefix: Option<&str>) -> Option<&str> {
    prefix.filter(|prefix| !prefix.is_empty())
}

/// The name that `name`, which stands below `source`, has below `destination`.
fn moved<'n>(name: &'n str, source: Option<&str>, destination: Option<&str>) -> Cow<'n, str> {
    let start = source.map_or(0, |folder| joined(folder, "").len());
    match destination {
        Some(folder) => joined(folder, &name[start..]).into(),
        None => name[start..].into(),
    }
}

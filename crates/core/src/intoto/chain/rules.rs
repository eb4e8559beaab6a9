//! Artifact rules over one list of one link (in-toto 1.0 §4.3.3, §5.2).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::RuleTrace;
use super::queue::{Queue, joined};
use crate::intoto::{ArtifactList, Artifacts, DigestSet, Glob, Link, Rule};

/// The links that MATCH rules may look into, by the name of their step or inspection.
pub(super) type Links<'l> = BTreeMap<&'l str, &'l Link>;

/// Applies `rules` in order to one list of `link`. The last rule in the trace is the one that failed, if one did.
///
/// What no rule consumes is allowed: the specification ends each list with an ALLOW for everything.
pub(super) fn apply(
    rules: &[Rule],
    list: ArtifactList,
    link: &Link,
    links: &Links<'_>,
) -> Vec<RuleTrace> {
    let mut queue = Queue::new(artifacts(link, list));
    let mut traces = Vec::new();
    for rule in rules {
        let trace = apply_one(rule, list, &mut queue, link, links);
        let failed = trace.is_violation();
        traces.push(trace);
        if failed {
            break;
        }
    }
    traces
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
    queue: &mut Queue<'_>,
    link: &Link,
    links: &Links<'_>,
) -> RuleTrace {
    let material = |name: &str| link.materials.get(name);
    let product = |name: &str| link.products.get(name);
    let consumed = match rule {
        Rule::Allow(pattern) => consume(queue, None, pattern, |_, _| true),
        // CREATE, DELETE and MODIFY look at the whole lists of the link, not at what is left in the queue.
        Rule::Create(pattern) => consume(queue, None, pattern, |name, _| {
            product(name).is_some() && material(name).is_none()
        }),
        Rule::Delete(pattern) => consume(queue, None, pattern, |name, _| {
            material(name).is_some() && product(name).is_none()
        }),
        Rule::Modify(pattern) => consume(queue, None, pattern, |name, _| {
            let (before, after) = (material(name), product(name));
            before.is_some() && after.is_some() && before != after
        }),
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
                consume(queue, source, pattern, |name, digests| {
                    there.get(&*moved(name, source, destination)) == Some(digests)
                })
            }
            None => Vec::new(),
        },
        Rule::Disallow(pattern) => {
            let found = queue.matching(None, pattern).into_iter();
            let names = found.map(|at| queue.name(at).to_owned()).collect();
            return RuleTrace::disallowed(list, rule, names);
        }
        Rule::Require(name) => return RuleTrace::required(list, rule, queue.contains(name)),
    };
    RuleTrace::consumed(list, rule, consumed)
}

/// Takes out of the queue what matches below `source` and passes `test`.
fn consume(
    queue: &mut Queue<'_>,
    source: Option<&str>,
    pattern: &Glob,
    test: impl Fn(&str, &DigestSet) -> bool,
) -> Vec<String> {
    let mut found = queue.matching(source, pattern);
    found.retain(|at| test(queue.name(*at), queue.digests(*at)));
    for at in &found {
        queue.consume(*at);
    }
    found
        .into_iter()
        .map(|at| queue.name(at).to_owned())
        .collect()
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

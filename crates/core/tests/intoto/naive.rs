//! Artifact rules as the reference tools have them: plain sets, one scan a rule. What the engine must agree with.
#![allow(unreachable_pub, reason = "the fuzz targets read this file, too")]

use std::collections::{BTreeMap, BTreeSet};

use quorate::intoto::{ArtifactList, Artifacts, Link, Rule};

/// What one rule did: the names that it consumed, or found; and whether it held.
pub type Did = (BTreeSet<String>, bool);

/// Applies rules to a list of `link`, up to the first that does not hold.
pub fn apply(
    rules: &[Rule],
    list: ArtifactList,
    link: &Link,
    links: &BTreeMap<&str, &Link>,
) -> Vec<Did> {
    let mut queue: BTreeSet<String> = of(link, list).keys().cloned().collect();
    let mut did = Vec::new();
    for rule in rules {
        let (names, holds) = match rule {
            Rule::Require(name) => (BTreeSet::new(), queue.contains(name)),
            Rule::Disallow(pattern) => {
                let found = glob(&queue, pattern.as_str());
                let holds = found.is_empty();
                (found, holds)
            }
            consuming => (consumed(consuming, &queue, list, link, links), true),
        };
        if holds {
            queue.retain(|name| !names.contains(name));
        }
        did.push((names, holds));
        if !holds {
            break;
        }
    }
    did
}

fn consumed(
    rule: &Rule,
    queue: &BTreeSet<String>,
    list: ArtifactList,
    link: &Link,
    links: &BTreeMap<&str, &Link>,
) -> BTreeSet<String> {
    let (materials, products) = (&link.materials, &link.products);
    let filtered = |pattern: &str, test: &dyn Fn(&String) -> bool| {
        let found = glob(queue, pattern);
        found.into_iter().filter(test).collect()
    };
    match rule {
        Rule::Allow(pattern) => glob(queue, pattern.as_str()),
        Rule::Create(pattern) => filtered(pattern.as_str(), &|name| {
            products.contains_key(name) && !materials.contains_key(name)
        }),
        Rule::Delete(pattern) => filtered(pattern.as_str(), &|name| {
            materials.contains_key(name) && !products.contains_key(name)
        }),
        Rule::Modify(pattern) => filtered(pattern.as_str(), &|name| {
            let both = materials.get(name).zip(products.get(name));
            both.is_some_and(|(before, after)| before != after)
        }),
        Rule::Match {
            pattern,
            source_prefix,
            with,
            destination_prefix,
            from,
        } => {
            let Some(other) = links.get(from.as_str()) else {
                return BTreeSet::new();
            };
            let start = prefix(source_prefix.as_deref());
            let target = prefix(destination_prefix.as_deref());
            let matches = |name: &&String| {
                name.strip_prefix(&start).is_some_and(|rest| {
                    let there = format!("{target}{rest}");
                    fnmatch(pattern.as_str(), rest)
                        && of(other, *with).get(&there) == of(link, list).get(*name)
                })
            };
            queue.iter().filter(matches).cloned().collect()
        }
        Rule::Disallow(_) | Rule::Require(_) => BTreeSet::new(),
    }
}

fn of(link: &Link, list: ArtifactList) -> &Artifacts {
    match list {
        ArtifactList::Materials => &link.materials,
        ArtifactList::Products => &link.products,
    }
}

fn prefix(folder: Option<&str>) -> String {
    match folder {
        None | Some("") => String::new(),
        Some(folder) if folder.ends_with('/') => folder.to_owned(),
        Some(folder) => format!("{folder}/"),
    }
}

fn glob(names: &BTreeSet<String>, pattern: &str) -> BTreeSet<String> {
    names
        .iter()
        .filter(|name| fnmatch(pattern, name))
        .cloned()
        .collect()
}

/// Python's `fnmatch` by plain recursion.
fn fnmatch(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    tail_matches(&pattern, &name)
}

fn tail_matches(pattern: &[char], name: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    match first {
        '*' => (0..=name.len()).any(|taken| tail_matches(rest, &name[taken..])),
        '?' => !name.is_empty() && tail_matches(rest, &name[1..]),
        '[' => {
            let negated = rest.first() == Some(&'!');
            let members = &rest[usize::from(negated)..];
            // The first member may be the bracket itself.
            let close = members.iter().skip(1).position(|member| *member == ']');
            match (close, name.split_first()) {
                (None, Some(('[', others))) => tail_matches(rest, others),
                (None, _) | (Some(_), None) => false,
                (Some(close), Some((character, others))) => {
                    let (class, after) = (&members[..=close], &members[close + 2..]);
                    (is_in(class, *character) != negated) && tail_matches(after, others)
                }
            }
        }
        literal => name.first() == Some(literal) && tail_matches(rest, &name[1..]),
    }
}

fn is_in(class: &[char], character: char) -> bool {
    match class {
        [low, '-', high, rest @ ..] => {
            (*low..=*high).contains(&character) || is_in(rest, character)
        }
        [member, rest @ ..] => *member == character || is_in(rest, character),
        [] => false,
    }
}

//! Which step feeds which: the arrows that MATCH rules make, and an order from left to right.

use std::collections::{BTreeMap, BTreeSet};

use quorate::intoto::{ArtifactList, Layout, Rule};

/// Steps, then inspections, as nodes of a graph.
pub(super) struct Chain {
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
}

pub(super) struct Node {
    /// Distance from the left, in columns.
    pub(super) column: usize,
    /// Names of steps that its rules match with and that are not there.
    pub(super) unknown: BTreeSet<String>,
}

/// What flows from one node into another.
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// One line each: a pattern with its prefixes.
    pub(super) labels: Vec<String>,
    /// Against the order from left to right: part of a circle.
    pub(super) backwards: bool,
}

impl Chain {
    pub(super) fn of(layout: &Layout) -> Self {
        let steps = layout.steps.len();
        let mut indices: BTreeMap<&str, usize> = BTreeMap::new();
        let mut rules: Vec<[&[Rule]; 2]> = Vec::new();
        for step in &layout.steps {
            indices.insert(&step.name, rules.len());
            rules.push([&step.expected_materials, &step.expected_products]);
        }
        for inspection in &layout.inspections {
            indices.insert(&inspection.name, rules.len());
            rules.push([
                &inspection.expected_materials,
                &inspection.expected_products,
            ]);
        }
        let mut flows: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        let mut unknown = vec![BTreeSet::new(); rules.len()];
        for (to, lists) in rules.iter().enumerate() {
            for rule in lists.iter().copied().flatten() {
                let Rule::Match { from, .. } = rule else {
                    continue;
                };
                match indices.get(from.as_str()) {
                    // A step is matched with what is already done, and inspections come last.
                    Some(&from) if from == to => {}
                    Some(&from) if from < steps || to >= steps => {
                        let labels = flows.entry((to, from)).or_default();
                        let label = label(rule);
                        if !labels.contains(&label) {
                            labels.push(label);
                        }
                    }
                    _ => {
                        unknown[to].insert(from.clone());
                    }
                }
            }
        }
        let columns = columns(rules.len(), steps, flows.keys().copied());
        let nodes = columns
            .iter()
            .zip(unknown)
            .map(|(&column, unknown)| Node { column, unknown });
        let arrows = flows.into_iter().map(|((to, from), labels)| Arrow {
            from,
            to,
            labels,
            backwards: columns[from] >= columns[to],
        });
        Self {
            nodes: nodes.collect(),
            arrows: arrows.collect(),
        }
    }
}

/// `a/b`, or `a/b → c/b` where the name changes on the way.
fn label(rule: &Rule) -> String {
    let Rule::Match {
        pattern,
        source_prefix,
        with,
        destination_prefix,
        ..
    } = rule
    else {
        return String::new();
    };
    let within = |prefix: &Option<String>| match prefix {
        Some(prefix) => format!("{}/{}", prefix.trim_end_matches('/'), pattern.as_str()),
        None => pattern.as_str().to_owned(),
    };
    let (there, here) = (within(destination_prefix), within(source_prefix));
    let there = match with {
        ArtifactList::Products => there,
        ArtifactList::Materials => format!("material {there}"),
    };
    if destination_prefix == source_prefix {
        there
    } else {
        format!("{there} → {here}")
    }
}

/// One column further right than everything that feeds a node; inspections right of all steps. Where nodes feed each other in
/// a circle, the first of them in the layout's order is taken as the start.
fn columns(count: usize, steps: usize, flows: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut feeding = vec![BTreeSet::new(); count];
    let mut fed = vec![BTreeSet::new(); count];
    for (to, from) in flows {
        feeding[to].insert(from);
        fed[from].insert(to);
    }
    let mut columns = vec![0; count];
    for (nodes, offset_from) in [(0..steps, 0), (steps..count, steps)] {
        let first = columns[..offset_from]
            .iter()
            .max()
            .map_or(0, |column| column + 1);
        let mut waiting: BTreeMap<usize, BTreeSet<usize>> = nodes
            .clone()
            .map(|node| {
                let inside = feeding[node]
                    .iter()
                    .copied()
                    .filter(|from| nodes.contains(from));
                (node, inside.collect())
            })
            .collect();
        for node in nodes.clone() {
            columns[node] = first;
        }
        let mut ready: BTreeSet<usize> = free(&waiting);
        while !waiting.is_empty() {
            let node = ready.pop_first().or_else(|| waiting.keys().next().copied());
            let Some(node) = node else { break };
            waiting.remove(&node);
            for &next in &fed[node] {
                if let Some(others) = waiting.get_mut(&next) {
                    columns[next] = columns[next].max(columns[node] + 1);
                    others.remove(&node);
                    if others.is_empty() {
                        ready.insert(next);
                    }
                }
            }
        }
    }
    columns
}

fn free(waiting: &BTreeMap<usize, BTreeSet<usize>>) -> BTreeSet<usize> {
    let free = waiting.iter().filter(|(_, others)| others.is_empty());
    free.map(|(node, _)| *node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_broken_at_its_first_step() {
        assert_eq!(
            columns(3, 3, [(0, 2), (1, 0), (2, 1)].into_iter()),
            [0, 1, 2]
        );
        assert_eq!(columns(2, 2, [(0, 0), (1, 1)].into_iter()), [0, 0]);
    }

    #[test]
    fn steps_stand_right_of_what_feeds_them_in_any_order() {
        assert_eq!(columns(3, 3, [(0, 1), (1, 2)].into_iter()), [2, 1, 0]);
        // A diamond with a shortcut.
        let diamond = [(1, 0), (2, 0), (3, 1), (3, 2), (3, 0)];
        assert_eq!(columns(4, 4, diamond.into_iter()), [0, 1, 1, 2]);
    }

    #[test]
    fn inspections_stand_right_of_all_steps() {
        assert_eq!(
            columns(4, 2, [(1, 0), (2, 0), (3, 2)].into_iter()),
            [0, 1, 2, 3]
        );
    }
}

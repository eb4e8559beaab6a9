//! The queue of an artifact list under rules: names that no rule has consumed yet, found by pattern at the cost of what matches.

use std::ops::Range;

use crate::intoto::glob::OutOfSteps;
use crate::intoto::{Artifacts, DigestSet, Glob};

/// After so many patterns that only name an ending, sorting names by their endings pays.
const SCANS_BEFORE_INDEX: usize = 4;

/// Artifacts that are still to be consumed.
pub(super) struct Queue<'l> {
    names: Vec<&'l str>,
    digests: Vec<&'l DigestSet>,
    /// For each name the next one, itself included, that may still be there; `names.len()` for none.
    next: Vec<usize>,
    scans: usize,
    by_ending: Option<Vec<usize>>,
}

impl<'l> Queue<'l> {
    pub(super) fn new(artifacts: &'l Artifacts) -> Self {
        Self {
            names: artifacts.keys().map(String::as_str).collect(),
            digests: artifacts.values().collect(),
            next: (0..=artifacts.len()).collect(),
            scans: 0,
            by_ending: None,
        }
    }

    pub(super) fn name(&self, at: usize) -> &'l str {
        self.names[at]
    }

    pub(super) fn digests(&self, at: usize) -> &'l DigestSet {
        self.digests[at]
    }

    pub(super) fn contains(&mut self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn consume(&mut self, at: usize) {
        self.next[at] = at + 1;
    }

    /// What is left below `folder` (`folder/…`; all for `None`) and matches `pattern` there, in the order of names.
    /// Each name that is looked at takes from `steps_left`, by what comparing it costs.
    pub(super) fn matching(
        &mut self,
        folder: Option<&str>,
        pattern: &Glob,
        steps_left: &mut usize,
    ) -> Result<Vec<usize>, OutOfSteps> {
        let start = folder.map_or_else(String::new, |folder| joined(folder, ""));
        let spelt = format!("{start}{}", pattern.literal_prefix());
        if pattern.is_literal() {
            return Ok(self.find(&spelt).into_iter().collect());
        }
        if spelt.is_empty() && !pattern.literal_suffix().is_empty() {
            self.scans += 1;
            if self.scans > SCANS_BEFORE_INDEX {
                return self.matching_by_ending(pattern, steps_left);
            }
        }
        let range = self.starting_with(&spelt);
        let mut found = Vec::new();
        let mut at = self.left_from(range.start);
        while at < range.end {
            if pattern.matches_within(&self.names[at][start.len()..], steps_left)? {
                found.push(at);
            }
            at = self.left_from(at + 1);
        }
        Ok(found)
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        let at = self.names.binary_search(&name).ok()?;
        (self.left_from(at) == at).then_some(at)
    }

    fn starting_with(&self, start: &str) -> Range<usize> {
        let from = self.names.partition_point(|name| *name < start);
        let length = self.names[from..].partition_point(|name| name.starts_with(start));
        from..from + length
    }

    fn matching_by_ending(
        &mut self,
        pattern: &Glob,
        steps_left: &mut usize,
    ) -> Result<Vec<usize>, OutOfSteps> {
        let names = &self.names;
        let reversed = |at: usize| names[at].bytes().rev();
        let by_ending = self.by_ending.get_or_insert_with(|| {
            let mut order: Vec<usize> = (0..names.len()).collect();
            order.sort_unstable_by(|a, b| reversed(*a).cmp(reversed(*b)));
            order
        });
        let ending = pattern.literal_suffix();
        let from = by_ending.partition_point(|at| reversed(*at).lt(ending.bytes().rev()));
        let mut candidates = Vec::new();
        for at in by_ending[from..].iter().copied() {
            if !names[at].ends_with(ending) {
                break;
            }
            if pattern.matches_within(names[at], steps_left)? {
                candidates.push(at);
            }
        }
        let mut found: Vec<usize> = candidates
            .into_iter()
            .filter(|at| self.left_from(*at) == *at)
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The first name from `at` on that is left, or the number of names.
    fn left_from(&mut self, at: usize) -> usize {
        let mut left = at;
        while self.next[left] != left {
            left = self.next[left];
        }
        // Shorten the way for the next time.
        let mut step = at;
        while self.next[step] != left && step != left {
            step = std::mem::replace(&mut self.next[step], left);
        }
        left
    }
}

/// `name` below `folder`, which may end in a slash of its own. Names are not paths: one that begins with a slash, as what stands below
/// `https:` does, stays below the folder.
pub(super) fn joined(folder: &str, name: &str) -> String {
    if folder.ends_with('/') {
        format!("{folder}{name}")
    } else {
        format!("{folder}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256;

    fn artifacts(names: &[&str]) -> Artifacts {
        let digest = Sha256::of(b"");
        let entries = names.iter().map(|name| ((*name).to_owned(), digest.into()));
        entries.collect()
    }

    fn matching(queue: &mut Queue<'_>, folder: Option<&str>, pattern: &str) -> Vec<String> {
        let mut steps = 1_000;
        let found = queue.matching(folder, &Glob::parse(pattern).unwrap(), &mut steps);
        let found = found.unwrap();
        found
            .into_iter()
            .map(|at| queue.name(at).to_owned())
            .collect()
    }

    #[test]
    fn finds_what_a_plain_scan_would_find() {
        let names = ["a", "a/b", "a/b.c", "ab", "b.c", "c/a/b.c", "é/a", "é.c"];
        let artifacts = artifacts(&names);
        let patterns = [
            "*", "a", "a*", "a/*", "*.c", "*b.c", "[a-c]*", "?", "é*", "*/b.c", "x*", "*x",
        ];
        for round in 0..3 {
            let mut queue = Queue::new(&artifacts);
            for at in 0..round * 2 {
                queue.consume(at);
            }
            for pattern in patterns.iter().cycle().take(40) {
                let glob = Glob::parse(pattern).unwrap();
                let expected: Vec<_> = artifacts
                    .keys()
                    .skip(round * 2)
                    .filter(|name| glob.matches(name))
                    .cloned()
                    .collect();
                assert_eq!(matching(&mut queue, None, pattern), expected, "{pattern}");
            }
        }
    }

    #[test]
    fn a_folder_is_no_beginning_of_a_name() {
        let artifacts = artifacts(&["lib", "lib/a", "lib/b/a", "library/a"]);
        let mut queue = Queue::new(&artifacts);
        assert_eq!(matching(&mut queue, Some("lib"), "*"), ["lib/a", "lib/b/a"]);
        assert_eq!(matching(&mut queue, Some("lib/"), "a"), ["lib/a"]);
        assert_eq!(matching(&mut queue, Some("l*"), "a"), [""; 0]);
        assert_eq!(matching(&mut queue, Some("lib"), "b*a"), ["lib/b/a"]);
    }

    #[test]
    fn what_is_consumed_is_found_no_more() {
        let artifacts = artifacts(&["a", "b", "c"]);
        let mut queue = Queue::new(&artifacts);
        queue.consume(1);
        assert!(!queue.contains("b") && queue.contains("a") && !queue.contains("d"));
        queue.consume(2);
        assert_eq!(matching(&mut queue, None, "*"), ["a"]);
        queue.consume(0);
        assert!(matching(&mut queue, None, "*").is_empty());
    }
}

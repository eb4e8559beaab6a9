//! How many can be placed when each has a choice of places and every place takes only so many: bipartite matching, exactly.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The greatest number of choosers that can be placed at once, each at one of its options, at most `room` of them at any.
///
/// Kuhn's algorithm, breadth first: each chooser is placed by moving others along a shortest chain of their other options. Whoever cannot be
/// placed so can in no placement of those before it, and whoever is placed stays placed.
pub(super) fn most_matched(options: &[BTreeSet<usize>], room: usize) -> usize {
    if room == 0 {
        return 0;
    }
    let mut placement = Placement {
        options,
        room,
        at: vec![None; options.len()],
        held_by: BTreeMap::new(),
    };
    let placed = (0..options.len()).filter(|chooser| placement.place(*chooser));
    placed.count()
}

struct Placement<'o> {
    options: &'o [BTreeSet<usize>],
    room: usize,
    /// Where each chooser is.
    at: Vec<Option<usize>>,
    /// Who is at each place.
    held_by: BTreeMap<usize, BTreeSet<usize>>,
}

impl Placement<'_> {
    fn place(&mut self, chooser: usize) -> bool {
        let mut wanted_by: BTreeMap<usize, usize> = BTreeMap::new();
        let mut waiting = VecDeque::from([chooser]);
        while let Some(next) = waiting.pop_front() {
            for place in &self.options[next] {
                if wanted_by.contains_key(place) {
                    continue;
                }
                wanted_by.insert(*place, next);
                let holders = self.held_by.entry(*place).or_default();
                if holders.len() < self.room {
                    self.shift(*place, &wanted_by);
                    return true;
                }
                waiting.extend(holders.iter().copied());
            }
        }
        false
    }

    /// Everybody on the chain moves to the place that it wanted; the last to move had none.
    fn shift(&mut self, free: usize, wanted_by: &BTreeMap<usize, usize>) {
        let mut place = free;
        loop {
            let chooser = wanted_by[&place];
            let before = self.at[chooser].replace(place);
            self.held_by.entry(place).or_default().insert(chooser);
            let Some(before) = before else { return };
            self.held_by.entry(before).or_default().remove(&chooser);
            place = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::most_matched;

    /// Tries every placement.
    fn by_trying(
        options: &[BTreeSet<usize>],
        room: usize,
        held: &mut BTreeMap<usize, usize>,
    ) -> usize {
        let Some((first, rest)) = options.split_first() else {
            return 0;
        };
        let mut most = by_trying(rest, room, held);
        for place in first {
            if held.get(place).copied().unwrap_or(0) < room {
                *held.entry(*place).or_default() += 1;
                most = most.max(1 + by_trying(rest, room, held));
                *held.entry(*place).or_default() -= 1;
            }
        }
        most
    }

    proptest! {
        #[test]
        fn as_many_are_placed_as_by_trying_every_placement(
            options in prop::collection::vec(prop::collection::btree_set(0_usize..5, 0..4), 0..7),
            room in 0_usize..4,
        ) {
            let tried = by_trying(&options, room, &mut BTreeMap::new());
            prop_assert_eq!(most_matched(&options, room), tried);
        }
    }

    #[test]
    fn whoever_came_first_moves_when_a_later_one_has_no_other_place() {
        let options = [BTreeSet::from([0, 1]), BTreeSet::from([0])];
        assert_eq!(most_matched(&options, 1), 2);
    }
}

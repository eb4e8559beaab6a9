//! What the threat model promises to refuse has the tests that it names.

use std::collections::BTreeSet;

use super::source::Source;
use super::{Fault, Tree};

/// The page whose tables name the tests.
const PAGE: &str = "docs/threat-model.md";

/// Lists the tests that the threat model names and that are not there, as after a change of name.
pub(super) fn faults(tree: &Tree, sources: &[Source<'_>]) -> Vec<Fault> {
    let tests: BTreeSet<_> = sources.iter().flat_map(tests_of).collect();
    let lines = tree.text(PAGE).unwrap_or_default().lines().enumerate();
    let rows = lines.filter(|(_, line)| line.starts_with('|'));
    rows.flat_map(|(index, line)| tests_named_in(line).map(move |name| (index, name)))
        .filter(|(_, name)| !tests.contains(name))
        .map(|(index, name)| {
            let remedy = "name the test that shows the refusal, or write it";
            Fault::at(PAGE, index + 1, format!("there is no test {name}"), remedy)
        })
        .collect()
}

fn tests_of<'a>(source: &'a Source<'_>) -> impl Iterator<Item = &'a str> {
    let functions = source.facts.functions.iter();
    functions
        .filter(|f| source.is_test_at(*f.lines.start()))
        .map(|f| f.name.as_str())
}

/// A test's name is a sentence, which tells it from a field or a code.
fn tests_named_in(row: &str) -> impl Iterator<Item = &str> {
    let quoted = row.split('`').skip(1).step_by(2);
    quoted.filter(|word| {
        word.matches('_').count() > 1
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::parse_all;
    use super::{Tree, faults};

    fn count(row: &str) -> usize {
        let tree = Tree::of(&[
            ("docs/threat-model.md", row),
            (
                "crates/a/tests/a.rs",
                "#[test] fn a_lie_is_refused() {}\nfn x() {}",
            ),
            ("crates/a/src/lib.rs", "fn a_lie_is_told() {}"),
        ]);
        let (sources, _) = parse_all(&tree);
        faults(&tree, &sources).len()
    }

    #[test]
    fn a_refusal_that_is_promised_has_its_test() {
        assert_eq!(count("| a lie | `a_lie_is_refused` |"), 0);
        assert_eq!(
            count("| a lie | `a_lie_is_refused`, `a_lie_was_refused` |"),
            1
        );
        assert_eq!(count("| a lie | `a_lie_is_told` |"), 1, "no test");
    }

    #[test]
    fn other_words_in_a_row_and_other_lines_are_not_tests() {
        assert_eq!(
            count("| a lie | `on_dissent = \"refuse\"`, `not_after` |"),
            0
        );
        assert_eq!(count("`a_lie_was_refused`"), 0);
    }
}

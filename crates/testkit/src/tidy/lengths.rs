//! How long a function and a file may be.

use super::Fault;
use super::source::Source;

/// A function that fits a screen is read at once; the longest good ones of the field end here.
const FUNCTION_LINES_MAX: usize = 70;

/// A longer file is more than one noun or one verb.
const FILE_LINES_MAX: usize = 500;

/// Lists the functions and files that are too long.
pub(super) fn faults(sources: &[Source<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources {
        faults.extend(file_fault(source));
        for function in &source.facts.functions {
            let lines = function.lines.clone().count();
            if lines > FUNCTION_LINES_MAX {
                let what = format!("fn {} has {lines} lines", function.name);
                let remedy =
                    format!("stop at {FUNCTION_LINES_MAX}: the parent branches, helpers compute");
                let line = *function.lines.start();
                faults.push(Fault::at(source.path, line, what, remedy));
            }
        }
    }
    faults
}

fn file_fault(source: &Source<'_>) -> Option<Fault> {
    let lines = source.text.lines().count();
    let in_tests: usize = source
        .facts
        .test_items
        .iter()
        .map(|r| r.clone().count())
        .sum();
    // A file of tests is read from its first line, so there all lines count.
    let counted = if source.is_test {
        lines
    } else {
        lines.saturating_sub(in_tests)
    };
    let what = format!("{counted} lines before its tests");
    let remedy = format!("stop at {FILE_LINES_MAX}: split it by noun or verb");
    (counted > FILE_LINES_MAX).then(|| Fault::at(source.path, 1, what, remedy))
}

#[cfg(test)]
mod tests {
    use super::super::Tree;
    use super::super::source::parse_all;
    use super::{FILE_LINES_MAX, FUNCTION_LINES_MAX, faults};

    fn count(path: &str, text: &str) -> usize {
        let tree = Tree::of(&[(path, text)]);
        faults(&parse_all(&tree).0).len()
    }

    #[test]
    fn a_function_may_fill_the_screen_and_not_one_line_more() {
        let of = |lines: usize| format!("fn f() {{\n{}}}\n", "g();\n".repeat(lines - 2));
        assert_eq!(count("a.rs", &of(FUNCTION_LINES_MAX)), 0);
        assert_eq!(count("a.rs", &of(FUNCTION_LINES_MAX + 1)), 1);
        let method = format!("impl X {{\n{}}}", of(FUNCTION_LINES_MAX + 1));
        assert_eq!(count("a.rs", &method), 1);
    }

    #[test]
    fn a_file_is_counted_without_its_tests() {
        let own = "const _: () = ();\n".repeat(FILE_LINES_MAX);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(99));
        assert_eq!(count("a.rs", &format!("{own}{tests}")), 0);
        assert_eq!(count("a.rs", &format!("{own}\n{tests}")), 1);
    }

    #[test]
    fn a_file_of_tests_has_the_same_limit() {
        let of = |lines| "#[test] fn t() {}\n".repeat(lines);
        assert_eq!(count("crates/a/tests/a.rs", &of(FILE_LINES_MAX)), 0);
        assert_eq!(count("crates/a/tests/a.rs", &of(FILE_LINES_MAX + 1)), 1);
    }
}

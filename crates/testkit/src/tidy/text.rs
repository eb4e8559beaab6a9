//! What must not stand in a finished file: unfinished work, switched-off tests, tests that wait for a clock.

use super::source::Source;
use super::{Fault, Tree};

/// Marks of unfinished work, in pieces so that this file is free of them.
const MARKS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
];

const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

const SLEEPS: [&str; 2] = ["thread::sleep", "time::sleep"];

/// Lists unfinished work, switched-off tests and sleeping tests.
pub(super) fn faults(tree: &Tree, sources: &[Source<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree.files().filter(|(p, t)| is_program_text(p, t)) {
        for (index, line) in text.lines().enumerate() {
            if let Some(mark) = unfinished(line) {
                let remedy = format!("do it, or write {}(#N) with the issue's number", MARKS[0]);
                faults.push(Fault::at(path, index + 1, format!("a {mark}"), remedy));
            }
        }
    }
    for source in sources {
        faults.extend(macro_faults(source));
        faults.extend(test_faults(source));
    }
    faults
}

/// Says whether people write comments in the file, which they do not in evidence and samples.
fn is_program_text(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let endings = [".rs", ".toml", ".sh", ".py", ".yml", ".yaml"];
    name == "Makefile" || text.starts_with("#!/") || endings.iter().any(|e| name.ends_with(e))
}

/// Returns the mark of unfinished work in the line, unless it names an issue.
fn unfinished(line: &str) -> Option<&'static str> {
    MARKS.into_iter().find(|mark| {
        line.match_indices(mark).any(|(start, _)| {
            let (before, after) = (&line[..start], &line[start + mark.len()..]);
            let is_word = !before.ends_with(is_of_word) && !after.starts_with(is_of_word);
            is_word && !(*mark == MARKS[0] && opens_with_issue(after))
        })
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn opens_with_issue(text: &str) -> bool {
    let number = text.strip_prefix("(#").and_then(|t| t.split_once(')'));
    number.is_some_and(|(n, _)| n.parse::<u32>().is_ok())
}

fn macro_faults(source: &Source<'_>) -> Vec<Fault> {
    let calls = source.facts.macros.iter();
    let banned = calls.filter(|m| MACROS.contains(&m.name.as_str()));
    banned
        .map(|call| {
            let what = format!("{}! is left", call.name);
            Fault::at(source.path, call.line, what, "finish it, or leave it out")
        })
        .collect()
}

fn test_faults(source: &Source<'_>) -> Vec<Fault> {
    let attributes = source.facts.attributes.iter();
    let ignored = attributes.filter(|a| a.name == "ignore").map(|attribute| {
        let remedy = "mend the test, or delete it";
        Fault::at(
            source.path,
            attribute.line,
            "a test is switched off",
            remedy,
        )
    });
    let paths = source.facts.paths.iter();
    let sleeps = paths
        .filter(|p| source.is_test_at(p.line) && SLEEPS.iter().any(|s| p.name.ends_with(s)))
        .map(|path| {
            let remedy = "pass the time as an argument, or wait for the event itself";
            Fault::at(source.path, path.line, "a test sleeps", remedy)
        });
    ignored.chain(sleeps).collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::parse_all;
    use super::{MARKS, Tree, faults};

    fn found(path: &str, text: &str) -> Vec<usize> {
        let tree = Tree::of(&[(path, text)]);
        let (sources, _) = parse_all(&tree);
        faults(&tree, &sources)
            .into_iter()
            .map(|f| f.line)
            .collect()
    }

    #[test]
    fn unfinished_work_needs_an_issue() {
        for mark in MARKS {
            assert_eq!(found("a.rs", &format!("\n// {mark}: later\n")), [2]);
            assert_eq!(found("run", &format!("#!/bin/sh\n# {mark}\n")), [2]);
        }
        assert!(found("a.rs", &format!("// {}(#12): later\n", MARKS[0])).is_empty());
        assert_eq!(found("a.rs", &format!("// {}(me): later\n", MARKS[0])), [1]);
        assert_eq!(
            found("a.rs", &format!("// {}(#12): later\n", MARKS[1])),
            [1]
        );
    }

    #[test]
    fn a_mark_inside_a_word_or_in_a_sample_is_none() {
        let template = format!("#!/bin/sh\nmktemp -d x.{}{}\n", MARKS[2], MARKS[2]);
        assert!(found("run", &template).is_empty());
        assert!(found("sample.txt", MARKS[0]).is_empty());
    }

    #[test]
    fn macros_of_unfinished_work_are_found_inside_other_macros_too() {
        for name in super::MACROS {
            assert_eq!(found("a.rs", &format!("fn f() {{\n{name}!() }}")), [2]);
            assert_eq!(
                found("a.rs", &format!("fn f() {{ p!(\n{name}![x]) }}")),
                [2]
            );
            assert!(found("a.rs", &format!("fn f() {{ \"{name}!()\"; }}")).is_empty());
        }
    }

    #[test]
    fn a_test_is_never_switched_off() {
        assert_eq!(found("a.rs", "#[test]\n#[ignore]\nfn t() {}"), [2]);
        assert_eq!(found("a.rs", "#[ignore = \"slow\"]\nfn t() {}"), [1]);
        assert_eq!(found("a.rs", "#[cfg_attr(unix, ignore)]\nfn t() {}"), [1]);
    }

    #[test]
    fn a_test_never_sleeps() {
        let sleep = "fn t() { std::thread::sleep(d); }";
        assert_eq!(found("crates/a/tests/a.rs", sleep), [1]);
        assert_eq!(found("crates/a/tests/a.rs", "use std::thread::sleep;"), [1]);
        assert_eq!(
            found(
                "crates/a/src/a.rs",
                &format!("#[cfg(test)]\nmod t {{ {sleep} }}")
            ),
            [2]
        );
        assert!(found("crates/a/src/a.rs", sleep).is_empty());
    }
}

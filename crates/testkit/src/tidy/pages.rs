//! What the pages and all other files owe to a reader elsewhere.

use std::collections::BTreeSet;

use super::{Fault, Tree};

/// Folders of one machine, in pieces so that this file is free of them.
const MACHINE_FOLDERS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// The user of all examples.
const EXAMPLE_USER: &str = "user";

/// Lists pages that nobody finds and paths that exist on one machine only.
pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    if tree.text("CHANGELOG.md").is_none() {
        let remedy = "add it: what changes for those who use the programs";
        faults.push(Fault::at("CHANGELOG.md", 1, "missing", remedy));
    }
    faults.extend(unlinked(tree));
    faults.extend(misnumbered(tree));
    for (path, text) in tree.files() {
        for (index, line) in text.lines().enumerate() {
            if let Some(found) = machine_path(line) {
                let what = format!("the path {found} of one machine");
                let remedy = "write it relative to the repository, or take it as an argument";
                faults.push(Fault::at(path, index + 1, what, remedy));
            }
        }
    }
    faults
}

/// Lists the specifications that neither the map of the code nor the first page links to.
fn unlinked(tree: &Tree) -> Vec<Fault> {
    let maps = ["docs/architecture.md", "README.md"];
    let maps: Vec<_> = maps.into_iter().filter_map(|p| tree.text(p)).collect();
    let pages = tree.files().map(|(p, _)| p);
    pages
        .filter(|p| p.starts_with("docs/spec/") && p.ends_with(".md"))
        .filter(|p| {
            let link = p.trim_start_matches("docs/");
            !maps.is_empty() && !maps.iter().any(|m| m.contains(link))
        })
        .map(|p| {
            Fault::at(
                p,
                1,
                "no page links to it",
                "link it from docs/architecture.md",
            )
        })
        .collect()
}

/// Lists the decision records whose number stands twice or differs from that of their title.
fn misnumbered(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, text) in tree.files() {
        let Some(name) = path.strip_prefix("docs/decisions/") else {
            continue;
        };
        let number = name.split('-').next().and_then(|n| n.parse::<u16>().ok());
        let title = text.strip_prefix("# ").and_then(|t| t.split('.').next());
        if number.is_none() || title.and_then(|t| t.parse().ok()) != number {
            let what = "its title has another number than its name";
            faults.push(Fault::at(
                path,
                1,
                what,
                "call it NNNN-what.md and `# N. What`",
            ));
        } else if !seen.insert(number) {
            let what = "another decision has this number";
            faults.push(Fault::at(path, 1, what, "give it the next free one"));
        }
    }
    faults
}

/// Returns the first absolute path in the line that names a folder of somebody's machine.
fn machine_path(line: &str) -> Option<&str> {
    MACHINE_FOLDERS.into_iter().find_map(|folder| {
        line.match_indices(folder).find_map(|(start, _)| {
            let inside = &line[start + folder.len()..];
            let first = inside.split(|c: char| !is_of_path(c) || c == '/').next()?;
            let is_absolute = !line[..start].ends_with(|c| is_of_path(c) || "})$*>".contains(c));
            let is_example = first == EXAMPLE_USER && folder == MACHINE_FOLDERS[2];
            let end = start + folder.len() + first.len();
            (is_absolute && !first.is_empty() && !is_example).then(|| &line[start..end])
        })
    })
}

fn is_of_path(c: char) -> bool {
    c.is_alphanumeric() || "/._-~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::{MACHINE_FOLDERS, Tree, faults};

    fn count(files: &[(&str, &str)]) -> usize {
        let log = ("CHANGELOG.md", "");
        faults(&Tree::of(&[files, &[log]].concat())).len()
    }

    #[test]
    fn a_changelog_is_there() {
        assert_eq!(faults(&Tree::default()).len(), 1);
        assert_eq!(count(&[]), 0);
    }

    #[test]
    fn a_specification_is_linked() {
        let page = ("docs/spec/a.md", "");
        assert_eq!(count(&[page, ("README.md", "[a](docs/spec/a.md)")]), 0);
        assert_eq!(
            count(&[page, ("docs/architecture.md", "[a](spec/a.md)")]),
            0
        );
        assert_eq!(count(&[page, ("README.md", "")]), 1);
        assert_eq!(count(&[page]), 0, "nothing can link yet");
    }

    #[test]
    fn a_decision_has_a_number_of_its_own() {
        let first = ("docs/decisions/0001-a.md", "# 1. A\n");
        assert_eq!(count(&[first, ("docs/decisions/0002-b.md", "# 2. B\n")]), 0);
        assert_eq!(count(&[first, ("docs/decisions/0001-b.md", "# 1. B\n")]), 1);
        assert_eq!(count(&[("docs/decisions/0001-a.md", "# 2. A\n")]), 1);
        assert_eq!(count(&[("docs/decisions/a.md", "# A\n")]), 1);
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_any_file() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(count(&[("a", &format!("cd {folder}x"))]), 1);
            assert_eq!(
                count(&[("a.json", &format!("\"path\":\"{folder}x/y\""))]),
                1
            );
        }
    }

    #[test]
    fn examples_urls_and_paths_below_others_are_of_no_machine() {
        let [work, root, home] = MACHINE_FOLDERS;
        assert_eq!(count(&[("a", &format!("{home}user/x {home}user"))]), 0);
        assert_eq!(count(&[("a", &format!("{home}userx"))]), 1);
        assert_eq!(
            count(&[(
                "a",
                &format!("https://x.org{work}y $dir{work}y {{dir}}{root}y")
            )]),
            0
        );
        assert_eq!(count(&[("a", &format!("the folder {home}"))]), 0);
    }
}

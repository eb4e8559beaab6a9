//! Names that say nothing about what is inside.

use super::Fault;
use super::source::{Place, Source};

/// A thing that fits only under one of these has no room yet.
const BANNED: [&str; 8] = [
    "common", "util", "utils", "helpers", "misc", "types", "errors", "prelude",
];

/// Lists the files, folders and modules that have a banned name.
pub(super) fn faults(sources: &[Source<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources {
        let stem = source.path.trim_end_matches(".rs");
        let banned = stem.split('/').find(|part| BANNED.contains(part));
        faults.extend(banned.map(|name| fault(source.path, 1, name)));
        let modules = source.facts.modules.iter();
        let banned = modules.filter(|m| BANNED.contains(&m.name.as_str()));
        faults.extend(banned.map(|Place { name, line }| fault(source.path, *line, name)));
    }
    faults
}

fn fault(path: &str, line: usize, name: &str) -> Fault {
    let what = format!("the name `{name}`");
    Fault::at(
        path,
        line,
        what,
        "name what is inside, or move it to the room it serves",
    )
}

#[cfg(test)]
mod tests {
    use super::super::Tree;
    use super::super::source::parse_all;
    use super::faults;

    fn count(path: &str, text: &str) -> usize {
        let tree = Tree::of(&[(path, text)]);
        faults(&parse_all(&tree).0).len()
    }

    #[test]
    fn a_file_a_folder_and_a_module_need_a_name() {
        assert_eq!(count("crates/a/src/utils.rs", ""), 1);
        assert_eq!(count("crates/a/src/common/key.rs", ""), 1);
        assert_eq!(count("crates/a/src/key.rs", "mod b { mod prelude {} }"), 1);
    }

    #[test]
    fn a_name_that_holds_a_banned_word_is_a_name() {
        assert_eq!(count("crates/a/src/utility_bill.rs", "mod error {}"), 0);
    }
}

//! The style of the project as a test: each rule that a machine can check.
//!
//! **Enters:** a [`Tree`]: path and text of every file of the repository.
//!
//! **Leaves:** [`Fault`]s, sorted by place; no faults means that the tree is tidy.
//!
//! **Never:** a change to a file, and an exception for one file.

mod arrows;
mod attacks;
mod facts;
mod fault;
mod lengths;
mod lockfile;
mod manifest;
mod names;
mod pages;
mod purity;
mod reached;
mod rooms;
mod source;
mod text;
mod tree;

pub use fault::Fault;
pub use tree::Tree;

/// Runs every rule over `tree` and returns all faults, sorted by path and line.
///
/// It does not promise a good design: it sees only what a machine can see.
pub fn faults_of(tree: &Tree) -> Vec<Fault> {
    let (sources, mut faults) = source::parse_all(tree);
    faults.extend(arrows::faults(tree));
    faults.extend(attacks::faults(tree, &sources));
    faults.extend(lengths::faults(&sources));
    faults.extend(lockfile::faults(tree));
    faults.extend(names::faults(&sources));
    faults.extend(pages::faults(tree));
    faults.extend(purity::faults(tree, &sources));
    faults.extend(reached::faults(tree, &sources));
    faults.extend(rooms::faults(tree));
    faults.extend(text::faults(tree, &sources));
    faults.sort();
    faults.dedup();
    faults
}

#[cfg(test)]
mod tests {
    use super::{Tree, faults_of};

    #[test]
    fn faults_of_all_rules_come_back_together_and_in_order() {
        let tree = Tree::of(&[
            ("crates/b/src/lib.rs", "mod utils {}"),
            ("crates/a/src/lib.rs", "fn broken( {"),
        ]);
        let paths: Vec<_> = faults_of(&tree).into_iter().map(|f| f.path).collect();
        assert!(paths.is_sorted());
        assert!(paths.iter().any(|p| p == "crates/a/src/lib.rs"));
        assert!(paths.iter().any(|p| p == "crates/b/src/lib.rs"));
    }
}

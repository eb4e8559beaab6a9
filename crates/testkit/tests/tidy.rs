//! The style of the project as a test: see `quorate_testkit::tidy`.

use std::path::Path;

use quorate_testkit::tidy::{Tree, faults_of};

#[test]
fn the_repository_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tree = Tree::read(&root).expect("the repository can be read");
    let faults = faults_of(&tree);
    let list: String = faults.iter().map(|f| format!("{f}\n")).collect();
    assert!(faults.is_empty(), "{} faults\n{list}", faults.len());
}

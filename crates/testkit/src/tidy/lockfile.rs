//! How many packages the lock file may hold.

use super::{Fault, Tree};

/// The count on the day of the last change to this line, and a little room. Raise it in the commit that adds
/// the dependency, and give the reason there.
const LOCKED_PACKAGES_MAX: usize = 406;

const LOCK: &str = "Cargo.lock";

/// Says whether the lock file is missing or has grown past its ceiling.
pub(super) fn faults(tree: &Tree) -> Vec<Fault> {
    let Some(text) = tree.text(LOCK) else {
        let remedy = "commit it: programs are built from locked versions";
        return vec![Fault::at(LOCK, 1, "missing", remedy)];
    };
    let count = text.lines().filter(|l| *l == "[[package]]").count();
    if count <= LOCKED_PACKAGES_MAX {
        return Vec::new();
    }
    let what = format!("{count} packages, of {LOCKED_PACKAGES_MAX} allowed");
    let remedy = "do without one, or raise LOCKED_PACKAGES_MAX and give the reason in the commit";
    vec![Fault::at(LOCK, 1, what, remedy)]
}

#[cfg(test)]
mod tests {
    use super::{LOCK, LOCKED_PACKAGES_MAX, Tree, faults};

    #[test]
    fn one_package_too_many_is_a_fault_and_so_is_no_lock_file() {
        let of = |count| {
            let text = "[[package]]\nname = \"x\"\n".repeat(count);
            faults(&Tree::of(&[(LOCK, &text)])).len()
        };
        assert_eq!(of(LOCKED_PACKAGES_MAX), 0);
        assert_eq!(of(LOCKED_PACKAGES_MAX + 1), 1);
        assert_eq!(faults(&Tree::default()).len(), 1);
    }
}

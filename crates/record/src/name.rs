//! Names: normal paths, prefixes, and one name for one file.

use std::cell::RefCell;
use std::collections::BTreeSet;

use quorate::intoto::is_normal_name;

use crate::error::{RecordError, Warning};

/// The path with one spelling, without looking at the disk: as POSIX tools write it, `.` for nothing.
pub(crate) fn normal_path(path: &str) -> String {
    // POSIX lets exactly two leading slashes mean something else.
    let root = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        let climbs = part == ".." && parts.last().is_some_and(|last| *last != "..");
        if climbs {
            parts.pop();
        } else if part != ".." || root.is_empty() {
            parts.push(part);
        }
    }
    match format!("{root}{}", parts.join("/")) {
        normal if normal.is_empty() => ".".to_owned(),
        normal => normal,
    }
}

/// Prefixes of which at most one fits a name.
pub(crate) struct Prefixes {
    prefixes: Vec<String>,
    used: RefCell<BTreeSet<usize>>,
}

impl Prefixes {
    pub(crate) fn new(prefixes: &[String]) -> Result<Self, RecordError> {
        for (at, first) in prefixes.iter().enumerate() {
            let mut others = prefixes[at + 1..].iter();
            if let Some(second) = others.find(|second| overlap(first, second)) {
                return Err(RecordError::PrefixOverlap(first.clone(), second.clone()));
            }
        }
        Ok(Self {
            prefixes: prefixes.to_vec(),
            used: RefCell::default(),
        })
    }

    /// The name to record for a path: slashes of one kind, without its prefix, `scheme` before it.
    pub(crate) fn name(&self, scheme: &str, path: &str) -> Result<String, RecordError> {
        let slashes;
        let path = if path.contains('\\') {
            slashes = path.replace('\\', "/");
            &slashes
        } else {
            path
        };
        let fitting = |(at, prefix): (usize, &String)| Some((at, path.strip_prefix(prefix)?));
        let stripped = match self.prefixes.iter().enumerate().find_map(fitting) {
            Some((at, rest)) => {
                self.used.borrow_mut().insert(at);
                rest
            }
            None => path,
        };
        let name = [scheme, stripped].concat();
        if is_normal_name(&name) {
            Ok(name)
        } else {
            Err(RecordError::Name(name))
        }
    }

    /// The prefixes that nothing began with so far.
    pub(crate) fn unused(&self) -> Vec<Warning> {
        let used = self.used.borrow();
        let prefixes = self.prefixes.iter().enumerate();
        prefixes
            .filter(|(at, _)| !used.contains(at))
            .map(|(_, prefix)| Warning::UnusedPrefix(prefix.clone()))
            .collect()
    }
}

fn overlap(a: &str, b: &str) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

#[cfg(test)]
mod tests {
    use super::{Prefixes, normal_path};

    #[test]
    fn a_path_has_one_spelling() {
        for (path, normal) in [
            ("", "."),
            (".", "."),
            ("./a//b/", "a/b"),
            ("a/../b", "b"),
            ("../a/..", ".."),
            ("a/../..", ".."),
            ("/../a", "/a"),
            ("//a", "//a"),
            ("///a", "/a"),
            ("a/./..", "."),
            ("../../x", "../../x"),
        ] {
            assert_eq!(normal_path(path), normal, "{path}");
        }
    }

    #[test]
    fn the_first_prefix_that_fits_is_stripped_and_the_scheme_stays() {
        let prefixes = Prefixes::new(&["src/".to_owned(), "lib/".to_owned()]).unwrap();
        assert_eq!(prefixes.name("file:", "src/a").unwrap(), "file:a");
        assert_eq!(prefixes.name("", "lib\\a").unwrap(), "a");
        assert_eq!(prefixes.unused(), []);
        assert!(prefixes.name("", "src/").is_err(), "nothing would be left");
        assert!(
            prefixes.name("", "../a").is_err(),
            "a rule could not name it"
        );
    }

    #[test]
    fn prefixes_that_overlap_are_refused() {
        assert!(Prefixes::new(&["a/".to_owned(), "a/b/".to_owned()]).is_err());
        assert!(Prefixes::new(&["a/".to_owned(), "a/".to_owned()]).is_err());
    }
}

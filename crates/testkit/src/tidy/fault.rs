//! One place that breaks a rule.

use std::fmt;

/// One place that breaks a rule, printed as `path:line: what; remedy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, relative to the root of the repository.
    pub path: String,
    /// The line, counted from 1; 1 too when the fault is the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Fault {
    pub(super) fn at(
        path: &str,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            what,
            remedy,
        } = self;
        write!(f, "{path}:{line}: {what}; {remedy}")
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn a_fault_prints_place_reason_and_remedy() {
        let fault = Fault::at("a/b.rs", 7, "too long", "split it");
        assert_eq!(fault.to_string(), "a/b.rs:7: too long; split it");
    }
}

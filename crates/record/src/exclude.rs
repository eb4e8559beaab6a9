//! Exclude patterns with gitignore's meaning.

use std::cell::RefCell;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::{RecordError, Warning};

/// What is left out when the user gives no patterns: links, git's own folder, and leftovers.
pub const DEFAULT_EXCLUDES: [&str; 4] = ["*.link*", ".git", "*.pyc", "*~"];

/// Patterns of which the last that fits a path, or a folder around it, decides.
pub(crate) struct Excludes {
    all: Gitignore,
    /// The user's patterns that matched nothing so far, each for itself.
    unused: RefCell<Vec<(String, Gitignore)>>,
}

impl Excludes {
    /// The user's patterns, or the default ones when there are none.
    pub(crate) fn new(patterns: Option<&[String]>) -> Result<Self, RecordError> {
        let given = patterns.filter(|patterns| !patterns.is_empty());
        let unused = given.unwrap_or_default().iter().map(|pattern| {
            let alone = compile(std::iter::once(pattern.as_str()))?;
            Ok((pattern.clone(), alone))
        });
        Ok(Self {
            all: match given {
                Some(patterns) => compile(patterns.iter().map(String::as_str))?,
                None => compile(DEFAULT_EXCLUDES.into_iter())?,
            },
            unused: RefCell::new(unused.collect::<Result<_, RecordError>>()?),
        })
    }

    /// Whether nothing below that folder can be recorded, so that it need not be read.
    pub(crate) fn prunes(&self, folder: &Path) -> bool {
        // A pattern with `!` may want something back from below a folder that `name/` excludes.
        let is_folder = self.all.num_whitelists() == 0;
        self.decide(
            folder,
            self.all.matched(relative(folder), is_folder),
            is_folder,
        )
    }

    /// Whether that path is left out, for its own sake or that of a folder around it.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        let relative = relative(path);
        if relative.as_os_str().is_empty() {
            return false;
        }
        self.decide(
            path,
            self.all.matched_path_or_any_parents(relative, false),
            false,
        )
    }

    fn decide<T>(&self, path: &Path, found: Match<T>, is_folder: bool) -> bool {
        let excluded = found.is_ignore();
        if excluded {
            let relative = relative(path);
            self.unused.borrow_mut().retain(|(_, alone)| {
                alone
                    .matched_path_or_any_parents(relative, is_folder)
                    .is_none()
            });
        }
        excluded
    }

    /// The user's patterns that left nothing out so far.
    pub(crate) fn unused(&self) -> Vec<Warning> {
        let unused = self.unused.borrow();
        unused
            .iter()
            .filter(|(_, alone)| alone.num_ignores() > 0)
            .map(|(pattern, _)| Warning::UnusedExclude(pattern.clone()))
            .collect()
    }
}

fn compile<'p>(patterns: impl Iterator<Item = &'p str>) -> Result<Gitignore, RecordError> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        builder
            .add_line(None, pattern)
            .map_err(|problem| RecordError::Pattern {
                pattern: pattern.to_owned(),
                problem: problem.to_string(),
            })?;
    }
    builder.build().map_err(|problem| RecordError::Pattern {
        pattern: "all together".to_owned(),
        problem: problem.to_string(),
    })
}

/// Patterns with a leading slash mean the top, also of an absolute path.
fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

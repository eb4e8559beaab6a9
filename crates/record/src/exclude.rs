//! Exclude patterns with gitignore's meaning.

use std::cell::RefCell;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, Glob};

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
        let excluded = decides(&self.all, folder, is_folder).is_ignore();
        self.note(folder, is_folder, excluded)
    }

    /// Whether a path that the user gave is left out, for its own sake or that of a folder around it.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        let excluded = decides(&self.all, path, false).is_ignore();
        self.note(path, false, excluded)
    }

    /// Whether a file is left out of a folder that was walked into because it is not.
    pub(crate) fn excludes_file(&self, path: &Path) -> bool {
        if self.all.num_whitelists() > 0 {
            return self.excludes(path);
        }
        let excluded = self.all.matched(relative(path), false).is_ignore();
        self.note(path, false, excluded)
    }

    fn note(&self, path: &Path, is_folder: bool, excluded: bool) -> bool {
        if excluded {
            let unfit = |alone: &Gitignore| decides(alone, path, is_folder).is_none();
            self.unused.borrow_mut().retain(|(_, alone)| unfit(alone));
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

/// What the patterns say of a path, or else of the nearest folder around it. The folder that all begins in is never left out.
fn decides<'p>(patterns: &'p Gitignore, path: &Path, is_folder: bool) -> Match<&'p Glob> {
    let folders = relative(path).ancestors().enumerate();
    folders
        .filter(|(_, folder)| !matches!(folder.as_os_str().as_encoded_bytes(), b"" | b"."))
        .map(|(up, folder)| patterns.matched(folder, is_folder || up > 0))
        .find(|found| !found.is_none())
        .unwrap_or(Match::None)
}

/// Patterns with a leading slash mean the top, also of an absolute path.
fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

//! What a command says beside its answer, as loud as the user wants it.

use std::cell::RefCell;

use quorate::json::Json;
use quorate_record::Warning;

use super::args::TalkArguments;
use crate::output;

/// Warnings are printed at once and kept for `--json`.
pub(super) struct Talk {
    loudness: TalkArguments,
    warnings: RefCell<Vec<String>>,
}

impl Talk {
    pub(super) fn new(loudness: TalkArguments) -> Self {
        Self {
            loudness,
            warnings: RefCell::default(),
        }
    }

    /// What went as it was meant to.
    pub(super) fn say(&self, text: &str) {
        if !self.loudness.quiet {
            output::talk(&output::line(text));
        }
    }

    /// What only those want to know who asked for it.
    pub(super) fn detail(&self, text: &str) {
        if self.loudness.verbose {
            output::talk(&output::line(text));
        }
    }

    pub(super) fn warn(&self, text: &str) {
        self.say(&format!("warning: {text}"));
        self.warnings.borrow_mut().push(text.to_owned());
    }

    pub(super) fn warn_all(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.warn(&warning.to_string());
        }
    }

    /// All that was warned of, for `--json`.
    pub(super) fn to_json(&self) -> Json<'static> {
        Json::texts(self.warnings.borrow().clone())
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.loudness.quiet
    }
}

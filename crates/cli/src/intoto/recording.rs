//! Files here → artifacts, with a bar while it takes long.

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use quorate::intoto::Artifacts;
use quorate_record::{RecordError, Recorder, Settings};

use super::args::RecordingArguments;
use super::talk::Talk;
use crate::error::CommandError;

/// A recorder and what was given to it.
pub(super) struct Recording<'t> {
    recorder: Recorder,
    talk: &'t Talk,
}

impl<'t> Recording<'t> {
    pub(super) fn new(
        arguments: &RecordingArguments,
        talk: &'t Talk,
    ) -> Result<Self, CommandError> {
        Self::with(
            arguments.base_path.clone(),
            &arguments.exclude,
            &arguments.lstrip_paths,
            talk,
        )
    }

    pub(super) fn with(
        base_path: Option<PathBuf>,
        exclude: &[String],
        lstrip_paths: &[String],
        talk: &'t Talk,
    ) -> Result<Self, CommandError> {
        if let Some(base) = base_path.as_ref().filter(|base| !base.is_dir()) {
            return Err(CommandError::unable(format!(
                "--base-path {}: not a folder",
                base.display()
            )));
        }
        let settings = Settings {
            base_path,
            excludes: (!exclude.is_empty()).then(|| exclude.to_vec()),
            lstrip_paths: lstrip_paths.to_vec(),
            stay_inside: false,
        };
        Ok(Self {
            recorder: Recorder::new(&settings).map_err(failure)?,
            talk,
        })
    }

    /// Records paths as `what`: materials or products.
    pub(super) fn take(&self, what: &str, paths: &[String]) -> Result<Artifacts, CommandError> {
        if paths.is_empty() {
            return Ok(Artifacts::new());
        }
        self.talk
            .detail(&format!("recording {what}: {}", paths.join(" ")));
        let bar = if self.talk.is_quiet() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new_spinner()
        };
        let style = ProgressStyle::with_template("hashing {what} {bytes} {bytes_per_sec}");
        bar.set_style(style.unwrap_or(ProgressStyle::default_spinner()));
        let recorded = self.recorder.record(paths, &|bytes| bar.inc(bytes));
        bar.finish_and_clear();
        let recorded = recorded.map_err(failure)?;
        self.talk.warn_all(&recorded.warnings);
        Ok(recorded.artifacts)
    }

    /// Warns of patterns and prefixes that fitted nothing, when all was recorded.
    pub(super) fn finish(self) {
        self.talk.warn_all(&self.recorder.unused());
    }
}

fn failure(error: RecordError) -> CommandError {
    CommandError::unable(error)
}

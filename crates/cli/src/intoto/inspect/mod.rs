//! Inspections: commands that a layout's owner wants whoever verifies to run (in-toto 1.0 §4.3.4).
//!
//! **Enters:** an inspection, and the folder of the delivered files.
//! **Leaves:** what was in the folder before and after, and how the command ended.
//! **Never:** a change in that folder, which is copied first; a command outside the sandbox unless the user asked for exactly that.

mod confine;
mod said;
mod scratch;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use quorate::intoto::chain::{Ending, InspectionRecord, Inspector};
use quorate::intoto::{Artifacts, Inspection};
use quorate_record::{Recorder, Settings};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::output;
pub(crate) use confine::Confinement;
use scratch::Scratch;

/// What to do about a layout's inspections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectionsChoice {
    /// Run their commands in a sandbox, in a copy of the folder
    Run,
    /// Run no command; apply their rules to the files as they are
    Match,
    /// Refuse a layout that has any
    Refuse,
}

/// Inspections in one verification. Sublayouts bring theirs, so that a functionary could make many of few.
const INSPECTIONS_MAX: usize = 100;

/// Carries out inspections as the user chose.
pub(crate) struct Inspections {
    pub(crate) choice: InspectionsChoice,
    pub(crate) confinement: Confinement,
    /// Time for one command; none for as long as it takes.
    pub(crate) timeout: Option<Duration>,
    /// The delivered files.
    pub(crate) folder: PathBuf,
    /// Whether nothing is said beside the verdict.
    pub(crate) quiet: bool,
    /// How many more are carried out.
    left: usize,
    /// Set by a signal that asks us to stop.
    interrupted: Arc<AtomicBool>,
    /// The copy in which all inspections run, one after the other: a later one sees what an earlier one left.
    pub(crate) scratch: Option<Scratch>,
}

impl Inspections {
    /// The options of `in-toto verify`, over the delivered files in `folder`.
    pub(crate) fn new(
        choice: InspectionsChoice,
        confinement: Confinement,
        timeout_seconds: u64,
        folder: PathBuf,
    ) -> Self {
        Self {
            choice,
            confinement,
            timeout: (timeout_seconds > 0).then(|| Duration::from_secs(timeout_seconds)),
            folder,
            quiet: false,
            left: INSPECTIONS_MAX,
            interrupted: Arc::default(),
            scratch: None,
        }
    }

    /// Makes signals end a running command, so that the copy is removed.
    ///
    /// # Errors
    /// When signals cannot be taken.
    pub(crate) fn stop_on_signals(&mut self) -> std::io::Result<()> {
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&self.interrupted))?;
        }
        Ok(())
    }

    /// Whether a signal asked us to stop: what was judged is no verdict then.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            output::talk(&output::line(text));
        }
    }

    fn run(&mut self, inspection: &Inspection) -> Result<InspectionRecord, String> {
        let scratch = match self.scratch.take() {
            Some(scratch) => scratch,
            None => Scratch::copy_of(&self.folder)?,
        };
        let place = scratch.folder().to_owned();
        self.scratch = Some(scratch);
        let materials = recorded(&place)?;
        let command = self
            .confinement
            .command(&inspection.run, &place, &self.folder);
        let say = |line: &str| self.say(&format!("{}: {line}", inspection.name));
        let ending = confine::run(command, self.timeout, &self.interrupted, &say);
        if !matches!(ending, Ok(Ending::Returned(0))) {
            // Was it the command, or was there no sandbox for it?
            self.confinement.works()?;
        }
        let ending = ending?;
        let products = recorded(&place)?;
        Ok(InspectionRecord {
            materials,
            products,
            ending,
        })
    }
}

impl Inspector for Inspections {
    fn inspect(
        &mut self,
        inspection: &Inspection,
        place: &str,
    ) -> Result<InspectionRecord, String> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            format!("one verification carries out at most {INSPECTIONS_MAX} inspections")
        })?;
        let whose = if place.is_empty() {
            String::new()
        } else {
            format!(" of the sublayout {place}")
        };
        let command = inspection.run.join(" ");
        let name = &inspection.name;
        match self.choice {
            InspectionsChoice::Refuse => Err("--inspections refuse".to_owned()),
            InspectionsChoice::Match => {
                self.say(&format!(
                    "inspection {name:?}{whose}: rules are applied to the files as they are; {command:?} is not run"
                ));
                let artifacts = recorded(&self.folder)?;
                Ok(InspectionRecord {
                    materials: artifacts.clone(),
                    products: artifacts,
                    ending: Ending::NotRun,
                })
            }
            InspectionsChoice::Run => {
                self.say(&format!(
                    "inspection {name:?}{whose}: running {command:?} {}",
                    self.confinement
                ));
                self.run(inspection)
            }
        }
    }
}

/// Everything below the folder, as the reference tools record it for inspections.
fn recorded(folder: &std::path::Path) -> Result<Artifacts, String> {
    let settings = Settings {
        base_path: Some(folder.to_owned()),
        stay_inside: true,
        ..Settings::default()
    };
    let recorder = Recorder::new(&settings).map_err(|error| error.to_string())?;
    let recording = recorder.record(&[".".to_owned()], &|_| ());
    let recording = recording.map_err(|error| error.to_string())?;
    for warning in &recording.warnings {
        output::talk(&output::line(&warning.to_string()));
    }
    Ok(recording.artifacts)
}

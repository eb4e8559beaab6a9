//! A client in memory, and a repository that answers as a test says.

use std::collections::BTreeMap;

use quorate::time::Timestamp;
use quorate_trust::client::{
    Fetch, FetchError, MemoryShelf, Pin, Request, Status, Target, Tree, TrustError, Workflow,
};
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::TargetPath;

use super::{LIMITS, Stage, now};

/// A client that pinned the first root.
pub(crate) struct Reader {
    pub(crate) shelf: MemoryShelf,
    pub(crate) pin: Pin,
    pub(crate) limits: TrustLimits,
}

impl Reader {
    pub(crate) fn of(stage: &Stage) -> Self {
        Self {
            shelf: MemoryShelf::default(),
            pin: Pin::Root(stage.first_root()),
            limits: LIMITS,
        }
    }

    pub(crate) fn update(&mut self, stage: &Stage) -> Result<Status, TrustError> {
        self.update_at(stage, now())
    }

    pub(crate) fn update_at(&mut self, stage: &Stage, at: Timestamp) -> Result<Status, TrustError> {
        self.update_from(&mut Served::of(&stage.files), at)
    }

    pub(crate) fn update_from(
        &mut self,
        fetch: &mut dyn Fetch,
        at: Timestamp,
    ) -> Result<Status, TrustError> {
        let mut workflow =
            Workflow::begin(&mut self.shelf, &self.pin, Some(fetch), at, self.limits)?;
        workflow.update(fetch)?;
        Ok(workflow.status())
    }

    /// Looks a target up in what was updated before.
    pub(crate) fn target(
        &mut self,
        stage: &Stage,
        path: &TargetPath,
        at: Timestamp,
    ) -> Result<Target, TrustError> {
        let mut workflow = Workflow::begin(&mut self.shelf, &self.pin, None, at, self.limits)?;
        workflow.load()?;
        workflow.target(path, Some(&mut Served::of(&stage.files)))
    }
}

/// Files in memory, and how many seconds each takes.
pub(crate) struct Served<'f> {
    pub(crate) files: &'f BTreeMap<String, Vec<u8>>,
    pub(crate) seconds_each: u64,
    pub(crate) seconds: u64,
    pub(crate) asked: Vec<String>,
    pub(crate) bytes: usize,
}

impl<'f> Served<'f> {
    pub(crate) fn of(files: &'f BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            files,
            seconds_each: 0,
            seconds: 0,
            asked: Vec::new(),
            bytes: 0,
        }
    }
}

impl Fetch for Served<'_> {
    /// Serves whatever it has, however long: the client must not rely on who serves.
    fn fetch(&mut self, request: &Request<'_>) -> Result<Option<Vec<u8>>, FetchError> {
        let tree = match request.tree {
            Tree::Metadata => "metadata",
            Tree::Targets => "targets",
        };
        let name = format!("{tree}/{}", request.name);
        self.asked.push(name.clone());
        self.seconds += self.seconds_each;
        if self.seconds_each > request.seconds_max {
            return Err(FetchError::TooSlow(request.seconds_max));
        }
        let found = self.files.get(&name).cloned();
        self.bytes += found.as_ref().map_or(0, Vec::len);
        Ok(found)
    }

    fn seconds_spent(&self) -> u64 {
        self.seconds
    }
}

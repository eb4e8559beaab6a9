//! The client on a folder, which one process at a time works on.

use std::path::Path;

use quorate::time::Timestamp;

use super::{Fetch, Pin, Status, Target, TrustClient, TrustError, Workflow};
use crate::disk::{Disk, OnBusy, Step};
use crate::limits::TrustLimits;
use crate::metadata::TargetPath;

/// A client with its store in a folder.
#[derive(Debug)]
pub struct Client {
    disk: Disk,
    pin: Pin,
    busy: OnBusy,
    limits: TrustLimits,
    takes_media: bool,
    floor_max: Option<Timestamp>,
}

impl Client {
    /// Takes a folder for the store, which is made where it is missing, and the pin. A store belongs to one pin's repository.
    ///
    /// # Errors
    /// [`TrustError::Store`].
    pub fn open(
        store: &Path,
        pin: Pin,
        busy: OnBusy,
        limits: TrustLimits,
    ) -> Result<Self, TrustError> {
        Ok(Self {
            disk: Disk::open(store)?,
            pin,
            busy,
            limits,
            takes_media: false,
            floor_max: None,
        })
    }

    /// Lets updates take what was made for a medium (`docs/spec/trust.md`, Media): this machine has no other way, and others cannot hold it up with it.
    pub fn take_media(&mut self) {
        self.takes_media = true;
    }

    /// Lets updates raise the time floor up to this and no further: the clock, where the time of judging is another.
    pub fn bound_floor(&mut self, floor_max: Timestamp) {
        self.floor_max = Some(floor_max);
    }

    /// Calls `observer` before each write to the store.
    pub fn observe(&mut self, observer: impl FnMut(&Step) + 'static) {
        self.disk.observe(observer);
    }
}

impl Client {
    /// Does several look-ups by one time and under one lock, over what the last update left.
    ///
    /// # Errors
    /// [`TrustError`] when nothing was brought up to date yet, something has expired, or `look` has one.
    pub fn look<T>(
        &mut self,
        now: Timestamp,
        look: impl FnOnce(&mut Workflow<'_, Disk>) -> Result<T, TrustError>,
    ) -> Result<T, TrustError> {
        let _lock = self.disk.lock(self.busy)?;
        let mut workflow = Workflow::begin(&mut self.disk, &self.pin, None, now, self.limits)?;
        workflow.load()?;
        look(&mut workflow)
    }
}

impl TrustClient for Client {
    fn update(&mut self, fetch: &mut dyn Fetch, now: Timestamp) -> Result<Status, TrustError> {
        let _lock = self.disk.lock(self.busy)?;
        let mut workflow =
            Workflow::begin(&mut self.disk, &self.pin, Some(fetch), now, self.limits)?;
        if self.takes_media {
            workflow.take_media();
        }
        if let Some(floor_max) = self.floor_max {
            workflow.bound_floor(floor_max);
        }
        workflow.update(fetch)?;
        let status = workflow.status();
        self.disk.done();
        Ok(status)
    }

    fn status(&mut self, now: Timestamp) -> Result<Status, TrustError> {
        let _lock = self.disk.lock(self.busy)?;
        let mut workflow = Workflow::begin(&mut self.disk, &self.pin, None, now, self.limits)?;
        workflow.load()?;
        Ok(workflow.status())
    }

    fn target(
        &mut self,
        path: &TargetPath,
        fetch: Option<&mut dyn Fetch>,
        now: Timestamp,
    ) -> Result<Target, TrustError> {
        let _lock = self.disk.lock(self.busy)?;
        let mut workflow = Workflow::begin(&mut self.disk, &self.pin, None, now, self.limits)?;
        workflow.load()?;
        workflow.target(path, fetch)
    }
}

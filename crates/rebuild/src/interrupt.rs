//! Asking a run to stop: a signal closes the pipe on which the build process's life hangs.

use std::process::ChildStdin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::RebuildError;

/// Whether somebody asked us to stop, and the lifeline of the build process.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
    lifeline: Arc<Mutex<Option<ChildStdin>>>,
}

impl Interrupt {
    /// Takes the signals by which a program is asked to stop.
    pub(crate) fn listen() -> Result<Self, RebuildError> {
        let interrupt = Self::default();
        let path = std::path::Path::new("signals");
        let mut signals =
            Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(RebuildError::io("take", path))?;
        let heard = interrupt.clone();
        std::thread::spawn(move || {
            for _ in signals.forever() {
                heard.asked.store(true, Ordering::SeqCst);
                drop(heard.cut());
            }
        });
        Ok(interrupt)
    }

    /// Hands over the build process's lifeline; cut at once when somebody asked already.
    pub(crate) fn hold(&self, lifeline: ChildStdin) {
        *self.lifeline.lock().unwrap_or_else(PoisonError::into_inner) = Some(lifeline);
        if self.was_asked() {
            drop(self.cut());
        }
    }

    /// Takes the lifeline away: dropping it ends the build process.
    pub(crate) fn cut(&self) -> Option<ChildStdin> {
        self.lifeline
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// True once somebody asked us to stop.
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// An error once somebody asked us to stop.
    pub(crate) fn check(&self) -> Result<(), RebuildError> {
        if self.was_asked() {
            Err(RebuildError::Interrupted)
        } else {
            Ok(())
        }
    }
}

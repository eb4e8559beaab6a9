//! How much a decompressor made of how little.

use crate::error::LimitFault;
use crate::{ArchiveError, Limits};

/// Counts what goes into a decompressor and what comes out, and stops bombs.
pub(crate) struct Meter {
    packed: u64,
    unpacked: u64,
    unpacked_max: u64,
    ratio_max: u64,
    ratio_floor: u64,
    window_max: u64,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            packed: 0,
            unpacked: 0,
            unpacked_max: limits.unpacked_bytes_max,
            ratio_max: limits.ratio_max,
            ratio_floor: limits.ratio_floor_bytes,
            window_max: limits.window_bytes_max,
        }
    }

    pub(crate) fn packed(&mut self, count: usize) {
        self.packed = self.packed.saturating_add(count as u64);
    }

    /// Counts what came out, before it is handed on.
    pub(crate) fn unpacked(&mut self, count: usize) -> Result<(), ArchiveError> {
        self.unpacked = self.unpacked.saturating_add(count as u64);
        if self.unpacked > self.unpacked_max {
            return Err(LimitFault::Unpacked(self.unpacked_max).into());
        }
        let honest = self.packed.saturating_mul(self.ratio_max);
        if self.unpacked > self.ratio_floor && self.unpacked > honest {
            return Err(LimitFault::Ratio(self.ratio_max).into());
        }
        Ok(())
    }

    /// Asks for memory for a window before it is allocated.
    pub(crate) fn window(&self, asked: u64) -> Result<(), ArchiveError> {
        let max = self.window_max;
        if asked > max {
            return Err(LimitFault::Window { asked, max }.into());
        }
        Ok(())
    }

    pub(crate) fn window_max(&self) -> u64 {
        self.window_max
    }

    pub(crate) fn unpacked_so_far(&self) -> u64 {
        self.unpacked
    }
}

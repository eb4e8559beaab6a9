//! One deflate stream (RFC 1951), without a container.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Meter, Outbox, Source};
use crate::ArchiveError;

/// What one deflate stream unpacks to. After its end the packed source stands at the first byte behind it.
pub(crate) struct Inflate<S> {
    packed: S,
    state: Decompress,
    outbox: Outbox,
    meter: Meter,
    ended: bool,
    corrupt: fn() -> ArchiveError,
}

impl<S: Source> Inflate<S> {
    /// `corrupt` is the error of the container around it.
    pub(crate) fn new(packed: S, meter: Meter, corrupt: fn() -> ArchiveError) -> Self {
        Self {
            packed,
            state: Decompress::new(false),
            outbox: Outbox::new(),
            meter,
            ended: false,
            corrupt,
        }
    }

    /// The packed bytes, which are the container's before and after the stream.
    pub(crate) fn packed(&mut self) -> &mut S {
        &mut self.packed
    }

    pub(crate) fn unpacked_so_far(&self) -> u64 {
        self.meter.unpacked_so_far()
    }

    fn step(&mut self) -> Result<(), ArchiveError> {
        let input = self.packed.fill()?;
        let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
        let space = self.outbox.space();
        let status = self
            .state
            .decompress(input, space, FlushDecompress::None)
            .map_err(|_| (self.corrupt)())?;
        let used = usize::try_from(self.state.total_in().saturating_sub(before_in)).unwrap_or(0);
        let made = usize::try_from(self.state.total_out().saturating_sub(before_out)).unwrap_or(0);
        let is_empty = input.is_empty();
        self.packed.consume(used);
        self.meter.packed(used);
        self.meter.unpacked(made)?;
        self.outbox.made(made);
        if status == Status::StreamEnd {
            self.ended = true;
        } else if used == 0 && made == 0 {
            return Err(match is_empty {
                true => ArchiveError::Truncated {
                    what: "a deflate stream",
                },
                false => (self.corrupt)(),
            });
        }
        Ok(())
    }
}

impl<S: Source> Source for Inflate<S> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        while self.outbox.is_empty() && !self.ended {
            self.step()?;
        }
        Ok(self.outbox.ready())
    }

    fn consume(&mut self, count: usize) {
        self.outbox.consume(count);
    }
}

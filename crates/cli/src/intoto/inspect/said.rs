//! What a command says, passed on line by line and not without end.

use std::io::{PipeReader, Read as _};

/// Bytes that are passed on; what follows is read and let go of.
const SAID_BYTES_MAX: usize = 1 << 20;
/// A line that is longer goes on in the next.
const LINE_BYTES_MAX: usize = 4_000;

/// The reading end of a command's output.
pub(super) struct Said<'s> {
    pipe: PipeReader,
    is_open: bool,
    line: Vec<u8>,
    left: usize,
    say: &'s dyn Fn(&str),
}

impl<'s> Said<'s> {
    pub(super) fn new(pipe: PipeReader, say: &'s dyn Fn(&str)) -> std::io::Result<Self> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Self {
            pipe,
            is_open: true,
            line: Vec::new(),
            left: SAID_BYTES_MAX,
            say,
        })
    }

    /// The pipe, as long as somebody could write to it.
    pub(super) fn source(&self) -> Option<&PipeReader> {
        self.is_open.then_some(&self.pipe)
    }

    /// Takes what is there, without waiting. Whether there was something.
    fn take(&mut self) -> bool {
        let mut chunk = [0; 1 << 16];
        match self.pipe.read(&mut chunk) {
            Ok(0) => self.is_open = false,
            Ok(count) => {
                self.add(&chunk[..count]);
                return true;
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => self.is_open = false,
        }
        false
    }

    pub(super) fn listen(&mut self) {
        if self.is_open {
            self.take();
        }
    }

    /// Takes what a command that has ended left. What still runs in the background, which it can outside of a sandbox, is not waited for.
    pub(super) fn rest(&mut self) {
        // More than a pipe can hold (pipe(7): `pipe-max-size`) was written after the end.
        let mut turns = 0;
        while self.is_open && turns < 64 && self.take() {
            turns += 1;
        }
        self.end_line();
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.left == 0 {
            return;
        }
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        for byte in &bytes[..taken] {
            if *byte == b'\n' || self.line.len() == LINE_BYTES_MAX {
                self.end_line();
            }
            if *byte != b'\n' {
                self.line.push(*byte);
            }
        }
        if self.left == 0 {
            self.end_line();
            (self.say)("(what it says further is not shown)");
        }
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            (self.say)(&String::from_utf8_lossy(&self.line));
            self.line.clear();
        }
    }
}

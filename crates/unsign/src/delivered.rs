//! The delivered file: parts of it by offset, or all of it in pieces.

use std::io::{self, Read, Seek, SeekFrom};

use crate::UnsignError;

const PIECE_BYTES: usize = 64 << 10;

/// A delivered file and its size.
pub(crate) struct Delivered<'f, R> {
    file: &'f mut R,
    size: u64,
}

impl<'f, R: Read + Seek> Delivered<'f, R> {
    pub(crate) fn new(file: &'f mut R) -> Result<Self, UnsignError> {
        let size = file.seek(SeekFrom::End(0)).map_err(UnsignError::Read)?;
        Ok(Self { file, size })
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The `bytes` bytes from `offset` on. The caller has compared `bytes` with a limit.
    pub(crate) fn part(
        &mut self,
        offset: u64,
        bytes: u64,
        what: &'static str,
    ) -> Result<Vec<u8>, UnsignError> {
        let end = offset.checked_add(bytes);
        let length = usize::try_from(bytes);
        let (Some(_), Ok(length)) = (end.filter(|end| *end <= self.size), length) else {
            return Err(UnsignError::Truncated { what });
        };
        self.file
            .seek(SeekFrom::Start(offset))
            .map_err(UnsignError::Read)?;
        let mut part = vec![0; length];
        self.file.read_exact(&mut part).map_err(UnsignError::Read)?;
        Ok(part)
    }

    /// Passes the first `end` bytes to `take` in order, each piece with its offset.
    pub(crate) fn pass(
        &mut self,
        end: u64,
        mut take: impl FnMut(u64, &[u8]),
    ) -> Result<(), UnsignError> {
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(UnsignError::Read)?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut offset = 0;
        while offset < end {
            let wanted = usize::try_from(end - offset).map_or(PIECE_BYTES, |n| n.min(PIECE_BYTES));
            let room = piece.get_mut(..wanted).unwrap_or_default();
            let read = match self.file.read(room) {
                Ok(0) => {
                    return Err(UnsignError::Read(io::ErrorKind::UnexpectedEof.into()));
                }
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(UnsignError::Read(error)),
            };
            take(offset, room.get(..read).unwrap_or_default());
            offset += read as u64;
        }
        Ok(())
    }
}

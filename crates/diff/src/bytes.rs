//! Plain bytes: the first difference and how many there are, in one pass and constant memory.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use quorate::digest::Sha256Stream;

use crate::error::{DiffError, Side};
use crate::report::{Digested, Divergence};

/// Something that can be read from any place; what is held in memory says so, to be looked at without a copy.
pub(crate) trait Bytes: Read + Seek {
    /// All bytes, where they are in memory already.
    fn held(&self) -> Option<&[u8]> {
        None
    }
}

/// A file outside of memory.
pub(crate) struct Outside<R>(pub(crate) R);

impl<R: Read> Read for Outside<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Seek> Seek for Outside<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl<R: Read + Seek> Bytes for Outside<R> {}

impl Bytes for io::Cursor<&[u8]> {
    fn held(&self) -> Option<&[u8]> {
        Some(self.get_ref())
    }
}

/// What one pass over both says.
pub(crate) struct ByteDiff {
    pub(crate) a: Digested,
    pub(crate) b: Digested,
    pub(crate) first: Option<Divergence>,
    /// Line breaks before the first difference, which both have.
    pub(crate) lines_before: u64,
    pub(crate) different: u64,
}

const BLOCK_BYTES: usize = 64 << 10;
/// Equal blocks of this size are passed over by one comparison of memory.
const STRIDE_BYTES: usize = 256;
const CONTEXT_BEFORE_BYTES: usize = 8;
const CONTEXT_BYTES: usize = 16;

/// Reads both from their first byte to their end.
pub(crate) fn compare(a: &mut dyn Bytes, b: &mut dyn Bytes) -> Result<ByteDiff, DiffError> {
    let (mut left, mut right) = (Lane::open(a, Side::A)?, Lane::open(b, Side::B)?);
    let mut found = Found::default();
    loop {
        let ended = left.next()? & right.next()?;
        found.take(left.block(), right.block());
        if ended {
            break;
        }
    }
    let (a, b) = (left.finish(), right.finish());
    Ok(ByteDiff {
        a,
        b,
        first: found.first,
        lines_before: found.lines,
        different: found.different.saturating_add(a.size.abs_diff(b.size)),
    })
}

/// One of the two on its way through.
struct Lane<'l> {
    source: &'l mut dyn Bytes,
    side: Side,
    buffer: Vec<u8>,
    filled: usize,
    hash: Sha256Stream,
    size: u64,
}

impl<'l> Lane<'l> {
    fn open(source: &'l mut dyn Bytes, side: Side) -> Result<Self, DiffError> {
        source
            .seek(SeekFrom::Start(0))
            .map_err(DiffError::read(side))?;
        Ok(Self {
            source,
            side,
            buffer: vec![0; BLOCK_BYTES],
            filled: 0,
            hash: Sha256Stream::default(),
            size: 0,
        })
    }

    /// Fills the block as far as there are bytes, and says whether it is empty.
    fn next(&mut self) -> Result<bool, DiffError> {
        self.filled = fill(self.source, &mut self.buffer).map_err(DiffError::read(self.side))?;
        self.size = self.size.saturating_add(self.filled as u64);
        let block = self.buffer.get(..self.filled).unwrap_or_default();
        self.hash.update(block);
        Ok(block.is_empty())
    }

    fn block(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    fn finish(self) -> Digested {
        Digested {
            size: self.size,
            sha256: self.hash.finish(),
        }
    }
}

/// Reads until the buffer is full or the end is reached.
pub(crate) fn fill(source: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[derive(Default)]
struct Found {
    offset: u64,
    /// The last bytes before this block, while nothing differed.
    tail: Vec<u8>,
    lines: u64,
    first: Option<Divergence>,
    different: u64,
}

impl Found {
    fn take(&mut self, a: &[u8], b: &[u8]) {
        match &mut self.first {
            Some(first) => {
                extend(&mut first.a, a);
                extend(&mut first.b, b);
            }
            None => self.look_for_first(a, b),
        }
        let strides = a.chunks(STRIDE_BYTES).zip(b.chunks(STRIDE_BYTES));
        for (a, b) in strides.filter(|(a, b)| a != b) {
            let differing = a.iter().zip(b).filter(|(a, b)| a != b).count();
            self.different = self.different.saturating_add(differing as u64);
        }
        self.offset = self.offset.saturating_add(a.len().max(b.len()) as u64);
    }

    fn look_for_first(&mut self, a: &[u8], b: &[u8]) {
        let at = first_difference(a, b);
        let equal = a.get(..at.unwrap_or(a.len())).unwrap_or_default();
        let breaks = equal.iter().filter(|byte| **byte == b'\n').count();
        self.lines = self.lines.saturating_add(breaks as u64);
        let keep = equal.len().saturating_sub(CONTEXT_BEFORE_BYTES);
        self.tail
            .extend_from_slice(equal.get(keep..).unwrap_or_default());
        let surplus = self.tail.len().saturating_sub(CONTEXT_BEFORE_BYTES);
        self.tail.drain(..surplus);
        let Some(at) = at else { return };
        let offset = self.offset.saturating_add(at as u64);
        let mut context = (self.tail.clone(), self.tail.clone());
        extend(&mut context.0, a.get(at..).unwrap_or_default());
        extend(&mut context.1, b.get(at..).unwrap_or_default());
        self.first = Some(Divergence {
            offset,
            context_offset: offset.saturating_sub(self.tail.len() as u64),
            a: context.0,
            b: context.1,
        });
    }
}

fn extend(context: &mut Vec<u8>, bytes: &[u8]) {
    let missing = CONTEXT_BYTES.saturating_sub(context.len());
    context.extend(bytes.iter().take(missing));
}

/// Where two slices differ first; where one begins with the other, at the end of the shorter one.
pub(crate) fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let strides = a.chunks(STRIDE_BYTES).zip(b.chunks(STRIDE_BYTES));
    let equal = strides.take_while(|(a, b)| a == b).count() * STRIDE_BYTES;
    let rest = |of: &[u8]| of.len().min(equal);
    let (start_a, start_b) = (rest(a), rest(b));
    let (a_rest, b_rest) = (a.get(start_a..)?, b.get(start_b..)?);
    let within = a_rest.iter().zip(b_rest).position(|(a, b)| a != b);
    match within {
        Some(at) => start_a.checked_add(at),
        None if a.len() != b.len() => Some(a.len().min(b.len())),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::{ByteDiff, compare, first_difference};

    fn diff(a: &[u8], b: &[u8]) -> ByteDiff {
        compare(&mut Cursor::new(a), &mut Cursor::new(b)).unwrap()
    }

    #[test]
    fn the_first_difference_has_context_of_both() {
        let mut a = vec![b'.'; 100_000];
        let mut b = a.clone();
        (a[65_540], b[65_540]) = (b'a', b'b');
        let found = diff(&a, &b);
        let first = found.first.unwrap();
        assert_eq!((first.offset, first.context_offset), (65_540, 65_532));
        assert_eq!(first.a, b"........a.......");
        assert_eq!(first.b, b"........b.......");
        assert_eq!(found.different, 1);
    }

    #[test]
    fn context_goes_on_in_the_next_block() {
        let mut a = vec![b'.'; 65_540];
        let mut b = a.clone();
        (a[65_534], b[65_534]) = (b'a', b'b');
        let first = diff(&a, &b).first.unwrap();
        assert_eq!(first.a, b"........a.....");
        assert_eq!(first.b, b"........b.....");
    }

    #[test]
    fn a_longer_file_differs_where_the_shorter_ends() {
        let found = diff(b"one\ntwo\n", b"one\ntwo\nthree");
        let first = found.first.unwrap();
        assert_eq!(
            (first.offset, found.different, found.lines_before),
            (8, 5, 2)
        );
        assert_eq!(first.a, b"one\ntwo\n");
        assert_eq!(first.b, b"one\ntwo\nthree");
    }

    proptest! {
        #[test]
        fn a_file_is_equal_to_itself(bytes: Vec<u8>) {
            let found = diff(&bytes, &bytes);
            prop_assert!(found.first.is_none());
            prop_assert_eq!(found.different, 0);
            prop_assert_eq!(found.a, found.b);
        }

        #[test]
        fn the_first_difference_is_that_of_a_slow_search(a in prop::collection::vec(0u8..2, 0..600), b in prop::collection::vec(0u8..2, 0..600), same in 0usize..600) {
            let (mut a, mut b) = (a, b);
            let prefix = vec![7u8; same];
            a.splice(0..0, prefix.clone());
            b.splice(0..0, prefix);
            let slow = (0..a.len().max(b.len())).find(|i| a.get(*i) != b.get(*i));
            prop_assert_eq!(first_difference(&a, &b), slow);
            prop_assert_eq!(diff(&a, &b).first.map(|first| first.offset as usize), slow);
        }
    }
}

//! Files that change while they are compared.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use quorate_diff::{DiffError, Limits, Side, compare};

use super::workshop::Workshop;

/// Gives one file until it was read from its start `turns` times, and another one from then on.
struct Turncoat {
    before: Cursor<Vec<u8>>,
    after: Cursor<Vec<u8>>,
    turns: usize,
}

impl Turncoat {
    fn current(&mut self) -> &mut Cursor<Vec<u8>> {
        match self.turns {
            0 => &mut self.after,
            _ => &mut self.before,
        }
    }
}

impl Read for Turncoat {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.current().read(buffer)
    }
}

impl Seek for Turncoat {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.current().seek(to)?;
        if at == 0 {
            self.turns = self.turns.saturating_sub(1);
        }
        self.current().seek(to)
    }
}

#[test]
fn a_file_that_changes_while_it_is_compared_is_no_result() {
    let shop = Workshop::new();
    shop.sh("for n in a b c; do echo $n > x; tar cf $n.tar x; done");
    let run = |turns| {
        let turncoat = Turncoat {
            before: Cursor::new(shop.read("b.tar")),
            after: Cursor::new(shop.read("c.tar")),
            turns,
        };
        compare(Cursor::new(shop.read("a.tar")), turncoat, &Limits::STANDARD)
    };
    // The first reading is that of all bytes, the second that of the first ones; then the list and the contents are read.
    for turns in [2, 3, 4] {
        let error = run(turns).expect_err("it changed");
        assert!(
            matches!(error, DiffError::Changed { side: Side::B }),
            "{turns}: {error}"
        );
    }
    assert!(run(usize::MAX).is_ok());
}

/// A disk that cannot be read any more after so many bytes.
struct Broken(u64);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.0).unwrap().min(buffer.len());
        self.0 -= count as u64;
        buffer[..count].fill(0);
        match count {
            0 => Err(io::Error::other("the disk is broken")),
            count => Ok(count),
        }
    }
}

impl Seek for Broken {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn a_file_that_cannot_be_read_is_no_result() {
    let error = compare(
        Broken(100_000),
        Cursor::new([0; 200_000]),
        &Limits::STANDARD,
    );
    let text = error.expect_err("it is broken").to_string();
    assert_eq!(text, "A cannot be read: the disk is broken");
}

//! Reading a file once: its digests, and a copy where one is wanted.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use quorate::digest::{Digests, Hasher};

use crate::error::RebuildError;

/// Digests and size of a file.
pub(crate) fn digest_file(path: &Path) -> Result<(Digests, u64), RebuildError> {
    let mut file = File::open(path).map_err(RebuildError::io("open", path))?;
    copy_and_digest(&mut file, &mut std::io::sink()).map_err(RebuildError::io("read", path))
}

/// Copies a stream to its end and says what went through.
pub(crate) fn copy_and_digest(
    from: &mut impl Read,
    to: &mut impl Write,
) -> std::io::Result<(Digests, u64)> {
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..length]);
        to.write_all(&buffer[..length])?;
    }
    Ok(hasher.finish())
}

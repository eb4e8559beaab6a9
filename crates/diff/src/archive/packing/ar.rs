//! The ar around a Debian package (deb(5)): headers of its three members, which the list of the package does not show.

use std::io::{self, SeekFrom};

use super::Fact;
use crate::archive::members::time;
use crate::bytes::{Bytes, fill};

/// A Debian package has three; more than this is none.
const PARTS_MAX: usize = 8;
const HEADER_BYTES: usize = 60;
const MAGIC_BYTES: u64 = 8;

/// One member of the ar.
pub(super) struct Part {
    name: String,
    modified: String,
    uid: String,
    gid: String,
    mode: String,
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Part {
    /// The name without the ending of its compression, so that `data.tar.gz` is held against `data.tar.xz`.
    pub(super) fn stem(&self) -> String {
        let endings = [".gz", ".xz", ".zst"];
        let stem = endings.iter().find_map(|end| self.name.strip_suffix(end));
        stem.unwrap_or(&self.name).to_owned()
    }

    pub(super) fn facts(&self) -> Vec<Fact> {
        let stem = self.stem();
        let seconds = self.modified.parse().ok();
        let fact = |field, value: &str| Fact::new(&stem, field, value);
        vec![
            fact("name in ar", &self.name),
            fact("modified in ar", &time(seconds)),
            fact("uid in ar", &self.uid),
            fact("gid in ar", &self.gid),
            fact("mode in ar", &self.mode),
        ]
    }
}

/// Walks over the headers, and ends where one is not as it should be.
pub(super) fn parts(source: &mut dyn Bytes) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut offset = MAGIC_BYTES;
    while parts.len() < PARTS_MAX {
        source.seek(SeekFrom::Start(offset))?;
        let mut header = [0; HEADER_BYTES];
        if fill(source, &mut header)? < HEADER_BYTES {
            break;
        }
        let Some(part) = part(&header, offset) else {
            break;
        };
        // Contents of odd size have one byte of padding.
        let end = part.offset.checked_add(part.size);
        let Some(next) = end.and_then(|end| end.checked_add(end & 1)) else {
            break;
        };
        offset = next;
        parts.push(part);
    }
    Ok(parts)
}

fn part(header: &[u8; HEADER_BYTES], at: u64) -> Option<Part> {
    let field = |from: usize, to: usize| {
        let text = header
            .get(from..to)
            .and_then(|raw| str::from_utf8(raw).ok());
        text.map(|text| text.trim_end().to_owned())
    };
    if header.get(58..60) != Some(b"`\n") {
        return None;
    }
    Some(Part {
        name: field(0, 16)?.trim_end_matches('/').to_owned(),
        modified: field(16, 28)?,
        uid: field(28, 34)?,
        gid: field(34, 40)?,
        mode: field(40, 48)?,
        size: field(48, 58)?.parse().ok()?,
        offset: at.checked_add(HEADER_BYTES as u64)?,
    })
}

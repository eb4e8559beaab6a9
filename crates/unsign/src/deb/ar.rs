//! The members of an `ar` archive, as `deb(5)` has it: no long names, no symbol table.
//!
//! ```text
//! "!<arch>\n" │ members: name 16, time 12, owner 6, group 6, mode 8, size 10, "`\n" │ content, even
//! ```

use std::io::{Read, Seek};

use crate::delivered::Delivered;
use crate::error::bounded;
use crate::{Limits, UnsignError};

const ARCHIVE: &str = "the ar archive";
const HEADER: &str = "the header of an ar member";

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER_BYTES: u64 = 60;

/// How ar writes the mode of a plain file, without and with its type.
const MODES: [&str; 2] = ["644", "100644"];

/// A member of the archive.
pub(super) struct Member {
    pub(super) name: String,
    /// Where its header begins.
    pub(super) start: u64,
    /// Where its content begins.
    pub(super) content: u64,
    /// The size of its content in bytes.
    pub(super) size: u64,
    /// Where its padding ends.
    pub(super) end: u64,
    /// Time, owner, group and mode.
    fields: [String; 4],
}

impl Member {
    /// Refuses fields that a number does not fill as ar writes it: they could hold other data.
    pub(super) fn as_signers_write_it(&self) -> Result<(), UnsignError> {
        let [time, owner, group, mode] = &self.fields;
        for number in [time, owner, group] {
            decimal(number)?;
        }
        if !MODES.contains(&mode.as_str()) {
            return Err(UnsignError::refused(
                HEADER,
                "its mode is not that of a plain file",
            ));
        }
        Ok(())
    }
}

/// Reads all headers up to the end of the file.
pub(super) fn members<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    limits: &Limits,
) -> Result<Vec<Member>, UnsignError> {
    let magic = delivered.part(0, MAGIC.len() as u64, ARCHIVE)?;
    if magic != MAGIC {
        return Err(UnsignError::refused(
            ARCHIVE,
            "it does not begin as one does",
        ));
    }
    let mut members = Vec::new();
    let mut start = MAGIC.len() as u64;
    while start < delivered.size() {
        let member = member(delivered, start)?;
        start = member.end;
        members.push(member);
        let max = limits.members_max as u64;
        bounded("the number of members", members.len() as u64, max)?;
    }
    Ok(members)
}

fn member<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    start: u64,
) -> Result<Member, UnsignError> {
    let header = delivered.part(start, HEADER_BYTES, HEADER)?;
    let text = header.is_ascii().then_some(header);
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text.filter(|text| text.ends_with("`\n")) else {
        return Err(UnsignError::refused(HEADER, "it does not end as one does"));
    };
    let field =
        |from: usize, to: usize| text.get(from..to).unwrap_or_default().trim_end_matches(' ');
    let size = decimal(field(48, 58))?;
    let content = start + HEADER_BYTES;
    // Ten digits at the most: neither sum overflows.
    let end = content + size.next_multiple_of(2);
    if end > delivered.size() {
        return Err(UnsignError::Truncated { what: ARCHIVE });
    }
    Ok(Member {
        name: field(0, 16).to_owned(),
        start,
        content,
        size,
        end,
        fields: [(16, 28), (28, 34), (34, 40), (40, 48)]
            .map(|(from, to)| field(from, to).to_owned()),
    })
}

/// A number in its one spelling.
fn decimal(text: &str) -> Result<u64, UnsignError> {
    let number = text.parse().ok().filter(|n: &u64| n.to_string() == text);
    number.ok_or(UnsignError::refused(
        HEADER,
        "a number is not written in digits alone, without zeros before it",
    ))
}

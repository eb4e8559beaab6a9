//! What was found, as data.

use quorate::digest::Sha256;
use quorate_archive::Format;

use crate::causes::{self, Cause, Summary};

/// What differs between two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The first file.
    pub a: Digested,
    /// The second file.
    pub b: Digested,
    /// What differs; `None` when every byte is equal.
    pub difference: Option<Difference>,
}

impl Report {
    /// Whether every byte is equal.
    pub const fn is_equal(&self) -> bool {
        self.difference.is_none()
    }

    /// The likely causes in the files and all that is in them, one entry for each kind, the most likely first.
    pub fn causes(&self) -> Vec<Summary> {
        causes::summary(self)
    }
}

/// Size and digest of a file or of a member's contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digested {
    /// Bytes.
    pub size: u64,
    /// Digest of all of them.
    pub sha256: Sha256,
}

/// What differs between two contents that are not equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The first place where they differ; `None` when they were compared by digest alone.
    pub first: Option<Divergence>,
    /// Places where both have a byte and another one, and bytes that only the longer one has; `None` as above.
    pub different_bytes: Option<u64>,
    /// Where both are archives: what differs in them.
    pub archive: Option<ArchiveDiff>,
    /// Where both are text, or hold strings that differ: the first different lines.
    pub text: Option<TextDiff>,
    /// What is likely to have caused it, here and not in members.
    pub causes: Vec<Cause>,
    /// What else there is to say, such as why something was left out.
    pub notes: Vec<String>,
}

/// The first place where two contents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Offset of the first byte that differs or that only one has.
    pub offset: u64,
    /// Offset of the first byte of the context: at most 8 bytes earlier.
    pub context_offset: u64,
    /// Up to 16 bytes of the first content from there on.
    pub a: Vec<u8>,
    /// Up to 16 bytes of the second.
    pub b: Vec<u8>,
}

/// A list that may be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<T> {
    /// The first ones.
    pub items: Vec<T>,
    /// How many more there are.
    pub left_out: usize,
}

impl<T> Default for Shown<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            left_out: 0,
        }
    }
}

impl<T> Shown<T> {
    /// Takes in one more, or counts it.
    pub(crate) fn push(&mut self, item: T, max: usize) {
        match self.items.len() < max {
            true => self.items.push(item),
            false => self.left_out += 1,
        }
    }

    /// Whether there is none at all.
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty() && self.left_out == 0
    }

    /// How many there are, shown or not.
    pub const fn count(&self) -> usize {
        self.items.len() + self.left_out
    }
}

/// What differs between two archives of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveDiff {
    /// As what the first was read.
    pub format_a: Format,
    /// As what the second was read.
    pub format_b: Format,
    /// Members in the first and in the second.
    pub counts: (usize, usize),
    /// Names of members that only the first has, in its order.
    pub only_in_a: Shown<String>,
    /// Names of members that only the second has, in its order.
    pub only_in_b: Shown<String>,
    /// Where the members of both come in another order.
    pub order: Option<OrderDiff>,
    /// What differs in headers of containers and compressors, outside of members.
    pub packing: Shown<FieldDiff>,
    /// Members of both that differ, in the order of the first.
    pub members: Shown<MemberDiff>,
}

/// Members that both archives have, in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDiff {
    /// The first member of the first archive at whose place the second has another one; members of one archive alone do not count.
    pub a: String,
    /// The one that the second has there.
    pub b: String,
}

/// A field that has two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDiff {
    /// Part of the archive, such as `data.tar.xz` in a package, or a member; empty for the archive itself.
    pub part: String,
    /// The field in words.
    pub field: &'static str,
    /// Its value in the first, in words; `none` where there is none.
    pub a: String,
    /// Its value in the second.
    pub b: String,
}

/// A member of both archives that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDiff {
    /// Its name.
    pub name: String,
    /// Fields of its header that differ.
    pub fields: Vec<FieldDiff>,
    /// What differs in its contents, if they do.
    pub contents: Option<ContentsDiff>,
    /// Likely causes of what differs in its header.
    pub causes: Vec<Cause>,
}

/// Contents of a member that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentsDiff {
    /// In the first archive.
    pub a: Digested,
    /// In the second.
    pub b: Digested,
    /// What differs.
    pub difference: Box<Difference>,
}

/// The first different lines of two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextDiff {
    /// Of what.
    pub of: TextOf,
    /// Pieces with some equal lines around them.
    pub hunks: Vec<Hunk>,
    /// Whether more lines differ or may differ than are in the hunks.
    pub is_cut: bool,
}

/// Of what lines were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextOf {
    /// Lines of text.
    Lines,
    /// Printable strings of at least six characters in something that is no text; a number is that of the string.
    Strings,
}

/// A piece of a unified line diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Number of the first line in the first text, from 1.
    pub line_a: u64,
    /// The same in the second.
    pub line_b: u64,
    /// The lines, equal ones among them.
    pub lines: Vec<Line>,
}

/// A line of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who has it.
    pub side: LineSide,
    /// The line with control characters, and bytes that are no UTF-8, as `\xNN` or `\u{N}`; a long line is cut to where it differs.
    pub text: String,
}

/// Who has a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSide {
    /// Both.
    Both,
    /// The first alone.
    A,
    /// The second alone.
    B,
}

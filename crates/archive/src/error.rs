//! Why an archive is refused.

use quorate::invisible::is_invisible;

use crate::{ArFault, DebFault, GzipFault, NameFault, TarFault, XzFault, ZipFault, ZstdFault};

/// An archive that is not listed, and why. `member` is a name as the archive has it, escaped so that it can be printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The reader failed.
    #[error("cannot be read")]
    Read(#[source] std::io::Error),
    /// The bytes end too early.
    #[error("ends within {what}")]
    Truncated {
        /// What was being read.
        what: &'static str,
    },
    /// A zip was given as a stream.
    #[error("a zip is read from its end: give a file, not a stream")]
    NeedsSeek,
    /// Two readings of the same place differ.
    #[error("changed while it was read")]
    Changed,
    /// A limit was passed.
    #[error("{0}")]
    Limit(#[from] LimitFault),
    /// The member's name, or where its link leads, is refused.
    #[error("member {member}: {fault}")]
    Name {
        /// The member.
        member: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// Something that is no file has contents.
    #[error("member {member}: {fault}")]
    Size {
        /// The member.
        member: String,
        /// What is wrong with it.
        fault: SizeFault,
    },
    /// The tar is refused.
    #[error("tar, member {member}: {fault}")]
    Tar {
        /// The member at which it was found, or the last one.
        member: String,
        /// What is wrong with it.
        fault: TarFault,
    },
    /// The ar is refused.
    #[error("ar, member {member}: {fault}")]
    Ar {
        /// The member at which it was found.
        member: String,
        /// What is wrong with it.
        fault: ArFault,
    },
    /// It is an ar and no Debian package.
    #[error("deb, member {member}: {fault}")]
    Deb {
        /// The member at which it was found.
        member: String,
        /// What is wrong with it.
        fault: DebFault,
    },
    /// The zip is refused.
    #[error("zip, member {member}: {fault}")]
    Zip {
        /// The member at which it was found; empty for the zip as a whole.
        member: String,
        /// What is wrong with it.
        fault: ZipFault,
    },
    /// The gzip is refused.
    #[error("gzip: {0}")]
    Gzip(#[from] GzipFault),
    /// The xz is refused.
    #[error("xz: {0}")]
    Xz(#[from] XzFault),
    /// The Zstandard frame is refused.
    #[error("zstd: {0}")]
    Zstd(#[from] ZstdFault),
}

/// Which limit was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitFault {
    /// [`crate::Limits::members_max`].
    #[error("more than {0} members and folders")]
    Members(u64),
    /// [`crate::Limits::unpacked_bytes_max`].
    #[error("unpacks to more than {0} bytes")]
    Unpacked(u64),
    /// [`crate::Limits::ratio_max`].
    #[error("unpacks to more than {0} times its size, as a decompression bomb does")]
    Ratio(u64),
    /// [`crate::Limits::names_bytes_max`].
    #[error("all names together have more than {0} bytes")]
    Names(u64),
    /// [`crate::Limits::window_bytes_max`].
    #[error("a decompressor would need {asked} bytes of history, more than {max}")]
    Window {
        /// What the archive asks for.
        asked: u64,
        /// The limit.
        max: u64,
    },
    /// [`crate::Limits::pax_bytes_max`].
    #[error("a header of {asked} bytes for one member, more than {max}")]
    Header {
        /// What the archive asks for.
        asked: u64,
        /// The limit.
        max: u64,
    },
}

/// What does not fit the size of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeFault {
    /// A folder or link has contents, which some readers skip and others do not.
    #[error("a {kind} with {size} bytes of contents")]
    Contents {
        /// The kind in one word.
        kind: &'static str,
        /// Bytes that it claims.
        size: u64,
    },
}

/// Makes bytes of a name printable, on one line, and short.
pub(crate) fn shown(name: &[u8]) -> String {
    const CHARS_MAX: usize = 200;
    let text: String = String::from_utf8_lossy(name)
        .chars()
        .take(CHARS_MAX + 1)
        .collect();
    let cut = text.chars().count() > CHARS_MAX;
    let escaped = text.chars().take(CHARS_MAX).flat_map(|c| {
        let (plain, escaped) = match is_invisible(c) {
            true => (None, Some(c.escape_unicode())),
            false => (Some(c), None),
        };
        plain.into_iter().chain(escaped.into_iter().flatten())
    });
    let escaped: String = escaped.collect();
    if cut { escaped + "…" } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_name_is_shown_on_one_line_and_short() {
        assert_eq!(shown("é/a b".as_bytes()), "é/a b");
        assert_eq!(shown(b"a\n\x1b[31m"), "a\\u{a}\\u{1b}[31m");
        assert_eq!(shown("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(shown(&[b'x'; 10_000]).chars().count(), 201);
    }
}

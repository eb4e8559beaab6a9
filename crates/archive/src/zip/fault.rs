//! Why a zip is refused.

/// What is wrong with a zip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipFault {
    /// The last 22 bytes are no end record without a comment.
    #[error(
        "it does not end with an end record: bytes follow it, it has a comment, or it is no zip"
    )]
    End,
    /// Several volumes.
    #[error("a zip of several disks")]
    Disks,
    /// The zip64 end record is missing, superfluous, or says other things than the plain one.
    #[error("plain and zip64 end record disagree")]
    End64,
    /// The directory does not reach from where it should to the end record.
    #[error("the directory does not end where the end record begins")]
    DirectoryPlace,
    /// The directory has other entries than the end record says.
    #[error("the directory has more or other entries than the end record says")]
    Directory,
    /// No local header where the directory says.
    #[error("no local header where the directory says")]
    LocalHeader,
    /// The local header differs from the directory.
    #[error("local header and directory differ in {field}")]
    Conflict {
        /// What both say.
        field: &'static str,
    },
    /// Bytes before, between or behind members, which the directory does not cover.
    #[error("bytes before it that no member covers")]
    Gap,
    /// Two members share bytes.
    #[error("it shares bytes with another member")]
    Overlap,
    /// Encrypted.
    #[error("encrypted")]
    Encrypted,
    /// Flags that are not known here.
    #[error("flags {0:#06x}, of which not all are known")]
    Flags(u16),
    /// Another version than 1.0, 2.0 and 4.5 is needed.
    #[error("needs version {0}, which is for other methods or encryption")]
    Version(u16),
    /// Another method than stored and deflate.
    #[error("compression method {0}, which is neither stored nor deflate")]
    Method(u16),
    /// Made by a system whose attributes are not known here.
    #[error("made on system {0}, whose attributes are not known")]
    System(u8),
    /// The attributes fit neither name nor system.
    #[error("attributes that do not fit its name or its system")]
    Attributes,
    /// A device, a pipe or a socket.
    #[error("neither a file, a folder nor a symbolic link")]
    Kind,
    /// The member has a comment.
    #[error("a comment")]
    Comment,
    /// A name that is not ASCII, and no word of UTF-8.
    #[error("a name that is not ASCII and not marked as UTF-8")]
    NameEncoding,
    /// The unicode path says another name.
    #[error("another name in its unicode path")]
    UnicodePath,
    /// An extra field that is broken.
    #[error("a broken extra field {0:#06x}")]
    Extra(u16),
    /// Bytes behind the last extra field.
    #[error("bytes behind its last extra field")]
    ExtraRest,
    /// An extra field twice.
    #[error("the extra field {0:#06x} twice")]
    ExtraTwice(u16),
    /// An extra field that is not known to be harmless.
    #[error("the extra field {0:#06x}, which is not known to be harmless")]
    ExtraUnknown(u16),
    /// zip64 sizes that are missing, superfluous or broken.
    #[error("zip64 sizes that do not fit the plain ones")]
    Zip64,
    /// A date that no calendar has.
    #[error("a date that no calendar has")]
    Time,
    /// The deflate stream is broken.
    #[error("the compressed data are broken")]
    Corrupt,
    /// The data are shorter or longer than the directory says.
    #[error("another size than the directory says")]
    Size,
    /// The checksum is wrong.
    #[error("the checksum of the contents is wrong")]
    Crc,
    /// The data descriptor is missing or says other things than the directory.
    #[error("the data descriptor is missing or differs from the directory")]
    Descriptor,
    /// What lies before the directory is no Android signing block.
    #[error("bytes before the directory that are no signing block")]
    SigningBlock,
}

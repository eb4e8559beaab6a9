//! Why a tar is refused.

/// What is wrong with a tar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TarFault {
    /// The header's checksum is wrong or not written as specified.
    #[error("the header's checksum is wrong")]
    Checksum,
    /// Neither ustar nor GNU: the old format of Unix version 7 leaves folders to the reader's taste.
    #[error("neither a ustar nor a GNU header")]
    Magic,
    /// A number that is not as specified.
    #[error("the field {field} is no number as it should be written")]
    Number {
        /// The field.
        field: &'static str,
    },
    /// A number in base 256 where octal would do, or where it has no place.
    #[error("the field {field} is in base 256 where it must not be")]
    Base256 {
        /// The field.
        field: &'static str,
    },
    /// Bytes behind the end of a text, or in a field that has no meaning here.
    #[error("the field {field} has bytes that no reader shows")]
    HiddenBytes {
        /// The field.
        field: &'static str,
    },
    /// Mode bits beside permissions, which are not those of the kind either.
    #[error("the mode has bits besides permissions")]
    Mode,
    /// A device.
    #[error("a device")]
    Device,
    /// A pipe.
    #[error("a named pipe")]
    Pipe,
    /// A sparse file: readers differ in how it is written.
    #[error("a sparse file")]
    Sparse,
    /// The rest of a member in another volume.
    #[error("a member that began in another volume")]
    MultiVolume,
    /// A global pax header: what it changes depends on the reader.
    #[error("a global pax header, as `git archive` writes one")]
    GlobalPax,
    /// Another type.
    #[error("the unknown type {0:?}")]
    Type(char),
    /// A file without a type of its own, which becomes a folder where the name ends in a slash.
    #[error("the type of an old tar, which means a file or a folder")]
    OldType,
    /// A name of a link's target at something that is none.
    #[error("a link's target at a member that is no link")]
    LinkOfNoLink,
    /// An owner's name that is not UTF-8.
    #[error("an owner's name is not UTF-8")]
    Owner,
    /// The bytes after the contents are not zero.
    #[error("the padding is not zero")]
    Padding,
    /// The end of the file comes without two blocks of zeros.
    #[error("it does not end with two blocks of zeros")]
    NoEnd,
    /// One block of zeros, then more members: some readers stop there.
    #[error("a member after a block of zeros, where some readers stop")]
    LoneZeroBlock,
    /// Something after the end.
    #[error("data follow the end of the archive")]
    DataAfterEnd,
    /// More zeros than the last record needs.
    #[error("more zeros follow the end than a record of 10,240 bytes needs")]
    LongPadding,
    /// A header about the next member, and no next member.
    #[error("an extension header without a member")]
    ExtensionWithoutMember,
    /// Two extension headers say the same thing, or pax and GNU extensions are mixed.
    #[error("two extension headers about one member")]
    TwoExtensions,
    /// A GNU extension at a member without a GNU header, or pax at one with it.
    #[error("extension and member are of different formats")]
    MixedFormats,
    /// A long name that is not as GNU tar writes it.
    #[error("a GNU long name that is not as GNU tar writes it")]
    LongName,
    /// The extension and the header say different things.
    #[error("extension and header differ in {field}")]
    Conflict {
        /// What both say.
        field: &'static str,
    },
    /// A pax record that is not as specified.
    #[error("a broken pax record")]
    PaxRecord,
    /// A pax key twice.
    #[error("the pax key {0} is there twice")]
    PaxTwice(String),
    /// A pax key that may change what a reader sees.
    #[error("the pax key {0}, which is not known to be harmless")]
    PaxKey(String),
    /// A pax value that is not as specified.
    #[error("a broken value of the pax key {0}")]
    PaxValue(&'static str),
}

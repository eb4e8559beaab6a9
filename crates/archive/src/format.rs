//! The formats by name.

/// A format that this library reads. It is always given, never guessed from contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// POSIX ustar and pax, and GNU tar.
    Tar,
    /// A tar in one gzip member.
    TarGz,
    /// A tar in one xz stream.
    TarXz,
    /// A tar in one Zstandard frame.
    TarZst,
    /// zip, and what is one under another name: jar, whl, xpi, apk.
    Zip,
    /// ar with short names or a GNU table of names, as static libraries are.
    Ar,
    /// A Debian binary package of format 2.0.
    Deb,
    /// One file in one gzip member.
    Gzip,
    /// One file in one xz stream.
    Xz,
    /// One file in one Zstandard frame.
    Zstd,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Tar,
        Self::TarGz,
        Self::TarXz,
        Self::TarZst,
        Self::Zip,
        Self::Ar,
        Self::Deb,
        Self::Gzip,
        Self::Xz,
        Self::Zstd,
    ];

    /// Returns the name by which configuration and reports call the format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarXz => "tar.xz",
            Self::TarZst => "tar.zst",
            Self::Zip => "zip",
            Self::Ar => "ar",
            Self::Deb => "deb",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }

    /// Parses exactly what [`Self::name`] returns; nothing else is a format.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Suggests a format from how a file's name ends, in lower case.
    ///
    /// A suggestion for a person or a default: whoever wrote the file chose its name, so nothing may be decided by it.
    pub fn from_file_name(name: &str) -> Option<Self> {
        const ENDINGS: [(&str, Format); 20] = [
            (".tar", Format::Tar),
            (".tar.gz", Format::TarGz),
            (".tgz", Format::TarGz),
            (".crate", Format::TarGz),
            (".tar.xz", Format::TarXz),
            (".txz", Format::TarXz),
            (".tar.zst", Format::TarZst),
            (".tzst", Format::TarZst),
            (".zip", Format::Zip),
            (".jar", Format::Zip),
            (".whl", Format::Zip),
            (".xpi", Format::Zip),
            (".apk", Format::Zip),
            (".a", Format::Ar),
            (".ar", Format::Ar),
            (".deb", Format::Deb),
            (".udeb", Format::Deb),
            (".gz", Format::Gzip),
            (".xz", Format::Xz),
            (".zst", Format::Zstd),
        ];
        let fitting = ENDINGS.iter().filter(|(ending, _)| name.ends_with(ending));
        fitting
            .max_by_key(|(ending, _)| ending.len())
            .map(|(_, format)| *format)
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn a_format_has_one_name() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.name()), Some(format));
        }
        for other in ["", "TAR", "tgz", "tar.gz "] {
            assert_eq!(Format::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn the_longest_ending_suggests_the_format() {
        let of = Format::from_file_name;
        assert_eq!(of("a.tar.gz"), Some(Format::TarGz));
        assert_eq!(of("a.gz"), Some(Format::Gzip));
        assert_eq!(of("a-1.0-py3-none-any.whl"), Some(Format::Zip));
        assert_eq!(of("catdoc_0.95-6_amd64.deb"), Some(Format::Deb));
        assert_eq!(of("deb"), None);
        assert_eq!(of("a.TAR"), None);
    }
}

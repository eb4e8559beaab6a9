//! Debian source control files: deb822, plain or in an OpenPGP clear-signed frame, whose signature is not judged here.

use std::collections::BTreeMap;

use crate::digest::Sha256;

/// What a `.dsc` says: `Source`, `Version` and the files of `Checksums-Sha256` (Debian policy §5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dsc {
    /// The source package's name.
    pub source: String,
    /// The full version, with its epoch.
    pub version: String,
    /// Every file that belongs to the source, the `.dsc` itself excepted, by name.
    pub files: BTreeMap<String, DscFile>,
}

/// A file that a `.dsc` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DscFile {
    /// SHA-256 of the whole file.
    pub sha256: Sha256,
    /// The file's size in bytes.
    pub size: u64,
}

/// A `.dsc` has some kilobytes; the largest in the archive lists a few hundred files.
const DSC_BYTES_MAX: usize = 1 << 20;

impl Dsc {
    /// Reads a `.dsc`: one paragraph, unique fields, one `Checksums-Sha256` that agrees in names and sizes with `Files`.
    ///
    /// # Errors
    /// [`DscError`] when any of it is missing, doubled or contradicts itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, DscError> {
        if bytes.len() > DSC_BYTES_MAX {
            return Err(DscError("larger than 1 MiB"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| DscError("not UTF-8"))?;
        let fields = paragraph(&signed_lines(text)?)?;
        let field = |name: &str| fields.get(name).map(|value| value.trim());
        let source = field("source")
            .filter(|name| is_package_name(name))
            .ok_or(DscError("no usable Source field"))?;
        let version = field("version")
            .filter(|version| is_version(version))
            .ok_or(DscError("no usable Version field"))?;
        let files =
            checksums(field("checksums-sha256").ok_or(DscError("no Checksums-Sha256 field"))?)?;
        let listed = file_sizes(field("files").ok_or(DscError("no Files field"))?)?;
        // Tools may read either list: both must mean the same files.
        if listed.len() != files.len()
            || !files
                .iter()
                .all(|(name, file)| listed.get(name) == Some(&file.size))
        {
            return Err(DscError("Files and Checksums-Sha256 list different files"));
        }
        Ok(Self {
            source: source.to_owned(),
            version: version.to_owned(),
            files,
        })
    }
}

/// Debian policy §5.6.1.
pub(crate) fn is_package_name(name: &str) -> bool {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    plain && name.len() >= 2 && name.len() <= 200 && name.as_bytes()[0].is_ascii_alphanumeric()
}

/// Debian policy §5.6.12, as far as safety needs it.
pub(crate) fn is_version(version: &str) -> bool {
    let plain = version
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte));
    plain && !version.is_empty() && version.len() <= 200
}

/// A name that is one path component and prints as itself.
pub(crate) fn is_file_name(name: &str) -> bool {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"/\\".contains(&byte));
    plain && !name.is_empty() && name.len() <= 255 && name != "." && name != ".."
}

/// The lines that a clear-signature frame covers (RFC 9580 §7), or all lines when there is no frame.
fn signed_lines(text: &str) -> Result<Vec<&str>, DscError> {
    const FRAME: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
    const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
    const END: &str = "-----END PGP SIGNATURE-----";
    let mut lines = text.lines();
    if !text.starts_with(FRAME) {
        let lines: Vec<_> = lines.collect();
        return if lines.iter().any(|line| line.starts_with('-')) {
            Err(DscError("an OpenPGP frame that does not start the file"))
        } else {
            Ok(lines)
        };
    }
    if lines.next() != Some(FRAME) {
        return Err(DscError("a broken OpenPGP frame"));
    }
    // Armor headers end at the first empty line.
    if !lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .all(|line| line.starts_with("Hash: "))
    {
        return Err(DscError("an unknown OpenPGP armor header"));
    }
    let mut covered = Vec::new();
    for line in lines.by_ref() {
        if line == SIGNATURE {
            let rest: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
            let ends_once = rest.last() == Some(&END)
                && rest.iter().filter(|line| line.starts_with("-----")).count() == 1;
            return if ends_once {
                Ok(covered)
            } else {
                Err(DscError("something follows the OpenPGP signature"))
            };
        }
        covered.push(match line.strip_prefix("- ") {
            Some(unescaped) => unescaped,
            None if line.starts_with('-') => return Err(DscError("a broken OpenPGP frame")),
            None => line,
        });
    }
    Err(DscError("an OpenPGP frame without its signature"))
}

/// One deb822 paragraph as lower-case field names and raw values; empty lines may stand around it and not within.
fn paragraph(lines: &[&str]) -> Result<BTreeMap<String, String>, DscError> {
    let start = lines
        .iter()
        .position(|line| !line.trim().is_empty())
        .ok_or(DscError("no fields"))?;
    let end = lines
        .iter()
        .rposition(|line| !line.trim().is_empty())
        .ok_or(DscError("no fields"))?;
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in &lines[start..=end] {
        if line.trim().is_empty() {
            return Err(DscError("more than one paragraph"));
        }
        if line.starts_with([' ', '\t']) {
            let name = current
                .as_ref()
                .ok_or(DscError("a continuation line before any field"))?;
            let value = fields
                .get_mut(name)
                .ok_or(DscError("a continuation line before any field"))?;
            value.push('\n');
            value.push_str(line);
            continue;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or(DscError("a line that is no field"))?;
        let name = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(DscError("a field name with spaces or other characters"));
        }
        if fields.insert(name.clone(), value.to_owned()).is_some() {
            return Err(DscError("a field that occurs twice"));
        }
        current = Some(name);
    }
    Ok(fields)
}

fn checksums(value: &str) -> Result<BTreeMap<String, DscFile>, DscError> {
    entries(value, |digest, size| {
        Ok(DscFile {
            sha256: Sha256::parse(digest)
                .map_err(|_| DscError("a checksum that is not SHA-256"))?,
            size,
        })
    })
}

fn file_sizes(value: &str) -> Result<BTreeMap<String, u64>, DscError> {
    entries(value, |_, size| Ok(size))
}

fn entries<T>(
    value: &str,
    entry: impl Fn(&str, u64) -> Result<T, DscError>,
) -> Result<BTreeMap<String, T>, DscError> {
    let mut files = BTreeMap::new();
    for line in value.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_ascii_whitespace();
        let (Some(digest), Some(size), Some(name), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(DscError("a file line that is not `digest size name`"));
        };
        let plain_size = size.bytes().all(|byte| byte.is_ascii_digit());
        let size = size
            .parse()
            .ok()
            .filter(|_| plain_size)
            .ok_or(DscError("a file size that is not a number"))?;
        if !is_file_name(name) {
            return Err(DscError("a file name that is not one plain path component"));
        }
        if files
            .insert(name.to_owned(), entry(digest, size)?)
            .is_some()
        {
            return Err(DscError("a file that is listed twice"));
        }
    }
    if files.is_empty() {
        return Err(DscError("an empty list of files"));
    }
    Ok(files)
}

/// Why a `.dsc` does not describe one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the .dsc has {0}")]
pub struct DscError(&'static str);

#[cfg(test)]
mod tests {
    use super::*;

    fn dsc(extra: &str) -> String {
        let digest = Sha256::of(b"tar");
        format!(
            "Format: 3.0 (native)\nSource: tiny\nVersion: 1:2.0-1\nChecksums-Sha256:\n {digest} 3 tiny_2.0.tar.xz\nFiles:\n 00000000000000000000000000000000 3 tiny_2.0.tar.xz\n{extra}"
        )
    }

    fn framed(body: &str, after: &str) -> String {
        format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{body}\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n{after}"
        )
    }

    #[test]
    fn plain_and_clear_signed_forms_read_alike() {
        let plain = Dsc::parse(dsc("").as_bytes()).unwrap();
        assert_eq!(
            (plain.source.as_str(), plain.version.as_str()),
            ("tiny", "1:2.0-1")
        );
        assert_eq!(
            plain.files["tiny_2.0.tar.xz"],
            DscFile {
                sha256: Sha256::of(b"tar"),
                size: 3
            }
        );
        assert_eq!(Dsc::parse(framed(&dsc(""), "").as_bytes()).unwrap(), plain);
    }

    #[test]
    fn text_outside_the_signed_frame_is_refused() {
        assert!(Dsc::parse(framed(&dsc(""), "Version: 9\n").as_bytes()).is_err());
        assert!(Dsc::parse(format!("Source: other\n{}", framed(&dsc(""), "")).as_bytes()).is_err());
        assert!(
            Dsc::parse(
                framed(&dsc(""), "")
                    .replace("abc", "-----BEGIN PGP SIGNED MESSAGE-----")
                    .as_bytes()
            )
            .is_err()
        );
    }

    #[test]
    fn doubled_or_contradicting_descriptions_are_refused() {
        for extra in [
            "Version: 1\n",
            "version: 1\n",
            "\nSource: other\n",
            " 0 0 x y\n",
            "Files: x\n",
        ] {
            assert!(Dsc::parse(dsc(extra).as_bytes()).is_err(), "{extra:?}");
        }
        let digest = Sha256::of(b"tar").to_string();
        for (from, to) in [
            (" 3 tiny_2.0.tar.xz\nFiles", " 4 tiny_2.0.tar.xz\nFiles"),
            ("tiny_2.0.tar.xz\nFiles", "../tiny_2.0.tar.xz\nFiles"),
            ("Source: tiny", "Source: Tiny"),
            ("Version: 1:2.0-1", "Version: 1 2"),
            (digest.as_str(), "00"),
        ] {
            assert!(
                Dsc::parse(dsc("").replace(from, to).as_bytes()).is_err(),
                "{to:?}"
            );
        }
    }

    #[test]
    fn odd_fields_sizes_and_lists_are_refused() {
        let digest = Sha256::of(b"tar");
        let twice = format!(" {digest} 3 tiny_2.0.tar.xz\n {digest} 3 tiny_2.0.tar.xz\nFiles");
        for (from, to) in [
            ("Format:", "For mat:"),
            ("Format:", ":"),
            ("Format:", "no field\nFormat:"),
            ("Format:", " x\nFormat:"),
            (" 3 tiny_2.0.tar.xz\nFiles", " +3 tiny_2.0.tar.xz\nFiles"),
            (" 3 tiny_2.0.tar.xz\nFiles", " -3 tiny_2.0.tar.xz\nFiles"),
            (" 3 tiny_2.0.tar.xz\nFiles", " tiny_2.0.tar.xz\nFiles"),
            ("tiny_2.0.tar.xz", ".."),
            ("tiny_2.0.tar.xz", "a\u{1b}b"),
            ("Version: 1:2.0-1\n", ""),
            ("Source: tiny\n", ""),
            ("Checksums-Sha256", "Checksums-Sha1"),
            ("\nFiles", "\nFlies"),
        ] {
            let text = dsc("").replace(from, to);
            assert_ne!(text, dsc(""), "{from:?}");
            assert!(Dsc::parse(text.as_bytes()).is_err(), "{to:?}");
        }
        let doubled = dsc(" 00000000000000000000000000000000 3 tiny_2.0.tar.xz\n")
            .replace(&format!(" {digest} 3 tiny_2.0.tar.xz\nFiles"), &twice);
        assert!(
            Dsc::parse(doubled.as_bytes()).is_err(),
            "a file listed twice in both lists"
        );
        let one_more = dsc(" 00000000000000000000000000000000 3 more.tar.xz\n");
        assert!(
            Dsc::parse(one_more.as_bytes()).is_err(),
            "a file in one list alone"
        );
        let start = dsc("").find("Checksums").unwrap();
        let none = format!("{}Checksums-Sha256:\nFiles:\n", &dsc("")[..start]);
        assert!(Dsc::parse(none.as_bytes()).is_err(), "no files at all");
        let long = dsc(&"\n".repeat(DSC_BYTES_MAX));
        assert!(Dsc::parse(long.as_bytes()).is_err(), "longer than any .dsc");
        for extra in ["\nX-Second: paragraph\n", "-X: a dash without a frame\n"] {
            assert!(Dsc::parse(dsc(extra).as_bytes()).is_err(), "{extra:?}");
        }
        assert!(Dsc::parse(b"\xff").is_err());
    }

    #[test]
    fn a_frame_that_is_not_quite_one_is_refused() {
        let good = framed(&dsc(""), "");
        for (from, to) in [
            ("MESSAGE-----\n", "MESSAGE----- \n"),
            ("Hash: SHA512", "Comment: x"),
            ("Format:", "-Format: x\nFormat:"),
            ("-----BEGIN PGP SIGNATURE-----", ""),
            ("-----END PGP SIGNATURE-----", ""),
        ] {
            let text = good.replacen(from, to, 1);
            assert_ne!(text, good, "{from:?}");
            assert!(Dsc::parse(text.as_bytes()).is_err(), "{to:?}");
        }
        let escaped = good.replacen("Format:", "- Format:", 1);
        assert!(Dsc::parse(escaped.as_bytes()).is_ok());
    }
}

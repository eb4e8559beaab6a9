//! Debian control paragraphs (deb822): fields of the form `Name: value` with continuation lines.

/// One paragraph, not copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paragraph<'a>(&'a str);

impl<'a> Paragraph<'a> {
    /// The paragraphs of a file that holds many; comments are not known here, indexes have none.
    pub(crate) fn all(text: &'a str) -> impl Iterator<Item = Self> {
        text.split("\n\n")
            .map(|part| Self(part.trim_matches('\n')))
            .filter(|part| !part.0.is_empty())
    }

    /// The one paragraph of a file, which may be inside a clear-text signature.
    ///
    /// Whoever checked that signature is not asked here; text outside of it is never returned.
    pub(crate) fn only(text: &'a str) -> Option<Self> {
        let body = unarmoured(text)?.trim_matches('\n');
        (!body.is_empty() && !body.contains("\n\n")).then_some(Self(body))
    }

    /// A field's value: the first line trimmed, then the continuation lines as they are.
    ///
    /// A field that is there twice has no value: two readers could choose differently.
    pub(crate) fn field(&self, name: &str) -> Option<&'a str> {
        let mut found = None;
        let mut offset = 0;
        for line in self.0.split_inclusive('\n') {
            if is_field(line, name) {
                if found.is_some() {
                    return None;
                }
                found = Some(offset);
            }
            offset += line.len();
        }
        let after_colon = &self.0[found? + name.len() + 1..];
        let mut end = 0;
        for (number, line) in after_colon.split_inclusive('\n').enumerate() {
            if number > 0 && !line.starts_with([' ', '\t']) {
                break;
            }
            end += line.len();
        }
        Some(after_colon[..end].trim())
    }

    /// The lines of a field that lists files: everything after the first line, split at white space.
    pub(crate) fn list(&self, name: &str) -> Vec<Vec<&'a str>> {
        let lines = self.field(name).unwrap_or_default().lines();
        lines
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|words| !words.is_empty())
            .collect()
    }
}

/// True when `line` begins the field `name`.
fn is_field(line: &str, name: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.get(name.len()) == Some(&b':')
        && bytes[..name.len()].eq_ignore_ascii_case(name.as_bytes())
}

/// The text inside a clear-text signature, or the whole when there is none.
pub(crate) fn unarmoured(text: &str) -> Option<&str> {
    let Some(signed) = text.strip_prefix("-----BEGIN PGP SIGNED MESSAGE-----\n") else {
        return Some(text);
    };
    let (_, body) = signed.split_once("\n\n")?;
    let (body, _) = body.split_once("\n-----BEGIN PGP SIGNATURE-----\n")?;
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::{Paragraph, unarmoured};

    #[test]
    fn a_field_has_its_continuation_lines_and_no_more() {
        let paragraph = Paragraph::only("Package: a\nFiles:\n x 1\n y 2\nVersion: 1\n").unwrap();
        assert_eq!(paragraph.field("version"), Some("1"));
        assert_eq!(paragraph.list("Files"), [["x", "1"], ["y", "2"]]);
        assert_eq!(paragraph.field("Pack"), None);
    }

    #[test]
    fn a_field_that_is_there_twice_has_no_value() {
        let paragraph = Paragraph::only("Version: 1\nVersion: 2\n").unwrap();
        assert_eq!(paragraph.field("Version"), None);
    }

    #[test]
    fn text_outside_of_the_signature_is_not_read() {
        let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nA: 1\n-----BEGIN PGP SIGNATURE-----\n\nB: 2\n";
        assert_eq!(unarmoured(text), Some("A: 1"));
        assert_eq!(
            unarmoured("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nA: 1\n"),
            None
        );
    }
}

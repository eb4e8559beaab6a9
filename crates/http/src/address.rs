//! The address of a tree of files.

/// Bytes of an address; what is longer is a mistake.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// `http://HOST[:PORT]/…/` or the same with https, with a `/` at its end. It has no user, password, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// A text that is no such address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address of a repository: {problem}")]
pub struct AddressError {
    text: String,
    problem: &'static str,
}

impl Address {
    /// Whether a text is meant as an address of this kind: it begins as one.
    pub fn is_meant(text: &str) -> bool {
        scheme_and_rest(text).is_some()
    }

    /// Reads an address. A missing `/` at the end is added.
    ///
    /// # Errors
    /// [`AddressError`] for another scheme, no host, a user or password, a query, a fragment, or characters that no URL has.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let not = |problem| AddressError {
            text: text.chars().take(100).collect(),
            problem,
        };
        let (scheme, rest) = scheme_and_rest(text)
            .ok_or_else(|| not("it begins neither with http:// nor https://"))?;
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(not("it is too long"));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A password would be kept in the store and shown in messages.
        if authority.contains('@') {
            return Err(not(
                "it has a user or password, which would be kept and shown",
            ));
        }
        let in_authority = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if authority.is_empty()
            || authority.starts_with(':')
            || !authority.bytes().all(in_authority)
        {
            return Err(not("it has no host, or one that is not written in ASCII"));
        }
        let in_path =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%!$&'()*+,;=:@".contains(&byte);
        if !path.bytes().all(in_path) {
            return Err(not(
                "a query, a fragment, or a character that is written as %XX in an address",
            ));
        }
        let end = if path.is_empty() || path.ends_with('/') {
            ""
        } else {
            "/"
        };
        Ok(Self(format!("{scheme}://{authority}/{path}{end}")))
    }

    /// The address of a folder below.
    #[must_use]
    pub fn folder(&self, name: &str) -> Self {
        Self(format!("{}{}/", self.0, escaped(name)))
    }

    /// Whether it is https.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a file whose name may go into a URL as it is.
    pub(crate) fn plain(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }

    /// The address of a file by its name.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{}{}", self.0, escaped(name))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

fn scheme_and_rest(text: &str) -> Option<(&'static str, &str)> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let (found, rest) = text.split_once("://")?;
        found.eq_ignore_ascii_case(scheme).then_some((scheme, rest))
    })
}

/// RFC 3986 §3.3: all that is not unreserved, or the separator of parts, is escaped.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_has_a_host_and_nothing_that_is_kept_or_shown_by_mistake() {
        for good in [
            "http://h",
            "HTTPS://h/",
            "https://h:8443/a/b",
            "http://[::1]:80/%20",
        ] {
            let address = Address::parse(good).unwrap();
            assert!(address.as_str().ends_with('/'), "{good}");
        }
        for bad in [
            "file:///x",
            "ftp://h",
            "http://",
            "http:///x",
            "http://:80/",
            "https://user:word@h/",
            "https://h/?q",
            "https://h/#f",
            "https://h/a b",
            "https://h/\u{e4}",
            "https://h\r\nX: y/",
        ] {
            Address::parse(bad).unwrap_err();
        }
    }

    #[test]
    fn names_of_files_are_escaped_once() {
        let address = Address::parse("https://h/t").unwrap();
        assert_eq!(address.file("p/a b?#%.x"), "https://h/t/p/a%20b%3F%23%25.x");
        assert_eq!(address.plain("1.%2F.json"), "https://h/t/1.%2F.json");
        assert_eq!(address.folder("metadata").as_str(), "https://h/t/metadata/");
    }
}

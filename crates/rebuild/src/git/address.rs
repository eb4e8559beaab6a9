//! Addresses of repositories: https, or a folder of this host. There is no third kind.

use std::path::{Component, Path, PathBuf};

/// As the statement allows it.
const ADDRESS_BYTES_MAX: usize = 2_000;
const HTTPS: &str = "https://";
const FILE: &str = "file://";

/// Where a repository is. It prints as itself, in one form, which is what the statement says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Address {
    /// `https://HOST[:PORT]/PATH`, without user, query and fragment.
    Https(String),
    /// An absolute path, printed as `file:///PATH`.
    Local(PathBuf),
}

/// Why a text is no address that anything is fetched from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// Too long, or with characters that a statement could not print.
    #[error("an address has at most {ADDRESS_BYTES_MAX} printable ASCII characters and no spaces")]
    Characters,
    /// It would be read as an option.
    #[error("an address does not begin with a hyphen")]
    Hyphen,
    /// A user's name or password, a query, a fragment.
    #[error("an address over https has a host, a path, and no user, query or fragment")]
    Https,
    /// Another way of transport, such as `ext::` or `ssh://`.
    #[error("only https://, an absolute path and file:/// are fetched from")]
    Transport,
    /// A path with parts that lead elsewhere or with an escape that two readers read differently.
    #[error("a local repository is an absolute path without '.', '..' and '%'")]
    Path,
    /// More `../` than there are folders.
    #[error("the address climbs above the repository's host or root")]
    Climbs,
    /// A folder of this host, named by a repository that came over the network.
    #[error("a submodule of a repository over https may not be a folder of this host")]
    LocalBelowHttps,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`] for anything but https and absolute paths.
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        if text.starts_with('-') {
            return Err(AddressError::Hyphen);
        }
        let printable = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !printable || text.len().saturating_add(FILE.len()) > ADDRESS_BYTES_MAX {
            return Err(AddressError::Characters);
        }
        if let Some(rest) = text.strip_prefix(HTTPS) {
            return https(rest).map(|()| Self::Https(text.to_owned()));
        }
        let path = text.strip_prefix(FILE).unwrap_or(text);
        // A scheme in capitals, a host in a file address, `ext::` and `host:path` all end here.
        if !path.starts_with('/') {
            return Err(AddressError::Transport);
        }
        local(path).map(Self::Local)
    }

    /// The address of a submodule whose `url` is `text`, as the repository at this address means it.
    ///
    /// # Errors
    /// [`AddressError`], also for a folder of this host when this repository came over the network.
    pub(crate) fn submodule(&self, text: &str) -> Result<Self, AddressError> {
        let is_relative = text.starts_with("./") || text.starts_with("../");
        let found = Self::parse(&if is_relative {
            self.relative(text)?
        } else {
            text.to_owned()
        })?;
        match (self, &found) {
            (Self::Https(_), Self::Local(_)) => Err(AddressError::LocalBelowHttps),
            _ => Ok(found),
        }
    }

    /// Git's own rule (git-submodule(1), "add"): each `../` takes a part of the address away, each `./` none.
    fn relative(&self, mut text: &str) -> Result<String, AddressError> {
        let printed = self.to_string();
        let (scheme, rest) = match self {
            Self::Https(_) => printed.split_at(HTTPS.len()),
            Self::Local(_) => printed.split_at(FILE.len()),
        };
        let mut base = rest.trim_end_matches('/');
        loop {
            if let Some(rest) = text.strip_prefix("../") {
                // What is in front of the first slash is the host, or for a path nothing.
                let (parent, _) = base.rsplit_once('/').ok_or(AddressError::Climbs)?;
                (base, text) = (parent, rest);
            } else if let Some(rest) = text.strip_prefix("./") {
                text = rest;
            } else {
                break;
            }
        }
        let climbs = text.split('/').any(|part| part == ".." || part == ".");
        match climbs || text.is_empty() {
            true => Err(AddressError::Climbs),
            false => Ok(format!("{scheme}{base}/{text}")),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Https(address) => out.write_str(address),
            Self::Local(path) => write!(out, "{FILE}{}", path.display()),
        }
    }
}

fn https(rest: &str) -> Result<(), AddressError> {
    let (host, path) = rest.split_once('/').ok_or(AddressError::Https)?;
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let good_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let good = !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(good_name)
        && (1..=5).contains(&port.len())
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !path.is_empty()
        && !path.contains(['?', '#', '@']);
    let climbs = path.split('/').any(|part| part == "." || part == "..");
    match (good, climbs) {
        (true, false) => Ok(()),
        (true, true) => Err(AddressError::Climbs),
        (false, _) => Err(AddressError::Https),
    }
}

fn local(path: &str) -> Result<PathBuf, AddressError> {
    let dotted = path.split('/').any(|part| part == "." || part == "..");
    if dotted || path.contains('%') {
        return Err(AddressError::Path);
    }
    // One form for one folder: without doubled and closing slashes.
    let parts = Path::new(path).components();
    let path: PathBuf = parts
        .filter(|part| matches!(part, Component::RootDir | Component::Normal(_)))
        .collect();
    match path.parent() {
        Some(_) => Ok(path),
        None => Err(AddressError::Path),
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError};

    fn submodule(of: &str, url: &str) -> Result<String, AddressError> {
        let address = Address::parse(of).unwrap().submodule(url);
        address.map(|address| address.to_string())
    }

    #[test]
    fn only_https_and_absolute_paths_are_addresses() {
        for (text, printed) in [
            ("https://example.org/a/b.git", "https://example.org/a/b.git"),
            ("https://example.org:8443/a", "https://example.org:8443/a"),
            ("/srv//git/a/", "file:///srv/git/a"),
            ("file:///srv/git/a", "file:///srv/git/a"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), printed);
        }
        for text in [
            "",
            "a",
            "../a",
            "-a",
            "--upload-pack=touch /x",
            "--upload-pack=x",
            "ext::sh -c x",
            "ext::sh",
            "http://a/b",
            "git://a/b",
            "ssh://a/b",
            "git@a:b",
            "HTTPS://a/b",
            "https://",
            "https://a",
            "https://a/",
            "https:///b",
            "https://u@a/b",
            "https://u:p@a/b",
            "https://-a/b",
            "https://a:x/b",
            "https://a:/b",
            "https://a/b?c",
            "https://a/b#c",
            "https://a/../b",
            "file://host/a",
            "file://a",
            "/",
            "/a/../b",
            "/a/./b",
            "/a%2fb",
            "/a b",
            "/é",
            "file::/a",
            "https::https://a/b",
            "fd::7",
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_relative_address_is_resolved_as_git_does() {
        let https = "https://example.org/a/b.git";
        for (url, expected) in [
            ("../c.git", "https://example.org/a/c.git"),
            ("../../c", "https://example.org/c"),
            ("./c", "https://example.org/a/b.git/c"),
            (".././c", "https://example.org/a/c"),
        ] {
            assert_eq!(submodule(https, url).as_deref(), Ok(expected), "{url}");
        }
        assert_eq!(
            submodule("/srv/git/a/", "../b").as_deref(),
            Ok("file:///srv/git/b")
        );
    }

    #[test]
    fn a_submodule_address_that_climbs_or_runs_something_is_refused() {
        for url in [
            "../../../c",
            "../../../../c",
            "../",
            "./",
            "../..",
            ".././../../../etc",
            "../a/../../../b",
            "--upload-pack=x",
            "-x",
            "ext::sh -c id",
            "ext::sh",
            "ssh://a/b",
            "a",
            "../c?x",
            "../\nc",
        ] {
            assert!(
                submodule("https://example.org/a/b", url).is_err(),
                "{url:?}"
            );
        }
        assert_eq!(
            submodule("https://example.org/a/b", "/etc"),
            Err(AddressError::LocalBelowHttps)
        );
        assert_eq!(
            submodule("https://example.org/a/b", "file:///etc"),
            Err(AddressError::LocalBelowHttps)
        );
        assert_eq!(submodule("/a", "../../b"), Err(AddressError::Climbs));
    }
}

//! Which archives are asked, and by which keys they are believed.
//!
//! Whatever form the list had, one form leaves: deb822 entries with their keys inside, so that the text alone says
//! everything and can be a cache key. Every option is refused unless it is known to be harmless.

use std::path::{Path, PathBuf};

use base64::Engine as _;

use super::control::Paragraph;
use crate::error::RebuildError;

const DEBIAN_KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// A keyring is read whole; Debian's own has 60 kB.
const KEYRING_BYTES_MAX: u64 = 4 << 20;

/// One archive.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    types: Vec<String>,
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    /// A file name, or the armoured key itself.
    signed_by: Option<String>,
    check_valid_until: Option<String>,
}

/// The archives of one run, self-contained.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// For the index of sources and of binaries.
    pub(crate) all: String,
    /// The archives that binary packages may come from: what the build root depends on.
    pub(crate) binary: String,
    /// The archives that source packages may come from. Empty when none are needed.
    pub(crate) source: String,
}

impl Sources {
    /// The archives of `file`, as they are.
    pub(crate) fn from_file(file: &Path) -> Result<Self, RebuildError> {
        let text = std::fs::read_to_string(file).map_err(RebuildError::io("read", file))?;
        let entries = parse(&text)?;
        if entries.iter().any(|entry| entry.signed_by.is_none()) {
            return Err(RebuildError::SourcesRefused(format!(
                "an entry in {} has no Signed-By",
                file.display()
            )));
        }
        Self::render(&entries)
    }

    /// The host's Debian archives, for `suite`, its updates and its security updates.
    pub(crate) fn of_host(suite: &str) -> Result<Self, RebuildError> {
        Self::render(&debian_entries(&host_entries()?, suite)?)
    }

    /// The same without the indexes of sources, for whoever needs no source package.
    pub(crate) fn only_binary(self) -> Self {
        Self {
            all: self.binary.clone(),
            binary: self.binary,
            source: String::new(),
        }
    }

    fn render(entries: &[Entry]) -> Result<Self, RebuildError> {
        let all = entries
            .iter()
            .map(|entry| entry.render(&entry.types))
            .collect::<Result<String, _>>()?;
        let only = |kind: &str| {
            let has_kind = entries
                .iter()
                .filter(|entry| entry.types.iter().any(|it| it == kind));
            has_kind
                .map(|entry| entry.render(&[kind.to_owned()]))
                .collect::<Result<String, _>>()
        };
        let sources = Self {
            all,
            binary: only("deb")?,
            source: only("deb-src")?,
        };
        if sources.binary.is_empty() {
            return Err(RebuildError::SourcesRefused(
                "no entry of type deb: there is nothing to make a root of".into(),
            ));
        }
        Ok(sources)
    }
}

impl Entry {
    fn render(&self, types: &[String]) -> Result<String, RebuildError> {
        let signed_by = self.signed_by.as_deref().unwrap_or(DEBIAN_KEYRING);
        let mut text = format!(
            "Types: {}\nURIs: {}\nSuites: {}\n",
            types.join(" "),
            self.uris.join(" "),
            self.suites.join(" ")
        );
        if !self.components.is_empty() {
            text += &format!("Components: {}\n", self.components.join(" "));
        }
        if let Some(value) = &self.check_valid_until {
            text += &format!("Check-Valid-Until: {value}\n");
        }
        text += &format!("Signed-By:\n{}\n", embedded_key(signed_by)?);
        Ok(text)
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), RebuildError> {
        let words = || value.split_whitespace().map(str::to_owned).collect();
        match option.to_ascii_lowercase().as_str() {
            "types" => self.types = words(),
            "uris" => self.uris = words(),
            "suites" => self.suites = words(),
            "components" => self.components = words(),
            "signed-by" => self.signed_by = Some(value.to_owned()),
            "check-valid-until" if ["yes", "no"].contains(&value) => {
                self.check_valid_until = Some(value.to_owned())
            }
            // Only our own architecture's and no translated index is ever asked for.
            "arch" | "architectures" | "lang" | "languages" | "enabled" => {}
            other => {
                return Err(RebuildError::SourcesRefused(format!(
                    "the option {other}={value} is not allowed"
                )));
            }
        }
        Ok(())
    }

    fn new() -> Self {
        Self {
            types: Vec::new(),
            uris: Vec::new(),
            suites: Vec::new(),
            components: Vec::new(),
            signed_by: None,
            check_valid_until: None,
        }
    }

    fn checked(self) -> Result<Self, RebuildError> {
        let bad_type = self
            .types
            .iter()
            .any(|kind| kind != "deb" && kind != "deb-src");
        if bad_type || self.types.is_empty() || self.uris.is_empty() || self.suites.is_empty() {
            return Err(RebuildError::SourcesRefused(
                "an entry needs types deb or deb-src, a URI and a suite".into(),
            ));
        }
        Ok(self)
    }

    fn is_debian(&self) -> bool {
        let by_debian = self
            .signed_by
            .as_deref()
            .is_none_or(|key| key.contains("debian-archive"));
        by_debian && self.uris.iter().any(|uri| uri.contains("/debian"))
    }

    fn is_security(&self) -> bool {
        self.uris.iter().any(|uri| uri.contains("security"))
            || self.suites.iter().any(|suite| suite.contains("-security"))
    }
}

/// The entries of a list in either of apt's two forms.
fn parse(text: &str) -> Result<Vec<Entry>, RebuildError> {
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let one_line = kept.iter().any(|line| {
        line.trim_start().starts_with("deb ") || line.trim_start().starts_with("deb-src ")
    }) || kept
        .iter()
        .any(|line| line.trim_start().starts_with("deb["));
    let entries = if one_line {
        kept.iter()
            .filter(|line| !line.trim().is_empty())
            .map(|line| parse_line(line))
            .collect::<Result<Vec<_>, _>>()?
    } else {
        parse_deb822(&kept.join("\n"))?
    };
    if entries.is_empty() {
        return Err(RebuildError::SourcesRefused("the list is empty".into()));
    }
    Ok(entries)
}

fn parse_deb822(text: &str) -> Result<Vec<Entry>, RebuildError> {
    let mut entries = Vec::new();
    for paragraph in text
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
    {
        let paragraph = paragraph.trim_matches('\n');
        let mut entry = Entry::new();
        for line in paragraph
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
        {
            let (name, _) = line.split_once(':').ok_or_else(|| {
                RebuildError::SourcesRefused(format!("no field name in {line:?}"))
            })?;
            let value = Paragraph::only(paragraph)
                .and_then(|fields| fields.field(name))
                .ok_or_else(|| {
                    RebuildError::SourcesRefused(format!("the field {name} is there twice"))
                })?;
            entry.set(name, value)?;
        }
        let enabled = Paragraph::only(paragraph).and_then(|fields| fields.field("Enabled"));
        if enabled != Some("no") {
            entries.push(entry.checked()?);
        }
    }
    Ok(entries)
}

/// `deb [signed-by=FILE] URI SUITE COMPONENT…`
fn parse_line(line: &str) -> Result<Entry, RebuildError> {
    let refused = || RebuildError::SourcesRefused(format!("not a sources line: {line:?}"));
    let line = line.split('#').next().unwrap_or_default().trim();
    let (kind, rest) = line.split_once([' ', '\t', '[']).ok_or_else(refused)?;
    let mut entry = Entry::new();
    entry.types = vec![kind.to_owned()];
    let rest = match line[kind.len()..].trim_start().strip_prefix('[') {
        None => rest,
        Some(bracketed) => {
            let (options, rest) = bracketed.split_once(']').ok_or_else(refused)?;
            for option in options.split_whitespace() {
                let (name, value) = option.split_once('=').ok_or_else(refused)?;
                entry.set(name, value)?;
            }
            rest
        }
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    entry.uris.extend(words.next());
    entry.suites.extend(words.next());
    entry.components = words.collect();
    entry.checked()
}

/// All entries of the host that this room understands; an entry with an option that it refuses is left out.
fn host_entries() -> Result<Vec<Entry>, RebuildError> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    let folder = Path::new("/etc/apt/sources.list.d");
    let listed = std::fs::read_dir(folder).map_err(RebuildError::io("list", folder))?;
    let mut parts: Vec<PathBuf> = listed
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    parts.sort();
    files.extend(parts.into_iter().filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "list" || extension == "sources")
    }));
    let texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    Ok(texts
        .filter_map(|text| parse(&text).ok())
        .flatten()
        .collect())
}

/// What the host knows of Debian, turned to `suite`.
fn debian_entries(host: &[Entry], suite: &str) -> Result<Vec<Entry>, RebuildError> {
    let debian = || host.iter().filter(|entry| entry.is_debian());
    let main = debian().find(|entry| !entry.is_security());
    let main = main.ok_or_else(|| {
        RebuildError::SourcesRefused(
            "this host's apt has no Debian archive; give --sources FILE".into(),
        )
    })?;
    let rolling = ["sid", "unstable", "experimental"].contains(&suite);
    let main_suites = if rolling {
        vec![suite.to_owned()]
    } else {
        vec![suite.to_owned(), format!("{suite}-updates")]
    };
    let mut entries = vec![both_types(main, main_suites)];
    if let Some(security) = debian()
        .find(|entry| entry.is_security())
        .filter(|_| !rolling)
    {
        entries.push(both_types(security, vec![format!("{suite}-security")]));
    }
    Ok(entries)
}

fn both_types(entry: &Entry, suites: Vec<String>) -> Entry {
    Entry {
        types: vec!["deb".into(), "deb-src".into()],
        suites,
        signed_by: None,
        ..entry.clone()
    }
}

/// A key in the form in which apt takes it inside a list.
fn embedded_key(signed_by: &str) -> Result<String, RebuildError> {
    if signed_by.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
        return Ok(signed_by
            .lines()
            .map(|line| format!(" {}\n", line.trim()))
            .collect());
    }
    let path = Path::new(signed_by);
    if !path.is_absolute() {
        return Err(RebuildError::SourcesRefused(format!(
            "Signed-By names no file: {signed_by:?}"
        )));
    }
    let size = std::fs::metadata(path)
        .map_err(RebuildError::io("read", path))?
        .len();
    if size > KEYRING_BYTES_MAX {
        return Err(RebuildError::SourcesRefused(format!(
            "the keyring {} is too large",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(RebuildError::io("read", path))?;
    let armoured = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(binary) => armour(binary.as_bytes()),
    };
    let dotted = armoured.lines().map(|line| {
        if line.trim().is_empty() {
            " .\n".to_owned()
        } else {
            format!(" {line}\n")
        }
    });
    Ok(dotted.collect())
}

fn armour(keyring: &[u8]) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(keyring);
    let mut text = String::from("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n");
    for line in encoded.as_bytes().chunks(64) {
        text += &String::from_utf8_lossy(line);
        text.push('\n');
    }
    text + "-----END PGP PUBLIC KEY BLOCK-----\n"
}

#[cfg(test)]
mod tests {
    use super::{Entry, debian_entries, parse};

    #[test]
    fn both_forms_of_the_list_are_read() {
        let line =
            parse("# c\ndeb [arch=amd64 signed-by=/k.gpg] http://m.example/debian bookworm main\n")
                .unwrap();
        let deb822 = parse(
            "Types: deb\nURIs: http://m.example/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k.gpg\n",
        );
        assert_eq!(line, deb822.unwrap());
    }

    #[test]
    fn an_option_that_turns_authentication_off_is_refused() {
        for option in [
            "trusted=yes",
            "allow-insecure=yes",
            "allow-weak=yes",
            "allow-downgrade-to-insecure=yes",
        ] {
            let text =
                format!("deb [signed-by=/k.gpg {option}] http://m.example/debian bookworm main");
            assert!(parse(&text).is_err(), "{option}");
        }
        assert!(
            parse(
                "Types: deb\nURIs: http://m.example/debian\nSuites: b\nTrusted: yes\nSigned-By: /k"
            )
            .is_err()
        );
    }

    #[test]
    fn third_party_archives_of_the_host_are_left_out() {
        let text = "deb [signed-by=/usr/share/keyrings/other.gpg] https://o.example/debian any main\n\
                    deb http://m.example/debian bookworm main\ndeb http://m.example/debian-security bookworm-security main\n";
        let entries: Vec<Entry> = debian_entries(&parse(text).unwrap(), "trixie").unwrap();
        let suites: Vec<String> = entries.iter().map(|entry| entry.suites.join(" ")).collect();
        assert_eq!(suites, ["trixie trixie-updates", "trixie-security"]);
        assert!(
            entries
                .iter()
                .all(|entry| entry.uris[0].starts_with("http://m.example/"))
        );
    }
}

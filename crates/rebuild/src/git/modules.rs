//! `.gitmodules`, as much of git's configuration format as the file needs (gitmodules(5)), and nothing of it obeyed.

use std::collections::BTreeMap;

use super::is_plain_path;

/// The largest that are known have 100 kB.
const MODULES_BYTES_MAX: usize = 1 << 20;
const NAME_BYTES_MAX: usize = 1_000;

/// Keys that tell git how to update or show a submodule. We do neither.
const IGNORED: [&str; 5] = [
    "branch",
    "fetchrecursesubmodules",
    "ignore",
    "shallow",
    "update",
];

/// The submodules that a tree describes: the `url` of each, by its path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Modules {
    urls: BTreeMap<String, String>,
}

/// The line that is refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(".gitmodules, line {line}: {problem}")]
pub(super) struct ModulesError {
    line: usize,
    problem: &'static str,
}

#[derive(Default)]
struct Section {
    line: usize,
    path: Option<String>,
    url: Option<String>,
}

impl Modules {
    /// Reads the whole file. What git reads otherwise in another version is refused: continued lines, text behind a value,
    /// sections that stand twice, keys that stand twice or that nobody knows.
    ///
    /// # Errors
    /// [`ModulesError`] names the first line that is refused.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ModulesError> {
        let refused = |line, problem| Err(ModulesError { line, problem });
        if bytes.len() > MODULES_BYTES_MAX {
            return refused(1, "the file is too large");
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return refused(1, "the file is not UTF-8");
        };
        let mut sections: BTreeMap<String, Section> = BTreeMap::new();
        let mut current: Option<String> = None;
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim_matches([' ', '\t']);
            let at = |problem| ModulesError { line, problem };
            if text.is_empty() || text.starts_with(['#', ';']) {
                continue;
            }
            if text.starts_with('[') {
                let name = section_name(text).map_err(at)?;
                let section = Section {
                    line,
                    ..Section::default()
                };
                if sections.insert(name.clone(), section).is_some() {
                    return refused(line, "a second section of this name");
                }
                current = Some(name);
                continue;
            }
            let section = current.as_ref().and_then(|name| sections.get_mut(name));
            let section = section.ok_or_else(|| at("a key before the first section"))?;
            section.take(text).map_err(at)?;
        }
        Self::of(sections)
    }

    fn of(sections: BTreeMap<String, Section>) -> Result<Self, ModulesError> {
        let mut urls = BTreeMap::new();
        for Section { line, path, url } in sections.into_values() {
            let refused = |problem| ModulesError { line, problem };
            let path = path.ok_or_else(|| refused("the submodule has no path"))?;
            let url = url.ok_or_else(|| refused("the submodule has no url"))?;
            if urls.insert(path, url).is_some() {
                return Err(refused("two submodules have one path"));
            }
        }
        Ok(Self { urls })
    }

    /// The `url` of the submodule at `path`.
    pub(super) fn url(&self, path: &str) -> Option<&str> {
        self.urls.get(path).map(String::as_str)
    }
}

impl Section {
    fn take(&mut self, text: &str) -> Result<(), &'static str> {
        let (key, rest) = text.split_once('=').ok_or("no KEY = VALUE")?;
        let key = key.trim_end_matches([' ', '\t']).to_ascii_lowercase();
        let value = value(rest.trim_start_matches([' ', '\t']))?;
        let (place, good) = match key.as_str() {
            "path" => (
                &mut self.path,
                is_plain_path(&value) && !value.starts_with('-'),
            ),
            // What an address may be is for the address to say; here only what would be an option or no text.
            "url" => (
                &mut self.url,
                !value.is_empty() && !value.starts_with('-') && !value.contains(char::is_control),
            ),
            _ if IGNORED.contains(&key.as_str()) => return Ok(()),
            _ => return Err("an unknown key"),
        };
        if !good {
            return Err("a path or url that begins with a hyphen, leads elsewhere or is not plain");
        }
        match place.replace(value) {
            Some(_) => Err("the key stands twice"),
            None => Ok(()),
        }
    }
}

/// `[submodule "NAME"]`, with `\"` and `\\` in the name.
fn section_name(text: &str) -> Result<String, &'static str> {
    const FORM: &str = "not a section of the form [submodule \"NAME\"]";
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let (kind, rest) = inner.and_then(|inner| inner.split_once(' ')).ok_or(FORM)?;
    let quoted = rest.trim_start_matches([' ', '\t']);
    if !kind.eq_ignore_ascii_case("submodule") || !quoted.starts_with('"') {
        return Err(FORM);
    }
    let name = unquote(quoted).ok_or(FORM)?;
    let leads_elsewhere = name.split(['/', '\\']).any(|part| part == "..");
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.starts_with('-') || leads_elsewhere {
        return Err("a name that is empty, begins with a hyphen or leads elsewhere");
    }
    Ok(name)
}

/// A value: as it stands, or as a whole in quotes.
fn value(text: &str) -> Result<String, &'static str> {
    if text.starts_with('"') {
        return unquote(text).ok_or("a quoted value that does not end the line");
    }
    if text.contains(['"', '\\', '#', ';']) {
        return Err("a quote, backslash or comment inside a value");
    }
    Ok(text.to_owned())
}

/// The text in quotes, which must be all there is.
fn unquote(text: &str) -> Option<String> {
    let mut unquoted = String::new();
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => break,
            '\\' => match characters.next()? {
                escaped @ ('"' | '\\') => unquoted.push(escaped),
                _ => return None,
            },
            other if other.is_control() => return None,
            other => unquoted.push(other),
        }
    }
    characters.next().is_none().then_some(unquoted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::Modules;

    fn url_at(text: &str, path: &str) -> Option<String> {
        let modules = Modules::parse(text.as_bytes()).unwrap();
        modules.url(path).map(str::to_owned)
    }

    fn problem(text: &str) -> String {
        Modules::parse(text.as_bytes()).unwrap_err().to_string()
    }

    const GOOD: &str = "# c\n[submodule \"one\"]\n\tpath = libs/one\n\turl = ../one.git\n\tbranch = main\n\
                        [Submodule \"t \\\"w\\\\o\"]\r\n  PATH=two\r\n ; c\n  Url = \"https://example.org/two\"\n";

    #[test]
    fn paths_lead_to_their_urls() {
        assert_eq!(url_at(GOOD, "libs/one").as_deref(), Some("../one.git"));
        assert_eq!(
            url_at(GOOD, "two").as_deref(),
            Some("https://example.org/two")
        );
        assert_eq!(url_at(GOOD, "three"), None);
        assert_eq!(url_at("", "one"), None);
    }

    #[test]
    fn a_url_path_or_name_that_is_an_option_or_leads_elsewhere_is_refused() {
        for text in [
            "[submodule \"a\"]\npath = a\nurl = --upload-pack=touch\n",
            "[submodule \"a\"]\npath = a\nurl = \"-u\"\n",
            "[submodule \"a\"]\npath = -a\nurl = ../a\n",
            "[submodule \"a\"]\npath = ../a\nurl = ../a\n",
            "[submodule \"a\"]\npath = /a\nurl = ../a\n",
            "[submodule \"../../hooks\"]\npath = a\nurl = ../a\n",
            "[submodule \"a\\\\..\\\\b\"]\npath = a\nurl = ../a\n",
            "[submodule \"-a\"]\npath = a\nurl = ../a\n",
            "[submodule \"\"]\npath = a\nurl = ../a\n",
        ] {
            assert!(Modules::parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn whatever_another_reader_could_read_otherwise_is_refused() {
        for (text, why) in [
            ("path = a\n", "before the first section"),
            (
                "[submodule \"a\"]\npath = a\npath = b\nurl = ../a\n",
                "stands twice",
            ),
            (
                "[submodule \"a\"]\npath = a\nurl = x\n[submodule \"a\"]\n",
                "second section",
            ),
            (
                "[submodule \"a\"]\npath = a\nurl = x\n[submodule \"b\"]\npath = a\nurl = y\n",
                "one path",
            ),
            ("[submodule \"a\"]\npath = a\n", "no url"),
            ("[submodule \"a\"]\nurl = a\n", "no path"),
            ("[submodule \"a\"]\npath = a\nurl = ../a # c\n", "comment"),
            ("[submodule \"a\"]\npath = a\nurl = ../a\\\n", "backslash"),
            (
                "[submodule \"a\"]\npath = a\nurl = \"x\" y\n",
                "does not end the line",
            ),
            ("[submodule \"a\"]\npath\n", "KEY = VALUE"),
            ("[submodule \"a\"] path = a\n", "not a section"),
            ("[submodule.a]\n", "not a section"),
            ("[core]\nsshCommand = x\n", "not a section"),
            ("[include \"a\"]\npath = /etc/passwd\n", "not a section"),
            (
                "[submodule \"a\"]\npath = a\nurl = x\nhook = y\n",
                "unknown key",
            ),
            ("\u{feff}[submodule \"a\"]\n", "before the first section"),
        ] {
            assert!(problem(text).contains(why), "{text:?}: {}", problem(text));
        }
        assert!(Modules::parse(b"\xff").is_err());
        assert!(Modules::parse(&vec![b'\n'; (1 << 20) + 1]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            drop(Modules::parse(&bytes));
        }

        #[test]
        fn no_text_of_its_own_alphabet_makes_it_panic(text in "[\\[\\]\"\\\\= \t\r\n#;a./-]{0,120}|(\\[submodule \"[a\\\\\"]{0,3}\"\\]\n(path|url) = [a\"\\\\.-]{0,4}\n){0,3}") {
            drop(Modules::parse(text.as_bytes()));
        }

        #[test]
        fn what_is_written_is_read_back(path in "[a-z]{1,8}(/[a-z.]{1,3}x){0,3}", url in "https://[a-z]{1,8}/[a-z ]{1,8}[a-z]") {
            let text = format!("[submodule \"x\"]\n\tpath = {path}\n\turl = \"{url}\"\n");
            let modules = Modules::parse(text.as_bytes()).unwrap();
            assert_eq!(modules.url(&path), Some(&*url));
        }
    }
}

//! Lists of digests (`SHA256SUMS`) that builders publish, and how far they agree.
//!
//! This is weak evidence and never leads to a verdict: such a list names no source, so that builders who agree may all have
//! built something else than what was released. Nothing in `verify` takes these types.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Sha256;
use crate::limits::Limits;

/// Bytes of a file's name with its folders.
const NAME_BYTES_MAX: usize = 1_024;

/// What one list says: the SHA-256 of each file by its name. Nothing is known about who says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sums(BTreeMap<String, Sha256>);

impl Sums {
    /// Reads the output of `sha256sum`: lines `DIGEST  NAME` or `DIGEST *NAME`, each with its line feed.
    ///
    /// A name is a path of plain parts (printable ASCII without white space and backslash, no empty, `.` or `..` part), as it must mean
    /// one file on every machine. The files may be as many as `products_max`, the bytes `policy_bytes_max`.
    ///
    /// # Errors
    /// [`SumsError`] when there is no line, a line is anything else, a name stands twice, or a limit is passed.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, SumsError> {
        if bytes.len() > limits.policy_bytes_max {
            return Err(SumsError::TooLarge {
                bytes_max: limits.policy_bytes_max,
            });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| SumsError::NotText)?;
        let text = text.strip_suffix('\n').ok_or(SumsError::CutOff)?;
        let mut files = BTreeMap::new();
        for (index, line) in text.split('\n').enumerate() {
            if index == limits.products_max {
                return Err(SumsError::TooMany {
                    count_max: limits.products_max,
                });
            }
            let (name, digest) = entry(line).ok_or(SumsError::Line { line: index + 1 })?;
            if files.insert(name.to_owned(), digest).is_some() {
                return Err(SumsError::Doubled { line: index + 1 });
            }
        }
        Ok(Self(files))
    }

    /// The files with their digests, in the order of their names.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&str, &Sha256)> {
        self.0.iter().map(|(name, digest)| (name.as_str(), digest))
    }

    /// The digest that the list has for a file.
    pub fn digest_of(&self, name: &str) -> Option<&Sha256> {
        self.0.get(name)
    }
}

/// One line without its end: 64 digits of lower-case hex, a space, a space or an asterisk, a name.
fn entry(line: &str) -> Option<(&str, Sha256)> {
    let (digest, name) = line.split_once(' ')?;
    let name = name.strip_prefix([' ', '*'])?;
    let plain = |part: &str| {
        let printable = part.bytes().all(|byte| byte.is_ascii_graphic());
        printable && !part.is_empty() && part != "." && part != ".."
    };
    let fits = name.len() <= NAME_BYTES_MAX && !name.contains('\\');
    let digest = Sha256::parse(digest).ok()?;
    (fits && name.split('/').all(plain)).then_some((name, digest))
}

/// How far builders agree on what they list. Who they are is as true as their names: it holds what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    groups: Vec<Group>,
    opinions: BTreeMap<String, Opinions>,
}

/// Builders whose lists are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their names, sorted.
    pub builders: Vec<String>,
    /// The list.
    pub sums: Sums,
}

/// What builders say about one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinions {
    /// The builders by the digest that they list, sorted.
    pub digests: BTreeMap<Sha256, Vec<String>>,
    /// The builders whose list lacks the file, sorted. They dissent too: the build gave them no such file.
    pub silent: Vec<String>,
}

impl Opinions {
    /// Whether at least two builders list the file, and no builder says otherwise or nothing. One alone agrees with nobody.
    pub fn unanimous(&self) -> bool {
        let agreed = self
            .digests
            .values()
            .next()
            .is_some_and(|all| all.len() > 1);
        agreed && self.digests.len() == 1 && self.silent.is_empty()
    }
}

impl Agreement {
    /// Groups lists by what they say.
    ///
    /// # Errors
    /// [`AgreementError`] when a builder's name stands twice, or there is no list.
    pub fn of(lists: &[(String, Sums)]) -> Result<Self, AgreementError> {
        let mut by_sums: BTreeMap<&Sums, BTreeSet<&str>> = BTreeMap::new();
        let mut builders: BTreeSet<&str> = BTreeSet::new();
        for (builder, sums) in lists {
            if !builders.insert(builder) {
                let builder = builder.clone();
                return Err(AgreementError::Doubled { builder });
            }
            by_sums.entry(sums).or_default().insert(builder);
        }
        if builders.is_empty() {
            return Err(AgreementError::None);
        }
        let owned = |names: &BTreeSet<&str>| names.iter().map(|name| (*name).to_owned()).collect();
        let mut opinions: BTreeMap<String, Opinions> = BTreeMap::new();
        let names: BTreeSet<&str> = by_sums
            .keys()
            .flat_map(|sums| sums.files().map(|(name, _)| name))
            .collect();
        for name in names {
            let opinion = opinions.entry(name.to_owned()).or_default();
            for (sums, group) in &by_sums {
                let place = match sums.digest_of(name) {
                    Some(digest) => opinion.digests.entry(*digest).or_default(),
                    None => &mut opinion.silent,
                };
                place.extend(group.iter().map(|builder| (*builder).to_owned()));
                place.sort_unstable();
            }
        }
        let mut groups: Vec<Group> = by_sums
            .into_iter()
            .map(|(sums, group)| Group {
                builders: owned(&group),
                sums: sums.clone(),
            })
            .collect();
        groups.sort_by(|a, b| {
            let larger = b.builders.len().cmp(&a.builders.len());
            larger.then_with(|| a.builders.cmp(&b.builders))
        });
        Ok(Self { groups, opinions })
    }

    /// The builders in groups of equal lists: the largest first, equally large ones by their first builder's name.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Each file that any builder lists, by its name.
    pub fn opinions(&self) -> &BTreeMap<String, Opinions> {
        &self.opinions
    }

    /// Whether at least two builders list the same files with the same digests, and no builder anything else.
    pub fn unanimous(&self) -> bool {
        let group = self.groups.first();
        self.groups.len() == 1 && group.is_some_and(|all| all.builders.len() > 1)
    }

    /// The files on which builders do not agree, because they list other digests or not all of them list it.
    pub fn dissent(&self) -> impl Iterator<Item = (&str, &Opinions)> {
        self.opinions
            .iter()
            .filter(|(_, opinions)| opinions.digests.len() > 1 || !opinions.silent.is_empty())
            .map(|(name, opinions)| (name.as_str(), opinions))
    }
}

/// Why bytes are no list of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SumsError {
    /// Larger than such a list.
    #[error("larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// More files than a build has.
    #[error("more than {count_max} files")]
    TooMany {
        /// The limit.
        count_max: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotText,
    /// Its last line has no end, so that more may have followed; or it is empty.
    #[error("it is empty or its last line is cut off")]
    CutOff,
    /// A line of another form, or a name that is no plain path.
    #[error("line {line} is not `SHA-256  NAME` with a digest in lower-case hex and a plain path")]
    Line {
        /// From 1.
        line: usize,
    },
    /// A name that stands in an earlier line, too.
    #[error("line {line} has the name of an earlier line")]
    Doubled {
        /// From 1.
        line: usize,
    },
}

/// Why lists cannot be held against each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// No list.
    #[error("there is no list")]
    None,
    /// Two lists by one builder.
    #[error("two lists by {builder:?}")]
    Doubled {
        /// The builder's name.
        builder: String,
    },
}

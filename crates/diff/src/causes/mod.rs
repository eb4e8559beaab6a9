//! What is likely to have caused a difference.
//!
//! **Enters:** headers, lines and bytes that differ.
//! **Leaves:** causes, each with a word for how likely it is, how often it was seen, and an example.
//! **Never:** certainty: a detector sees what a cause leaves behind, which something else may have left as well.

mod binary;
mod collation;
mod dates;
mod headers;
mod ids;
mod locale;
mod numbers;
mod pairs;
mod paths;
mod tokens;

use std::collections::BTreeMap;

pub(crate) use headers::{of_archive, of_headers};

use crate::report::{Difference, Report};
use crate::text::{Looked, Windows, visible};

/// A kind of cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CauseKind {
    /// The time of the build, or of files that it made.
    Timestamps,
    /// The order in which files were read or lines written.
    Order,
    /// The folder in which it was built.
    BuildPath,
    /// The build id of a program, which follows from all else in it.
    BuildId,
    /// The language, sorting or number format of the builder's locale.
    Locale,
    /// Another compression level, program or version over the same content.
    Compression,
    /// The user or group that built.
    Owner,
    /// The umask of the user that built.
    Umask,
    /// Line breaks of another system.
    LineEndings,
    /// Random identifiers.
    RandomId,
    /// A digest of something else that differs.
    Checksum,
}

impl CauseKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Timestamps,
        Self::Order,
        Self::BuildPath,
        Self::BuildId,
        Self::Locale,
        Self::Compression,
        Self::Owner,
        Self::Umask,
        Self::LineEndings,
        Self::RandomId,
        Self::Checksum,
    ];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timestamps => "timestamps",
            Self::Order => "order",
            Self::BuildPath => "build-path",
            Self::BuildId => "build-id",
            Self::Locale => "locale",
            Self::Compression => "compression",
            Self::Owner => "owner",
            Self::Umask => "umask",
            Self::LineEndings => "line-endings",
            Self::RandomId => "random-id",
            Self::Checksum => "checksum",
        }
    }

    /// What can be done about it, in one sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Timestamps => "take times from SOURCE_DATE_EPOCH, and cap those of files at it",
            Self::Order => {
                "sort what is read from folders, sets and hash tables before it is written"
            }
            Self::BuildPath => "build in the same folder, or map it away with -ffile-prefix-map",
            Self::BuildId => {
                "look at the other differences of the program first: it follows from them"
            }
            Self::Locale => "build with LC_ALL=C.UTF-8",
            Self::Compression => {
                "use the same program, version, level and number of threads; gzip -n"
            }
            Self::Owner => "pack with --owner=0 --group=0 --numeric-owner, or under fakeroot",
            Self::Umask => "set the umask to 022, or the modes themselves",
            Self::LineEndings => {
                "write line breaks as bytes; look at settings of git and of the editor"
            }
            Self::RandomId => "derive identifiers from contents or from a fixed seed",
            Self::Checksum => "look at the other differences first: it follows from them",
        }
    }
}

/// How likely a cause is. There is no certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It fits, and other causes do as well.
    Possible,
    /// It fits well.
    Likely,
    /// Nothing else is known that leaves this behind.
    VeryLikely,
}

impl Confidence {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::VeryLikely => "very likely",
        }
    }
}

/// A likely cause at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it is.
    pub kind: CauseKind,
    /// How likely it is by what was seen here.
    pub confidence: Confidence,
    /// How often it was seen here.
    pub count: usize,
    /// What was seen, in words, harmless and short.
    pub example: String,
}

/// A likely cause at all places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What it is.
    pub kind: CauseKind,
    /// The highest word of all places.
    pub confidence: Confidence,
    /// How often it was seen in all.
    pub count: usize,
    /// The first places: names of members with `!/` between an archive and its member; empty for the files themselves.
    pub places: Vec<String>,
    /// The example of the first place of the highest word.
    pub example: String,
}

/// More places than this are counted and not named.
const PLACES_MAX: usize = 3;
/// Characters of one side of an example.
const EXAMPLE_CHARACTERS_MAX: usize = 80;

/// Causes in the making: one for each kind.
#[derive(Default)]
struct Causes(BTreeMap<CauseKind, Cause>);

impl Causes {
    fn add(&mut self, kind: CauseKind, confidence: Confidence, example: String) {
        let new = Cause {
            kind,
            confidence,
            count: 0,
            example,
        };
        let cause = self.0.entry(kind).or_insert_with(|| new.clone());
        let count = cause.count.saturating_add(1);
        if new.confidence > cause.confidence {
            *cause = new;
        }
        cause.count = count;
    }

    fn into_list(self) -> Vec<Cause> {
        self.0.into_values().collect()
    }
}

/// `a → b`, made harmless and short.
fn example(a: &[u8], b: &[u8]) -> String {
    let short = |bytes: &[u8]| {
        let text = visible(bytes);
        match text.char_indices().nth(EXAMPLE_CHARACTERS_MAX) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    };
    format!("{} → {}", short(a), short(b))
}

/// Looks for causes in contents that are no archives.
pub(crate) fn of_contents(found: &mut Difference, windows: &Windows<'_>, looked: &Looked<'_>) {
    let mut causes = Causes::default();
    for (a, b) in &looked.pairs {
        pairs::look(a, b, &mut causes);
    }
    match looked.is_text {
        true if windows.is_whole => collation::look(windows.a, windows.b, &mut causes),
        true => {}
        false => {
            let note = binary::look(windows, &mut causes);
            found.notes.extend(note);
        }
    }
    found.causes.extend(causes.into_list());
}

/// Gathers the causes of a report.
pub(crate) fn summary(report: &Report) -> Vec<Summary> {
    let mut found = BTreeMap::new();
    if let Some(difference) = &report.difference {
        gather(difference, "", &mut found);
    }
    let mut list: Vec<Summary> = found.into_values().collect();
    list.sort_by_key(|one| (std::cmp::Reverse(one.confidence), one.kind));
    list
}

fn gather(difference: &Difference, place: &str, into: &mut BTreeMap<CauseKind, Summary>) {
    note(&difference.causes, place, into);
    let members = difference.archive.iter().flat_map(|a| &a.members.items);
    for member in members {
        let inside = match place {
            "" => member.name.clone(),
            place => format!("{place}!/{}", member.name),
        };
        note(&member.causes, &inside, into);
        if let Some(contents) = &member.contents {
            gather(&contents.difference, &inside, into);
        }
    }
}

fn note(causes: &[Cause], place: &str, into: &mut BTreeMap<CauseKind, Summary>) {
    for cause in causes {
        let summary = into.entry(cause.kind).or_insert_with(|| Summary {
            kind: cause.kind,
            confidence: cause.confidence,
            count: 0,
            places: Vec::new(),
            example: cause.example.clone(),
        });
        summary.count = summary.count.saturating_add(cause.count);
        if cause.confidence > summary.confidence {
            summary.confidence = cause.confidence;
            summary.example.clone_from(&cause.example);
        }
        let is_named = summary.places.iter().any(|named| named == place);
        if summary.places.len() < PLACES_MAX && !is_named {
            summary.places.push(place.to_owned());
        }
    }
}

//! Patterns over artifact names: Python's `fnmatch`, which in-toto's reference implementation uses.
//!
//! `*` any run of characters, `?` one character, `[abc]`, `[a-c]`, `[!abc]` one of a class. `/` is a character like any other. There
//! is no escape character; `[*]` is a literal star; an unclosed `[` is a literal.

use super::artifact::NAME_BYTES_MAX;

/// A pattern over names of artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    parts: Vec<Part>,
    /// How many parts, and how many bytes of the text, are literal before anything else.
    literal_parts: usize,
    literal_bytes: usize,
}

/// The steps that were allowed for matching are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfSteps;

/// Takes from the steps that are left.
pub(super) fn spend(steps_left: &mut usize, steps: usize) -> Result<(), OutOfSteps> {
    *steps_left = steps_left.checked_sub(steps).ok_or(OutOfSteps)?;
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(char),
    Any,
    Run,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`GlobError`] when it is longer than 4,096 bytes. An empty pattern matches nothing that has a name.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        if text.len() > NAME_BYTES_MAX {
            return Err(GlobError);
        }
        let characters: Vec<char> = text.chars().collect();
        let mut parts = Vec::new();
        let mut at = 0;
        while at < characters.len() {
            let (part, next) = part(&characters, at);
            // Two runs side by side match what one matches.
            if !(part == Part::Run && parts.last() == Some(&Part::Run)) {
                parts.push(part);
            }
            at = next;
        }
        let literal = |part: &&Part| matches!(part, Part::Literal(_));
        Ok(Self {
            text: text.to_owned(),
            literal_parts: parts.iter().take_while(literal).count(),
            literal_bytes: parts.iter().take_while(literal).map(Part::width).sum(),
            parts,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The characters that every matching name starts with.
    pub fn literal_prefix(&self) -> &str {
        &self.text[..self.literal_bytes]
    }

    /// The characters that every matching name ends with.
    pub fn literal_suffix(&self) -> &str {
        let literal = |part: &&Part| matches!(part, Part::Literal(_));
        let length: usize = self
            .parts
            .iter()
            .rev()
            .take_while(literal)
            .map(Part::width)
            .sum();
        &self.text[self.text.len() - length..]
    }

    /// Whether the pattern matches one name only, the one that it spells.
    pub fn is_literal(&self) -> bool {
        self.literal_prefix().len() == self.text.len()
    }

    /// Whether the pattern matches every name.
    pub fn matches_everything(&self) -> bool {
        self.parts == [Part::Run]
    }

    /// Whether the whole name matches. Time at most length of pattern × length of name.
    pub fn matches(&self, name: &str) -> bool {
        let mut unbounded = usize::MAX;
        self.matches_within(name, &mut unbounded) == Ok(true)
    }

    /// As [`Self::matches`]; each comparison of a character takes from `steps_left`.
    pub(super) fn matches_within(
        &self,
        name: &str,
        steps_left: &mut usize,
    ) -> Result<bool, OutOfSteps> {
        spend(steps_left, 1)?;
        if self.matches_everything() {
            return Ok(true);
        }
        let Some(rest) = name.strip_prefix(self.literal_prefix()) else {
            return Ok(false);
        };
        let (mut at, mut part_at) = (0, self.literal_parts);
        // After a mismatch only the last run can take one more character: earlier runs gain nothing.
        let mut resume: Option<(usize, usize)> = None;
        while let Some(character) = rest[at..].chars().next() {
            let part = self.parts.get(part_at);
            spend(steps_left, part.map_or(1, Part::steps))?;
            match part {
                Some(Part::Run) => {
                    resume = Some((part_at + 1, at));
                    part_at += 1;
                }
                Some(part) if part.takes(character) => {
                    at += character.len_utf8();
                    part_at += 1;
                }
                _ => {
                    let Some((after_run, run_end)) = resume else {
                        return Ok(false);
                    };
                    let taken = rest[run_end..].chars().next().map_or(1, char::len_utf8);
                    resume = Some((after_run, run_end + taken));
                    (part_at, at) = (after_run, run_end + taken);
                }
            }
        }
        Ok(self.parts[part_at..].iter().all(|part| *part == Part::Run))
    }
}

impl Part {
    /// Bytes of a literal in the pattern's text.
    fn width(&self) -> usize {
        if let Self::Literal(character) = self {
            character.len_utf8()
        } else {
            0
        }
    }

    /// What comparing one character with it costs.
    fn steps(&self) -> usize {
        match self {
            Self::Class { ranges, .. } => ranges.len().max(1),
            _ => 1,
        }
    }

    fn takes(&self, character: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == character,
            Self::Any => true,
            Self::Run => false,
            Self::Class { negated, ranges } => {
                ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&character))
                    != *negated
            }
        }
    }
}

/// The part that starts at `at`, and where the next one starts.
fn part(pattern: &[char], at: usize) -> (Part, usize) {
    match pattern[at] {
        '*' => (Part::Run, at + 1),
        '?' => (Part::Any, at + 1),
        '[' => class(pattern, at).unwrap_or((Part::Literal('['), at + 1)),
        literal => (Part::Literal(literal), at + 1),
    }
}

fn class(pattern: &[char], open: usize) -> Option<(Part, usize)> {
    let negated = pattern.get(open + 1) == Some(&'!');
    let first = open + 1 + usize::from(negated);
    // A `]` that comes first is a member.
    let close = (first + 1..pattern.len()).find(|at| pattern[*at] == ']')?;
    Some((
        Part::Class {
            negated,
            ranges: class_ranges(&pattern[first..close]),
        },
        close + 1,
    ))
}

fn class_ranges(members: &[char]) -> Vec<(char, char)> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < members.len() {
        if members.get(at + 1) == Some(&'-') && at + 2 < members.len() {
            // A range that runs backwards is empty, as in Python.
            if members[at] <= members[at + 2] {
                ranges.push((members[at], members[at + 2]));
            }
            at += 3;
        } else {
            ranges.push((members[at], members[at]));
            at += 1;
        }
    }
    ranges
}

/// A pattern that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pattern may have 4,096 bytes")]
pub struct GlobError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_fnmatch_does() {
        for (pattern, name, expected) in [
            ("*.deb", "catdoc_0.95_amd64.deb", true),
            ("*.deb", "a/b.deb", true),
            ("*.deb", "x.deb.sig", false),
            ("**.deb", "x.deb", true),
            ("a?c", "a/c", true),
            ("[abc]", "b", true),
            ("[!abc]", "b", false),
            ("[^a]", "^", true),
            ("[^a]", "a", true),
            ("[]a]", "]", true),
            ("[!]a]", "]", false),
            ("[a-c]x", "bx", true),
            ("[c-a]", "b", false),
            ("[a-]", "-", true),
            ("[abc", "[abc", true),
            ("a\\b", "a\\b", true),
            ("[*]", "*", true),
            ("[*]", "x", false),
            ("*", "", true),
            ("*a*b*c", "xaybzc", true),
            ("*a*b*c", "xaybz", false),
            ("é?", "éü", true),
            ("FOO", "foo", false),
            ("*.deb", ".deb", true),
            ("{a,b}", "a", false),
        ] {
            assert_eq!(
                Glob::parse(pattern).unwrap().matches(name),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn what_a_pattern_spells_out_is_known() {
        for (pattern, prefix, suffix, literal) in [
            ("a/b", "a/b", "a/b", true),
            ("a/*.é", "a/", ".é", false),
            ("*", "", "", false),
            ("[ab]c", "", "c", false),
            ("[abc", "[abc", "[abc", true),
            ("a?", "a", "", false),
        ] {
            let glob = Glob::parse(pattern).unwrap();
            assert_eq!(
                (glob.literal_prefix(), glob.literal_suffix()),
                (prefix, suffix)
            );
            assert_eq!(glob.is_literal(), literal, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_does_not_explode() {
        let pattern = Glob::parse(&"*a".repeat(1_000)).unwrap();
        assert!(!pattern.matches(&"a".repeat(999)));
        assert!(pattern.matches(&"a".repeat(5_000)));
    }

    #[test]
    fn an_endless_pattern_is_refused_and_an_empty_one_matches_no_name() {
        let empty = Glob::parse("").unwrap();
        assert!(!empty.matches("a") && !empty.matches_everything() && empty.is_literal());
        assert!(Glob::parse(&"a".repeat(4_097)).is_err());
    }
}

//! Artifact rules (in-toto 1.0 §4.3.3) as data.

use super::artifact::NAME_BYTES_MAX;
use super::{Glob, LayoutError};
use crate::json::{Json, ShapeError, strings};

/// One artifact rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `CREATE pattern`
    Create(Glob),
    /// `DELETE pattern`
    Delete(Glob),
    /// `MODIFY pattern`
    Modify(Glob),
    /// `ALLOW pattern`
    Allow(Glob),
    /// `DISALLOW pattern`
    Disallow(Glob),
    /// `REQUIRE name`: a name, not a pattern.
    Require(String),
    /// `MATCH pattern [IN prefix] WITH (MATERIALS|PRODUCTS) [IN prefix] FROM step`
    Match {
        /// Pattern over names, after the source prefix.
        pattern: Glob,
        /// Prefix of the names under test.
        source_prefix: Option<String>,
        /// The list of the other step that is looked into.
        with: ArtifactList,
        /// Prefix of the names in that list.
        destination_prefix: Option<String>,
        /// The other step.
        from: String,
    },
}

/// The two lists of artifacts that a link has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactList {
    /// What went in.
    Materials,
    /// What came out.
    Products,
}

impl Rule {
    pub(super) fn read(value: &Json<'_>) -> Result<Self, LayoutError> {
        Self::parse(&strings(value)?)
    }

    /// Reads a rule from its words. Keywords may be in any case; patterns, prefixes and names are kept as they are.
    ///
    /// # Errors
    /// [`LayoutError::Shape`] when the words are not one of the seven rules.
    pub fn parse(words: &[String]) -> Result<Self, LayoutError> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Prefixes are put before every name that a rule looks up.
        if words.iter().any(|word| word.len() > NAME_BYTES_MAX) {
            let problem = "a pattern, prefix or name in a rule may have 4,096 bytes";
            return Err(LayoutError::Shape(ShapeError::new(problem)));
        }
        let keyword = words
            .first()
            .map(|word| word.to_ascii_uppercase())
            .unwrap_or_default();
        match (keyword.as_str(), &words[..]) {
            ("CREATE", [_, pattern]) => Ok(Self::Create(glob(pattern)?)),
            ("DELETE", [_, pattern]) => Ok(Self::Delete(glob(pattern)?)),
            ("MODIFY", [_, pattern]) => Ok(Self::Modify(glob(pattern)?)),
            ("ALLOW", [_, pattern]) => Ok(Self::Allow(glob(pattern)?)),
            ("DISALLOW", [_, pattern]) => Ok(Self::Disallow(glob(pattern)?)),
            ("REQUIRE", [_, name]) => Ok(Self::Require((*name).to_owned())),
            ("MATCH", [_, rest @ ..]) => read_match(rest),
            _ => Err(not_a_rule(&words)),
        }
    }

    pub(super) fn to_json(&self) -> Json<'static> {
        Json::texts(self.words())
    }

    /// The rule as the words that it is written with, keywords in capitals.
    pub fn words(&self) -> Vec<String> {
        let (keyword, argument) = match self {
            Self::Create(pattern) => ("CREATE", pattern.as_str()),
            Self::Delete(pattern) => ("DELETE", pattern.as_str()),
            Self::Modify(pattern) => ("MODIFY", pattern.as_str()),
            Self::Allow(pattern) => ("ALLOW", pattern.as_str()),
            Self::Disallow(pattern) => ("DISALLOW", pattern.as_str()),
            Self::Require(name) => ("REQUIRE", name.as_str()),
            Self::Match { pattern, .. } => ("MATCH", pattern.as_str()),
        };
        let mut words = vec![keyword, argument];
        if let Self::Match {
            source_prefix,
            with,
            destination_prefix,
            from,
            ..
        } = self
        {
            if let Some(prefix) = source_prefix {
                words.extend(["IN", prefix]);
            }
            words.extend(["WITH", with.keyword()]);
            if let Some(prefix) = destination_prefix {
                words.extend(["IN", prefix]);
            }
            words.extend(["FROM", from]);
        }
        words.into_iter().map(str::to_owned).collect()
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.words().join(" "))
    }
}

impl ArtifactList {
    /// The word that rules use.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Materials => "MATERIALS",
            Self::Products => "PRODUCTS",
        }
    }
}

fn read_match(words: &[&str]) -> Result<Rule, LayoutError> {
    let is = |word: &str, keyword: &str| word.eq_ignore_ascii_case(keyword);
    let (pattern, source_prefix, rest) = match words {
        [pattern, within, prefix, rest @ ..] if is(within, "IN") => {
            (pattern, Some((*prefix).to_owned()), rest)
        }
        [pattern, rest @ ..] => (pattern, None, rest),
        [] => return Err(not_a_rule(words)),
    };
    let (with, list, destination_prefix, from, step) = match rest {
        [with, list, within, prefix, from, step] if is(within, "IN") => {
            (with, list, Some((*prefix).to_owned()), from, step)
        }
        [with, list, from, step] => (with, list, None, from, step),
        _ => return Err(not_a_rule(words)),
    };
    let with_list = match list.to_ascii_uppercase().as_str() {
        "MATERIALS" => ArtifactList::Materials,
        "PRODUCTS" => ArtifactList::Products,
        _ => return Err(not_a_rule(words)),
    };
    if !is(with, "WITH") || !is(from, "FROM") {
        return Err(not_a_rule(words));
    }
    Ok(Rule::Match {
        pattern: glob(pattern)?,
        source_prefix,
        with: with_list,
        destination_prefix,
        from: (*step).to_owned(),
    })
}

fn glob(pattern: &str) -> Result<Glob, LayoutError> {
    Glob::parse(pattern).map_err(|error| LayoutError::Shape(ShapeError::new(error.to_string())))
}

fn not_a_rule(words: &[&str]) -> LayoutError {
    LayoutError::Shape(ShapeError::new(format!(
        "not an artifact rule: {}",
        words.join(" ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_written_as_it_is_read() {
        for words in [
            &["CREATE", "a*"][..],
            &["DELETE", "a*"],
            &["MODIFY", "a*"],
            &["ALLOW", "a*"],
            &["DISALLOW", "*"],
            &["REQUIRE", "[a]*"],
            &["MATCH", "*", "WITH", "PRODUCTS", "FROM", "s"],
            &["MATCH", "*", "IN", "x", "WITH", "MATERIALS", "FROM", "s"],
            &["MATCH", "*", "WITH", "PRODUCTS", "IN", "y", "FROM", "s"],
            &[
                "MATCH", "*", "IN", "x", "WITH", "PRODUCTS", "IN", "y", "FROM", "s",
            ],
        ] {
            let json = Json::texts(words.iter().copied());
            assert_eq!(Rule::read(&json).unwrap().to_json(), json, "{words:?}");
        }
    }

    #[test]
    fn keywords_may_be_written_small_and_names_may_not_change() {
        let read = |words: &[&str]| Rule::read(&Json::texts(words.iter().map(|w| (*w).to_owned())));
        let small = read(&["match", "A", "with", "products", "from", "S"]).unwrap();
        let large = read(&["MATCH", "A", "WITH", "PRODUCTS", "FROM", "S"]).unwrap();
        assert_eq!(small, large);
        let Rule::Match { from, pattern, .. } = small else {
            panic!("a MATCH rule");
        };
        assert_eq!((from.as_str(), pattern.as_str()), ("S", "A"));
    }
}

//! Parameters: words that whoever verifies puts into a layout's rules and commands. Not in the specification; the reference tools'.

use std::collections::BTreeMap;

use super::{LayoutError, Rule};
use crate::json::{JsonError, ShapeError, object, parse, string};
use crate::limits::Limits;

/// Values by name, put in where a layout says `{name}`: in every word of its rules, expected commands and inspections.
///
/// `{{` and `}}` stand for one brace. Nothing but names is understood between braces. A layout is filled in after its signature was
/// checked; sublayouts are never filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Parameters by name.
    ///
    /// # Errors
    /// [`ParameterError::Name`] when a name has other characters than ASCII letters, digits, `_` and `-`.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Result<Self, ParameterError> {
        let values: BTreeMap<_, _> = values.into_iter().collect();
        match values.keys().find(|name| !is_name(name)) {
            Some(name) => Err(ParameterError::Name(name.clone())),
            None => Ok(Self(values)),
        }
    }

    /// Reads `{"name": "value", …}`.
    ///
    /// # Errors
    /// [`ParameterError`] when the bytes are not such an object.
    pub fn from_file(bytes: &[u8], limits: &Limits) -> Result<Self, ParameterError> {
        if bytes.len() > limits.policy_bytes_max {
            return Err(ShapeError::new("larger than a file of parameters may be").into());
        }
        let value = parse(bytes, limits)?;
        let values = object(&value)?
            .iter()
            .map(|(name, value)| {
                let value = string(value).map_err(|error| error.within(name))?;
                Ok((name.to_owned(), value.to_owned()))
            })
            .collect::<Result<Vec<_>, ShapeError>>()?;
        Self::new(values)
    }

    pub(super) fn fill(&self, words: &mut [String]) -> Result<(), ParameterError> {
        for word in words {
            *word = self.filled(word)?;
        }
        Ok(())
    }

    pub(super) fn fill_rules(&self, rules: &mut [Rule]) -> Result<(), ParameterError> {
        for rule in rules {
            let mut words = rule.words();
            self.fill(&mut words)?;
            *rule = Rule::parse(&words).map_err(|source| ParameterError::Rule {
                rule: words.join(" "),
                source: Box::new(source),
            })?;
        }
        Ok(())
    }

    fn filled(&self, word: &str) -> Result<String, ParameterError> {
        let lone = || ParameterError::Brace(word.to_owned());
        let mut filled = String::with_capacity(word.len());
        let mut rest = word;
        while let Some(at) = rest.find(['{', '}']) {
            let (plain, braced) = rest.split_at(at);
            filled.push_str(plain);
            if let Some(after) = braced.strip_prefix("{{") {
                filled.push('{');
                rest = after;
            } else if let Some(after) = braced.strip_prefix("}}") {
                filled.push('}');
                rest = after;
            } else {
                let named = braced.strip_prefix('{').ok_or_else(lone)?;
                let (name, after) = named.split_once('}').ok_or_else(lone)?;
                filled.push_str(self.value(name, word)?);
                rest = after;
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str, word: &str) -> Result<&str, ParameterError> {
        // A name of digits alone is a position in the reference tools' format strings, and they have none.
        let is_position = name.bytes().all(|byte| byte.is_ascii_digit());
        self.0
            .get(name)
            .filter(|_| !is_position)
            .map(String::as_str)
            .ok_or_else(|| ParameterError::Missing {
                name: name.to_owned(),
                word: word.to_owned(),
            })
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}

/// Why parameters cannot be put in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// A name that could mean something else between braces.
    #[error("{0:?} is not a parameter's name: use letters, digits, `_` and `-`")]
    Name(String),
    /// The layout names a parameter that is not given.
    #[error("the layout's {word:?} needs the parameter {name:?}, which is not given")]
    Missing {
        /// What stands between the braces.
        name: String,
        /// The word of the layout.
        word: String,
    },
    /// A brace without its other half; a brace that is meant is written twice.
    #[error(
        "the layout's {0:?} has a lone brace; with parameters, `{{{{` and `}}}}` stand for one"
    )]
    Brace(String),
    /// With the values put in it is no longer a rule.
    #[error("with the parameters put in, {rule:?} is no rule: {source}")]
    Rule {
        /// The words.
        rule: String,
        /// Why.
        source: Box<LayoutError>,
    },
    /// The file of parameters is not strict JSON.
    #[error("not strict JSON {0}")]
    Json(#[from] JsonError),
    /// The file of parameters is not an object of strings.
    #[error("not parameters: {0}")]
    Shape(#[from] ShapeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(word: &str) -> Result<String, ParameterError> {
        let values = [("A", "x*"), ("b-1", ""), ("0", "zero")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Parameters::new(values).unwrap().filled(word)
    }

    #[test]
    fn names_between_braces_are_replaced_once() {
        for (word, expected) in [
            ("plain", "plain"),
            ("{A}", "x*"),
            ("a{A}{b-1}c", "ax*c"),
            ("{{A}}", "{A}"),
            ("}}{{", "}{"),
            ("é{A}é", "éx*é"),
        ] {
            assert_eq!(filled(word).unwrap(), expected);
        }
    }

    #[test]
    fn anything_but_a_given_name_between_braces_is_refused() {
        for word in [
            "{B}", "{}", "{0}", "{A", "A}", "{", "}", "{A.x}", "{A[0]}", "{A!r}", "{A:>9}", "{ A}",
            "{{A}",
        ] {
            assert!(filled(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_value_that_makes_no_pattern_is_refused() {
        let value = ("F".to_owned(), "x".repeat(5_000));
        let parameters = Parameters::new([value]).unwrap();
        let rule = Rule::parse(&["ALLOW".to_owned(), "{F}".to_owned()]).unwrap();
        assert!(matches!(
            parameters.fill_rules(&mut [rule]),
            Err(ParameterError::Rule { .. })
        ));
        assert!(Parameters::new([("a b".to_owned(), String::new())]).is_err());
    }
}

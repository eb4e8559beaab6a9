//! Rules and commands as people write them: words as in a shell.

use quorate::intoto::Rule;

use crate::error::CommandError;

const FORMS: &str = "rules are CREATE, DELETE, MODIFY, ALLOW or DISALLOW PATTERN, REQUIRE NAME, or MATCH PATTERN [IN PREFIX] WITH MATERIALS|PRODUCTS [IN PREFIX] FROM STEP; quote words with spaces";

/// Reads rules, one a text.
pub(super) fn rules(texts: &[String]) -> Result<Vec<Rule>, CommandError> {
    texts.iter().map(|text| rule(text)).collect()
}

fn rule(text: &str) -> Result<Rule, CommandError> {
    let words = words(text).map_err(|error| error.hint(FORMS))?;
    Rule::parse(&words)
        .map_err(|error| CommandError::refused(format!("{text:?}: {error}")).hint(FORMS))
}

/// Splits a text into words as a shell does, without expanding anything.
pub(super) fn words(text: &str) -> Result<Vec<String>, CommandError> {
    shlex::split(text)
        .ok_or_else(|| CommandError::refused(format!("{text:?}: a quote is opened and not closed")))
}

/// Writes words so that [`words`] reads them back; only what needs quotes gets them.
pub(super) fn joined(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
}

fn quoted(word: &str) -> String {
    let special = |character: char| character.is_whitespace() || "'\"\\#".contains(character);
    if word.is_empty() || word.contains(special) {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for word in [
            "a", "", "a b", "it's", "a\\b", "\"", "#x", "*", "[!a]?", "é\n",
        ] {
            let words = vec!["ALLOW".to_owned(), word.to_owned(), "x".to_owned()];
            assert_eq!(super::words(&joined(&words)).unwrap(), words);
        }
        assert_eq!(joined(&["ALLOW".into(), "*.deb".into()]), "ALLOW *.deb");
    }

    #[test]
    fn an_open_quote_is_refused() {
        assert!(words("ALLOW 'a").is_err());
    }
}

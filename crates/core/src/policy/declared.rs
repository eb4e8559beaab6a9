//! What a party declares about itself: who answers for it, and what it may have in common with others.

use crate::attest::is_party_name;
use crate::json::{Json, Members, ShapeError, object, string};

/// What a party declares. Equal words mean one thing, so that every word has one spelling.
///
/// ```json
/// {"principal": "alpha-university", "domain": {"hosting": "self", "country": "DE", "toolchain": "debian-bookworm"}}
/// ```
///
/// It does not promise that any of it is true: nobody checks where a machine stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    principal: String,
    domain: Domain,
}

/// Where a party is, as it declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Who houses its machines, one word.
    pub hosting: String,
    /// The country in two capital letters (ISO 3166-1 alpha-2).
    pub country: String,
    /// What it builds with, one word.
    pub toolchain: String,
}

impl Declared {
    /// Takes the words, each in its one spelling.
    ///
    /// # Errors
    /// [`DeclaredError`] for a word with other than lower-case letters, digits and `+-.`, and a country of other than two capitals.
    pub fn new(principal: String, domain: Domain) -> Result<Self, DeclaredError> {
        let words = [
            ("principal", &principal),
            ("hosting", &domain.hosting),
            ("toolchain", &domain.toolchain),
        ];
        if let Some((name, word)) = words.into_iter().find(|(_, word)| !is_party_name(word)) {
            return Err(DeclaredError::Word(name, word.clone()));
        }
        let country = &domain.country;
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(DeclaredError::Country(country.clone()));
        }
        Ok(Self { principal, domain })
    }

    /// The one word for whoever answers for the party: parties of one principal have one vote together.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// Where it is.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// It as JSON.
    pub fn to_json(&self) -> Json<'static> {
        let text = |text: &String| Json::text(text.clone());
        let domain = Json::object([
            ("hosting", text(&self.domain.hosting)),
            ("country", text(&self.domain.country)),
            ("toolchain", text(&self.domain.toolchain)),
        ]);
        Json::object([("principal", text(&self.principal)), ("domain", domain)])
    }

    pub(super) fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = object(value)?;
        members.only(&["domain", "principal"])?;
        let text = |value: &Json<'_>| string(value).map(str::to_owned);
        let principal = members.read("principal", text)?;
        let domain = members.read("domain", |value| {
            let members = object(value)?;
            members.only(&["country", "hosting", "toolchain"])?;
            Ok(Domain {
                hosting: members.read("hosting", text)?,
                country: members.read("country", text)?,
                toolchain: members.read("toolchain", text)?,
            })
        })?;
        Self::new(principal, domain).map_err(|error| ShapeError::new(error.to_string()))
    }
}

/// Words that could mean two things.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeclaredError {
    /// Not one word in the one spelling.
    #[error("{0} {1:?} is no word of 2 to 64 lower-case letters, digits, plus, minus and dot")]
    Word(&'static str, String),
    /// Not two capital letters.
    #[error("country {0:?} is not two capital letters, as in DE")]
    Country(String),
}

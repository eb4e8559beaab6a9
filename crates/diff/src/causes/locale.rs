//! Languages: names of months, and sentences of the same form in other words.

/// Names of months in one language, in lower case.
type Months = [&'static str; 12];

const LANGUAGES: [Months; 6] = [
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
    [
        "januar",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
];

/// Which month a word names in which languages: a bit for each, the number of the month or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Month([u8; LANGUAGES.len()]);

/// English, German and French: where the first letters of the others' months are words of their own, such as `set` and `gen`.
const ABBREVIATED: usize = 3;

/// The month that a word names, whole or by its first three or four letters.
pub(super) fn month_of(word: &[u8]) -> Option<Month> {
    if word.len() < 3 || word.len() > 12 {
        return None;
    }
    let word = str::from_utf8(word).ok()?.to_lowercase();
    let mut found = [0; LANGUAGES.len()];
    for (language, (months, number)) in LANGUAGES.iter().zip(&mut found).enumerate() {
        let is_short = language < ABBREVIATED && word.chars().count() <= 4;
        // `sept` is as common as `sep`; longer pieces are words of their own, such as `march` and `marcher`.
        let names = |name: &&str| **name == word || (is_short && name.starts_with(&word));
        if let Some(index) = months.iter().position(names) {
            *number = u8::try_from(index).map_or(0, |index| index + 1);
        }
    }
    found
        .iter()
        .any(|number| *number > 0)
        .then_some(Month(found))
}

impl Month {
    /// Whether no language has both words.
    pub(super) fn is_of_another_language(self, other: Self) -> bool {
        let both = self.0.iter().zip(&other.0);
        !both.into_iter().any(|(a, b)| *a > 0 && *b > 0)
    }
}

/// Whether two lines have the same marks, digits and number of words, other words, and letters beyond ASCII in one of them.
pub(super) fn is_translation(a: &[u8], b: &[u8]) -> bool {
    const WORDS_MIN: usize = 2;
    let (Ok(a), Ok(b)) = (str::from_utf8(a), str::from_utf8(b)) else {
        return false;
    };
    let marks = |text: &str| -> String {
        let kept = text
            .chars()
            .filter(|c| !c.is_alphabetic() && !matches!(c, ' ' | ',' | '\''));
        kept.collect()
    };
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphabetic());
        words.filter(|word| word.chars().count() > 1).count()
    };
    a.is_ascii() != b.is_ascii()
        && words(a) >= WORDS_MIN
        && words(b) >= WORDS_MIN
        && marks(a) == marks(b)
}

#[cfg(test)]
mod tests {
    use super::{is_translation, month_of};

    #[test]
    fn months_of_two_languages_are_told_apart() {
        let of = |word: &str| month_of(word.as_bytes()).unwrap();
        assert!(of("December").is_of_another_language(of("Dezember")));
        assert!(of("Mai").is_of_another_language(of("May")));
        assert!(!of("Jan").is_of_another_language(of("Feb")));
        assert!(!of("August").is_of_another_language(of("Juli")));
        for other in ["maybe", "set", "gen", "mart"] {
            assert_eq!(month_of(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_translated_sentence_keeps_its_marks() {
        assert!(is_translation(
            b"Generated for 3 files:",
            "Für 3 Dateien gemäß Plan:".as_bytes()
        ));
        assert!(!is_translation(b"one two", b"three four"));
        assert!(!is_translation(b"one two.", "drei fünf!".as_bytes()));
    }
}

//! What may not reach a reader of somebody else's text as it is.

use proptest::prelude::{any, proptest};
use quorate::invisible::is_invisible;

/// The controls of direction: UAX 9 §2.
const DIRECTIONS: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

#[test]
fn what_moves_a_cursor_or_turns_a_line_round_is_invisible() {
    let zero_width = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];
    let separators = ['\u{2028}', '\u{2029}', '\u{85}', '\u{180e}', '\u{ad}'];
    let tags = [
        '\u{e0001}',
        '\u{e0041}',
        '\u{e007f}',
        '\u{e01ef}',
        '\u{fe0f}',
    ];
    let fillers = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}', '\u{fffb}'];
    let all = DIRECTIONS.iter().chain(&zero_width).chain(&separators);
    for hidden in all.chain(&tags).chain(&fillers) {
        assert!(is_invisible(*hidden), "{hidden:?}");
    }
}

#[test]
fn every_control_character_is_invisible_and_every_printable_one_of_ascii_is_not() {
    let controls = (0..=char::MAX as u32).filter_map(char::from_u32);
    assert!(controls.filter(|it| it.is_control()).all(is_invisible));
    assert!(!(' '..='~').any(is_invisible));
}

#[test]
fn what_people_write_stays() {
    for text in [
        "é ñ ü ß",
        "‘quoted’ “quoted” – — … • → ✓",
        "日本語 한국어 العربية עברית हिन्दी",
        "no-break\u{a0}space, 😀",
        // What replaces the others.
        "\u{fffd}",
    ] {
        assert!(!text.chars().any(is_invisible), "{text}");
    }
}

proptest! {
    /// Of the letters and digits of all scripts, only the fillers of Hangul have no shape.
    #[test]
    fn a_letter_or_digit_is_visible_unless_it_is_a_filler(character in any::<char>()) {
        let is_filler = matches!(character, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
        assert!(!character.is_alphanumeric() || is_invisible(character) == is_filler, "{character:?}");
    }

    /// Escaping is final: an escape has no invisible character, so that what was made visible stays as it is.
    #[test]
    fn an_escape_is_visible(character in any::<char>()) {
        assert!(!character.escape_unicode().any(is_invisible));
    }
}

//! Text in an SVG: escaped, and wide enough.

use crate::output;

/// Text for an element's content or an attribute: no mark-up, nothing that XML 1.0 forbids, nothing that a terminal acts on.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in output::line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML 1.0 §2.2.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// The text, or its start and end, of at most that many characters: names of one family differ at either.
pub(super) fn cut(text: &str, characters_max: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= characters_max {
        return text.to_owned();
    }
    let kept = characters_max - 1;
    let (start, end) = (kept - kept / 3, kept / 3);
    let start = characters[..start].iter();
    let end = characters[characters.len() - end..].iter();
    start.chain(&['…']).chain(end).collect()
}

/// No less than what a text in a fixed-width font takes, in pixels: fonts of 0.6 em are the widest in common use, and
/// what is beyond ASCII may come from a font of full width.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let em = |character: char| {
        if character.is_ascii() || "…→·".contains(character) {
            0.62
        } else {
            1.1
        }
    };
    text.chars().map(em).sum::<f64>() * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_up_and_control_characters_are_no_text() {
        assert_eq!(
            escaped("<script a=\"b\" c='d'>&\u{1b}[31m\n\u{ffff}\u{202e}"),
            "&lt;script a=&quot;b&quot; c=&#39;d&#39;&gt;&amp;\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn a_cut_text_keeps_its_start_and_its_end() {
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("abcdefghij", 7), "abcd…ij");
        assert_eq!(cut("ééééééééé", 4).chars().count(), 4);
    }
}

//! Text from outside made harmless and readable.

use quorate::invisible::is_invisible;

/// Shows bytes: control characters and what changes how others are seen as `\u{N}` or `\t` and `\r`, bytes that are no UTF-8 as `\xNN`.
pub(crate) fn visible(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(&visible_text(chunk.valid()));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The same for text.
pub(crate) fn visible_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            '\n' => shown.push_str("\\n"),
            hidden if is_invisible(hidden) => shown.extend(hidden.escape_unicode()),
            seen => shown.push(seen),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_a_terminal_would_act_on_is_seen_and_not_done() {
        assert_eq!(visible(b"a\x1b[31m\r\tb\x7f"), "a\\u{1b}[31m\\r\\tb\\u{7f}");
        assert_eq!(visible("é\u{202e}x\u{9b}".as_bytes()), "é\\u{202e}x\\u{9b}");
        for hidden in [
            "202a", "2069", "200e", "200f", "61c", "feff", "200b", "e0041",
        ] {
            let code = u32::from_str_radix(hidden, 16).unwrap();
            let text = format!("a{}b", char::from_u32(code).unwrap());
            assert_eq!(visible(text.as_bytes()), format!("a\\u{{{hidden}}}b"));
        }
        assert_eq!(visible(b"\xff\xe9t\xc3"), "\\xff\\xe9t\\xc3");
    }
}

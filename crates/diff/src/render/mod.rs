//! A report for people and for programs.
//!
//! **Enters:** a report, and the names under which the two files are known.
//! **Leaves:** JSON, text for a terminal, one page of HTML.
//! **Never:** a control character, or anything that HTML would act on, from a file or a name.

mod html;
mod json;
mod text;

pub use html::html;
pub use json::json;
pub use text::text;

/// What the two files are called, as whoever asked calls them. They are data like all else.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n> {
    /// The first.
    pub a: &'n str,
    /// The second.
    pub b: &'n str,
}

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as hex and as the characters that can be seen.
fn hex_row(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let seen = bytes.iter().map(|byte| match byte {
        0x20..0x7f => char::from(*byte),
        _ => '.',
    });
    let seen: String = seen.collect();
    format!("{:<47}  |{seen}|", pairs.join(" "))
}

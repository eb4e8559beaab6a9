//! Which characters of somebody else's text a reader would not see, or would see in another place than where they stand.
//!
//! Every program asks here before it shows a name, a message or a log, and puts an escape or a replacement in their stead.

/// True for control characters and for characters that have no shape of their own.
///
/// These are the controls (`Cc`), what Unicode calls default-ignorable (DerivedCoreProperties 16.0: zero width, fillers, variation selectors,
/// tags), all that changes the order of others (UAX 9 §2), the separators of lines and paragraphs, and the marks of annotations
/// (Unicode §23.2, §23.8). A tabulator and a line feed are among them; a space is not.
///
/// It does not promise that two texts without such characters look different: `а` and `a` do not.
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

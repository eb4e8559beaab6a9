//! Text → value: a recursive descent over RFC 8259 less everything that has two readings.

use std::borrow::Cow;

use super::{Json, Object};
use crate::limits::Limits;

/// Reads one JSON document that fills `bytes` exactly.
///
/// The caller has compared the length of `bytes` with the limit of its kind; depth and number of values are bounded here.
///
/// # Errors
/// [`JsonError`] with the byte offset of the first fault.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Json<'a>, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError {
        offset: error.valid_up_to(),
        kind: JsonErrorKind::NotUtf8,
    })?;
    let mut parser = Parser {
        text,
        at: 0,
        depth_left: limits.json_depth_max,
        values_left: limits.json_values_max,
    };
    parser.skip_space();
    let value = parser.value()?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.error(JsonErrorKind::Trailing));
    }
    Ok(value)
}

/// Why a text is not one strict JSON document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {kind}")]
pub struct JsonError {
    /// Offset of the fault in bytes from the start.
    pub offset: usize,
    /// What the fault is.
    pub kind: JsonErrorKind,
}

/// The faults that a strict JSON reader tells apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// A byte sequence that is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The text ends inside a value.
    #[error("ends too early")]
    Truncated,
    /// A character that no JSON text has there; a byte order mark is one.
    #[error("unexpected character")]
    Unexpected,
    /// More text after the value.
    #[error("something follows the document")]
    Trailing,
    /// A number with a fraction or an exponent: its canonical form is not defined.
    #[error("a number that is not an integer")]
    Float,
    /// A number with a leading zero or a negative zero.
    #[error("an integer in a spelling that is not the only one")]
    Integer,
    /// A string escape that JSON does not have.
    #[error("unknown escape")]
    Escape,
    /// Half of a surrogate pair.
    #[error("lone surrogate")]
    LoneSurrogate,
    /// A raw control character in a string.
    #[error("control character in a string")]
    Control,
    /// Two members with one key.
    #[error("duplicate key {0:?}")]
    DuplicateKey(String),
    /// Deeper than the limit.
    #[error("nested too deeply")]
    TooDeep,
    /// More values than the limit.
    #[error("too many values")]
    TooMany,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth_left: usize,
    values_left: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError {
            offset: self.at,
            kind,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self) -> JsonError {
        self.error(if self.at < self.text.len() {
            JsonErrorKind::Unexpected
        } else {
            JsonErrorKind::Truncated
        })
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self) -> Result<Json<'a>, JsonError> {
        self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or_else(|| self.error(JsonErrorKind::TooMany))?;
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.unexpected()),
        }
    }

    fn nested(
        &mut self,
        inner: fn(&mut Self) -> Result<Json<'a>, JsonError>,
    ) -> Result<Json<'a>, JsonError> {
        self.depth_left = self
            .depth_left
            .checked_sub(1)
            .ok_or_else(|| self.error(JsonErrorKind::TooDeep))?;
        self.at += 1;
        let value = inner(self)?;
        self.depth_left += 1;
        Ok(value)
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, JsonError> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self) -> Result<Json<'a>, JsonError> {
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            self.skip_space();
            items.push(self.value()?);
            self.skip_space();
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.expect(b']')?;
                return Ok(Json::Array(items));
            }
        }
    }

    fn object(&mut self) -> Result<Json<'a>, JsonError> {
        let mut members = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(Object::default()));
        }
        loop {
            self.skip_space();
            let key = self.string()?;
            self.skip_space();
            self.expect(b':')?;
            self.skip_space();
            members.push((key, self.value()?));
            self.skip_space();
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.expect(b'}')?;
                let object = Object::from_members(members);
                return object
                    .map(Json::Object)
                    .map_err(|key| self.error(JsonErrorKind::DuplicateKey(key.into_owned())));
            }
        }
    }

    fn integer(&mut self) -> Result<Json<'a>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let digits_from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == digits_from {
            return Err(self.unexpected());
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(self.error(JsonErrorKind::Float));
        }
        let spelling = &self.text[start..self.at];
        let leading_zero = self.text.as_bytes()[digits_from] == b'0' && spelling != "0";
        if leading_zero {
            return Err(self.error(JsonErrorKind::Integer));
        }
        Ok(Json::Integer(Cow::Borrowed(spelling)))
    }

    /// A string without escapes is borrowed; the first escape starts a copy.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"')?;
        let mut plain_from = self.at;
        let mut copy: Option<String> = None;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let plain = &self.text[plain_from..self.at];
                    self.at += 1;
                    return Ok(copy.map_or(Cow::Borrowed(plain), |mut copy| {
                        copy.push_str(plain);
                        Cow::Owned(copy)
                    }));
                }
                Some(b'\\') => {
                    let copy = copy.get_or_insert_default();
                    copy.push_str(&self.text[plain_from..self.at]);
                    self.at += 1;
                    copy.push(self.escape()?);
                    plain_from = self.at;
                }
                Some(0..0x20) => return Err(self.error(JsonErrorKind::Control)),
                Some(_) => self.at += plain_bytes(&self.text.as_bytes()[self.at..]),
                None => return Err(self.error(JsonErrorKind::Truncated)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let letter = self
            .peek()
            .ok_or_else(|| self.error(JsonErrorKind::Truncated))?;
        let plain = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.error(JsonErrorKind::Escape)),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first = self.four_hex_digits()?;
        let code = match first {
            0xD800..0xDC00 => {
                if !self.text.as_bytes()[self.at..].starts_with(b"\\u") {
                    return Err(self.error(JsonErrorKind::LoneSurrogate));
                }
                self.at += 2;
                let second = self.four_hex_digits()?;
                if !(0xDC00..0xE000).contains(&second) {
                    return Err(self.error(JsonErrorKind::LoneSurrogate));
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.error(JsonErrorKind::LoneSurrogate))
    }

    fn four_hex_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self
                .peek()
                .ok_or_else(|| self.error(JsonErrorKind::Truncated))?;
            let digit = char::from(digit)
                .to_digit(16)
                .ok_or_else(|| self.error(JsonErrorKind::Escape))?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}

/// How many bytes at the start of `text` stand for themselves in a string.
///
/// A payload is one string of base64 as long as everything else together: blocks are looked at as a whole, which compilers turn
/// into a few wide instructions.
fn plain_bytes(text: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let is_special = |byte: &u8| (*byte == b'"') | (*byte == b'\\') | (*byte < 0x20);
    let plain_blocks = text
        .chunks_exact(BLOCK)
        .take_while(|block| !block.iter().fold(false, |any, byte| any | is_special(byte)))
        .count();
    let rest = &text[plain_blocks * BLOCK..];
    plain_blocks * BLOCK + rest.iter().position(is_special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::super::canonical;
    use super::*;

    fn kind(text: &str) -> JsonErrorKind {
        parse(text.as_bytes(), &Limits::STANDARD).unwrap_err().kind
    }

    #[test]
    fn canonical_form_sorts_by_code_point_and_escapes_two_characters() {
        let text =
            r#" { "\u00e9":[1,-20,true,null] , "a\n\"\\\/":{"\ud83d\ude00":"","\uffff":0} } "#;
        let value = parse(text.as_bytes(), &Limits::STANDARD).unwrap();
        assert_eq!(
            String::from_utf8(canonical(&value)).unwrap(),
            "{\"a\n\\\"\\\\/\":{\"\u{ffff}\":0,\"😀\":\"\"},\"é\":[1,-20,true,null]}"
        );
        assert_eq!(parse(&value.to_text(), &Limits::STANDARD).unwrap(), value);
    }

    #[test]
    fn duplicate_json_keys_are_refused() {
        assert_eq!(
            kind(r#"{"a":1,"b":2,"a":1}"#),
            JsonErrorKind::DuplicateKey("a".into())
        );
        assert_eq!(
            kind(r#"{"a":1,"\u0061":1}"#),
            JsonErrorKind::DuplicateKey("a".into())
        );
        assert_eq!(
            kind(r#"[{"x":{"a":1,"a":2}}]"#),
            JsonErrorKind::DuplicateKey("a".into())
        );
    }

    #[test]
    fn two_readings_are_refused() {
        for (text, expected) in [
            ("1.0", JsonErrorKind::Float),
            ("1e3", JsonErrorKind::Float),
            ("01", JsonErrorKind::Integer),
            ("-0", JsonErrorKind::Integer),
            ("-", JsonErrorKind::Truncated),
            ("\u{feff}1", JsonErrorKind::Unexpected),
            ("1 1", JsonErrorKind::Trailing),
            (r#""\ud800""#, JsonErrorKind::LoneSurrogate),
            (r#""\ud800\u0041""#, JsonErrorKind::LoneSurrogate),
            (r#""\udc00""#, JsonErrorKind::LoneSurrogate),
            ("\"\u{1}\"", JsonErrorKind::Control),
            (r#""\x""#, JsonErrorKind::Escape),
            ("[1,]", JsonErrorKind::Unexpected),
            ("", JsonErrorKind::Truncated),
            ("{\"a\":1,}", JsonErrorKind::Unexpected),
            ("nul", JsonErrorKind::Unexpected),
            ("NaN", JsonErrorKind::Unexpected),
            ("\"abc", JsonErrorKind::Truncated),
        ] {
            assert_eq!(kind(text), expected, "{text:?}");
        }
        assert_eq!(
            parse(b"\"\xff\"", &Limits::STANDARD).unwrap_err().kind,
            JsonErrorKind::NotUtf8
        );
    }

    #[test]
    fn nesting_of_ten_thousand_is_refused_at_the_limit() {
        let deep = "[".repeat(10_000);
        let error = parse(deep.as_bytes(), &Limits::STANDARD).unwrap_err();
        assert_eq!(
            (error.kind, error.offset),
            (JsonErrorKind::TooDeep, Limits::STANDARD.json_depth_max)
        );
    }

    #[test]
    fn more_values_than_the_limit_are_refused() {
        let limits = Limits {
            json_values_max: 4,
            ..Limits::STANDARD
        };
        assert!(parse(b"[0,0,0]", &limits).is_ok());
        assert_eq!(
            parse(b"[0,0,0,0]", &limits).unwrap_err().kind,
            JsonErrorKind::TooMany
        );
    }

    #[test]
    fn integers_keep_every_digit() {
        let text = "1180591620717411303424";
        assert_eq!(
            canonical(&parse(text.as_bytes(), &Limits::STANDARD).unwrap()),
            text.as_bytes()
        );
    }

    #[test]
    fn a_string_ends_at_its_first_special_character_wherever_that_stands() {
        for length in 0..100 {
            let plain = "é".repeat(length / 2) + &"x".repeat(length % 2);
            let text = format!("[\"{plain}\",\"{plain}\\n{plain}\"]");
            let expected = Json::Array(vec![
                Json::text(plain.clone()),
                Json::text(format!("{plain}\n{plain}")),
            ]);
            assert_eq!(parse(text.as_bytes(), &Limits::STANDARD), Ok(expected));
            let cut = format!("\"{plain}");
            assert_eq!(kind(&cut), JsonErrorKind::Truncated);
            let raw = format!("\"{plain}\u{1f}{plain}\"");
            assert_eq!(kind(&raw), JsonErrorKind::Control);
        }
    }
}

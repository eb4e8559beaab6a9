//! One line of an `allowed_signers` file (ALLOWED SIGNERS in ssh-keygen(1)).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::pattern::PatternList;
use super::{SshKeyError, SshPublicKey};
use crate::time::Timestamp;

/// Who may sign by one key, for what and when.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) number: usize,
    pub(super) principals: PatternList,
    pub(super) options: Options,
    /// A key that can't count is kept with its reason: a signature by it is refused before it is looked up.
    pub(super) key: Result<SshPublicKey, SshKeyError>,
}

/// What stands between principals and key.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) cert_authority: bool,
    pub(super) namespaces: Option<PatternList>,
    pub(super) valid_after: Option<Timestamp>,
    pub(super) valid_before: Option<Timestamp>,
}

impl Line {
    /// Reads a line that is neither empty nor a comment, without its line end.
    pub(super) fn parse(number: usize, text: &str) -> Result<Self, AllowedSignersFault> {
        let (principals, rest) = principals(text)?;
        let principals = PatternList::parse(principals).ok_or(AllowedSignersFault::Principals)?;
        let (word, after) = next_word(rest).ok_or(AllowedSignersFault::NoKey)?;
        let (options, kind, after) = if SshPublicKey::is_type_name(word) {
            (Options::default(), word, after)
        } else {
            let (options, rest) = Options::parse(rest)?;
            let (kind, after) = next_word(rest).ok_or(AllowedSignersFault::NoKey)?;
            (options, kind, after)
        };
        // What follows the key is a comment.
        let (blob, _) = next_word(after).ok_or(AllowedSignersFault::NoKey)?;
        Ok(Self {
            number,
            principals,
            options,
            key: key(kind, blob)?,
        })
    }
}

/// The first field, which may be in quotes, and what follows the space behind it.
fn principals(text: &str) -> Result<(&str, &str), AllowedSignersFault> {
    let Some(quoted) = text.strip_prefix('"') else {
        return next_word(text).ok_or(AllowedSignersFault::Principals);
    };
    let (field, rest) = quoted.split_once('"').ok_or(AllowedSignersFault::Quote)?;
    match rest.strip_prefix(SPACE) {
        Some(rest) => Ok((field, rest)),
        None => Err(AllowedSignersFault::Principals),
    }
}

/// A key that counts, or the reason why it can't; a fault when it is no key at all.
fn key(kind: &str, blob: &str) -> Result<Result<SshPublicKey, SshKeyError>, AllowedSignersFault> {
    let blob = STANDARD.decode(blob).map_err(|_| SshKeyError::Encoding)?;
    let named = super::wire::Wire::new(&blob).text();
    if named != Some(kind) {
        return Err(AllowedSignersFault::KeyType);
    }
    match SshPublicKey::from_wire(&blob) {
        Err(error @ (SshKeyError::Encoding | SshKeyError::Type(_))) => Err(error.into()),
        key => Ok(key),
    }
}

impl Options {
    /// Reads options up to the first space outside of quotes, and gives what follows it.
    fn parse(text: &str) -> Result<(Self, &str), AllowedSignersFault> {
        let mut options = Self::default();
        let mut rest = text.trim_start_matches(SPACE);
        loop {
            let end = rest.find(['=', ',', ' ', '\t', '"']).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            rest = match after.strip_prefix('=') {
                None => {
                    options.set_flag(name)?;
                    after
                }
                Some(quoted) => {
                    let (value, after) = dequote(quoted)?;
                    options.set(name, &value)?;
                    after
                }
            };
            if let Some(following) = rest.strip_prefix(SPACE) {
                options.demand_some_time()?;
                return Ok((options, following));
            }
            rest = rest.strip_prefix(',').ok_or(AllowedSignersFault::NoKey)?;
        }
    }

    fn set_flag(&mut self, name: &str) -> Result<(), AllowedSignersFault> {
        if !name.eq_ignore_ascii_case("cert-authority") {
            return Err(AllowedSignersFault::Option(shown(name)));
        }
        if std::mem::replace(&mut self.cert_authority, true) {
            return Err(AllowedSignersFault::Twice("cert-authority"));
        }
        Ok(())
    }

    /// ssh-keygen(1): keywords are case-insensitive.
    fn set(&mut self, name: &str, value: &str) -> Result<(), AllowedSignersFault> {
        let is_twice = match name.to_ascii_lowercase().as_str() {
            "namespaces" => {
                let list = PatternList::parse(value).ok_or(AllowedSignersFault::Namespaces)?;
                self.namespaces.replace(list).map(|_| "namespaces")
            }
            "valid-after" => {
                let before = self.valid_after.replace(time(value)?);
                before.map(|_| "valid-after")
            }
            "valid-before" => {
                let before = self.valid_before.replace(time(value)?);
                before.map(|_| "valid-before")
            }
            _ => return Err(AllowedSignersFault::Option(shown(name))),
        };
        is_twice.map_or(Ok(()), |name| Err(AllowedSignersFault::Twice(name)))
    }

    fn demand_some_time(&self) -> Result<(), AllowedSignersFault> {
        match (self.valid_after, self.valid_before) {
            (Some(after), Some(before)) if before <= after => Err(AllowedSignersFault::NeverValid),
            _ => Ok(()),
        }
    }
}

const SPACE: [char; 2] = [' ', '\t'];

/// The next word, and what follows the space behind it.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(SPACE);
    let (word, rest) = text.split_once(SPACE).unwrap_or((text, ""));
    (!word.is_empty()).then_some((word, rest))
}

/// A value in quotes, in which `\"` is a quote, and what follows.
fn dequote(text: &str) -> Result<(String, &str), AllowedSignersFault> {
    let mut rest = text.strip_prefix('"').ok_or(AllowedSignersFault::Quote)?;
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('"').ok_or(AllowedSignersFault::Quote)?;
        match before.strip_suffix('\\') {
            Some(escaped) => {
                value.push_str(escaped);
                value.push('"');
            }
            None => {
                value.push_str(before);
                return Ok((value, after));
            }
        }
        rest = after;
    }
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with the `Z` of UTC.
fn time(text: &str) -> Result<Timestamp, AllowedSignersFault> {
    let malformed = || AllowedSignersFault::Time(shown(text));
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || ![8, 12, 14].contains(&digits.len()) {
        return Err(malformed());
    }
    if digits == text {
        return Err(AllowedSignersFault::LocalTime(shown(text)));
    }
    let digits = format!("{digits:0<14}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let spelt = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    let time = Timestamp::parse(&spelt).map_err(|_| malformed())?;
    // ssh-keygen refuses what is not after 1970 began: 0 stands for no time there.
    (time.unix_seconds() > 0)
        .then_some(time)
        .ok_or_else(malformed)
}

fn shown(text: &str) -> String {
    text.chars()
        .take(60)
        .flat_map(char::escape_default)
        .collect()
}

/// Why an `allowed_signers` file is refused as a whole. A line that can't be read could be the one that restricts a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the allowed signers {fault}")]
pub struct AllowedSignersError {
    /// The line's number, from 1; 0 when no single line is at fault.
    pub line: usize,
    /// What is wrong with it.
    pub fault: AllowedSignersFault,
}

/// What is wrong with a line of `allowed_signers`, or with all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllowedSignersFault {
    /// Above the limit.
    #[error("is one too many: the file has more than {0} bytes")]
    TooLarge(usize),
    /// No line names a signer.
    #[error("names nobody, and nor does any other")]
    Nobody,
    /// Not UTF-8, or with a control character.
    #[error("is not text")]
    NotText,
    /// Principals that are no list of patterns of which one can match.
    #[error("has no list of principals of which one can match")]
    Principals,
    /// A quote that does not end, or a value without quotes.
    #[error("has a value that is not in quotes")]
    Quote,
    /// No key behind principals and options.
    #[error("has no key where one must be")]
    NoKey,
    /// The key in base64 is of another type than the line says.
    #[error("has a key of another type than it says")]
    KeyType,
    /// No key that can be read.
    #[error("has a key that can't be read: {0}")]
    Key(#[from] SshKeyError),
    /// An option that is not known: it could be a restriction.
    #[error("has the unknown option {0:?}")]
    Option(String),
    /// An option that stands twice.
    #[error("has its option {0} twice")]
    Twice(&'static str),
    /// Namespaces that are no list of patterns of which one can match.
    #[error("has no list of namespaces of which one can match")]
    Namespaces,
    /// A time without `Z`.
    #[error("has the time {0:?} without Z, which means another time for each reader's time zone")]
    LocalTime(String),
    /// A time in another form.
    #[error("has {0:?}, which is no time of the form YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ")]
    Time(String),
    /// Valid before it is valid.
    #[error("is valid at no time")]
    NeverValid,
}

//! Strict JSON: the only reader of JSON that comes from outside.
//!
//! **Enters:** bytes of any origin and [`Limits`](crate::limits::Limits).
//! **Leaves:** a [`Json`] value whose text had exactly one reading, or an error with its place.
//! **Never:** floats, duplicate keys, a byte order mark, lone surrogates, anything after the value.
//!
//! Own code, because signatures are judged over what this module says a document is: a general parser keeps the last of two
//! equal keys, rounds large integers, and lets depth be somebody else's matter.

mod canonical;
mod parse;
mod shape;

pub use canonical::canonical;
pub use parse::{JsonError, JsonErrorKind, parse};
pub use shape::{Members, ShapeError, array, integer, items, object, string, strings};

use std::borrow::Cow;

/// A JSON value; strings borrow from the text where it has no escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of any size, in its only decimal spelling.
    Integer(Cow<'a, str>),
    /// A string of Unicode scalar values.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Self>),
    /// An object with unique keys.
    Object(Object<'a>),
}

/// An object's members, sorted by key in code point order, keys unique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    /// Sorts members; the key that occurs twice is the error.
    pub(crate) fn from_members(
        mut members: Vec<(Cow<'a, str>, Json<'a>)>,
    ) -> Result<Self, Cow<'a, str>> {
        // UTF-8 byte order is code point order, which canonical JSON sorts by.
        if !members.is_sorted_by(|a, b| a.0 < b.0) {
            members.sort_by(|a, b| a.0.cmp(&b.0));
            if let Some(at) = members.windows(2).position(|pair| pair[0].0 == pair[1].0) {
                return Err(members.swap_remove(at).0);
            }
        }
        Ok(Self(members))
    }

    /// The member of that name.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.0
            .binary_search_by(|member| member.0.as_ref().cmp(key))
            .ok()
            .map(|at| &self.0[at].1)
    }

    /// Takes the member of that name out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Json<'a>> {
        self.0
            .binary_search_by(|member| member.0.as_ref().cmp(key))
            .ok()
            .map(|at| self.0.remove(at).1)
    }

    /// All members in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Json<'a> {
    /// A string value.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::String(text.into())
    }

    /// An integer value.
    pub fn number(number: impl Into<i128>) -> Self {
        Self::Integer(Cow::Owned(number.into().to_string()))
    }

    /// An array of strings.
    pub fn texts<T: Into<Cow<'a, str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::Array(texts.into_iter().map(Self::text).collect())
    }

    /// An object of our own making; its keys are ours and unique.
    ///
    /// # Panics
    /// When a key occurs twice, which is an error of the calling code and never depends on input: callers that take keys from
    /// outside use maps.
    pub fn object<K: Into<Cow<'a, str>>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        let members = members
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect();
        Self::Object(Object::from_members(members).expect("the caller's keys are unique"))
    }

    /// The same value, borrowing from nothing.
    pub fn into_owned(self) -> Json<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(value),
            Self::Integer(digits) => Json::Integer(owned(digits)),
            Self::String(text) => Json::String(owned(text)),
            Self::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Self::Object(Object(members)) => Json::Object(Object(
                members
                    .into_iter()
                    .map(|(key, value)| (owned(key), value.into_owned()))
                    .collect(),
            )),
        }
    }

    /// The kind of this value, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

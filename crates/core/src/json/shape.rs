//! Value → what a format expects there, with the path of the first thing that is not.

use super::{Json, Object};

/// A document that is JSON but not of the expected form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", if path.is_empty() { "the document" } else { path })]
pub struct ShapeError {
    path: String,
    problem: String,
}

impl ShapeError {
    /// An error at this place.
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            problem: problem.into(),
        }
    }

    /// The same error, seen from the value that holds it under `name`.
    pub fn within(mut self, name: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{name}{separator}{}", self.path);
        self
    }

    /// The same error, seen from the array that holds it at `index`.
    pub fn at_index(self, index: usize) -> Self {
        self.within(&format!("[{index}]"))
    }
}

fn expected(what: &str, found: &Json<'_>) -> ShapeError {
    ShapeError::new(format!("expected {what}, found {}", found.kind()))
}

/// The members, when the value is an object.
///
/// # Errors
/// [`ShapeError`] when it is something else.
pub fn object<'j, 'a>(value: &'j Json<'a>) -> Result<&'j Object<'a>, ShapeError> {
    if let Json::Object(object) = value {
        Ok(object)
    } else {
        Err(expected("an object", value))
    }
}

/// The text, when the value is a string.
///
/// # Errors
/// [`ShapeError`] when it is something else.
pub fn string<'j>(value: &'j Json<'_>) -> Result<&'j str, ShapeError> {
    if let Json::String(text) = value {
        Ok(text)
    } else {
        Err(expected("a string", value))
    }
}

/// An integer that fits the target type.
///
/// # Errors
/// [`ShapeError`] when the value is something else or out of range.
pub fn integer<T: std::str::FromStr>(value: &Json<'_>) -> Result<T, ShapeError> {
    let Json::Integer(digits) = value else {
        return Err(expected("an integer", value));
    };
    digits
        .parse()
        .map_err(|_| ShapeError::new(format!("{digits} is out of range")))
}

/// The items, when the value is an array.
///
/// # Errors
/// [`ShapeError`] when it is something else.
pub fn array<'j, 'a>(value: &'j Json<'a>) -> Result<&'j [Json<'a>], ShapeError> {
    if let Json::Array(items) = value {
        Ok(items)
    } else {
        Err(expected("an array", value))
    }
}

/// An array whose items are read one by one; an error names the index.
///
/// # Errors
/// [`ShapeError`] when the value is no array, and the first that `read` has.
pub fn items<'j, 'a, T>(
    value: &'j Json<'a>,
    read: impl Fn(&'j Json<'a>) -> Result<T, ShapeError>,
) -> Result<Vec<T>, ShapeError> {
    array(value)?
        .iter()
        .enumerate()
        .map(|(index, item)| read(item).map_err(|error| error.at_index(index)))
        .collect()
}

/// An array of strings.
///
/// # Errors
/// [`ShapeError`] when the value is no array or an item no string.
pub fn strings(value: &Json<'_>) -> Result<Vec<String>, ShapeError> {
    items(value, |item| string(item).map(str::to_owned))
}

/// Reading of an object's members by name; each error carries the name.
pub trait Members<'a> {
    /// The member, which must be there.
    ///
    /// # Errors
    /// [`ShapeError`] when it is not.
    fn required(&self, name: &str) -> Result<&Json<'a>, ShapeError>;

    /// Reads the member, which must be there.
    ///
    /// # Errors
    /// [`ShapeError`] when it is not, or what `read` has, within the member's name.
    fn read<'j, T>(
        &'j self,
        name: &str,
        read: impl FnOnce(&'j Json<'a>) -> Result<T, ShapeError>,
    ) -> Result<T, ShapeError>
    where
        'a: 'j;

    /// Reads the member, which must be an array, item by item.
    ///
    /// # Errors
    /// [`ShapeError`] as [`items`] has it, within the member's name.
    fn read_items<'j, T>(
        &'j self,
        name: &str,
        read: impl Fn(&'j Json<'a>) -> Result<T, ShapeError>,
    ) -> Result<Vec<T>, ShapeError>
    where
        'a: 'j;

    /// Refuses members with other names.
    ///
    /// # Errors
    /// [`ShapeError`] with the first such name.
    fn only(&self, names: &[&str]) -> Result<(), ShapeError>;
}

impl<'a> Members<'a> for Object<'a> {
    fn required(&self, name: &str) -> Result<&Json<'a>, ShapeError> {
        self.get(name)
            .ok_or_else(|| ShapeError::new("missing").within(name))
    }

    fn read<'j, T>(
        &'j self,
        name: &str,
        read: impl FnOnce(&'j Json<'a>) -> Result<T, ShapeError>,
    ) -> Result<T, ShapeError>
    where
        'a: 'j,
    {
        read(self.required(name)?).map_err(|error| error.within(name))
    }

    fn read_items<'j, T>(
        &'j self,
        name: &str,
        read: impl Fn(&'j Json<'a>) -> Result<T, ShapeError>,
    ) -> Result<Vec<T>, ShapeError>
    where
        'a: 'j,
    {
        self.read(name, |value| items(value, read))
    }

    fn only(&self, names: &[&str]) -> Result<(), ShapeError> {
        match self.iter().find(|(key, _)| !names.contains(key)) {
            Some((key, _)) => Err(ShapeError::new(format!(
                "unknown member {key:?}; known are {}",
                names.join(", ")
            ))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn an_error_names_its_path() {
        let value =
            super::super::parse(br#"{"a":[{"b":1},{"b":"x"}]}"#, &Limits::STANDARD).unwrap();
        let read = |item| object(item)?.read("b", integer::<u8>);
        let error = object(&value).unwrap().read_items("a", read).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a[1].b: expected an integer, found a string"
        );
    }

    #[test]
    fn an_unknown_member_is_named() {
        let value = super::super::parse(br#"{"a":1,"treshold":2}"#, &Limits::STANDARD).unwrap();
        let error = object(&value)
            .unwrap()
            .only(&["a", "threshold"])
            .unwrap_err();
        assert!(error.to_string().contains("\"treshold\""), "{error}");
    }
}

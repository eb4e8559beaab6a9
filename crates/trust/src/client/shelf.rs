//! What was verified, kept from one update to the next. Whatever comes back from a shelf is judged again.

use std::collections::BTreeMap;

use crate::disk::{Disk, DiskError};

/// Where files are kept by names of our own making.
pub trait Shelf {
    /// The file's bytes; `None` where there is none.
    ///
    /// # Errors
    /// [`DiskError`] when it cannot be read or is longer than `bytes_max`.
    fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, DiskError>;

    /// Replaces the file whole: after a crash it is the old one or the new one.
    ///
    /// # Errors
    /// [`DiskError`]; then it is the old one.
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError>;

    /// Removes a file, or a folder with its files; nothing to remove is no error.
    ///
    /// # Errors
    /// [`DiskError`].
    fn remove(&mut self, name: &str) -> Result<(), DiskError>;

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// [`DiskError`].
    fn names(&self, folder: &str) -> Result<Vec<String>, DiskError>;
}

impl Shelf for Disk {
    fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, DiskError> {
        Self::read(self, name, bytes_max)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        Self::write(self, name, bytes)
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        Self::remove(self, name)
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        Self::names(self, folder)
    }
}

/// A shelf in memory, for one process.
#[derive(Clone, Debug, Default)]
pub struct MemoryShelf(pub BTreeMap<String, Vec<u8>>);

impl Shelf for MemoryShelf {
    fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, DiskError> {
        match self.0.get(name) {
            Some(bytes) if bytes.len() > bytes_max => Err(DiskError::TooLong {
                path: name.into(),
                bytes_max,
            }),
            found => Ok(found.cloned()),
        }
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.0.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        let below = format!("{name}/");
        self.0
            .retain(|found, _| found != name && !found.starts_with(&below));
        Ok(())
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let below = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut names: Vec<String> = self
            .0
            .keys()
            .filter_map(|name| name.strip_prefix(&below)?.split('/').next())
            .map(str::to_owned)
            .collect();
        names.dedup();
        Ok(names)
    }
}

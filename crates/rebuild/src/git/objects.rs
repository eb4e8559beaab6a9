//! Reading objects out of a bare repository through `git cat-file --batch`, and comparing every one of them with its id.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use quorate::digest::{Sha256, Sha256Stream};
use quorate::source::git::{ObjectFormat, ObjectHasher, ObjectId, ObjectKind};

use crate::error::RebuildError;

/// `ID TYPE SIZE`, with room.
const ANSWER_BYTES_MAX: u64 = 200;

/// A `git cat-file` that runs. It ends with this value.
pub(super) struct Objects {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    format: ObjectFormat,
}

impl Objects {
    /// Starts `command`, which answers as `git cat-file --batch` does.
    pub(super) fn open(command: &mut Command, format: ObjectFormat) -> Result<Self, RebuildError> {
        let io = || RebuildError::io("start", Path::new("git"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(io())?;
        let no_pipe = || io()(std::io::ErrorKind::BrokenPipe.into());
        let questions = child.stdin.take().ok_or_else(no_pipe)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(no_pipe)?);
        Ok(Self {
            child,
            questions,
            answers,
            format,
        })
    }

    /// How this repository names objects.
    pub(super) const fn format(&self) -> ObjectFormat {
        self.format
    }

    /// The whole content of an object that has at most `bytes_max` bytes, and what it is.
    ///
    /// # Errors
    /// [`RebuildError::SourceRefused`] when it is not there, too large, or its bytes do not have the id.
    pub(super) fn read(
        &mut self,
        id: &ObjectId,
        bytes_max: u64,
    ) -> Result<(ObjectKind, Vec<u8>), RebuildError> {
        let mut content = Vec::new();
        let (kind, _, _) = self.copy(id, bytes_max, &mut content)?;
        Ok((kind, content))
    }

    /// The content of an object that must be a `kind`.
    ///
    /// # Errors
    /// As [`Self::read`], and when it is of another kind.
    pub(super) fn read_kind(
        &mut self,
        id: &ObjectId,
        kind: ObjectKind,
        bytes_max: u64,
    ) -> Result<Vec<u8>, RebuildError> {
        match self.read(id, bytes_max)? {
            (found, content) if found == kind => Ok(content),
            (found, _) => Err(refused(format!("{id} is a {found} where a {kind} must be"))),
        }
    }

    /// Copies an object's content to `to`, in pieces. Returns what it is, its size, and SHA-256 of its content.
    ///
    /// # Errors
    /// As [`Self::read`]. What was copied before an error means nothing.
    pub(super) fn copy(
        &mut self,
        id: &ObjectId,
        bytes_max: u64,
        to: &mut impl Write,
    ) -> Result<(ObjectKind, u64, Sha256), RebuildError> {
        let lost = |_| refused(format!("git ended while it was asked for {id}"));
        writeln!(self.questions, "{id}")
            .and_then(|()| self.questions.flush())
            .map_err(lost)?;
        let mut line = String::new();
        (&mut self.answers)
            .take(ANSWER_BYTES_MAX)
            .read_line(&mut line)
            .map_err(lost)?;
        let (kind, size) = parse_answer(&line, id)
            .ok_or_else(|| refused(format!("the object {id} is not in the repository")))?;
        if size > bytes_max {
            return Err(refused(format!(
                "the {kind} {id} has {size} bytes, and at most {bytes_max} are taken"
            )));
        }
        let mut hasher = ObjectHasher::new(self.format, kind, size);
        let mut sha256 = Sha256Stream::default();
        let mut left = size;
        let mut buffer = vec![0; 1 << 16];
        while left > 0 {
            let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            let piece = buffer.get_mut(..most).unwrap_or_default();
            self.answers.read_exact(piece).map_err(lost)?;
            hasher.update(piece);
            sha256.update(piece);
            to.write_all(piece)
                .map_err(RebuildError::io("write", Path::new("the source")))?;
            left = left.saturating_sub(most as u64);
        }
        let mut end = [0];
        self.answers.read_exact(&mut end).map_err(lost)?;
        match hasher.finish() {
            Ok(found) if found == *id && end == *b"\n" => Ok((kind, size, sha256.finish())),
            Ok(_) => Err(refused(format!(
                "the bytes of the {kind} {id} do not have this id"
            ))),
            Err(error) => Err(refused(format!("the {kind} {id}: {error}"))),
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `ID TYPE SIZE` for the object that was asked for; anything else, such as `ID missing`, is none.
fn parse_answer(line: &str, id: &ObjectId) -> Option<(ObjectKind, u64)> {
    let mut words = line.strip_suffix('\n')?.split(' ');
    let (found, kind, size) = (words.next()?, words.next()?, words.next()?);
    let kind = ObjectKind::ALL
        .into_iter()
        .find(|known| known.name() == kind)?;
    let plain = size.bytes().all(|byte| byte.is_ascii_digit());
    let whole = words.next().is_none() && found == id.to_string() && plain;
    whole.then(|| size.parse().ok())?.map(|size| (kind, size))
}

/// The source is refused because of `why`, which may hold a stranger's text.
pub(super) fn refused(why: impl AsRef<str>) -> RebuildError {
    RebuildError::SourceRefused(crate::tool::printable(why.as_ref()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use quorate::source::git::{ObjectFormat, ObjectId, ObjectKind, object_id};

    use super::{Objects, parse_answer};

    fn id(content: &[u8]) -> ObjectId {
        object_id(ObjectFormat::Sha1, ObjectKind::Blob, content).unwrap()
    }

    /// A repository that answers every question with `answer`.
    fn read(answer: &str, id: &ObjectId) -> Result<Vec<u8>, String> {
        let mut command = Command::new("sh");
        command.args(["-c", "read question; printf \"$0\"", answer]);
        let mut objects = Objects::open(&mut command, ObjectFormat::Sha1).unwrap();
        objects
            .read_kind(id, ObjectKind::Blob, 100)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_whose_bytes_do_not_have_its_id_is_refused() {
        let good = id(b"good\n");
        assert_eq!(
            read(&format!("{good} blob 5\ngood\\n\n"), &good).unwrap(),
            b"good\n"
        );
        let why = read(&format!("{good} blob 5\nevil\\n\n"), &good).unwrap_err();
        assert!(why.contains("do not have this id"), "{why}");
        let why = read(&format!("{good} tree 5\ngood\\n\n"), &good).unwrap_err();
        assert!(why.contains("do not have this id"), "{why}");
    }

    #[test]
    fn an_object_that_is_missing_cut_off_or_too_large_is_refused() {
        let good = id(b"good\n");
        for (answer, expected) in [
            (format!("{good} missing\n"), "not in the repository"),
            (format!("{good} blob 5\ngo"), "git ended"),
            (String::new(), "not in the repository"),
            (format!("{good} blob 101\n"), "at most 100"),
            (format!("{good} blob -1\n"), "not in the repository"),
            (
                format!("{} blob 5\ngood\\n\n", id(b"x")),
                "not in the repository",
            ),
        ] {
            let why = read(&answer, &good).unwrap_err();
            assert!(why.contains(expected), "{answer:?}: {why}");
        }
    }

    #[test]
    fn an_answer_has_three_words() {
        let id = id(b"");
        assert_eq!(
            parse_answer(&format!("{id} blob 7\n"), &id),
            Some((ObjectKind::Blob, 7))
        );
        for rest in [
            "blob 7 8\n",
            "blob 7",
            "blob +7\n",
            "Blob 7\n",
            "blob\n",
            "blob 99999999999999999999\n",
        ] {
            assert_eq!(parse_answer(&format!("{id} {rest}"), &id), None, "{rest}");
        }
    }
}

//! Reading objects through `git cat-file --batch`, and comparing every one of them with its id.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use quorate::digest::{Sha256, Sha256Stream};
use quorate::source::git::{ObjectFormat, ObjectHasher, ObjectId, ObjectKind};

use crate::GitError;

/// `ID TYPE SIZE`, with room.
const ANSWER_BYTES_MAX: u64 = 200;
/// Questions that may be open at one time: enough for git never to wait, few enough for a pipe's buffer (65 bytes each).
const QUESTIONS_AHEAD: usize = 200;
/// Large enough that system calls cost nothing beside hashing.
const PIECE_BYTES: usize = 1 << 16;

/// A `git cat-file --batch` that runs. It ends with this value.
#[derive(Debug)]
pub struct Objects {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    piece: Vec<u8>,
    format: ObjectFormat,
}

/// What is known of an object whose content was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) kind: ObjectKind,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
}

impl Objects {
    /// Starts `command`, which answers as `git cat-file --batch` does, for a repository of that format.
    ///
    /// # Errors
    /// [`GitError::Start`].
    pub fn open(command: &mut Command, format: ObjectFormat) -> Result<Self, GitError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::Start)?;
        let no_pipe = || GitError::Start(std::io::ErrorKind::BrokenPipe.into());
        let questions = child.stdin.take().ok_or_else(no_pipe)?;
        let answers = child.stdout.take().ok_or_else(no_pipe)?;
        Ok(Self {
            child,
            questions,
            answers: BufReader::with_capacity(PIECE_BYTES, answers),
            piece: vec![0; PIECE_BYTES],
            format,
        })
    }

    /// How this repository names objects.
    pub const fn format(&self) -> ObjectFormat {
        self.format
    }

    /// The whole content of an object of at most `bytes_max` bytes, and what it is.
    ///
    /// # Errors
    /// [`GitError`] when it is not there, too large, or its bytes do not have the id.
    pub fn read(
        &mut self,
        id: &ObjectId,
        bytes_max: u64,
    ) -> Result<(ObjectKind, Vec<u8>), GitError> {
        let mut content = Vec::new();
        self.ask(id)?;
        let copied = self.answer(id, bytes_max, &mut content)?;
        Ok((copied.kind, content))
    }

    /// The content of an object that must be a `kind`.
    ///
    /// # Errors
    /// As [`Self::read`], and when it is of another kind.
    pub fn read_kind(
        &mut self,
        id: &ObjectId,
        kind: ObjectKind,
        bytes_max: u64,
    ) -> Result<Vec<u8>, GitError> {
        let (found, content) = self.read(id, bytes_max)?;
        of_kind(id, found, kind).map(|()| content)
    }

    /// Copies an object's content to `to`, in pieces; gives what it is, its size in bytes, and SHA-256 of the content alone.
    ///
    /// # Errors
    /// As [`Self::read`]. What was copied before an error means nothing.
    pub fn copy(
        &mut self,
        id: &ObjectId,
        bytes_max: u64,
        to: &mut impl Write,
    ) -> Result<(ObjectKind, u64, Sha256), GitError> {
        self.ask(id)?;
        let copied = self.answer(id, bytes_max, to)?;
        Ok((copied.kind, copied.size, copied.sha256))
    }

    /// Asks for many objects of one kind at once, so that git and we work at the same time, and gives each to `take` in order.
    pub(crate) fn for_each(
        &mut self,
        ids: &[ObjectId],
        kind: ObjectKind,
        bytes_max: u64,
        keep_bytes_max: u64,
        mut take: impl FnMut(usize, Copied, &[u8]) -> Result<(), GitError>,
    ) -> Result<(), GitError> {
        let mut asked = 0;
        for (at, id) in ids.iter().enumerate() {
            while asked < ids.len().min(at.saturating_add(QUESTIONS_AHEAD)) {
                self.ask(&ids[asked])?;
                asked += 1;
            }
            let mut start = Start::keeping(keep_bytes_max);
            let copied = self.answer(id, bytes_max, &mut start)?;
            of_kind(id, copied.kind, kind)?;
            take(at, copied, &start.bytes)?;
        }
        Ok(())
    }

    fn ask(&mut self, id: &ObjectId) -> Result<(), GitError> {
        let asked = writeln!(self.questions, "{id}").and_then(|()| self.questions.flush());
        asked.map_err(|_| GitError::Ended(*id))
    }

    /// What stands in front of an object's content.
    fn heading(&mut self, id: &ObjectId) -> Result<(ObjectKind, u64), GitError> {
        let mut line = String::new();
        (&mut self.answers)
            .take(ANSWER_BYTES_MAX)
            .read_line(&mut line)
            .map_err(|_| GitError::Ended(*id))?;
        parse_answer(&line, id).ok_or(GitError::Missing(*id))
    }

    fn answer(
        &mut self,
        id: &ObjectId,
        bytes_max: u64,
        to: &mut impl Write,
    ) -> Result<Copied, GitError> {
        let ended = |_| GitError::Ended(*id);
        let (kind, size) = self.heading(id)?;
        if size > bytes_max {
            return Err(GitError::TooLarge {
                id: *id,
                kind,
                size,
                bytes_max,
            });
        }
        let mut hasher = ObjectHasher::new(self.format, kind, size);
        let mut sha256 = Sha256Stream::default();
        let mut left = size;
        while left > 0 {
            let most = usize::try_from(left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
            let piece = self.piece.get_mut(..most).unwrap_or_default();
            self.answers.read_exact(piece).map_err(ended)?;
            hasher.update(piece);
            sha256.update(piece);
            to.write_all(piece).map_err(GitError::Write)?;
            left = left.saturating_sub(most as u64);
        }
        let mut end = [0];
        self.answers.read_exact(&mut end).map_err(ended)?;
        let problem = match hasher.finish() {
            Ok(found) if found == *id && end == *b"\n" => {
                let sha256 = sha256.finish();
                return Ok(Copied { kind, size, sha256 });
            }
            Ok(_) => "its bytes do not have this id".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(GitError::Id {
            id: *id,
            kind,
            problem,
        })
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A `git cat-file --batch-check` that runs: how large objects are, by git's account. It ends with this value.
///
/// It promises nothing: whoever reads an object compares it with its id.
#[derive(Debug)]
pub struct Sizes(Objects);

impl Sizes {
    /// Starts `command`, which answers as `git cat-file --batch-check` does, for a repository of that format.
    ///
    /// # Errors
    /// [`GitError::Start`].
    pub fn open(command: &mut Command, format: ObjectFormat) -> Result<Self, GitError> {
        Objects::open(command, format).map(Self)
    }

    /// The size of an object in bytes.
    ///
    /// # Errors
    /// [`GitError`] when it is not there.
    pub fn size(&mut self, id: &ObjectId) -> Result<u64, GitError> {
        self.0.ask(id)?;
        self.0.heading(id).map(|(_, size)| size)
    }
}

/// The first bytes of what goes by.
struct Start {
    bytes: Vec<u8>,
    keep_bytes_max: usize,
}

impl Start {
    fn keeping(bytes_max: u64) -> Self {
        Self {
            bytes: Vec::new(),
            keep_bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX),
        }
    }
}

impl Write for Start {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        let room = self.keep_bytes_max.saturating_sub(self.bytes.len());
        self.bytes.extend(piece.iter().take(room));
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn of_kind(id: &ObjectId, found: ObjectKind, wanted: ObjectKind) -> Result<(), GitError> {
    if found == wanted {
        return Ok(());
    }
    Err(GitError::Kind {
        id: *id,
        found,
        wanted,
    })
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

//! Archives made by real tools, and tars made by hand.

use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Stdio};

use quorate_archive::{
    ArchiveError, Format, Inventory, Limits, Member, MemberKind, inventory, inventory_seek,
};
use tempfile::TempDir;

/// A folder with files, links and names of many kinds, and the tools that pack it.
pub(crate) struct Workshop {
    pub(crate) folder: TempDir,
}

/// Longer than the 100 bytes of a tar header.
pub(crate) fn long_name() -> String {
    format!("{}/{}/{}", "d".repeat(60), "e".repeat(60), "f".repeat(30))
}

impl Workshop {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// One with a tree in `tree/`.
    pub(crate) fn new() -> Self {
        let shop = Self::empty();
        shop.sh(&format!(
            "umask 022; mkdir -p tree/sub/empty tree/$(dirname {0}); cd tree
             printf hello > hello; : > nothing; seq 1 200000 > sub/numbers; printf x > café; printf long > {0}
             printf 'with space' > 'a b'; chmod 4755 hello; chmod 600 nothing
             ln -s hello link; ln -s ../hello sub/link; ln -s {0} longlink; ln hello hard; ln {0} hardlong
             touch -h -d @1700000000.25 hello nothing sub/numbers café 'a b' link sub/link longlink {0}
             touch -d @1600000000 sub/empty sub",
            long_name()
        ));
        shop
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a script in the folder and returns what it printed.
    pub(crate) fn sh(&self, script: &str) -> String {
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{script}\n{err}");
        out
    }

    /// Runs a script and returns the bytes of the file that it makes.
    pub(crate) fn made(&self, script: &str, file: &str) -> Vec<u8> {
        self.sh(script);
        std::fs::read(self.path(file)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// Lists `bytes` as a stream and as a file, which must be the same.
pub(crate) fn list_with(
    bytes: &[u8],
    format: Format,
    limits: &Limits,
) -> Result<Inventory, ArchiveError> {
    let seeking = inventory_seek(Cursor::new(bytes), format, limits);
    if format == Format::Zip {
        return seeking;
    }
    let streaming = inventory(bytes, format, limits);
    assert_eq!(format!("{streaming:?}"), format!("{seeking:?}"));
    streaming
}

pub(crate) fn list(bytes: &[u8], format: Format) -> Result<Inventory, ArchiveError> {
    list_with(bytes, format, &Limits::STANDARD)
}

/// The reason for which `bytes` are refused, as people read it.
pub(crate) fn refusal(bytes: &[u8], format: Format) -> String {
    refusal_with(bytes, format, &Limits::STANDARD)
}

pub(crate) fn refusal_with(bytes: &[u8], format: Format, limits: &Limits) -> String {
    match list_with(bytes, format, limits) {
        Ok(inventory) => panic!("accepted: {:?}", names(&inventory)),
        Err(error) => error.to_string(),
    }
}

/// Demands that `bytes` are refused with a reason that says `reason`.
pub(crate) fn refused(bytes: &[u8], format: Format, reason: &str) {
    let refusal = refusal(bytes, format);
    assert!(refusal.contains(reason), "{refusal:?} is not {reason:?}");
}

pub(crate) fn names(inventory: &Inventory) -> Vec<&str> {
    let members = inventory.members.iter();
    members.map(|member| &*member.name).collect()
}

/// A member as `tar -tv --numeric-owner --full-time` prints it, with folders and the name `.` as we have them.
pub(crate) fn tar_line(member: &Member) -> String {
    let (letter, link) = match &member.kind {
        MemberKind::File => ('-', String::new()),
        MemberKind::Folder => ('d', String::new()),
        MemberKind::Symlink { target } => ('l', format!(" -> {target}")),
        MemberKind::Hardlink { target } => ('h', format!(" link to {target}")),
    };
    let number = |value: Option<u64>| value.unwrap().to_string();
    let (user, group) = (number(member.owner.uid), number(member.owner.gid));
    format!(
        "{letter}{} {user}/{group} {} {} {}{link}",
        permissions(member.mode),
        member.size,
        date(member.modified.unwrap()),
        member.name,
    )
}

fn permissions(mode: u32) -> String {
    let mut text = String::new();
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift & 7;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

fn date(seconds: i64) -> String {
    let at = quorate::time::Timestamp::from_unix_seconds(seconds).unwrap();
    at.to_string()
        .replace('T', " ")
        .trim_end_matches('Z')
        .to_owned()
}

/// What `tar -tv` prints, one line a member, spaces and names brought into the form of [`tar_line`].
pub(crate) fn tar_lines(output: &str) -> Vec<String> {
    let line = |line: &str| {
        let mut words = line.splitn(2, ' ');
        let (mode, rest) = (words.next().unwrap(), words.next().unwrap());
        // Owner, size and date are padded; the name behind them is not to be touched.
        let mut fields = Vec::new();
        let mut rest = rest.trim_start();
        for _ in 0..4 {
            let (field, behind) = rest.split_once(' ').unwrap();
            fields.push(field);
            rest = behind.trim_start_matches(' ');
        }
        // A time with a fraction is printed with it.
        let time = fields[3].split('.').next().unwrap();
        let name = match mode.starts_with('d') {
            true => rest.trim_end_matches('/'),
            false => rest,
        };
        let name = name.strip_prefix("./").unwrap_or(name);
        let name = name.replace(" link to ./", " link to ");
        format!(
            "{mode} {} {} {} {time} {name}",
            fields[0], fields[1], fields[2]
        )
    };
    output.lines().map(line).collect()
}

/// One tar header and its contents, made by hand. The fields are as in a good header of a file; tests change them.
#[derive(Clone)]
pub(crate) struct Hand {
    pub(crate) block: [u8; 512],
    pub(crate) contents: Vec<u8>,
}

impl Hand {
    pub(crate) fn new(flag: u8, name: &str, contents: &[u8]) -> Self {
        let mut hand = Self {
            block: [0; 512],
            contents: contents.to_vec(),
        };
        hand.put(0, name.as_bytes());
        hand.put(100, b"0000644\0");
        hand.put(108, b"0000000\0");
        hand.put(116, b"0000000\0");
        hand.put(124, format!("{:011o}\0", contents.len()).as_bytes());
        hand.put(136, b"00000000000\0");
        hand.block[156] = flag;
        hand.put(257, b"ustar\x0000");
        hand
    }

    pub(crate) fn file(name: &str, contents: &[u8]) -> Self {
        Self::new(b'0', name, contents)
    }

    pub(crate) fn folder(name: &str) -> Self {
        Self::new(b'5', name, b"")
    }

    pub(crate) fn symlink(name: &str, target: &str) -> Self {
        Self::new(b'2', name, b"").with(157, target.as_bytes())
    }

    pub(crate) fn hardlink(name: &str, target: &str) -> Self {
        Self::new(b'1', name, b"").with(157, target.as_bytes())
    }

    pub(crate) fn pax(records: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            let mut length = rest.len() + 1;
            while length.to_string().len() + rest.len() != length {
                length = length.to_string().len() + rest.len();
            }
            text += &format!("{length}{rest}");
        }
        Self::new(b'x', "PaxHeaders/x", text.as_bytes())
    }

    pub(crate) fn gnu(mut self) -> Self {
        self.put(257, b"ustar  \0");
        self
    }

    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.put(at, bytes);
        self
    }

    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) {
        self.block[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Header with the right checksum, contents, zeros to the end of the block.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut block = self.block;
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = [&block[..], &self.contents].concat();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

/// A tar of these members, with its end.
pub(crate) fn tar_of(members: &[Hand]) -> Vec<u8> {
    let mut bytes: Vec<u8> = members.iter().flat_map(Hand::bytes).collect();
    bytes.extend([0; 1024]);
    bytes
}

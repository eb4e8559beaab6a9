//! zips made by hand: each header as bytes, so that a test can change one field of one of them.

use flate2::Crc;

/// One member: both headers without name and extra fields, which follow.
#[derive(Clone)]
pub(crate) struct ZipHand {
    pub(crate) local: [u8; 30],
    pub(crate) central: [u8; 46],
    pub(crate) names: [Vec<u8>; 2],
    pub(crate) extras: [Vec<u8>; 2],
    pub(crate) packed: Vec<u8>,
    pub(crate) descriptor: Vec<u8>,
    pub(crate) comment: Vec<u8>,
}

/// A file of mode 0644 by unix.
const FILE: u32 = 0o100_644 << 16;

impl ZipHand {
    /// A stored file.
    pub(crate) fn stored(name: &str, contents: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(contents);
        let size = u32::try_from(contents.len()).unwrap();
        let mut hand = Self {
            local: [0; 30],
            central: [0; 46],
            names: [name.as_bytes().to_vec(), name.as_bytes().to_vec()],
            extras: [Vec::new(), Vec::new()],
            packed: contents.to_vec(),
            descriptor: Vec::new(),
            comment: Vec::new(),
        };
        hand.local[..4].copy_from_slice(b"PK\x03\x04");
        hand.central[..4].copy_from_slice(b"PK\x01\x02");
        hand.central[5] = 3;
        hand.both(0, &10u16.to_le_bytes());
        // 1 January 1980.
        hand.both(8, &0x0021u16.to_le_bytes());
        hand.both(10, &crc.sum().to_le_bytes());
        hand.both(14, &size.to_le_bytes());
        hand.both(18, &size.to_le_bytes());
        hand.central[38..42].copy_from_slice(&FILE.to_le_bytes());
        hand
    }

    /// The same, deflated by somebody else.
    pub(crate) fn deflated(name: &str, contents: &[u8]) -> Self {
        use std::io::Write;
        let mut hand = Self::stored(name, contents);
        let level = flate2::Compression::best();
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
        encoder.write_all(contents).unwrap();
        hand.packed = encoder.finish().unwrap();
        let size = u32::try_from(hand.packed.len()).unwrap();
        hand.both(0, &20u16.to_le_bytes());
        hand.both(4, &8u16.to_le_bytes());
        hand.both(14, &size.to_le_bytes());
        hand
    }

    pub(crate) fn symlink(name: &str, target: &str) -> Self {
        Self::stored(name, target.as_bytes()).attributes(0o120_777 << 16)
    }

    pub(crate) fn attributes(self, external: u32) -> Self {
        self.central(38, &external.to_le_bytes())
    }

    /// Puts bytes into both headers, counted from the version, from where their fields are the same.
    pub(crate) fn both(&mut self, at: usize, bytes: &[u8]) {
        self.local[4 + at..4 + at + bytes.len()].copy_from_slice(bytes);
        self.central[6 + at..6 + at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.both(at, bytes);
        self
    }

    pub(crate) fn local(mut self, at: usize, bytes: &[u8]) -> Self {
        self.local[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(crate) fn central(mut self, at: usize, bytes: &[u8]) -> Self {
        self.central[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(crate) fn extra(mut self, local: &[u8], central: &[u8]) -> Self {
        self.extras = [local.to_vec(), central.to_vec()];
        self
    }

    /// Moves checksum and sizes into a descriptor behind the data.
    pub(crate) fn with_descriptor(mut self) -> Self {
        self.descriptor = [b"PK\x07\x08", &self.local[14..26]].concat();
        self.both(2, &[8]);
        self.local(14, &[0; 12])
    }

    pub(crate) fn local_bytes(&self) -> Vec<u8> {
        let mut header = self.local;
        header[26..28].copy_from_slice(&length(&self.names[0]));
        header[28..30].copy_from_slice(&length(&self.extras[0]));
        let parts = [
            &header[..],
            &self.names[0],
            &self.extras[0],
            &self.packed,
            &self.descriptor,
        ];
        parts.concat()
    }

    pub(crate) fn central_bytes(&self, offset: usize) -> Vec<u8> {
        let mut header = self.central;
        header[28..30].copy_from_slice(&length(&self.names[1]));
        header[30..32].copy_from_slice(&length(&self.extras[1]));
        header[32..34].copy_from_slice(&length(&self.comment));
        if header[42..46] == [0; 4] {
            header[42..46].copy_from_slice(&u32::try_from(offset).unwrap().to_le_bytes());
        }
        [&header[..], &self.names[1], &self.extras[1], &self.comment].concat()
    }
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap().to_le_bytes()
}

/// An end record.
pub(crate) fn end(entries: usize, bytes: usize, offset: usize) -> Vec<u8> {
    let entries = u16::try_from(entries).unwrap().to_le_bytes();
    let four = |number| u32::try_from(number).unwrap().to_le_bytes();
    let (bytes, offset) = (four(bytes), four(offset));
    [
        b"PK\x05\x06\0\0\0\0",
        &entries[..],
        &entries,
        &bytes,
        &offset,
        &[0; 2],
    ]
    .concat()
}

/// A zip of these members with something before the first one, between them, and before the directory.
pub(crate) fn zip_with(
    members: &[ZipHand],
    before: &[u8],
    between: &[u8],
    after: &[u8],
) -> Vec<u8> {
    let (mut bytes, mut directory) = (before.to_vec(), Vec::new());
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            bytes.extend(between);
        }
        directory.extend(member.central_bytes(bytes.len()));
        bytes.extend(member.local_bytes());
    }
    bytes.extend(after);
    let offset = bytes.len();
    bytes.extend(&directory);
    bytes.extend(end(members.len(), directory.len(), offset));
    bytes
}

pub(crate) fn zip_of(members: &[ZipHand]) -> Vec<u8> {
    zip_with(members, b"", b"", b"")
}

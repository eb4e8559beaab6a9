//! Extra fields: APPNOTE §4.5, and those of Info-ZIP in its `extrafld.txt`.

use flate2::Crc;

use super::ZipFault;
use super::fields::Fields;

const ZIP64: u16 = 0x0001;
const NTFS: u16 = 0x000a;
const TIMES: u16 = 0x5455;
const UNICODE_PATH: u16 = 0x7075;
const OWNER: u16 = 0x7875;
/// Marks a jar; without contents.
const JAR: u16 = 0xcafe;
/// Android's alignment: two bytes, then zeros.
const ALIGNMENT: u16 = 0xd935;

/// Where an extra field stands: some are shorter in the directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Directory,
    Local,
}

/// What extra fields say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    pub(super) modified: Option<i64>,
    pub(super) owner: Option<(u64, u64)>,
    pub(super) zip64: Option<Vec<u8>>,
}

impl Extra {
    pub(super) fn parse(bytes: &[u8], name: &[u8], side: Side) -> Result<Self, ZipFault> {
        let mut extra = Self::default();
        let mut seen = Vec::new();
        let mut fields = Fields(bytes);
        while !fields.0.is_empty() {
            let header = fields.two().zip(fields.two());
            let (id, size) = header.ok_or(ZipFault::ExtraRest)?;
            let data = fields.bytes(size.into()).ok_or(ZipFault::ExtraRest)?;
            if seen.contains(&id) {
                return Err(ZipFault::ExtraTwice(id));
            }
            seen.push(id);
            let is_good = match id {
                ZIP64 => {
                    extra.zip64 = Some(data.to_vec());
                    true
                }
                TIMES => {
                    extra.modified = times(data, side).ok_or(ZipFault::Extra(id))?;
                    true
                }
                OWNER => {
                    extra.owner = Some(owner(data).ok_or(ZipFault::Extra(id))?);
                    true
                }
                UNICODE_PATH if !is_same_path(data, name) => return Err(ZipFault::UnicodePath),
                UNICODE_PATH => true,
                NTFS => data.len() == 32 && data.get(4..8) == Some(&[1, 0, 24, 0]),
                JAR => data.is_empty(),
                ALIGNMENT => data.iter().skip(2).all(|byte| *byte == 0) && data.len() >= 2,
                _ => return Err(ZipFault::ExtraUnknown(id)),
            };
            if !is_good {
                return Err(ZipFault::Extra(id));
            }
        }
        Ok(extra)
    }
}

/// Flags, then as many times as flags; in the directory the first alone.
fn times(data: &[u8], side: Side) -> Option<Option<i64>> {
    let mut fields = Fields(data);
    let flags = fields.byte()?;
    let modified = match flags & 1 {
        0 => None,
        _ => Some(i64::from(fields.four()?.cast_signed())),
    };
    let others = match side {
        Side::Local => 4 * (flags >> 1).count_ones() as usize,
        Side::Directory => 0,
    };
    (flags < 8 && fields.0.len() == others).then_some(modified)
}

fn owner(data: &[u8]) -> Option<(u64, u64)> {
    let mut fields = Fields(data);
    let is_known = fields.byte()? == 1;
    let mut number = || {
        let size = fields.byte().filter(|size| *size <= 8)?;
        let bytes = fields.bytes(size.into())?;
        let mut eight = [0; 8];
        for (to, from) in eight.iter_mut().zip(bytes) {
            *to = *from;
        }
        Some(u64::from_le_bytes(eight))
    };
    let owner = (number()?, number()?);
    (is_known && fields.0.is_empty()).then_some(owner)
}

/// A version, the checksum of the plain name, the name in UTF-8.
fn is_same_path(data: &[u8], name: &[u8]) -> bool {
    let mut fields = Fields(data);
    let mut crc = Crc::new();
    crc.update(name);
    fields.byte() == Some(1) && fields.four() == Some(crc.sum()) && fields.0 == name
}

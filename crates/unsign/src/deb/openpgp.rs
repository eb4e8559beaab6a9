//! OpenPGP signature packets of version 4 (RFC 9580 §5.2), nothing else, walked to the last byte.

use crate::error::bounded;
use crate::{Limits, UnsignError};

const PACKET: &str = "an OpenPGP signature packet";
const SUBPACKET: &str = "an OpenPGP subpacket";
const VALUE: &str = "the value of an OpenPGP signature";

const SIGNATURE_TAG: u8 = 2;

/// Subpackets (RFC 9580 §5.2.3.7) whose content is a number or an id. Notations, policies and user ids can hold anything.
const CREATED: u8 = 2;
const EXPIRES: u8 = 3;
const ISSUER: u8 = 16;
const ISSUER_FINGERPRINT: u8 = 33;

/// Big-endian bytes, read once from front to back.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8], &'static str);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<Self, UnsignError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(UnsignError::Truncated { what: self.1 })?;
        self.0 = rest;
        Ok(Self(taken, self.1))
    }

    fn number(&mut self, count: usize) -> Result<usize, UnsignError> {
        let bytes = self.take(count)?.0;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn byte(&mut self) -> Result<u8, UnsignError> {
        let [byte] = *self.take(1)?.0 else {
            return Err(UnsignError::Truncated { what: self.1 });
        };
        Ok(byte)
    }

    const fn end(self) -> Result<(), UnsignError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let bytes = self.0.len() as u64;
        Err(UnsignError::LeftOver {
            what: self.1,
            bytes,
        })
    }
}

/// Refuses anything but a row of signature packets.
pub(super) fn signatures(bytes: &[u8], limits: &Limits) -> Result<(), UnsignError> {
    let mut packets = Bytes(bytes, PACKET);
    let mut count = 0;
    while !packets.0.is_empty() {
        count += 1;
        let max = limits.signers_max as u64;
        bounded("the number of signature packets", count, max)?;
        let length = header(&mut packets)?;
        signature(packets.take(length)?)?;
    }
    if count == 0 {
        return Err(UnsignError::refused(PACKET, "there is none"));
    }
    Ok(())
}

/// The length of the next packet, which must be a signature (RFC 9580 §4.2).
fn header(packets: &mut Bytes<'_>) -> Result<usize, UnsignError> {
    let first = packets.byte()?;
    let (tag, length, shortest) = match first {
        0xc0..=0xff => {
            let (length, shortest) = new_length(packets)?;
            (first & 0x3f, length, shortest)
        }
        0x80..=0xbf => {
            let (length, shortest) = match first & 3 {
                0 => (packets.number(1)?, 0),
                1 => (packets.number(2)?, 1 << 8),
                2 => (packets.number(4)?, 1 << 16),
                _ => return Err(UnsignError::refused(PACKET, "its length is open")),
            };
            ((first >> 2) & 0x0f, length, shortest)
        }
        _ => return Err(UnsignError::refused(PACKET, "its first bit is not set")),
    };
    if tag != SIGNATURE_TAG {
        return Err(UnsignError::unknown(
            "an OpenPGP packet",
            format!("of type {tag}"),
        ));
    }
    if length < shortest {
        return Err(UnsignError::refused(
            PACKET,
            "its length is not written in the shortest way",
        ));
    }
    Ok(length)
}

/// A length of the newer form, and the smallest that is written with as many bytes.
fn new_length(from: &mut Bytes<'_>) -> Result<(usize, usize), UnsignError> {
    let first = usize::from(from.byte()?);
    match first {
        0..=191 => Ok((first, 0)),
        192..=223 => Ok((((first - 192) << 8) + from.number(1)? + 192, 192)),
        255 => Ok((from.number(4)?, 8384)),
        _ => Err(UnsignError::refused(from.1, "its length is partial")),
    }
}

fn signature(mut packet: Bytes<'_>) -> Result<(), UnsignError> {
    let refused = |why| Err(UnsignError::refused(PACKET, why));
    if packet.byte()? != 4 {
        return refused("its version is not 4");
    }
    if packet.byte()? != 0 {
        return refused("it is not over a file");
    }
    let algorithm = packet.byte()?;
    // RFC 9580 §9.5: SHA-1 and the SHA-2 and SHA-3 families.
    if !matches!(packet.byte()?, 2 | 8..=12 | 14) {
        return refused("its hash algorithm is unknown");
    }
    let mut seen = Vec::new();
    for hashed in [true, false] {
        let size = packet.number(2)?;
        let mut area = packet.take(size)?;
        area.1 = SUBPACKET;
        while !area.0.is_empty() {
            let kind = subpacket(&mut area, hashed)?;
            // gpg names the issuer in both areas: the id in one, the fingerprint in the other.
            if seen.contains(&kind) {
                return Err(UnsignError::Twice { what: SUBPACKET });
            }
            seen.push(kind);
        }
    }
    if !seen.contains(&CREATED) {
        return refused("it does not say when it was made");
    }
    packet.take(2)?; // the first bytes of the hash
    packet.1 = VALUE;
    value(&mut packet, algorithm)?;
    packet.end()
}

/// The type of the next subpacket, which must have the size of its type.
fn subpacket(area: &mut Bytes<'_>, hashed: bool) -> Result<u8, UnsignError> {
    let (length, shortest) = new_length(area)?;
    if length < shortest {
        return Err(UnsignError::refused(
            SUBPACKET,
            "its length is not written in the shortest way",
        ));
    }
    let mut content = area.take(length)?;
    // The highest bit says that a reader must know the type, which this one does.
    let kind = content.byte()? & 0x7f;
    let size = match (kind, hashed) {
        (CREATED | EXPIRES, true) => 4,
        (ISSUER, _) => 8,
        (ISSUER_FINGERPRINT, _) => {
            if content.byte()? != 4 {
                return Err(UnsignError::refused(
                    SUBPACKET,
                    "its fingerprint is not of version 4",
                ));
            }
            20
        }
        _ => {
            let place = if hashed { "hashed" } else { "unhashed" };
            return Err(UnsignError::unknown(
                SUBPACKET,
                format!("of type {kind}, {place},"),
            ));
        }
    };
    content.take(size)?;
    content.end()?;
    Ok(kind)
}

/// RFC 9580 §5.2.3.1 and following: as many integers, of as many bits at the most, as the algorithm has.
fn value(packet: &mut Bytes<'_>, algorithm: u8) -> Result<(), UnsignError> {
    let (integers, bits_max) = match algorithm {
        1 | 3 => (1, 8192),
        17 | 22 => (2, 256),
        19 => (2, 521),
        27 => return packet.take(64).map(drop),
        28 => return packet.take(114).map(drop),
        other => {
            return Err(UnsignError::unknown(
                "an OpenPGP algorithm",
                other.to_string(),
            ));
        }
    };
    for _ in 0..integers {
        let bits = packet.number(2)?;
        bounded(
            "the size of an OpenPGP integer in bits",
            bits as u64,
            bits_max,
        )?;
        let bytes = packet.take(bits.div_ceil(8))?.0;
        let top = bytes.first().map_or(0, |first| first.leading_zeros());
        // The highest bit that the length announces is set.
        let unused = bytes.len() * 8 - bits;
        if bytes.is_empty() || top as usize != unused {
            return Err(UnsignError::refused(
                VALUE,
                "an integer is not written in the shortest way",
            ));
        }
    }
    Ok(())
}

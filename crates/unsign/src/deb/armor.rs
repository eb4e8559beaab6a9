//! ASCII armour (RFC 9580 §6.2) in one spelling: no header lines, which could say anything; full lines of 64; a checksum that is right or none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::UnsignError;

const ARMOR: &str = "the armour of a signature";

const BEGIN: &str = "-----BEGIN PGP SIGNATURE-----\n\n";
const END: &str = "-----END PGP SIGNATURE-----\n";
const LINE_BYTES: usize = 64;

/// The packets inside.
pub(super) fn packets(content: &[u8]) -> Result<Vec<u8>, UnsignError> {
    let refused = |why| UnsignError::refused(ARMOR, why);
    let text = std::str::from_utf8(content).map_err(|_| refused("it is not ASCII"))?;
    let text = text.strip_prefix(BEGIN);
    let text = text.ok_or(refused("it does not begin with its line and an empty one"))?;
    let text = text.strip_suffix(END);
    let text = text.ok_or(refused("it does not end with its line"))?;
    let (body, checksum) = match text.rsplit_once("\n=") {
        Some((body, checksum)) => {
            let checksum = checksum.strip_suffix('\n');
            (
                body,
                Some(checksum.ok_or(refused("its checksum is no line"))?),
            )
        }
        None => (text.strip_suffix('\n').unwrap_or_default(), None),
    };
    let lines: Vec<_> = body.split('\n').collect();
    let full = lines.iter().take(lines.len().saturating_sub(1));
    let last = lines.last().map_or(0, |line| line.len());
    if full.clone().any(|line| line.len() != LINE_BYTES) || !(1..=LINE_BYTES).contains(&last) {
        return Err(refused("its lines are not of 64 characters"));
    }
    let packets = STANDARD.decode(lines.concat());
    let packets = packets.map_err(|_| refused("it is not base64 in its one spelling"))?;
    let sum = STANDARD.encode(crc24(&packets));
    if checksum.is_some_and(|said| said != sum) {
        return Err(refused("its checksum is wrong"));
    }
    Ok(packets)
}

/// RFC 9580 §6.1.1.
fn crc24(bytes: &[u8]) -> [u8; 3] {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    let [_, high, middle, low] = crc.to_be_bytes();
    [high, middle, low]
}

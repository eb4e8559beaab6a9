//! The header of xz and of its first block (the .xz file format §2.1.1, §3.1).

use super::Fact;

/// Filter id of LZMA2, §5.3.1.
const LZMA2: u8 = 0x21;

pub(super) fn facts(part: &str, head: &[u8]) -> Option<Vec<Fact>> {
    let check = match head.get(7)? & 0x0f {
        0 => "none",
        1 => "CRC-32",
        4 => "CRC-64",
        10 => "SHA-256",
        _ => "another",
    };
    let mut found = vec![Fact::new(part, "xz check", check)];
    let flags = *head.get(13)?;
    let sizes = match (flags & 0x40 != 0, flags & 0x80 != 0) {
        (false, false) => "none",
        (true, false) => "packed",
        (false, true) => "unpacked",
        (true, true) => "packed and unpacked, as several threads write them",
    };
    found.push(Fact::new(part, "xz sizes in block header", sizes));
    found.extend(dictionary(head, flags).map(|size| Fact::new(part, "xz dictionary", size)));
    Some(found)
}

/// The size of the dictionary of the one filter LZMA2, which tells the level.
fn dictionary(head: &[u8], flags: u8) -> Option<String> {
    let mut rest = head.get(14..)?;
    for present in [flags & 0x40 != 0, flags & 0x80 != 0] {
        if present {
            // A variable-length integer (§1.2) ends with the first byte below 0x80.
            let last = rest.iter().take(9).position(|byte| byte & 0x80 == 0)?;
            rest = rest.get(last.checked_add(1)?..)?;
        }
    }
    let [LZMA2, 1, bits, ..] = *rest else {
        return None;
    };
    // §5.3.1: bit 0 is the mantissa, the others are the exponent.
    let exponent = u32::from(bits & 0x3f).checked_div(2)?.checked_add(11)?;
    let size = (2 | u64::from(bits & 1)).checked_shl(exponent)?;
    Some(format!("{} KiB", size >> 10))
}

//! The frame header of Zstandard (RFC 8878 §3.1.1.1).

use super::Fact;

pub(super) fn facts(part: &str, head: &[u8]) -> Option<Vec<Fact>> {
    let descriptor = *head.get(4)?;
    let is_single = descriptor & 0x20 != 0;
    let window = match (is_single, head.get(5)) {
        (true, _) => "as large as the contents".to_owned(),
        (false, Some(byte)) => {
            // §3.1.1.1.2: exponent and mantissa.
            let log = 10 + (byte >> 3);
            let base = 1u64.checked_shl(u32::from(log))?;
            let size = (base / 8)
                .checked_mul(u64::from(byte & 7))?
                .checked_add(base)?;
            format!("{} KiB", size >> 10)
        }
        (false, None) => return None,
    };
    let has = |is: bool| if is { "yes" } else { "no" };
    Some(vec![
        Fact::new(part, "zstd window", window),
        Fact::new(part, "zstd checksum", has(descriptor & 4 != 0)),
        Fact::new(
            part,
            "zstd size in header",
            has(is_single || descriptor >> 6 != 0),
        ),
    ])
}

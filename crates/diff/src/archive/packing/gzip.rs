//! The header of gzip (RFC 1952 §2.3).

use super::Fact;
use crate::archive::members::time;

const EXTRA: u8 = 4;
const NAME: u8 = 8;

pub(super) fn facts(part: &str, head: &[u8]) -> Option<Vec<Fact>> {
    let (fixed, rest) = head.split_first_chunk::<10>()?;
    let [_, _, _, flags, m0, m1, m2, m3, effort, system] = *fixed;
    let seconds = u32::from_le_bytes([m0, m1, m2, m3]);
    let name = match flags & (NAME | EXTRA) {
        NAME => {
            let bytes = rest.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => "none".to_owned(),
    };
    let effort = match effort {
        0 => "0".to_owned(),
        2 => "2, slowest".to_owned(),
        4 => "4, fastest".to_owned(),
        other => other.to_string(),
    };
    let modified = time((seconds != 0).then_some(i64::from(seconds)));
    Some(vec![
        Fact::new(part, "gzip modified", modified),
        Fact::new(part, "gzip name", name),
        Fact::new(part, "gzip effort", effort),
        Fact::new(part, "gzip system", system),
    ])
}

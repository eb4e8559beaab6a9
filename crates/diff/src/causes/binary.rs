//! Programs and other bytes that are no text.

use std::collections::BTreeMap;

use super::headers::shown_time;
use super::{CauseKind, Causes, Confidence};
use crate::elf;
use crate::text::{Windows, visible};

/// Looks at both, and says what else there is to say.
pub(super) fn look(windows: &Windows<'_>, causes: &mut Causes) -> Option<String> {
    let (a, b) = (windows.a, windows.b);
    if !windows.is_whole {
        return None;
    }
    if let (Some(left), Some(right)) = (pe_time(a), pe_time(b))
        && left != right
    {
        let (left, right) = (shown_time(left.into()), shown_time(right.into()));
        let shown = format!("time in the PE header: {left} → {right}");
        causes.add(CauseKind::Timestamps, Confidence::Likely, shown);
    }
    words(a, b, causes);
    programs(a, b, causes)
}

/// Sections of two programs that differ, and their build ids.
fn programs(a: &[u8], b: &[u8], causes: &mut Causes) -> Option<String> {
    let (left, right) = (elf::sections(a).ok()?, elf::sections(b).ok()?);
    let (of_a, of_b) = (contents(&left, a), contents(&right, b));
    let is_other = |section: &(&str, usize)| of_a.get(section) != of_b.get(section);
    let names = of_a
        .keys()
        .chain(of_b.keys().filter(|key| !of_a.contains_key(*key)));
    let differing: Vec<&str> = names
        .filter(|key| is_other(key))
        .map(|(name, _)| *name)
        .collect();
    if let (Some(id_a), Some(id_b)) = (elf::build_id(a), elf::build_id(b))
        && id_a != id_b
    {
        let others = differing.iter().filter(|name| !is_id(name)).count();
        let confidence = match others {
            0 => Confidence::VeryLikely,
            _ => Confidence::Likely,
        };
        let hex = |id: &[u8]| {
            id.iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let shown = format!("{} → {}", hex(id_a), hex(id_b));
        causes.add(CauseKind::BuildId, confidence, shown);
    }
    if differing.is_empty() {
        return None;
    }
    const SHOWN_MAX: usize = 12;
    let names: Vec<_> = differing
        .iter()
        .take(SHOWN_MAX)
        .map(|name| visible(name.as_bytes()))
        .collect();
    let more = match differing.len().saturating_sub(SHOWN_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "ELF sections that differ: {}{more}",
        names.join(" ")
    ))
}

/// `TimeDateStamp` in the COFF header of a PE file (PE Format, "MS-DOS Stub" and "COFF File Header").
fn pe_time(bytes: &[u8]) -> Option<u32> {
    let number = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?))
    };
    let header = usize::try_from(number(0x3c)?).ok()?;
    let is_pe = bytes.starts_with(b"MZ") && bytes.get(header..)?.starts_with(b"PE\0\0");
    is_pe.then(|| number(header.checked_add(8)?)).flatten()
}

/// Places where aligned words of four bytes may be times near each other. Only where little differs, and the words around it do not: in
/// many words some fit by chance.
fn words(a: &[u8], b: &[u8], causes: &mut Causes) {
    const DIFFERING_MAX: usize = 64;
    if a.len() != b.len() {
        return;
    }
    let words = a.chunks_exact(4).zip(b.chunks_exact(4));
    let differing = words.enumerate().filter(|(_, (a, b))| a != b);
    let found: Vec<_> = differing.take(DIFFERING_MAX + 1).collect();
    if found.len() > DIFFERING_MAX {
        return;
    }
    let ids = ids(a);
    let is_at = |index: Option<usize>| found.iter().any(|(at, _)| Some(*at) == index);
    for (index, (a, b)) in &found {
        let is_alone = !is_at(index.checked_sub(1)) && !is_at(index.checked_add(1));
        let is_id = ids.iter().any(|id| id.contains(&(index * 4)));
        if let Some((left, right)) = times(a, b).filter(|_| is_alone && !is_id) {
            let (left, right) = (shown_time(left.into()), shown_time(right.into()));
            let shown = format!("four bytes at {}: {left} → {right}", index * 4);
            causes.add(CauseKind::Timestamps, Confidence::Possible, shown);
        }
    }
}

/// Contents of sections by their name, and by the how manieth of that name each is.
fn contents<'s>(
    sections: &'s [elf::Section],
    file: &'s [u8],
) -> BTreeMap<(&'s str, usize), &'s [u8]> {
    let mut found = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for section in sections {
        let count = counts.entry(&section.name).or_default();
        found.insert(
            (&*section.name, *count),
            section.contents(file).unwrap_or_default(),
        );
        *count += 1;
    }
    found
}

/// Where in a program its build id and the checksum of its debug file are.
fn ids(program: &[u8]) -> Vec<std::ops::Range<usize>> {
    let sections = elf::sections(program).unwrap_or_default();
    let found = sections.iter().filter(|s| is_id(&s.name));
    found
        .map(|s| s.offset..s.offset.saturating_add(s.size))
        .collect()
}

/// A stripped program has the checksum of its debug file beside the build id.
fn is_id(section: &str) -> bool {
    matches!(section, elf::BUILD_ID_SECTION | ".gnu_debuglink")
}

/// The times near each other that two words may be, in either byte order.
fn times(a: &[u8], b: &[u8]) -> Option<(u32, u32)> {
    let (a, b): ([u8; 4], [u8; 4]) = (a.try_into().ok()?, b.try_into().ok()?);
    let is_text = |word: &[u8; 4]| word.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
    if is_text(&a) || is_text(&b) {
        return None;
    }
    let orders = [
        (u32::from_le_bytes(a), u32::from_le_bytes(b)),
        (u32::from_be_bytes(a), u32::from_be_bytes(b)),
    ];
    orders.into_iter().find(|(a, b)| are_near(*a, *b))
}

/// Both between 2000 and 2040, at most a year apart.
fn are_near(a: u32, b: u32) -> bool {
    const TIMES: std::ops::Range<u32> = 946_684_800..2_208_988_800;
    const YEAR_SECONDS: u32 = 366 * 86_400;
    TIMES.contains(&a) && TIMES.contains(&b) && a.abs_diff(b) <= YEAR_SECONDS
}

#[cfg(test)]
mod tests {
    use super::super::Causes;
    use super::{Windows, look};

    fn found(a: &[u8], b: &[u8]) -> Vec<String> {
        let mut causes = Causes::default();
        let windows = Windows {
            a,
            b,
            first: 0,
            lines_before: 0,
            is_whole: true,
        };
        look(&windows, &mut causes);
        let list = causes.into_list();
        list.iter()
            .map(|c| format!("{} {}: {}", c.confidence.word(), c.kind.name(), c.example))
            .collect()
    }

    #[test]
    fn words_that_may_be_times_near_each_other_are_possible_timestamps() {
        let with = |time: u32| [&[0u8; 8][..], &time.to_be_bytes(), &[0; 4]].concat();
        let expected =
            "possible timestamps: four bytes at 8: 2023-11-14T22:13:20Z → 2023-11-14T23:13:20Z";
        assert_eq!(
            found(&with(1_700_000_000), &with(1_700_003_600)),
            [expected]
        );
        assert!(found(&with(1_700_000_000), &with(1)).is_empty());
        let digest = |time: u32| [time.to_be_bytes(), time.to_le_bytes()].concat();
        assert!(found(&digest(1_700_000_000), &digest(1_700_003_600)).is_empty());
    }

    #[test]
    fn the_time_of_a_pe_file_is_a_likely_timestamp() {
        let with = |time: u32| {
            let mut bytes = vec![0u8; 0x60];
            bytes[..2].copy_from_slice(b"MZ");
            bytes[0x3c] = 0x40;
            bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
            bytes[0x48..0x4c].copy_from_slice(&time.to_le_bytes());
            bytes
        };
        let expected =
            "likely timestamps: time in the PE header: 1970-01-01T00:00:05Z → 1970-01-01T00:00:06Z";
        assert_eq!(found(&with(5), &with(6)), [expected]);
    }
}

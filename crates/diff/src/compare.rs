//! From two files to a report: bytes first, then members, then what the bytes look like.

use std::collections::HashMap;
use std::io::{Cursor, Read, Seek, SeekFrom};

use quorate_archive::{Format, Inventory};

use crate::archive::{
    self, Changed, Chosen, Headers, Pairs, Streams, choose, compare_packing, headers, hold, streams,
};
use crate::bytes::{self, ByteDiff, Bytes, Outside};
use crate::causes;
use crate::error::{DiffError, Side};
use crate::limits::Limits;
use crate::report::{
    ArchiveDiff, ContentsDiff, Difference, Digested, FieldDiff, MemberDiff, Report, Shown,
};
use crate::text;

/// Compares two files from their first byte to their end, wherever the readers stand.
///
/// Equal means that every byte was read and is equal. Everything else in the report explains a difference and decides nothing.
///
/// # Errors
/// [`DiffError`] when one cannot be read or changes meanwhile.
pub fn compare<A: Read + Seek, B: Read + Seek>(
    a: A,
    b: B,
    limits: &Limits,
) -> Result<Report, DiffError> {
    let mut run = Run {
        limits,
        members_left: limits.members_compared_max,
    };
    run.contents(&mut Outside(a), &mut Outside(b), 0)
}

struct Run<'l> {
    limits: &'l Limits,
    members_left: usize,
}

impl Run<'_> {
    /// Compares the files (`depth` 0) or contents of members.
    fn contents(
        &mut self,
        a: &mut dyn Bytes,
        b: &mut dyn Bytes,
        depth: u32,
    ) -> Result<Report, DiffError> {
        let bytes = bytes::compare(a, b)?;
        let mut difference = None;
        if bytes.first.is_some() {
            difference = Some(self.difference(a, b, &bytes, depth)?);
        }
        let (a, b) = (bytes.a, bytes.b);
        Ok(Report { a, b, difference })
    }

    fn difference(
        &mut self,
        a: &mut dyn Bytes,
        b: &mut dyn Bytes,
        bytes: &ByteDiff,
        depth: u32,
    ) -> Result<Difference, DiffError> {
        let mut found = Difference {
            first: bytes.first.clone(),
            different_bytes: Some(bytes.different),
            ..Difference::default()
        };
        let limits = match depth {
            0 => &self.limits.archive,
            _ => &self.limits.nested,
        };
        let chosen = match depth <= self.limits.depth_max {
            true => choose(a, b, limits)?,
            false => Chosen::Bytes(vec!["archives are not opened at this depth".to_owned()]),
        };
        match chosen {
            Chosen::Archives(lists, notes) => {
                found.notes = notes;
                unchanged(&lists.0, bytes.a, Side::A)?;
                unchanged(&lists.1, bytes.b, Side::B)?;
                self.archives((a, &lists.0), (b, &lists.1), &mut found, depth)?;
            }
            Chosen::Bytes(notes) => {
                found.notes = notes;
                self.plain(a, b, bytes, &mut found, depth)?;
            }
        }
        Ok(found)
    }

    fn archives(
        &mut self,
        (a, list_a): (&mut dyn Bytes, &Inventory),
        (b, list_b): (&mut dyn Bytes, &Inventory),
        found: &mut Difference,
        depth: u32,
    ) -> Result<(), DiffError> {
        let max = self.limits.listed_max;
        let formats = (list_a.format, list_b.format);
        let headers = headers(&Pairs::of(list_a, list_b), max);
        let mut packing = compare_packing((a, formats.0), (b, formats.1), max)?;
        let touched = Touched::of(&headers, formats.0);
        packing.items.retain(|fact| !touched.explains(fact));
        let packed = self.streams((&mut *a, formats.0), (&mut *b, formats.1), &touched, depth)?;
        causes::of_archive(found, headers.order.as_ref(), &packing.items, &packed);
        let members = self.members((a, list_a), (b, list_b), headers.changed, depth)?;
        found.archive = Some(ArchiveDiff {
            format_a: formats.0,
            format_b: formats.1,
            counts: (list_a.members.len(), list_b.members.len()),
            only_in_a: headers.only_in_a,
            only_in_b: headers.only_in_b,
            order: headers.order,
            packing,
            members,
        });
        Ok(())
    }

    /// What the compressed parts unpack to, where no member says already that this differs.
    fn streams(
        &self,
        (a, format_a): (&mut dyn Bytes, Format),
        (b, format_b): (&mut dyn Bytes, Format),
        touched: &Touched,
        depth: u32,
    ) -> Result<(Streams, Streams), DiffError> {
        if touched.all {
            return Ok(Default::default());
        }
        let limits = match depth {
            0 => &self.limits.archive,
            _ => &self.limits.nested,
        };
        let (mut left, mut right) = (
            streams(a, format_a, limits, Side::A)?,
            streams(b, format_b, limits, Side::B)?,
        );
        left.retain(|(part, _)| !touched.parts.contains(part));
        right.retain(|(part, _)| !touched.parts.contains(part));
        Ok((left, right))
    }

    /// Compares the contents of members side by side, some at a time.
    fn members(
        &mut self,
        (a, list_a): (&mut dyn Bytes, &Inventory),
        (b, list_b): (&mut dyn Bytes, &Inventory),
        changed: Shown<Changed>,
        depth: u32,
    ) -> Result<Shown<MemberDiff>, DiffError> {
        let held_max = self.limits.held_bytes_max >> depth.min(63);
        let plan = Plan::of(
            &changed.items,
            held_max,
            self.limits.passes_max,
            self.members_left,
        );
        self.members_left = self.members_left.saturating_sub(plan.count());
        let limits = match depth {
            0 => self.limits.archive,
            _ => self.limits.nested,
        };
        let mut looked_at: HashMap<&str, Difference> = HashMap::new();
        for pass in &plan.passes {
            let wanted = |of: fn(&(Digested, Digested)) -> u64| {
                let sizes = pass.iter().filter_map(|member| {
                    Some((member.name.clone(), of(member.contents.as_ref()?)))
                });
                sizes.collect()
            };
            let as_a = (list_a.format, list_a.whole);
            let as_b = (list_b.format, list_b.whole);
            let mut held_a = hold(a, Side::A, as_a, &limits, wanted(|both| both.0.size))?;
            let mut held_b = hold(b, Side::B, as_b, &limits, wanted(|both| both.1.size))?;
            for member in pass {
                let found = self.held(
                    held_a.remove(&member.name),
                    held_b.remove(&member.name),
                    depth,
                )?;
                looked_at.extend(found.map(|found| (&*member.name, found)));
            }
        }
        let items = changed.items.iter().map(|member| MemberDiff {
            name: member.name.clone(),
            fields: member.fields.clone(),
            causes: member.causes.clone(),
            contents: member.contents.map(|(a, b)| ContentsDiff {
                a,
                b,
                difference: Box::new(match looked_at.remove(&*member.name) {
                    Some(found) => found,
                    None => by_digest_alone((a, b), held_max),
                }),
            }),
        });
        let items = items.collect();
        let left_out = changed.left_out;
        Ok(Shown { items, left_out })
    }

    fn held(
        &mut self,
        a: Option<Vec<u8>>,
        b: Option<Vec<u8>>,
        depth: u32,
    ) -> Result<Option<Difference>, DiffError> {
        let (Some(a), Some(b)) = (a, b) else {
            return Ok(None);
        };
        let (mut a, mut b) = (Cursor::new(a.as_slice()), Cursor::new(b.as_slice()));
        Ok(self.contents(&mut a, &mut b, depth + 1)?.difference)
    }

    /// Looks at the bytes of what is no archive.
    fn plain(
        &self,
        a: &mut dyn Bytes,
        b: &mut dyn Bytes,
        bytes: &ByteDiff,
        found: &mut Difference,
        depth: u32,
    ) -> Result<(), DiffError> {
        let held_max = self.limits.held_bytes_max >> depth.min(63);
        let first = bytes.first.as_ref().map_or(0, |first| first.offset);
        let is_whole = bytes.a.size.max(bytes.b.size) <= held_max;
        let start = match is_whole {
            true => 0,
            false => first.saturating_sub(WINDOW_BEFORE_BYTES),
        };
        let end = match is_whole {
            true => held_max,
            false => first.saturating_add(WINDOW_AFTER_BYTES),
        };
        let (mut own_a, mut own_b) = (Vec::new(), Vec::new());
        let window_a = window(a, start, end, &mut own_a).map_err(DiffError::read(Side::A))?;
        let window_b = window(b, start, end, &mut own_b).map_err(DiffError::read(Side::B))?;
        let windows = text::Windows {
            a: window_a,
            b: window_b,
            first: usize::try_from(first - start).unwrap_or(usize::MAX),
            lines_before: bytes.lines_before,
            is_whole,
        };
        if !is_whole {
            found.notes.push(format!(
                "larger than {held_max} bytes: causes were looked for only around the first difference"
            ));
        }
        let looked = text::look(&windows);
        causes::of_contents(found, &windows, &looked);
        found.text = looked.diff;
        Ok(())
    }
}

/// What is looked at of contents that are too large to be held.
const WINDOW_BEFORE_BYTES: u64 = 8 << 10;
const WINDOW_AFTER_BYTES: u64 = 1 << 20;

/// The bytes from `start` to `end`: those in memory, or read into `own`.
fn window<'w>(
    source: &'w mut dyn Bytes,
    start: u64,
    end: u64,
    own: &'w mut Vec<u8>,
) -> std::io::Result<&'w [u8]> {
    if source.held().is_none() {
        source.seek(SeekFrom::Start(start))?;
        Read::take(&mut *source, end.saturating_sub(start)).read_to_end(own)?;
        return Ok(own);
    }
    let range = |at| usize::try_from(at).unwrap_or(usize::MAX);
    let held = source.held().unwrap_or_default();
    Ok(held
        .get(range(start)..range(end).min(held.len()))
        .unwrap_or_default())
}

fn unchanged(list: &Inventory, first: Digested, side: Side) -> Result<(), DiffError> {
    match list.whole == first.sha256 {
        true => Ok(()),
        false => Err(DiffError::Changed { side }),
    }
}

fn by_digest_alone((a, b): (Digested, Digested), held_max: u64) -> Difference {
    let note = match a.size.max(b.size) > held_max {
        true => format!("compared by digest alone: larger than {held_max} bytes"),
        false => "compared by digest alone: enough other members were looked at".to_owned(),
    };
    Difference {
        notes: vec![note],
        ..Difference::default()
    }
}

/// Which members are held in which pass.
struct Plan<'m> {
    passes: Vec<Vec<&'m Changed>>,
}

impl<'m> Plan<'m> {
    fn of(changed: &'m [Changed], held_max: u64, passes_max: usize, members_max: usize) -> Self {
        let mut passes: Vec<(Vec<&Changed>, u64, u64)> = Vec::new();
        let mut members = 0;
        for member in changed {
            let Some((a, b)) = &member.contents else {
                continue;
            };
            if a.size > held_max || b.size > held_max || members >= members_max {
                continue;
            }
            let fits = |(_, sum_a, sum_b): &&mut (Vec<&Changed>, u64, u64)| {
                *sum_a + a.size <= held_max && *sum_b + b.size <= held_max
            };
            if let Some((pass, sum_a, sum_b)) = passes.iter_mut().find(fits) {
                pass.push(member);
                (*sum_a, *sum_b) = (*sum_a + a.size, *sum_b + b.size);
            } else if passes.len() < passes_max {
                passes.push((vec![member], a.size, b.size));
            } else {
                continue;
            }
            members += 1;
        }
        Self {
            passes: passes.into_iter().map(|(pass, ..)| pass).collect(),
        }
    }

    fn count(&self) -> usize {
        self.passes.iter().map(Vec::len).sum()
    }
}

/// What differs in members, as far as it explains differences outside of them.
struct Touched {
    all: bool,
    parts: Vec<String>,
    contents: Vec<String>,
}

impl Touched {
    fn of(headers: &Headers, format: Format) -> Self {
        let changed = headers.changed.items.iter();
        let any = headers.changed.count() > 0
            || headers.order.is_some()
            || !headers.only_in_a.is_empty()
            || !headers.only_in_b.is_empty();
        let is_cut = headers.changed.left_out > 0;
        let names = changed
            .clone()
            .map(|member| &member.name)
            .chain(&headers.only_in_a.items)
            .chain(&headers.only_in_b.items)
            .chain(headers.order.iter().map(|order| &order.a));
        // A Debian package has its two tars under these names in the list.
        let mut parts: Vec<_> = names
            .filter_map(|name| match name.split('/').next() {
                Some("control") => Some("control.tar".to_owned()),
                Some("data") => Some("data.tar".to_owned()),
                _ => None,
            })
            .collect();
        parts.dedup();
        Self {
            all: match format {
                Format::Deb => is_cut,
                _ => any,
            },
            parts,
            contents: changed
                .filter(|member| member.contents.is_some())
                .map(|member| member.name.clone())
                .collect(),
        }
    }

    /// Other contents have another packed size.
    fn explains(&self, fact: &FieldDiff) -> bool {
        fact.field == archive::PACKED_SIZE && self.contents.contains(&fact.part)
    }
}

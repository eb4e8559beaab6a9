//! What extension headers say about the next member, held against what its own header says.
//!
//! A reader that does not know the extension sees the header. So the header must say the same, as far as it can: what it cannot
//! hold is cut off (names), or zero (numbers).

use super::TarFault;
use super::header::{Dialect, Header, TypeFlag};
use super::pax::Pax;

/// The extension headers before a member.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    pax: Option<Pax>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

/// A member as header and extensions say together.
pub(super) struct Described {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) mode: u32,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) size: u64,
    pub(super) modified: i64,
    pub(super) user: Vec<u8>,
    pub(super) group: Vec<u8>,
}

/// The largest number of seven and of eleven octal digits.
const SEVEN_DIGITS_MAX: u64 = (1 << 21) - 1;
const ELEVEN_DIGITS_MAX: u64 = (1 << 33) - 1;
/// What fits the name's field.
const NAME_BYTES: usize = 100;
/// What fits an owner's field with its NUL.
const OWNER_BYTES: usize = 31;

impl Overrides {
    pub(super) fn is_empty(&self) -> bool {
        self.pax.is_none() && self.long_name.is_none() && self.long_link.is_none()
    }

    pub(super) fn add_pax(&mut self, pax: Pax) -> Result<(), TarFault> {
        if !self.is_empty() {
            return Err(TarFault::TwoExtensions);
        }
        self.pax = Some(pax);
        Ok(())
    }

    /// Takes in a long name or target, which GNU tar ends with one NUL.
    pub(super) fn add_long(&mut self, flag: TypeFlag, text: Vec<u8>) -> Result<(), TarFault> {
        let place = match flag {
            TypeFlag::LongLink => &mut self.long_link,
            _ => &mut self.long_name,
        };
        if place.is_some() || self.pax.is_some() {
            return Err(TarFault::TwoExtensions);
        }
        let (name, end) = text.split_at(text.len().saturating_sub(1));
        if end != [0] || name.contains(&0) || name.len() < NAME_BYTES {
            return Err(TarFault::LongName);
        }
        *place = Some(name.to_vec());
        Ok(())
    }

    /// Joins the member's own header with them, or says in what they differ.
    pub(super) fn apply(self, header: Header) -> Result<Described, TarFault> {
        let is_gnu = header.dialect == Dialect::Gnu;
        if (self.pax.is_some() && is_gnu)
            || ((self.long_name.is_some() || self.long_link.is_some()) && !is_gnu)
        {
            return Err(TarFault::MixedFormats);
        }
        let mut member = Described {
            name: header.full_name(),
            link: header.link,
            mode: header.mode,
            uid: header.uid,
            gid: header.gid,
            size: header.size,
            modified: header.modified,
            user: header.user,
            group: header.group,
        };
        long(&mut member.name, self.long_name, "the name")?;
        long(&mut member.link, self.long_link, "the link's target")?;
        let Some(pax) = self.pax else {
            return Ok(member);
        };
        text(&mut member.name, pax.path, NAME_BYTES, "the name")?;
        text(&mut member.link, pax.link, NAME_BYTES, "the link's target")?;
        text(&mut member.user, pax.user, OWNER_BYTES, "the user's name")?;
        text(
            &mut member.group,
            pax.group,
            OWNER_BYTES,
            "the group's name",
        )?;
        number(&mut member.size, pax.size, ELEVEN_DIGITS_MAX, "the size")?;
        owner(&mut member.uid, pax.uid, "the user's number")?;
        owner(&mut member.gid, pax.gid, "the group's number")?;
        time(&mut member.modified, pax.modified)?;
        Ok(member)
    }
}

/// GNU: the header has the first hundred bytes; before 1999, one less and a NUL.
fn long(field: &mut Vec<u8>, long: Option<Vec<u8>>, what: &'static str) -> Result<(), TarFault> {
    let Some(long) = long else { return Ok(()) };
    let cut = [NAME_BYTES, NAME_BYTES - 1].map(|count| long.get(..count));
    if !cut.contains(&Some(field)) {
        return Err(TarFault::Conflict { field: what });
    }
    *field = long;
    Ok(())
}

/// pax: the header has the same, or the beginning of what does not fit, with other characters for those that are not ASCII.
fn text(
    field: &mut Vec<u8>,
    pax: Option<Vec<u8>>,
    fits: usize,
    what: &'static str,
) -> Result<(), TarFault> {
    let Some(pax) = pax else { return Ok(()) };
    let plain = |text: &[u8]| -> Vec<u8> {
        let letters = text.iter().filter(|byte| byte.is_ascii() && **byte != b'?');
        letters.copied().collect()
    };
    let (short, whole) = (plain(field), plain(&pax));
    let is_whole = *field == pax || (!pax.is_ascii() && !field.is_empty() && short == whole);
    // Some programs keep the last byte of the field for a NUL.
    let is_cut = pax.len() > fits && field.len() + 1 >= fits && whole.starts_with(&short);
    if !is_whole && !is_cut {
        return Err(TarFault::Conflict { field: what });
    }
    *field = pax;
    Ok(())
}

/// pax: the header has the same, or 0 for what does not fit.
fn number(
    field: &mut u64,
    pax: Option<u64>,
    fits: u64,
    what: &'static str,
) -> Result<(), TarFault> {
    let Some(pax) = pax else { return Ok(()) };
    if *field != pax && !(pax > fits && *field == 0) {
        return Err(TarFault::Conflict { field: what });
    }
    *field = pax;
    Ok(())
}

/// As for numbers; a blank field is 0.
fn owner(field: &mut Option<u64>, pax: Option<u64>, what: &'static str) -> Result<(), TarFault> {
    if pax.is_some() {
        number(field.get_or_insert(0), pax, SEVEN_DIGITS_MAX, what)?;
    }
    Ok(())
}

/// As for numbers; the fraction is cut off or rounded.
fn time(field: &mut i64, pax: Option<i64>) -> Result<(), TarFault> {
    let Some(pax) = pax else { return Ok(()) };
    let fits = u64::try_from(pax).is_ok_and(|time| time <= ELEVEN_DIGITS_MAX);
    let is_near = field
        .checked_sub(pax)
        .is_some_and(|more| (0..=1).contains(&more));
    let is_cut = !fits && *field == 0;
    if !is_near && !is_cut {
        let field = "the time";
        return Err(TarFault::Conflict { field });
    }
    *field = pax;
    Ok(())
}

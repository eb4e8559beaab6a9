//! Two lists of members held against each other.

use std::collections::HashMap;

use quorate::time::Timestamp;
use quorate_archive::{Inventory, Member, MemberKind};

use crate::causes::{self, Cause};
use crate::report::{Digested, FieldDiff, OrderDiff, Shown};

/// What differs in lists and headers, and which members have other contents.
pub(crate) struct Headers {
    pub(crate) only_in_a: Shown<String>,
    pub(crate) only_in_b: Shown<String>,
    pub(crate) order: Option<OrderDiff>,
    pub(crate) changed: Shown<Changed>,
}

/// A member of both that differs.
pub(crate) struct Changed {
    pub(crate) name: String,
    pub(crate) fields: Vec<FieldDiff>,
    pub(crate) causes: Vec<Cause>,
    /// Both contents, where they differ.
    pub(crate) contents: Option<(Digested, Digested)>,
}

/// The members of both, by name: no archive has two of one name.
pub(crate) struct Pairs<'i> {
    a: &'i [Member],
    b: &'i [Member],
    in_a: HashMap<&'i str, &'i Member>,
    in_b: HashMap<&'i str, &'i Member>,
}

impl<'i> Pairs<'i> {
    pub(crate) fn of(a: &'i Inventory, b: &'i Inventory) -> Self {
        let by_name = |members: &'i [Member]| members.iter().map(|m| (&*m.name, m)).collect();
        Self {
            a: &a.members,
            b: &b.members,
            in_a: by_name(&a.members),
            in_b: by_name(&b.members),
        }
    }

    fn both(&self) -> impl Iterator<Item = (&'i Member, &'i Member)> {
        self.a
            .iter()
            .filter_map(|a| Some((a, *self.in_b.get(&*a.name)?)))
    }

    fn order(&self) -> Option<OrderDiff> {
        let in_a = self.a.iter().filter(|m| self.in_b.contains_key(&*m.name));
        let in_b = self.b.iter().filter(|m| self.in_a.contains_key(&*m.name));
        let (a, b) = in_a.zip(in_b).find(|(a, b)| a.name != b.name)?;
        Some(OrderDiff {
            a: a.name.clone(),
            b: b.name.clone(),
        })
    }
}

/// Compares everything but what is in the contents.
pub(crate) fn headers(pairs: &Pairs<'_>, listed_max: usize) -> Headers {
    let mut found = Headers {
        only_in_a: Shown::default(),
        only_in_b: Shown::default(),
        order: pairs.order(),
        changed: Shown::default(),
    };
    let missing =
        |from: &'_ HashMap<&str, &Member>, member: &Member| !from.contains_key(&*member.name);
    for member in pairs.a.iter().filter(|m| missing(&pairs.in_b, m)) {
        found.only_in_a.push(member.name.clone(), listed_max);
    }
    for member in pairs.b.iter().filter(|m| missing(&pairs.in_a, m)) {
        found.only_in_b.push(member.name.clone(), listed_max);
    }
    for (a, b) in pairs.both() {
        let fields = fields(a, b);
        let contents = contents(a, b);
        if !fields.is_empty() || contents.is_some() {
            let changed = Changed {
                name: a.name.clone(),
                causes: causes::of_headers(a, b),
                fields,
                contents,
            };
            found.changed.push(changed, listed_max);
        }
    }
    found
}

/// Both contents, where both have some and they differ.
fn contents(a: &Member, b: &Member) -> Option<(Digested, Digested)> {
    let digested = |member: &Member| {
        Some(Digested {
            size: member.size,
            sha256: member.sha256?,
        })
    };
    let (a, b) = (digested(a)?, digested(b)?);
    (a != b).then_some((a, b))
}

fn fields(a: &Member, b: &Member) -> Vec<FieldDiff> {
    let number = |number: Option<u64>| number.map_or("none".to_owned(), |n| n.to_string());
    let word = |text: &str| match text {
        "" => "none".to_owned(),
        text => text.to_owned(),
    };
    let rows = [
        ("type", a.kind.word().to_owned(), b.kind.word().to_owned()),
        ("target", target(&a.kind), target(&b.kind)),
        ("mode", format!("{:04o}", a.mode), format!("{:04o}", b.mode)),
        ("uid", number(a.owner.uid), number(b.owner.uid)),
        ("gid", number(a.owner.gid), number(b.owner.gid)),
        ("user", word(&a.owner.user), word(&b.owner.user)),
        ("group", word(&a.owner.group), word(&b.owner.group)),
        ("modified", time(a.modified), time(b.modified)),
    ];
    let differing = rows.into_iter().filter(|(_, a, b)| a != b);
    differing
        .map(|(field, a, b)| FieldDiff {
            part: String::new(),
            field,
            a,
            b,
        })
        .collect()
}

fn target(kind: &MemberKind) -> String {
    match kind {
        MemberKind::Symlink { target } | MemberKind::Hardlink { target } => target.clone(),
        _ => "none".to_owned(),
    }
}

/// A time for people, or its number where it has no four-digit year.
pub(super) fn time(seconds: Option<i64>) -> String {
    let Some(seconds) = seconds else {
        return "none".to_owned();
    };
    match Timestamp::from_unix_seconds(seconds) {
        Some(time) => time.to_string(),
        None => seconds.to_string(),
    }
}

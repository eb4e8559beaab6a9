//! Causes that show in headers of members and of containers.

use quorate::time::Timestamp;
use quorate_archive::Member;

use super::{Cause, CauseKind, Causes, Confidence, example};
use crate::archive::{PACKED_SIZE, Streams};
use crate::report::{Difference, FieldDiff, OrderDiff};

/// Bits that a umask takes away.
const UMASK_BITS: u32 = 0o077;

/// A time for people; what is before 1970 or after 9999 stays a number of seconds.
pub(super) fn shown_time(seconds: i64) -> String {
    Timestamp::from_unix_seconds(seconds)
        .map_or_else(|| format!("@{seconds}"), |time| time.to_string())
}

/// Looks at the headers of a member that both have.
pub(crate) fn of_headers(a: &Member, b: &Member) -> Vec<Cause> {
    let mut causes = Causes::default();
    if a.modified != b.modified {
        let seconds = |time: Option<i64>| time.map_or("none".to_owned(), shown_time);
        let (a, b) = (seconds(a.modified), seconds(b.modified));
        let shown = format!("modified {}", example(a.as_bytes(), b.as_bytes()));
        causes.add(CauseKind::Timestamps, Confidence::VeryLikely, shown);
    }
    if a.owner != b.owner {
        let name = |member: &Member| {
            let number = |n: Option<u64>| n.map_or("-".to_owned(), |n| n.to_string());
            let owner = &member.owner;
            let (uid, gid) = (number(owner.uid), number(owner.gid));
            format!("{uid}:{gid} {}:{}", owner.user, owner.group)
        };
        let shown = example(name(a).as_bytes(), name(b).as_bytes());
        causes.add(CauseKind::Owner, Confidence::VeryLikely, shown);
    }
    let bits = a.mode ^ b.mode;
    if bits != 0 && bits & !UMASK_BITS == 0 {
        let shown = format!("mode {:04o} → {:04o}", a.mode, b.mode);
        causes.add(CauseKind::Umask, Confidence::Likely, shown);
    }
    causes.into_list()
}

/// Looks at what differs outside of members, and says what else there is to say about it.
pub(crate) fn of_archive(
    found: &mut Difference,
    order: Option<&OrderDiff>,
    packing: &[FieldDiff],
    (a, b): &(Streams, Streams),
) {
    let mut causes = Causes::default();
    if let Some(order) = order {
        let shown = format!(
            "members: {}",
            example(order.a.as_bytes(), order.b.as_bytes())
        );
        causes.add(CauseKind::Order, Confidence::VeryLikely, shown);
    }
    for fact in packing {
        let shown = || {
            let values = example(fact.a.as_bytes(), fact.b.as_bytes());
            format!("{}: {values}", fact.field)
        };
        match fact.field {
            "gzip modified" | "modified in ar" => {
                causes.add(CauseKind::Timestamps, Confidence::VeryLikely, shown());
            }
            "uid in ar" | "gid in ar" => {
                causes.add(CauseKind::Owner, Confidence::VeryLikely, shown());
            }
            PACKED_SIZE | "zip method" | "compression" => {
                causes.add(CauseKind::Compression, Confidence::VeryLikely, shown());
            }
            _ => {}
        }
    }
    for (part, left) in a {
        let Some((_, right)) = b.iter().find(|(name, _)| name == part) else {
            continue;
        };
        let named = match part.as_str() {
            "" => "the archive",
            part => part,
        };
        if left.unpacked == right.unpacked && left.packed != right.packed {
            let shown = format!("{named} unpacks to the same bytes");
            causes.add(CauseKind::Compression, Confidence::VeryLikely, shown);
        } else if left.unpacked != right.unpacked && left.packed != right.packed {
            found.notes.push(format!(
                "{named} unpacks to other bytes, although no member differs: headers of tar are written in another way"
            ));
        }
    }
    found.causes.extend(causes.into_list());
}

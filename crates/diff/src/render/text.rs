//! The report for a terminal.

use super::{Names, hex_row};
use crate::causes::Summary;
use crate::report::{
    ArchiveDiff, Difference, Digested, Divergence, FieldDiff, LineSide, MemberDiff, Report,
    TextDiff, TextOf,
};
use crate::text::visible_text;

/// Entries of one list; JSON and HTML have them all.
const LISTED_MAX: usize = 25;

/// Names in one line.
const NAMES_MAX: usize = 4;

/// Writes the report as lines without colour, each of them harmless to a terminal.
pub fn text(report: &Report, names: Names<'_>) -> String {
    let mut page = Page::default();
    page.file("A", names.a, &report.a);
    page.file("B", names.b, &report.b);
    let Some(difference) = &report.difference else {
        page.line(0, "EQUAL: every byte");
        return page.text;
    };
    page.line(0, &headline(difference));
    page.difference(difference, 1);
    page.causes(&report.causes());
    page.text
}

fn headline(difference: &Difference) -> String {
    match (&difference.first, difference.different_bytes) {
        (Some(first), Some(count)) => {
            let count = bytes(count);
            format!("DIFFERENT in {count}, the first at {}", first.offset)
        }
        _ => "DIFFERENT".to_owned(),
    }
}

fn bytes(count: u64) -> String {
    let word = if count == 1 { "byte" } else { "bytes" };
    format!("{count} {word}")
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// The one place where text gets onto the page.
    fn line(&mut self, depth: usize, text: &str) {
        let line = "  ".repeat(depth) + &visible_text(text);
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn file(&mut self, side: &str, name: &str, of: &Digested) {
        let size = bytes(of.size);
        self.line(0, &format!("{side} {name}: {size}, sha256 {}", of.sha256));
    }

    fn difference(&mut self, of: &Difference, depth: usize) {
        if let Some(first) = &of.first {
            self.divergence(first, depth);
        }
        for note in &of.notes {
            self.line(depth, &format!("note: {note}"));
        }
        if let Some(lines) = &of.text {
            self.lines(lines, depth);
        }
        if let Some(archive) = &of.archive {
            self.archive(archive, depth);
        }
    }

    fn divergence(&mut self, of: &Divergence, depth: usize) {
        for (side, bytes) in [("A", &of.a), ("B", &of.b)] {
            let row = hex_row(bytes);
            self.line(depth, &format!("{side} {:08x}  {row}", of.context_offset));
        }
    }

    fn lines(&mut self, of: &TextDiff, depth: usize) {
        for hunk in &of.hunks {
            let what = match of.of {
                TextOf::Lines => "line",
                TextOf::Strings => "string",
            };
            let (a, b) = (hunk.line_a, hunk.line_b);
            self.line(depth, &format!("@@ {what} {a} of A, {what} {b} of B @@"));
            for line in &hunk.lines {
                let mark = match line.side {
                    LineSide::Both => ' ',
                    LineSide::A => '-',
                    LineSide::B => '+',
                };
                self.line(depth, &format!("{mark}{}", line.text));
            }
        }
        if of.is_cut {
            self.line(depth, "…");
        }
    }

    fn archive(&mut self, of: &ArchiveDiff, depth: usize) {
        let (a, b) = (of.format_a.name(), of.format_b.name());
        let formats = if a == b {
            a.to_owned()
        } else {
            format!("{a} and {b}")
        };
        let (count_a, count_b) = of.counts;
        self.line(
            depth,
            &format!("{formats}, {count_a} members in A and {count_b} in B"),
        );
        self.alone("A", &of.only_in_a.items, of.only_in_a.count(), depth + 1);
        self.alone("B", &of.only_in_b.items, of.only_in_b.count(), depth + 1);
        if let Some(order) = &of.order {
            let (a, b) = (&order.a, &order.b);
            self.line(
                depth + 1,
                &format!("other order: A has {a} where B has {b}"),
            );
        }
        for fact in of.packing.items.iter().take(LISTED_MAX) {
            self.field(fact, depth + 1);
        }
        self.more(of.packing.count(), depth + 1);
        let (whole, headers): (Vec<_>, Vec<_>) =
            (of.members.items.iter()).partition(|member| member.contents.is_some());
        self.headers(&headers, depth + 1);
        for member in whole.iter().take(LISTED_MAX) {
            self.member(member, depth + 1);
        }
        self.more(whole.len() + of.members.left_out, depth + 1);
    }

    /// Members that differ in their headers alone: those that differ in the same way share their lines, as all of a package do after a
    /// rebuild on another day.
    fn headers(&mut self, members: &[&MemberDiff], depth: usize) {
        let mut groups: Vec<(&[FieldDiff], Vec<&str>)> = Vec::new();
        for member in members {
            let has_room = groups.len() < LISTED_MAX;
            let same = groups.iter().position(|(f, _)| *f == member.fields);
            match same.and_then(|at| groups.get_mut(at)) {
                Some((_, names)) => names.push(&member.name),
                None if has_room => {
                    groups.push((&member.fields, vec![&member.name]));
                }
                None => {}
            }
        }
        let grouped: usize = groups.iter().map(|(_, names)| names.len()).sum();
        for (fields, names) in &groups {
            let more = match names.len().saturating_sub(NAMES_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let first: Vec<_> = names.iter().take(NAMES_MAX).copied().collect();
            self.line(depth, &(first.join(", ") + &more));
            for field in *fields {
                self.field(field, depth + 1);
            }
        }
        self.more(LISTED_MAX + members.len() - grouped, depth);
    }

    fn alone(&mut self, side: &str, names: &[String], count: usize, depth: usize) {
        for name in names.iter().take(LISTED_MAX) {
            self.line(depth, &format!("only in {side}: {name}"));
        }
        self.more(count, depth);
    }

    fn more(&mut self, count: usize, depth: usize) {
        if let Some(more @ 1..) = count.checked_sub(LISTED_MAX) {
            self.line(depth, &format!("and {more} more: see --json or --html"));
        }
    }

    fn field(&mut self, of: &FieldDiff, depth: usize) {
        let part = match of.part.as_str() {
            "" => String::new(),
            part => format!("{part}: "),
        };
        self.line(depth, &format!("{part}{}: {} → {}", of.field, of.a, of.b));
    }

    fn member(&mut self, of: &MemberDiff, depth: usize) {
        self.line(depth, &of.name);
        for field in &of.fields {
            self.field(field, depth + 1);
        }
        let Some(contents) = &of.contents else { return };
        let (a, b) = (contents.a.size, contents.b.size);
        let sizes = if a == b {
            bytes(a)
        } else {
            format!("{a} → {}", bytes(b))
        };
        let difference = &contents.difference;
        let place = match (&difference.first, difference.different_bytes) {
            (Some(first), Some(count)) => {
                format!(", {count} differ, the first at {}", first.offset)
            }
            _ => String::new(),
        };
        self.line(depth + 1, &format!("contents: {sizes}{place}"));
        self.difference(difference, depth + 2);
    }

    fn causes(&mut self, causes: &[Summary]) {
        if causes.is_empty() {
            return self.line(0, "No known cause fits.");
        }
        self.line(0, "Causes that fit:");
        for cause in causes {
            let (word, name) = (cause.confidence.word(), cause.kind.name());
            self.line(
                1,
                &format!(
                    "{word:<11} {name}, seen {}×: {}",
                    cause.count, cause.example
                ),
            );
            let places: Vec<_> = cause
                .places
                .iter()
                .map(String::as_str)
                .filter(|p| !p.is_empty())
                .collect();
            if !places.is_empty() {
                self.line(1, &format!("{:<11} in {}", "", places.join(", ")));
            }
            self.line(1, &format!("{:<11} → {}", "", cause.kind.advice()));
        }
    }
}

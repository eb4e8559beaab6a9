//! The report as one page of HTML: no scripts, nothing loaded from elsewhere, everything escaped.

use super::{Names, hex_row};
use crate::report::{
    ArchiveDiff, Difference, Digested, FieldDiff, LineSide, MemberDiff, Report, Shown, TextDiff,
};
use crate::text::visible_text;

/// The policy forbids what the page does not have, in case that an escape were forgotten.
const HEAD: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>quorate diff</title>
<style>
:root { --back: #fff; --text: #1b1b1f; --quiet: #5c5f66; --line: #d8dade; --a: #b3261e; --a-back: #fdecea; --b: #1a6b2f; --b-back: #e8f5ea; --box: #f6f7f8 }
@media (prefers-color-scheme: dark) {
:root { --back: #16181c; --text: #e4e5e8; --quiet: #a0a4ab; --line: #3a3e45; --a: #ff9c92; --a-back: #3a1f1d; --b: #86d79a; --b-back: #18301f; --box: #1f2227 } }
body { background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2rem }
table { border-collapse: collapse; margin: .5rem 0 } td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
code, pre { font: .85rem/1.45 ui-monospace, monospace } pre { background: var(--box); padding: .5rem .75rem; overflow-x: auto; margin: .5rem 0 }
details { border-left: 2px solid var(--line); padding-left: 1rem; margin: .5rem 0 } summary { cursor: pointer; overflow-wrap: anywhere }
.a { color: var(--a); background: var(--a-back) } .b { color: var(--b); background: var(--b-back) } .quiet { color: var(--quiet) }
</style></head><body>
"#;

/// Writes one page that needs nothing else.
pub fn html(report: &Report, names: Names<'_>) -> String {
    let mut page = Page {
        text: HEAD.to_owned(),
    };
    page.raw("<h1>");
    page.put(match report.is_equal() {
        true => "Equal: every byte",
        false => "Different",
    });
    page.raw("</h1>\n<table>\n<tr><th></th><th>file</th><th>bytes</th><th>SHA-256</th></tr>\n");
    page.file("A", names.a, &report.a);
    page.file("B", names.b, &report.b);
    page.raw("</table>\n");
    if let Some(difference) = &report.difference {
        page.causes(report);
        page.raw("<h2>Differences</h2>\n");
        page.difference(difference);
    }
    page.raw("</body></html>\n");
    page.text
}

struct Page {
    text: String,
}

impl Page {
    /// Markup of ours.
    fn raw(&mut self, markup: &'static str) {
        self.text.push_str(markup);
    }

    /// Anything else.
    fn put(&mut self, text: &str) {
        for character in visible_text(text).chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&#39;"),
                other => self.text.push(other),
            }
        }
    }

    fn within(&mut self, before: &'static str, text: &str, after: &'static str) {
        self.raw(before);
        self.put(text);
        self.raw(after);
    }

    fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.raw("<tr>");
        for cell in cells {
            self.within("<td>", cell, "</td>");
        }
        self.raw("</tr>\n");
    }

    fn file(&mut self, side: &str, name: &str, of: &Digested) {
        self.row([side, name, &of.size.to_string(), &of.sha256.to_string()]);
    }

    fn causes(&mut self, report: &Report) {
        self.raw("<h2>Causes that fit</h2>\n");
        let causes = report.causes();
        if causes.is_empty() {
            return self.raw("<p>No known cause fits.</p>\n");
        }
        self.raw("<table>\n<tr><th>how likely</th><th>cause</th><th>seen</th><th>example</th><th>first places</th><th>what to do</th></tr>\n");
        for cause in causes {
            let places: Vec<_> = cause
                .places
                .iter()
                .map(String::as_str)
                .filter(|place| !place.is_empty())
                .collect();
            self.row([
                cause.confidence.word(),
                cause.kind.name(),
                &format!("{}×", cause.count),
                &cause.example,
                &places.join(", "),
                cause.kind.advice(),
            ]);
        }
        self.raw("</table>\n");
    }

    fn difference(&mut self, of: &Difference) {
        if let (Some(first), Some(count)) = (&of.first, of.different_bytes) {
            let place = format!(
                "{count} bytes differ, the first at offset {}.",
                first.offset
            );
            self.within("<p>", &place, "</p>\n<pre>");
            let at = first.context_offset;
            let row = |bytes: &[u8]| format!("{at:08x}  {}", hex_row(bytes));
            self.within("<span class=\"a\">A ", &row(&first.a), "</span>\n");
            self.within("<span class=\"b\">B ", &row(&first.b), "</span></pre>\n");
        }
        for note in &of.notes {
            self.within("<p class=\"quiet\">Note: ", note, "</p>\n");
        }
        if let Some(lines) = &of.text {
            self.lines(lines);
        }
        if let Some(archive) = &of.archive {
            self.archive(archive);
        }
    }

    fn lines(&mut self, of: &TextDiff) {
        self.raw("<pre>");
        for hunk in &of.hunks {
            let head = format!("@@ -{} +{} @@", hunk.line_a, hunk.line_b);
            self.within("<span class=\"quiet\">", &head, "</span>\n");
            for line in &hunk.lines {
                let before = match line.side {
                    LineSide::Both => "<span> ",
                    LineSide::A => "<span class=\"a\">-",
                    LineSide::B => "<span class=\"b\">+",
                };
                self.within(before, &line.text, "</span>\n");
            }
        }
        if of.is_cut {
            self.raw("…\n");
        }
        self.raw("</pre>\n");
    }

    fn archive(&mut self, of: &ArchiveDiff) {
        let head = format!(
            "A is {} with {} members, B is {} with {}.",
            of.format_a.name(),
            of.counts.0,
            of.format_b.name(),
            of.counts.1
        );
        self.within("<p>", &head, "</p>\n");
        self.alone("<p>Only in A:</p>\n<ul>\n", &of.only_in_a);
        self.alone("<p>Only in B:</p>\n<ul>\n", &of.only_in_b);
        if let Some(order) = &of.order {
            self.within(
                "<p>Members come in another order: A has <code>",
                &order.a,
                "</code> where B has ",
            );
            self.within("<code>", &order.b, "</code>.</p>\n");
        }
        if !of.packing.is_empty() {
            self.fields(&of.packing.items);
            self.more(of.packing.left_out);
        }
        for member in &of.members.items {
            self.member(member);
        }
        self.more(of.members.left_out);
    }

    fn alone(&mut self, before: &'static str, names: &Shown<String>) {
        if names.is_empty() {
            return;
        }
        self.raw(before);
        for name in &names.items {
            self.within("<li><code>", name, "</code></li>\n");
        }
        self.raw("</ul>\n");
        self.more(names.left_out);
    }

    fn more(&mut self, left_out: usize) {
        if left_out > 0 {
            self.within(
                "<p class=\"quiet\">and ",
                &left_out.to_string(),
                " more</p>\n",
            );
        }
    }

    fn fields(&mut self, fields: &[FieldDiff]) {
        self.raw("<table>\n<tr><th>part</th><th>field</th><th>A</th><th>B</th></tr>\n");
        for field in fields {
            self.row([&field.part, field.field, &field.a, &field.b]);
        }
        self.raw("</table>\n");
    }

    fn member(&mut self, of: &MemberDiff) {
        self.within(
            "<details open><summary><code>",
            &of.name,
            "</code></summary>\n",
        );
        if !of.fields.is_empty() {
            self.fields(&of.fields);
        }
        if let Some(contents) = &of.contents {
            let (a, b) = (&contents.a, &contents.b);
            let sizes = format!("Contents: {} and {} bytes.", a.size, b.size);
            self.within("<p>", &sizes, "</p>\n");
            self.difference(&contents.difference);
        }
        self.raw("</details>\n");
    }
}

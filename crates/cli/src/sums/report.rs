//! What `quorate sums show` prints: docs/spec/sums.md has the JSON.

use quorate::json::Json;
use quorate::source::{Agreement, Opinions};
use quorate::time::Timestamp;
use quorate_gather::Junk;

use crate::output;

use super::judge::{Rule, Set, Word};

/// The format of `--json`.
const FORMAT: &str = "quorate-sums/1";
/// More files than this on which builders differ would push the rest off a screen.
const FILES_SHOWN_MAX: usize = 12;
/// More builders than this are not named again for each file.
const NAMES_SHOWN_MAX: usize = 6;

/// The answer for people.
pub(super) fn text(sets: &[&Set], at: Timestamp, file: Option<&str>) -> String {
    let mut lines = Vec::new();
    for set in sets {
        set_text(&mut lines, set, file);
    }
    if sets.is_empty() {
        lines.push(match file {
            Some(file) => format!("no list names {file:?}"),
            None => "no list of a builder is there".to_owned(),
        });
    }
    lines.push(format!(
        "as of {at}; weak evidence: the lists name no source, so this is no verdict"
    ));
    let lines: Vec<String> = lines.iter().map(|line| output::line(line)).collect();
    lines.join("\n")
}

fn set_text(lines: &mut Vec<String>, set: &Set, file: Option<&str>) {
    let outcome = match (set.is_good(file), set.is_unanimous(file)) {
        (true, _) => "all agree, all signatures hold",
        (false, true) => "all lists agree, and not all of it holds",
        (false, false) => "no full agreement",
    };
    lines.push(format!("{}: {outcome}", set.name));
    if let Some(agreement) = &set.agreement {
        match file {
            None => groups_text(lines, set, agreement),
            Some(file) => {
                if let Some(opinions) = agreement.opinions().get(file) {
                    opinions_text(lines, set, file, opinions);
                }
            }
        }
    }
    for (builder, reason) in &set.unread {
        lines.push(format!("  cannot be read: {builder}: {reason}"));
    }
    for (builder, reason) in set.failing() {
        lines.push(format!("  signature does not hold: {builder}: {reason}"));
    }
    for (builder, word) in &set.words {
        if let Word::Holds {
            signer,
            known_as,
            rule,
        } = word
        {
            let known_as = known_as.join(", ");
            if *rule == Rule::AtItsOwnTime {
                let made = signer.made;
                lines.push(format!(
                    "  signature holds only as of the time that it claims: {builder}: {made}"
                ));
            }
            if !known_as.split(", ").any(|name| name == builder) {
                lines.push(format!("  signed by another name: {builder}: {known_as}"));
            }
        }
    }
}

fn groups_text(lines: &mut Vec<String>, set: &Set, agreement: &Agreement) {
    for (index, group) in agreement.groups().iter().enumerate() {
        let files = counted(group.sums.files().len(), "file");
        let builders = counted(group.builders.len(), "builder");
        let verb = match (index, group.builders.len()) {
            (_, 1) => "lists",
            (0, _) => "agree on",
            _ => "differ from them and agree on",
        };
        let (names, held) = (group.builders.join(", "), held(set, &group.builders));
        lines.push(format!("  {builders} ({names}) {verb} {files}; {held}"));
    }
    let dissent: Vec<_> = agreement.dissent().collect();
    for (name, opinions) in dissent.iter().take(FILES_SHOWN_MAX) {
        opinions_text(lines, set, name, opinions);
    }
    if dissent.len() > FILES_SHOWN_MAX {
        let more = dissent.len() - FILES_SHOWN_MAX;
        lines.push(format!("  and {more} more files: see --json"));
    }
}

fn opinions_text(lines: &mut Vec<String>, set: &Set, file: &str, opinions: &Opinions) {
    lines.push(format!("  {file}"));
    for (digest, builders) in &opinions.digests {
        lines.push(format!("    {digest} {}", speakers(set, builders)));
    }
    if !opinions.silent.is_empty() {
        let silent = speakers(set, &opinions.silent);
        lines.push(format!("    not listed by {silent}"));
    }
}

/// Who they are, unless they are many, and how many of them sign for it.
fn speakers(set: &Set, builders: &[String]) -> String {
    let held = held(set, builders);
    if builders.len() > NAMES_SHOWN_MAX {
        return format!("{}; {held}", counted(builders.len(), "builder"));
    }
    format!("{}; {held}", builders.join(", "))
}

fn held(set: &Set, builders: &[String]) -> String {
    let holding = builders.iter().filter(|name| set.holds(name)).count();
    let verb = if holding == 1 { "holds" } else { "hold" };
    format!("{} {verb}", counted(holding, "signature"))
}

fn counted(count: usize, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{end}")
}

/// The answer for programs.
pub(super) fn json(
    sets: &[&Set],
    junk: &[Junk],
    at: Timestamp,
    file: Option<&str>,
) -> Json<'static> {
    let good = !sets.is_empty() && sets.iter().all(|set| set.is_good(file));
    let sets = sets.iter().map(|set| set_json(set, file)).collect();
    let junk = junk
        .iter()
        .map(|one| reason_json("path", &one.path.to_string_lossy(), &one.reason))
        .collect();
    Json::object([
        ("format", Json::text(FORMAT)),
        ("class", Json::text("weak")),
        ("at", Json::text(at.to_string())),
        (
            "file",
            file.map_or(Json::Null, |file| Json::text(file.to_owned())),
        ),
        ("good", Json::Bool(good)),
        ("sets", Json::Array(sets)),
        ("leftOut", Json::Array(junk)),
    ])
}

fn set_json(set: &Set, file: Option<&str>) -> Json<'static> {
    let agreement = set.agreement.as_ref();
    let groups = agreement.map_or(&[][..], Agreement::groups).iter();
    let groups = groups.map(|group| {
        Json::object([
            ("builders", Json::texts(group.builders.clone())),
            ("files", Json::number(group.sums.files().len() as u64)),
        ])
    });
    let opinions = agreement.map(|agreement| agreement.opinions().iter());
    let opinions = opinions.into_iter().flatten();
    let shown = opinions.filter(|(name, opinions)| match file {
        Some(file) => name.as_str() == file,
        None => opinions.digests.len() > 1 || !opinions.silent.is_empty(),
    });
    let files = shown.map(|(name, opinions)| file_json(name, opinions));
    let words = set.words.iter();
    let words = words.map(|(builder, word)| word_json(builder, word));
    let unread = set.unread.iter();
    let unread = unread.map(|(builder, reason)| reason_json("builder", builder, reason));
    Json::object([
        ("name", Json::text(set.name.clone())),
        ("unanimous", Json::Bool(set.is_unanimous(file))),
        ("groups", Json::Array(groups.collect())),
        ("files", Json::Array(files.collect())),
        ("signatures", Json::Array(words.collect())),
        ("unread", Json::Array(unread.collect())),
    ])
}

fn file_json(name: &str, opinions: &Opinions) -> Json<'static> {
    let digests = opinions.digests.iter().map(|(digest, builders)| {
        Json::object([
            ("sha256", Json::text(digest.to_string())),
            ("builders", Json::texts(builders.clone())),
        ])
    });
    Json::object([
        ("name", Json::text(name.to_owned())),
        ("digests", Json::Array(digests.collect())),
        ("notListedBy", Json::texts(opinions.silent.clone())),
    ])
}

fn word_json(builder: &str, word: &Word) -> Json<'static> {
    let builder = Json::text(builder.to_owned());
    match word {
        Word::Fails(reason) => Json::object([
            ("builder", builder),
            ("holds", Json::Bool(false)),
            ("reason", Json::text(reason.clone())),
        ]),
        Word::Holds {
            signer,
            known_as,
            rule,
        } => {
            let user_id = signer.user_id.clone().map_or(Json::Null, Json::text);
            let as_of = match rule {
                Rule::AtTheTime => "at",
                Rule::AtItsOwnTime => "claimed",
            };
            Json::object([
                ("builder", builder),
                ("holds", Json::Bool(true)),
                ("asOf", Json::text(as_of)),
                ("made", Json::text(signer.made.to_string())),
                ("certificate", Json::text(signer.certificate.clone())),
                ("key", Json::text(signer.key.clone())),
                ("userId", user_id),
                ("knownAs", Json::texts(known_as.clone())),
            ])
        }
    }
}

fn reason_json(member: &'static str, what: &str, reason: &str) -> Json<'static> {
    Json::object([
        (member, Json::text(what.to_owned())),
        ("reason", Json::text(reason.to_owned())),
    ])
}

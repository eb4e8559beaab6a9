//! A second opinion on patterns: Python's `fnmatch`, written down as its `translate` has it, matched by plain recursion.

/// One place of a translated pattern.
enum Place {
    Run,
    One(Box<dyn Fn(char) -> bool>),
}

/// Whether `name` matches `pattern` as in Python 3.
pub fn fnmatch(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let places = translate(&pattern.chars().collect::<Vec<_>>());
    // Row by row: which beginnings of the name the places so far can match.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for place in &places {
        reached = match place {
            Place::Run => reached
                .iter()
                .scan(false, |any, at| {
                    *any |= at;
                    Some(*any)
                })
                .collect(),
            Place::One(takes) => std::iter::once(false)
                .chain((0..name.len()).map(|at| reached[at] && takes(name[at])))
                .collect(),
        };
    }
    reached[name.len()]
}

/// `fnmatch.translate`, without the regular expression.
fn translate(pattern: &[char]) -> Vec<Place> {
    let mut places = Vec::new();
    let mut at = 0;
    while at < pattern.len() {
        let character = pattern[at];
        at += 1;
        match character {
            '*' => places.push(Place::Run),
            '?' => places.push(Place::One(Box::new(|_| true))),
            '[' => {
                // j of `translate`: where the class ends, if it does.
                let mut end = at;
                end += usize::from(pattern.get(end) == Some(&'!'));
                end += usize::from(pattern.get(end) == Some(&']'));
                while end < pattern.len() && pattern[end] != ']' {
                    end += 1;
                }
                if end >= pattern.len() {
                    places.push(Place::One(Box::new(|other| other == '[')));
                } else {
                    places.push(class(&pattern[at..end]));
                    at = end + 1;
                }
            }
            literal => places.push(Place::One(Box::new(move |other| other == literal))),
        }
    }
    places
}

/// The inside of `[…]`: cut at the hyphens that mean ranges, ranges that run backwards taken out.
fn class(inside: &[char]) -> Place {
    let negated = inside.first() == Some(&'!');
    let inside = &inside[usize::from(negated)..];
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let (mut from, mut search) = (0, 1);
    while let Some(hyphen) = (search..inside.len()).find(|at| inside[*at] == '-') {
        chunks.push(inside[from..hyphen].to_vec());
        (from, search) = (hyphen + 1, hyphen + 3);
    }
    match (from < inside.len(), chunks.last_mut()) {
        (false, Some(last)) => last.push('-'),
        _ => chunks.push(inside[from..].to_vec()),
    }
    for at in (1..chunks.len()).rev() {
        if chunks[at - 1].last() > chunks[at].first() {
            let after = chunks.remove(at);
            chunks[at - 1].pop();
            chunks[at - 1].extend(&after[1..]);
        }
    }
    Place::One(Box::new(move |character| {
        let single = chunks.iter().flatten().any(|member| *member == character);
        let between = chunks.windows(2).any(|pair| {
            let (low, high) = (pair[0].last(), pair[1].first());
            low.zip(high)
                .is_some_and(|(low, high)| (*low..=*high).contains(&character))
        });
        (single || between) != negated
    }))
}

#[cfg(test)]
mod tests {
    use super::fnmatch;

    #[test]
    fn the_second_opinion_says_what_python_says() {
        for (pattern, name, expected) in [
            ("[b-a-c]", "-", true),
            ("[b-a-c]", "c", true),
            ("[b-a-c]", "b", false),
            ("[!c-a]", "x", true),
            ("[c-a]", "b", false),
            ("[a-]", "-", true),
            ("[--a]", "5", true),
            ("[]-a]", "^", true),
            ("[!]a]", "]", false),
            ("[!]", "[!]", true),
            ("*a?", "xab", true),
        ] {
            assert_eq!(fnmatch(name, pattern), expected, "{pattern} {name}");
        }
    }
}

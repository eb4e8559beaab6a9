//! Lists of patterns (PATTERNS in ssh_config(5)): `*`, `?`, `!`, commas.

/// A list of patterns, of which at least one is no negation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatternList(String);

impl PatternList {
    /// Takes a list; `None` when a pattern is empty or none can match.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut patterns = text
            .split(',')
            .map(|pattern| pattern.strip_prefix('!').unwrap_or(pattern));
        let matches_some = text.split(',').any(|pattern| !pattern.starts_with('!'));
        let whole = patterns.all(|pattern| !pattern.is_empty());
        (whole && matches_some).then(|| Self(text.to_owned()))
    }

    /// The list as it was written.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether one pattern matches the whole of `name` and no negated one does.
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut found = false;
        for pattern in self.0.split(',') {
            match pattern.strip_prefix('!') {
                Some(negated) if matches(negated, name) => return false,
                Some(_) => {}
                None => found |= matches(pattern, name),
            }
        }
        found
    }
}

/// Whether the pattern matches all of `name`. Goes back to the last `*` alone: linear in each, their product at worst.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Where the last star stands, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(expected) if *expected == b'?' || expected == byte => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((back, taken)) = star else {
                    return false;
                };
                star = Some((back, taken + 1));
                (at, seen) = (back + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::PatternList;

    #[test]
    fn patterns_mean_what_ssh_config_says() {
        for (list, name, matched) in [
            ("a@b", "a@b", true),
            ("a@b", "a@bc", false),
            ("*@b", "a@b", true),
            ("*@b", "@b", true),
            ("*@b", "a@b.c", false),
            ("?@b", "a@b", true),
            ("?@b", "aa@b", false),
            ("*", "", true),
            ("x,*@b", "a@b", true),
            ("*@b,!eve@b", "eve@b", false),
            ("!eve@b,*@b", "eve@b", false),
            ("!eve@b,*@b", "a@b", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-", false),
        ] {
            let list = PatternList::parse(list).unwrap();
            assert_eq!(list.matches(name), matched, "{list:?} {name}");
        }
    }

    #[test]
    fn a_list_that_names_nobody_is_none() {
        for list in ["", ",", "a,", "!a", "!a,!b", "!", "a,!"] {
            assert_eq!(PatternList::parse(list), None, "{list:?}");
        }
    }

    #[test]
    fn a_pattern_that_backtracks_ends() {
        let list = PatternList::parse(&"a*".repeat(2_000)).unwrap();
        assert!(!list.matches(&format!("{}b", "a".repeat(1_999))));
    }
}

//! The key that was probably meant.

/// Rewrites serde's "unknown field" and "unknown variant" so that the nearest known name stands first; anything
/// else stays as it is.
pub(super) fn with_hint(message: &str) -> String {
    for (start, what) in [("unknown field ", "key"), ("unknown variant ", "value")] {
        if let Some(rest) = message.strip_prefix(start)
            && let Some((unknown, known)) = names(rest)
        {
            return sentence(what, unknown, &known);
        }
    }
    message.to_owned()
}

/// The unknown name and the known ones, all of which serde puts into backquotes.
fn names(text: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = text.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    (!known.is_empty()).then_some((unknown, known))
}

fn sentence(what: &str, unknown: &str, known: &[&str]) -> String {
    let all: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let all = all.join(", ");
    match nearest(unknown, known) {
        Some(near) => format!("unknown {what} `{unknown}`; did you mean `{near}`? (known: {all})"),
        None => format!("unknown {what} `{unknown}` (known: {all})"),
    }
}

/// The known name that takes the fewest slips of the finger, if it takes few for its length.
fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&unknown.to_lowercase(), name);
    let near = known.iter().min_by_key(|name| distance(name))?;
    (distance(near) <= near.len().max(3) / 3).then_some(*near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_offered_only_when_it_is_near() {
        for (message, expected) in [
            (
                "unknown field `latencey`, expected `latency` or `name`",
                "unknown key `latencey`; did you mean `latency`? (known: `latency`, `name`)",
            ),
            (
                "unknown field `banana`, expected one of `latency`, `name`",
                "unknown key `banana` (known: `latency`, `name`)",
            ),
            (
                "unknown variant `TCP`, expected `udp` or `tcp`",
                "unknown value `TCP`; did you mean `tcp`? (known: `udp`, `tcp`)",
            ),
            (
                "unknown field `x`, there are no fields",
                "unknown field `x`, there are no fields",
            ),
            ("invalid type: string", "invalid type: string"),
        ] {
            assert_eq!(with_hint(message), expected);
        }
    }
}

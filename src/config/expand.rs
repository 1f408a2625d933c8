//! `${NAME}` in values: what must not stand in a file comes from the environment.

use serde::{Deserialize, Deserializer, de::Error};
use std::path::PathBuf;

/// Replaces each `${NAME}` by what `lookup` knows of it. `$$` is a dollar sign.
pub(super) fn expand(
    text: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
        {
            let value = lookup(name)
                .ok_or_else(|| format!("the environment variable {name} is not set"))?;
            out.push_str(&value);
            rest = after;
        } else {
            return Err("a '$' must start ${NAME}, or be written $$".into());
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// A string with its `${NAME}` replaced from the environment.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    expand(&text, |name| std::env::var(name).ok()).map_err(D::Error::custom)
}

/// A path with its `${NAME}` replaced from the environment.
pub(super) fn path<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    text(from).map(PathBuf::from)
}

/// A path that may be left out.
pub(super) fn some_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    path(from).map(Some)
}

/// A string that may be left out.
pub(super) fn some_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, String> {
        expand(text, |name| (name == "USER").then(|| "me".to_owned()))
    }

    #[test]
    fn variables_are_replaced_and_dollars_can_be_written() {
        assert_eq!(expanded("plain").unwrap(), "plain");
        assert_eq!(expanded("${USER}@${USER}").unwrap(), "me@me");
        assert_eq!(expanded("5$$").unwrap(), "5$");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        assert_eq!(
            expanded("${NOPE}").unwrap_err(),
            "the environment variable NOPE is not set"
        );
        for open in ["$USER", "${USER", "a$"] {
            assert!(expanded(open).is_err(), "{open}");
        }
    }
}

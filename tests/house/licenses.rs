//! The licences of everything that is linked, against the list in deny.toml. cargo-deny reads the
//! same list; this test needs no tool beyond cargo.

use crate::code::none;
use crate::repo::{output_of, text};
use std::path::Path;

/// The strings of `allow = [...]` in deny.toml's `[licenses]`.
fn allowed() -> Vec<String> {
    let deny = text(Path::new("deny.toml"));
    let list = deny
        .split_once("[licenses]")
        .and_then(|(_, rest)| rest.split_once("allow = ["))
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(list, _)| list)
        .unwrap_or_else(|| panic!("deny.toml has no licences' allow list"));
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Whether an SPDX expression can be met with the allowed licences alone: AND needs both sides, OR
/// and the old `/` one. AND binds tighter.
fn met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut position = 0;
    let result = any_of(&words, &mut position, allowed);
    result && position == words.len()
}

fn any_of(words: &[&str], position: &mut usize, allowed: &[String]) -> bool {
    let mut result = all_of(words, position, allowed);
    while words.get(*position) == Some(&"OR") {
        *position += 1;
        result |= all_of(words, position, allowed);
    }
    result
}

fn all_of(words: &[&str], position: &mut usize, allowed: &[String]) -> bool {
    let mut result = one(words, position, allowed);
    while words.get(*position) == Some(&"AND") {
        *position += 1;
        result &= one(words, position, allowed);
    }
    result
}

fn one(words: &[&str], position: &mut usize, allowed: &[String]) -> bool {
    let Some(&word) = words.get(*position) else {
        return false;
    };
    *position += 1;
    if word == "(" {
        let result = any_of(words, position, allowed);
        *position += 1;
        return result;
    }
    let mut name = word.to_owned();
    if let [.., "WITH", exception] = words.get(..*position + 2).unwrap_or_default() {
        name = format!("{name} WITH {exception}");
        *position += 2;
    }
    allowed.contains(&name)
}

#[test]
fn every_dependency_may_be_linked_into_a_permissive_product() {
    let allowed = allowed();
    let listing = output_of(
        "cargo",
        &[
            "tree",
            "--workspace",
            "--locked",
            "--offline",
            "--prefix",
            "none",
            "--no-dedupe",
            "--format",
            "{p}|{l}",
        ],
    );
    let mut refused: Vec<String> = listing
        .lines()
        .filter(|line| !line.is_empty())
        .filter_map(|line| line.split_once('|'))
        .filter(|(_, licence)| !met(licence, &allowed))
        .map(|(package, licence)| format!("{package}: {licence:?}"))
        .collect();
    refused.sort();
    refused.dedup();
    assert!(
        listing.lines().count() > 20,
        "cargo tree listed next to nothing:\n{listing}"
    );
    none(&refused, "deny.toml does not allow the licence");
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT/GPL-3.0", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("MIT OR GPL-3.0 AND Unicode-3.0", true),
        ("GPL-3.0 AND (MIT OR Unicode-3.0)", false),
        ("Apache-2.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("", false),
    ] {
        assert_eq!(met(expression, &allowed), expected, "{expression:?}");
    }
}

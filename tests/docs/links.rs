//! Relative links and pictures of Markdown pages lead to files, and their anchors to headings.

use crate::pages::{Page, pages};
use crate::repo::{root, text};

/// The targets of `[text](target)` and `![text](target)` with their 1-based line, outside code.
fn links(page: &Page) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (index, line) in page.text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        // Odd parts between backticks are code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        if !in_code {
            let targets = prose
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next());
            links.extend(targets.map(|target| (index + 1, target.to_owned())));
        }
    }
    links
}

/// The anchors that a page's headings get.
fn anchors(text: &str) -> Vec<String> {
    let slug = |heading: &str| {
        let kept = heading
            .trim()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| slug(line.trim_start_matches('#')))
        .collect()
}

/// Why a link from `page` is broken, if it is.
fn broken(page: &Page, target: &str) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        page.path.clone()
    } else {
        page.path.parent()?.join(file)
    };
    let Ok(found) = root().join(&path).canonicalize() else {
        return Some("does not exist");
    };
    if !root()
        .canonicalize()
        .is_ok_and(|root| found.starts_with(root))
    {
        return Some("lies outside the repository");
    }
    let known = anchor.is_empty() || anchors(&text(&path)).iter().any(|known| known == anchor);
    (!known).then_some("has no such heading")
}

#[test]
fn relative_links_resolve() {
    let mut wrong = Vec::new();
    for page in pages()
        .iter()
        .filter(|page| page.path.extension().is_some_and(|e| e == "md"))
    {
        for (line, target) in links(page) {
            if let Some(reason) = broken(page, &target) {
                wrong.push(format!("{}:{line}: {target} {reason}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_is_listed() {
    let pages = pages();
    let index = pages
        .iter()
        .find(|page| page.path.ends_with("docs/README.md"))
        .unwrap();
    let listed: Vec<String> = links(index).into_iter().map(|(_, target)| target).collect();
    let missing: Vec<String> = pages
        .iter()
        .filter(|page| page.path.extension().is_some_and(|e| e == "md"))
        .filter_map(|page| page.path.strip_prefix("docs").ok())
        .map(|page| page.display().to_string())
        .filter(|page| page != "README.md" && !listed.contains(page))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/README.md does not list {missing:?}"
    );
}

#[test]
fn anchors_are_made_as_forges_make_them() {
    assert_eq!(
        anchors("# What works, and what does not\n## `x-y`"),
        ["what-works-and-what-does-not", "x-y"]
    );
}

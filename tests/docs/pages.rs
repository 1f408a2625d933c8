//! The pages: every Markdown file, and the documentation comments of every Rust file, which are
//! Markdown too.

use crate::repo::{files, text};
use std::path::PathBuf;

/// One file's Markdown.
pub(crate) struct Page {
    /// Where it lies, from the root.
    pub(crate) path: PathBuf,
    /// Its text; of a Rust file the documentation comments, other lines empty, so that line numbers hold.
    pub(crate) text: String,
}

/// All pages of the repository.
pub(crate) fn pages() -> Vec<Page> {
    let page = |path: PathBuf| {
        let text = match path.extension()?.to_str()? {
            "md" => text(&path),
            "rs" => doc_comments(&text(&path)),
            _ => return None,
        };
        Some(Page { path, text })
    };
    files().into_iter().filter_map(page).collect()
}

fn doc_comments(rust: &str) -> String {
    let markdown = |line: &str| {
        let line = line.trim_start();
        let comment = line
            .strip_prefix("//!")
            .or_else(|| line.strip_prefix("///"));
        comment
            .map(|text| text.strip_prefix(' ').unwrap_or(text).to_owned())
            .unwrap_or_default()
    };
    rust.lines().map(markdown).collect::<Vec<_>>().join("\n")
}

/// A command of a fenced shell block, as words.
pub(crate) struct Command {
    /// `file:line` for messages.
    pub(crate) place: String,
    /// The words that follow any `VARIABLE=value`.
    pub(crate) words: Vec<String>,
}

/// The commands in ```` ```sh ```` blocks (or `bash`, `console`) of all pages.
pub(crate) fn commands() -> Vec<Command> {
    pages().iter().flat_map(commands_of).collect()
}

fn commands_of(page: &Page) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut fence: Option<bool> = None;
    let mut joined = String::new();
    for (index, line) in page.text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = match fence {
                Some(_) => None,
                None => Some(matches!(
                    language.trim(),
                    "sh" | "bash" | "console" | "shell"
                )),
            };
        } else if fence == Some(true) {
            joined.push_str(line.trim().trim_start_matches("$ "));
            if joined.ends_with('\\') {
                joined.pop();
                continue;
            }
            let place = format!("{}:{}", page.path.display(), index + 1);
            let words = words(&std::mem::take(&mut joined), &place);
            let words = words
                .into_iter()
                .skip_while(|word| is_assignment(word))
                .collect();
            commands.push(Command { place, words });
        }
    }
    commands.retain(|command| !command.words.is_empty());
    commands
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}

/// Splits as a shell would: blanks, both kinds of quotes, a comment's `#`. Anything cleverer does not
/// belong into a page's command.
fn words(line: &str, place: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "{place}: a quote is not closed: {line}");
    words.extend(word);
    words
}

#[test]
fn words_are_split_as_a_shell_splits_them() {
    let split = |line| words(line, "here");
    assert_eq!(split("a  'b c' d\"e f\"g # h"), ["a", "b c", "de fg"]);
    assert_eq!(split("# nothing"), [""; 0]);
    assert_eq!(split("a ''"), ["a", ""]);
    assert!(is_assignment("GST_DEBUG=3") && !is_assignment("location=x"));
}

//! Commands of the documentation, given to the parsers that will read them.

use crate::pages::{Command, commands};
use crate::repo::{root, text};
use clap::Parser;
use std::path::Path;

/// The arguments that `tapetum` would get, if the command starts it.
fn arguments_of_tapetum(words: &[String]) -> Option<&[String]> {
    let program = Path::new(words.first()?).file_name()?;
    if program == "tapetum" {
        return Some(&words[1..]);
    }
    if program != "cargo" || words.get(1)? != "run" {
        return None;
    }
    let dashes = words.iter().position(|word| word == "--")?;
    Some(&words[dashes + 1..])
}

/// Those commands whose program is `name`.
fn commands_of<'a>(commands: &'a [Command], name: &str) -> Vec<&'a Command> {
    commands
        .iter()
        .filter(|command| command.words[0] == name)
        .collect()
}

#[track_caller]
fn none_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn command_lines_of_tapetum_parse() {
    let commands = commands();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for command in &commands {
        let Some(arguments) = arguments_of_tapetum(&command.words) else {
            continue;
        };
        seen += 1;
        let line = std::iter::once("tapetum").chain(arguments.iter().map(String::as_str));
        if let Err(error) = tapetum::cli::Cli::try_parse_from(line)
            && error.use_stderr()
        {
            wrong.push(format!("{}: {error}", command.place));
        }
    }
    none_wrong(&wrong);
    assert!(seen >= 2, "only {seen} tapetum command lines were found");
}

#[test]
fn pipelines_of_gst_launch_parse() {
    gst::init().unwrap();
    gstlowlight::plugin_register_static().unwrap();
    let commands = commands();
    let launches = commands_of(&commands, "gst-launch-1.0");
    assert!(
        launches.len() >= 2,
        "only {} gst-launch-1.0 lines were found",
        launches.len()
    );
    let mut wrong = Vec::new();
    for command in launches {
        let description: Vec<&str> = command.words[1..]
            .iter()
            .map(String::as_str)
            .filter(|word| !word.starts_with('-'))
            .collect();
        if let Err(error) = gst::parse::launch(&description.join(" ")) {
            wrong.push(format!("{}: {error}", command.place));
        }
    }
    none_wrong(&wrong);
}

#[test]
fn make_targets_exist() {
    let makefile = text(Path::new("Makefile"));
    let exists = |target: &str| {
        makefile
            .lines()
            .any(|line| line.starts_with(&format!("{target}:")))
    };
    let commands = commands();
    let makes = commands_of(&commands, "make");
    assert!(
        makes.len() >= 2,
        "only {} make lines were found",
        makes.len()
    );
    let wrong: Vec<String> = makes
        .iter()
        .flat_map(|command| {
            command.words[1..]
                .iter()
                .map(move |target| (command, target))
        })
        .filter(|(_, target)| !target.contains('=') && !exists(target))
        .map(|(command, target)| format!("{}: the Makefile has no `{target}`", command.place))
        .collect();
    none_wrong(&wrong);
}

#[test]
fn scripts_exist() {
    let wrong: Vec<String> = commands()
        .iter()
        .filter(|command| command.words[0].starts_with("scripts/"))
        .filter(|command| !root().join(&command.words[0]).is_file())
        .map(|command| format!("{}: {} does not exist", command.place, command.words[0]))
        .collect();
    none_wrong(&wrong);
}

#[test]
fn cargo_packages_and_targets_exist() {
    let manifests: String = [
        "Cargo.toml",
        "benches/suite/Cargo.toml",
        "engine/Cargo.toml",
        "plugins/lowlight/Cargo.toml",
        "scene/Cargo.toml",
    ]
    .map(|path| text(Path::new(path)))
    .concat();
    let mut wrong = Vec::new();
    for command in commands_of(&commands(), "cargo") {
        for pair in command.words.windows(2).take_while(|pair| pair[0] != "--") {
            let known = match pair[0].as_str() {
                "-p" => manifests.contains(&format!("name = \"{}\"", pair[1])),
                "--test" => find_test(&pair[1]),
                _ => continue,
            };
            if !known {
                wrong.push(format!(
                    "{}: {} {} does not exist",
                    command.place, pair[0], pair[1]
                ));
            }
        }
    }
    none_wrong(&wrong);
}

fn find_test(name: &str) -> bool {
    [
        "tests",
        "engine/tests",
        "plugins/lowlight/tests",
        "scene/tests",
    ]
    .iter()
    .any(|folder| root().join(folder).join(format!("{name}.rs")).is_file())
}

//! `tapetum`: a match over subcommands.

fn main() {}

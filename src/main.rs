//! `tapetum`: see `tapetum --help`.

fn main() -> std::process::ExitCode {
    tapetum::cli::main()
}

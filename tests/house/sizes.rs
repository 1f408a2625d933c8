//! Files stay short enough to be read in one sitting.

use crate::code::{none, rust_files};
use crate::repo::text;
use std::path::Path;

/// Lines a Rust file must stay below.
fn limit(path: &Path) -> usize {
    let name = path.file_name().and_then(|name| name.to_str());
    let of_element = path
        .parent()
        .and_then(Path::parent)
        .is_some_and(|up| up.ends_with("plugins/lowlight/src"));
    match name {
        Some("mod.rs") if of_element => 40,
        Some("imp.rs") => 450,
        _ => 300,
    }
}

#[test]
fn no_rust_file_is_longer_than_its_kind_may_be() {
    let mut long = Vec::new();
    for folder in ["benches", "engine", "plugins", "scene", "src", "tests"] {
        for path in rust_files(folder) {
            let (lines, limit) = (text(&path).lines().count(), limit(&path));
            if lines >= limit {
                long.push(format!(
                    "{}: {lines} lines, must stay below {limit}",
                    path.display()
                ));
            }
        }
    }
    none(&long, "a file that wants more hides two things");
}

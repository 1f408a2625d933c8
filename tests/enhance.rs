//! `tapetum enhance` as users get it. Nothing here needs a model or ONNX Runtime: `--strength 0` does not.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/boxes.rs"]
mod boxes;
#[path = "common/media.rs"]
mod media;

#[path = "enhance/cli.rs"]
mod cli;
#[path = "enhance/damage.rs"]
mod damage;
#[path = "enhance/folders.rs"]
mod folders;
#[path = "enhance/refusals.rs"]
mod refusals;
#[path = "enhance/signals.rs"]
mod signals;
#[path = "enhance/stills.rs"]
mod stills;
#[path = "enhance/streams.rs"]
mod streams;
#[path = "enhance/times.rs"]
mod times;

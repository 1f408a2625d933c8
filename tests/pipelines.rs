//! The pipeline files that come with Tapetum: they parse, say the truth about the defaults, and preroll.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)] // Shared with tests that read more of it.
#[path = "common/media.rs"]
mod media;

use gst::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Once;
use tapetum::config::{
    Config, Degrade, DisplaySink, Encode, FileSink, FileSource, Restore, Sink, Source, TestSource,
    View,
};
use tapetum::pipeline::{Graph, describe, file_to_file, test_to_display};

/// Registers the elements once: a second time would replace them under those that use them.
fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        gst::init().unwrap();
        gstlowlight::plugin_register_static().unwrap();
    });
}

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn load(name: &str) -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pipelines")
        .join(name);
    Config::load(&file).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_pipeline_file_is_told_as_a_pipeline() {
    start();
    let files = shipped();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let config = Config::load(&file).unwrap_or_else(|error| panic!("{error}"));
        let text = describe(&config).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(text.contains("lowlightrestore"), "{text}");
    }
}

/// A file that is written to be read: each of its keys has the value that holds without it, but for those
/// that have no default.
#[test]
fn pipeline_files_say_the_defaults() {
    let expected = Config {
        source: Source::File(FileSource {
            location: "night.mp4".into(),
        }),
        degrade: None,
        restore: Restore::default(),
        encode: Encode::default(),
        sink: Sink::File(FileSink {
            location: "restored.mp4".into(),
            overwrite: false,
        }),
    };
    assert_eq!(load("file-to-file.toml"), expected);
    let expected = Config {
        source: Source::Test(TestSource::default()),
        degrade: Some(Degrade::default()),
        restore: Restore {
            // Its file says why.
            view: View::Split,
            ..Restore::default()
        },
        encode: Encode::default(),
        sink: Sink::Display(DisplaySink::default()),
    };
    assert_eq!(load("test-to-display.toml"), expected);
}

#[test]
fn every_key_is_commented() {
    for file in shipped() {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut before = "";
        for line in text.lines() {
            let is_key = line.contains(" = ") && !line.starts_with('#');
            // Keys of one comment may follow each other; `kind` is its section's title.
            let is_told =
                before.starts_with('#') || before.contains(" = ") || before.starts_with('[');
            assert!(
                !is_key || is_told,
                "{}: nothing is said of {line:?}",
                file.display()
            );
            before = line;
        }
    }
}

/// Brings a pipeline to PAUSED, with frames at its end.
#[track_caller]
fn preroll(graph: &Graph) {
    let pipeline = &graph.pipeline;
    let change = pipeline.set_state(gst::State::Paused).unwrap();
    if change != gst::StateChangeSuccess::NoPreroll {
        let (result, state, _) = pipeline.state(gst::ClockTime::from_seconds(60));
        let error = pipeline
            .bus()
            .unwrap()
            .pop_filtered(&[gst::MessageType::Error]);
        assert!(
            result.is_ok() && state == gst::State::Paused,
            "{state:?}: {error:?}"
        );
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn file_to_file_prerolls() {
    start();
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.mp4"), folder.path().join("out.mp4"));
    media::make(
        "videotestsrc num-buffers=90 ! video/x-raw,format=I420,width=160,height=120 ! x264enc ! h264parse ! mp4mux !",
        &input,
    );
    let mut config = load("file-to-file.toml");
    config.restore.strength = 0.0; // Needs no model.
    let (notes, _) = tokio::sync::mpsc::unbounded_channel();
    let graph = file_to_file(&input, &output, &config.restore, &config.encode, notes).unwrap();
    preroll(&graph);
}

#[test]
fn test_to_display_prerolls() {
    start();
    let mut config = load("test-to-display.toml");
    config.restore.strength = 0.0; // Needs no model.
    let (Source::Test(source), Sink::Display(sink)) = (&config.source, &config.sink) else {
        panic!("not from a test picture to a display");
    };
    let graph = test_to_display(source, config.degrade.as_ref(), &config.restore, sink).unwrap();
    // A machine that runs tests need not have a display.
    let display = graph.pipeline.by_name("output-display").unwrap();
    let pad = display.static_pad("sink").unwrap();
    let shown = pad.peer().unwrap();
    shown.unlink(&pad).unwrap();
    graph.pipeline.remove(&display).unwrap();
    let nothing = gst::ElementFactory::make("fakesink").build().unwrap();
    graph.pipeline.add(&nothing).unwrap();
    shown.link(&nothing.static_pad("sink").unwrap()).unwrap();
    preroll(&graph);
}

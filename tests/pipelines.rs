//! The pipeline files that come with Tapetum: they parse, say the truth about the defaults, and preroll.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)] // Shared with tests that read more of it.
#[path = "common/media.rs"]
mod media;

use gst::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Once;
use tapetum::config::{
    Config, Degrade, Restore, RtspLocation, RtspSource, Sink, Source, Stream, View,
};
use tapetum::describe::{describe, dot};
use tapetum::pipeline::{Graph, file_to_file};

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
fn every_pipeline_file_is_told_as_pipelines() {
    start();
    let files = shipped();
    assert!(files.len() >= 9, "{files:?}");
    for file in files {
        let config = Config::load(&file).unwrap_or_else(|error| panic!("{error}"));
        let text = describe(&config).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for stream in &config.streams {
            assert!(
                text.contains(&format!("# stream {}", stream.name)),
                "{text}"
            );
        }
        assert!(text.contains("lowlightrestore"), "{text}");
        assert_eq!(dot(&config).is_ok(), !config.is_batch());
    }
}

#[test]
fn a_password_is_in_no_word_and_no_graph() {
    start();
    let config = Config::parse(
        "[[stream]]\nname = 'a'\nsource = { kind = 'rtsp', location = 'rtsp://me:hidden@host/a' }\n\
         [[stream.sink]]\nkind = 'display'\n",
    )
    .unwrap();
    let told = describe(&config).unwrap() + &dot(&config).unwrap();
    assert!(
        told.contains("rtsp://host/a") && !told.contains("hidden"),
        "{told}"
    );
}

/// The smallest stream with this source and these sinks.
fn smallest(config: &Config) -> Stream {
    let text = "[[stream]]\nname = 'x'\nsource.kind = 'test'\n[[stream.sink]]\nkind = 'display'\n";
    let given = &config.streams[0];
    let mut stream = Config::parse(text).unwrap().streams.remove(0);
    stream.name.clone_from(&given.name);
    stream.source = given.source.clone();
    stream.sinks.clone_from(&given.sinks);
    stream
}

/// Files that are written to be read: each of their keys has the value that holds without it, but for those that
/// have no default, and those whose file says why.
#[test]
fn pipeline_files_say_the_defaults() {
    let camera = RtspSource::new(RtspLocation::parse("rtsp://192.0.2.10/stream1").unwrap());
    for name in [
        "rtsp-to-rtsp.toml",
        "rtsp-to-display.toml",
        "rtsp-to-record.toml",
    ] {
        let config = load(name);
        assert_eq!(config.server, tapetum::config::Server::default(), "{name}");
        assert_eq!(
            config.streams[0].source,
            Source::Rtsp(camera.clone()),
            "{name}"
        );
        assert_eq!(config.streams, [smallest(&config)], "{name}");
    }
    for name in ["file-to-file.toml", "v4l2-to-display.toml"] {
        let config = load(name);
        assert_eq!(config.streams, [smallest(&config)], "{name}");
    }
    let config = load("test-to-display.toml");
    let expected = Stream {
        source: Source::Test(tapetum::config::TestSource::default()),
        degrade: Some(Degrade::default()),
        restore: Restore {
            view: View::Split,
            ..Restore::default()
        },
        ..smallest(&config)
    };
    assert_eq!(config.streams, [expected]);
    let config = load("rtsp-to-rtsp.toml");
    let least = Config::parse(
        "[[stream]]\nname = 'x'\nsource.kind = 'test'\n[[stream.sink]]\nkind = 'rtsp'\nmount = '/camera'\n",
    );
    assert_eq!(config.streams[0].sinks, least.unwrap().streams[0].sinks);
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
    let mut stream = load("file-to-file.toml").streams.remove(0);
    stream.restore.strength = 0.0; // Needs no model.
    let [Sink::File(sink)] = stream.sinks.as_slice() else {
        panic!("not into a file");
    };
    let (notes, _) = tokio::sync::mpsc::unbounded_channel();
    let graph = file_to_file(&input, &output, &stream.restore, &sink.encode, notes).unwrap();
    preroll(&graph);
}

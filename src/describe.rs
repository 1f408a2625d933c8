//! A pipeline file as the pipelines that it stands for: `tapetum check`.

use crate::config::{Config, Sink, Source, Stream};
use crate::pipeline::PipelineError;
use crate::pipeline::live::mount_launch;
use crate::pipeline::words::{file_in_words, pipeline_in_words};
use crate::stream::blueprint;
use gst::DebugGraphDetails;
use gst::prelude::*;

/// Says what a pipeline file would run, in the words of `gst-launch-1.0`. Passwords are left out.
///
/// # Errors
///
/// An element is missing or takes no such value.
pub fn describe(config: &Config) -> Result<String, PipelineError> {
    let mut lines = Vec::new();
    for stream in &config.streams {
        lines.push(format!("# stream {}", stream.name));
        match (&stream.source, stream.sinks.as_slice()) {
            (Source::File(source), [Sink::File(sink)]) if stream.is_batch() => {
                lines.push(file_in_words(source, &stream.restore, sink)?);
            }
            _ => live(config, stream, &mut lines)?,
        }
    }
    Ok(lines.join("\n"))
}

fn live(config: &Config, stream: &Stream, lines: &mut Vec<String>) -> Result<(), PipelineError> {
    for (name, pipeline) in blueprint(stream)? {
        lines.push(format!("# {name}\n{}", pipeline_in_words(&pipeline)));
    }
    for sink in &stream.sinks {
        if let Sink::Rtsp(sink) = sink {
            let (scheme, server) = (config.server.scheme(), &config.server);
            let url = format!(
                "{scheme}://{}:{}{}",
                server.address, server.port, sink.mount
            );
            let launch = mount_launch(stream.encode.codec);
            lines.push(format!(
                "# mount {url}, at most {} readers\n{launch}",
                sink.max_readers
            ));
        }
    }
    Ok(())
}

/// The live pipelines of a pipeline file as graphs for Graphviz, one after another.
///
/// # Errors
///
/// An element is missing or takes no such value.
pub fn dot(config: &Config) -> Result<String, PipelineError> {
    let mut graphs = Vec::new();
    for stream in config.streams.iter().filter(|stream| !stream.is_batch()) {
        for (_, pipeline) in blueprint(stream)? {
            // No parameters: one of them may be a password.
            let details = DebugGraphDetails::MEDIA_TYPE | DebugGraphDetails::CAPS_DETAILS;
            graphs.push(pipeline.debug_to_dot_data(details).to_string());
        }
    }
    if graphs.is_empty() {
        return Err(PipelineError::Unsupported(
            "a stream from file to file is built when its input is known: there is no graph yet"
                .into(),
        ));
    }
    Ok(graphs.join("\n"))
}

//! A pipeline in the words of `gst-launch-1.0`.

use super::error::PipelineError;
use super::make::make;
use super::{Container, container, encode, restore};
use crate::config::{Codec, Compare, Config, Sink, Source, View};
use gst::prelude::*;

/// Says what a pipeline file would run, one line for each chain of elements. What depends on the input
/// (its decoder, say) stands as the element that finds it.
///
/// # Errors
///
/// An element is missing or takes no such value, or there is no pipeline for these sections.
pub fn describe(config: &Config) -> Result<String, PipelineError> {
    match (&config.source, &config.sink) {
        (Source::File(source), Sink::File(sink)) => {
            let container = Container::of(&sink.location)?;
            let file = make("filesrc")?;
            file.set_property("location", &source.location);
            let output = make("filesink")?;
            output.set_property("location", &sink.location);
            let muxer = container.muxer()?;
            let muxer_name = muxer.name();
            let head = chain(&[file, make("parsebin")?]);
            let video = video(config)?;
            Ok(format!(
                "{head} name=input\n\
                 input. ! multiqueue name=queue ! decodebin ! {video} ! {muxer_name}.\n\
                 input. ! queue. queue. ! {muxer_name}.   # audio and subtitles, untouched\n\
                 {} ! {}",
                element(&muxer),
                element(&output)
            ))
        }
        (Source::Test(source), Sink::Display(sink)) => {
            let graph =
                super::test_to_display(source, config.degrade.as_ref(), &config.restore, sink)?;
            let mut elements: Vec<gst::Element> = graph
                .pipeline
                .iterate_sorted()
                .into_iter()
                .flatten()
                .collect();
            elements.reverse();
            Ok(chain(&elements))
        }
        _ => Err(PipelineError::Unsupported(
            "so far a file goes to a file and a test picture to a display".into(),
        )),
    }
}

fn video(config: &Config) -> Result<String, PipelineError> {
    let mut settings = config.restore.clone();
    let compare = config.encode.compare;
    if compare == Compare::Split {
        settings.view = View::Split;
    }
    let restored = restore::restore(&settings, true)?;
    let filter = make("capsfilter")?;
    filter.set_property("caps", encode::formats(config.encode.codec));
    let mut tail = vec![
        make("videoconvert")?,
        filter,
        encode::encoder(&config.encode)?,
    ];
    if config.encode.codec == Codec::H265 {
        tail.push(make("h265parse")?);
    }
    let restored = element(&restored);
    let middle = match compare {
        Compare::SideBySide => {
            format!(
                "tee name=both both. ! {restored} ! both_halves. both. ! compositor name=both_halves"
            )
        }
        Compare::None | Compare::Split => restored,
    };
    Ok(format!("videoconvert ! {middle} ! {}", chain(&tail)))
}

fn chain(elements: &[gst::Element]) -> String {
    let words: Vec<String> = elements.iter().map(element).collect();
    words.join(" ! ")
}

/// An element with the properties that differ from a new one's.
fn element(element: &gst::Element) -> String {
    let Some(factory) = element.factory() else {
        return element.name().into();
    };
    let mut text = factory.name().to_string();
    let Ok(new) = factory.create().build() else {
        return text;
    };
    for property in element.list_properties() {
        let name = property.name();
        let flags = property.flags();
        if !flags.contains(gst::glib::ParamFlags::READWRITE) {
            continue;
        }
        let value = element.property_value(name);
        let said = match name {
            // Ours tell apart what an error came from; only the muxer's is referred to.
            "name" => element.name() == container::MUXER,
            // A random name that is not used.
            "parent" | "faststart-file" => false,
            _ => value.serialize().ok() != new.property_value(name).serialize().ok(),
        };
        if said && let Ok(value) = value.serialize() {
            text.push_str(&format!(" {name}={value}"));
        }
    }
    text
}

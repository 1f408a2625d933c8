//! Pipelines in the words of `gst-launch-1.0`.

use super::error::PipelineError;
use super::make::make;
use super::{Container, container, encode, restore};
use crate::config::{Codec, Compare, FileSink, FileSource, Restore, View};
use gst::prelude::*;

/// What stands where elements will be linked when the input is known.
const LATER: &str = " ... ";

/// Says what restores a whole file, one line for each chain of elements. What depends on the input (its decoder,
/// say) stands as the element that finds it.
///
/// # Errors
///
/// An element is missing or takes no such value.
pub(crate) fn file_in_words(
    source: &FileSource,
    settings: &Restore,
    sink: &FileSink,
) -> Result<String, PipelineError> {
    let container = Container::of(&sink.location)?;
    let file = make("filesrc")?;
    file.set_property("location", &source.location);
    let output = make("filesink")?;
    output.set_property("location", &sink.location);
    let muxer = container.muxer()?;
    let muxer_name = muxer.name();
    let head = chain(&[file, make("parsebin")?]);
    let video = video(settings, sink)?;
    Ok(format!(
        "{head} name=input\n\
         input. ! multiqueue name=queue ! decodebin ! {video} ! {muxer_name}.\n\
         input. ! queue. queue. ! {muxer_name}.   # audio and subtitles, untouched\n\
         {} ! {}",
        element(&muxer),
        element(&output)
    ))
}

/// Says what a pipeline consists of, in the order in which frames pass.
pub(crate) fn pipeline_in_words(pipeline: &gst::Pipeline) -> String {
    let all: Vec<gst::Element> = pipeline.iterate_elements().into_iter().flatten().collect();
    let is_first = |element: &&gst::Element| !element.sink_pads().iter().any(PadExt::is_linked);
    let mut chains: Vec<Vec<gst::Element>> = all.iter().filter(is_first).map(follow).collect();
    // What the sink is in comes last: nothing links it to the rest before data flow.
    let ends = |chain: &Vec<gst::Element>| {
        chain
            .iter()
            .any(|e| e.element_flags().contains(gst::ElementFlags::SINK))
    };
    let starts = |chain: &Vec<gst::Element>| {
        chain
            .iter()
            .any(|e| e.element_flags().contains(gst::ElementFlags::SOURCE))
    };
    chains.sort_by_key(|chain| (!starts(chain), ends(chain)));
    let words: Vec<String> = chains.iter().map(|elements| chain(elements)).collect();
    words.join(LATER)
}

/// An element and those behind it.
fn follow(first: &gst::Element) -> Vec<gst::Element> {
    let mut chain = vec![first.clone()];
    while let Some(next) = chain.last().and_then(next) {
        chain.push(next);
    }
    chain
}

fn next(element: &gst::Element) -> Option<gst::Element> {
    element
        .src_pads()
        .iter()
        .find_map(|pad| pad.peer()?.parent_element())
}

fn video(settings: &Restore, sink: &FileSink) -> Result<String, PipelineError> {
    let mut settings = settings.clone();
    let compare = sink.encode.compare;
    if compare == Compare::Split {
        settings.view = View::Split;
    }
    let restored = restore::restore(&settings, true)?;
    let filter = make("capsfilter")?;
    filter.set_property("caps", encode::formats(sink.encode.codec));
    let mut tail = vec![
        make("videoconvert")?,
        filter,
        encode::encoder(&sink.encode)?,
    ];
    if sink.encode.codec == Codec::H265 {
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
        // Made by its type: appsrc and appsink.
        return element
            .type_()
            .name()
            .trim_start_matches("Gst")
            .to_lowercase();
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
            // Never, not even that there is one.
            "user-pw" => false,
            // A random name that is not used.
            "parent" | "faststart-file" => false,
            _ => written(&value) != written(&new.property_value(name)),
        };
        if said && let Some(value) = written(&value) {
            text.push_str(&format!(" {name}={value}"));
        }
    }
    text
}

/// A property's value as `gst-launch-1.0` reads it.
fn written(value: &gst::glib::Value) -> Option<String> {
    // GStreamer 1.22 complains on stderr about a structure that is not set.
    if matches!(value.get::<Option<gst::Structure>>(), Ok(None)) {
        return None;
    }
    value.serialize().ok().map(Into::into)
}

//! Audio and subtitles: passed on as they are where the container holds them, converted and said so
//! where it does not.

use super::container::{Container, Kind, accepted};
use super::error::PipelineError;
use super::file::{Router, describe, drop_stream};
use super::lead_in;
use super::make::{add_chain, link_pads, make, make_named, pad, wake};
use super::mp4::Edit;
use super::subtitle;
use super::track::Track;
use gst::prelude::*;
use std::sync::Arc;

/// How a stream gets into the muxer.
#[derive(Debug, PartialEq, Eq)]
enum Route {
    /// As it is.
    Direct,
    /// Through a parser, which repacks without touching what is coded.
    Parsed(String),
    /// Decoded and coded anew as AAC.
    Reencoded,
    /// Subtitles turned into plain text.
    PlainText,
    /// Not at all.
    LeftOut,
}

/// Links an audio or subtitle stream that comes from `exit` to the muxer.
pub(super) fn pass_on(
    router: &Arc<Router>,
    pipeline: &gst::Pipeline,
    exit: &gst::Pad,
    caps: &gst::Caps,
    kind: Kind,
    hidden: Option<Edit>,
) -> Result<(), PipelineError> {
    let route = route(&accepted(&router.muxer, kind), caps, kind);
    let name = describe(caps);
    let held = router.container.name();
    match route {
        Route::LeftOut => {
            router.note(format!(
                "{held} cannot hold {name}: this stream is left out"
            ));
            return drop_stream(pipeline, exit);
        }
        Route::Reencoded => router.note(format!("{held} cannot hold {name}: re-encoded as AAC")),
        Route::PlainText if name != "text/x-raw" => {
            router.note(format!("{held} cannot hold {name}: written as plain text"));
        }
        _ => {}
    }
    if let Some(hidden) = hidden
        && router.container == Container::Mkv
    {
        lead_in::cut(exit, hidden.lead_in);
    }
    let (muxed, track) = router.muxer_input(kind)?;
    let goal = Goal {
        muxed,
        track,
        hidden,
    };
    match route {
        Route::Direct | Route::LeftOut => goal.link(exit)?,
        Route::Parsed(parser) => goal.through(pipeline, exit, &[make(&parser)?])?,
        Route::Reencoded => reencode(router, pipeline, exit, goal)?,
        Route::PlainText => {
            goal.through(pipeline, exit, &subtitle::to_text(caps, router.container)?)?;
        }
    }
    router.gate.watch_other(exit);
    Ok(())
}

/// Where a stream has to go.
struct Goal {
    muxed: gst::Pad,
    track: Track,
    hidden: Option<Edit>,
}

impl Goal {
    fn link(&self, from: &gst::Pad) -> Result<(), PipelineError> {
        self.track.watch(from, self.hidden);
        link_pads(from, &self.muxed)
    }

    /// Links `exit` through `elements` to the muxer.
    fn through(
        &self,
        pipeline: &gst::Pipeline,
        exit: &gst::Pad,
        elements: &[gst::Element],
    ) -> Result<(), PipelineError> {
        let chain: Vec<&gst::Element> = elements.iter().collect();
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
            return self.link(exit);
        };
        add_chain(pipeline, &chain)?;
        wake(&chain)?;
        self.link(&pad(last, "src")?)?;
        link_pads(exit, &pad(first, "sink")?)
    }
}

fn route(accepted: &gst::Caps, caps: &gst::Caps, kind: Kind) -> Route {
    if caps
        .structure(0)
        .is_some_and(|s| s.name() == "audio/x-opus")
    {
        // Matroska's demuxer does not say how long Opus packets are, and MP4's muxer drops the last then.
        return Route::Parsed("opusparse".into());
    }
    if accepted.can_intersect(caps) {
        return Route::Direct;
    }
    if let Some(parser) = parser(accepted, caps) {
        return Route::Parsed(parser);
    }
    match kind {
        Kind::Audio => Route::Reencoded,
        _ if subtitle::can_be_text(caps) => Route::PlainText,
        _ => Route::LeftOut,
    }
}

/// A parser that makes what comes acceptable without another coding.
fn parser(accepted: &gst::Caps, caps: &gst::Caps) -> Option<String> {
    let name = caps.structure(0)?.name();
    let mut same_coding = gst::Caps::new_empty();
    for structure in accepted.iter().filter(|s| s.name() == name) {
        same_coding
            .make_mut()
            .append_structure(structure.to_owned());
    }
    gst::ElementFactory::factories_with_type(gst::ElementFactoryType::PARSER, gst::Rank::MARGINAL)
        .into_iter()
        .filter(|factory| factory.can_sink_any_caps(caps))
        .find(|factory| factory.can_src_any_caps(&same_coding))
        .map(|factory| factory.name().to_string())
}

fn reencode(
    router: &Arc<Router>,
    pipeline: &gst::Pipeline,
    exit: &gst::Pad,
    goal: Goal,
) -> Result<(), PipelineError> {
    let decoder = make_named("decodebin", &format!("input-{}", goal.muxed.name()))?;
    add_chain(pipeline, &[&decoder])?;
    let router = Arc::clone(router);
    decoder.connect_pad_added(move |_, decoded| {
        let Some(pipeline) = router.pipeline.upgrade() else {
            return;
        };
        let result = ["audioconvert", "audioresample", "avenc_aac", "aacparse"]
            .into_iter()
            .map(make)
            .collect::<Result<Vec<_>, _>>()
            .and_then(|elements| goal.through(&pipeline, decoded, &elements));
        if let Err(error) = result {
            router.fail(&error);
        }
    });
    wake(&[&decoder])?;
    link_pads(exit, &pad(&decoder, "sink")?)
}

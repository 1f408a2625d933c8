//! The element among GStreamer's CUDA elements, on a driver library that stands in for a GPU's: device memory is host
//! memory, and ONNX Runtime's CPU provider works in it.
//!
//! What only a GPU can show is not shown: speed, CUDA's kernels, and that their streams are waited for.
//! (docs/design/cuda-memory.md)
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "lowlightrestore_cuda/stand_in.rs"]
mod stand_in;

use common::picture::{self, patterned, pixels};
use common::{PATIENCE, Rig, element, text_of};
use gst::prelude::*;
use lowlight_engine::{OwnedFrame, PixelFormat};
use stand_in::on_stand_in;

const FRAMES: usize = 4;
/// The frame before which there is a gap.
const CUT: usize = 2;

/// What comes out of `source ! before ! lowlightrestore ! after ! sink` for four times `input`, and the restorer.
fn through(
    model: &str,
    properties: &[(&str, &str)],
    (before, after): (&[&str], &[&str]),
    input: &OwnedFrame,
) -> (Vec<OwnedFrame>, gst::Element) {
    let properties = [&[("wait-for-model", "true")][..], properties].concat();
    let (restorer, _bus) = element(model, &properties);
    let pipeline = gst::Pipeline::new();
    let chain: Vec<gst::Element> = [make(&"appsrc")]
        .into_iter()
        .chain(before.iter().map(make))
        .chain([restorer.clone()])
        .chain(after.iter().map(make))
        .chain([make(&"appsink")])
        .collect();
    pipeline.add_many(&chain).unwrap();
    gst::Element::link_many(&chain).unwrap();
    let (source, sink) = (&chain[0], &chain[chain.len() - 1]);
    let info = picture::info(input);
    source.set_property("caps", info.to_caps().unwrap());
    source.set_property_from_str("format", "time");
    sink.set_property("sync", false);
    sink.set_property("caps", gst::Caps::new_empty_simple("video/x-raw"));
    pipeline.set_state(gst::State::Playing).unwrap();
    for frame in 0..FRAMES {
        let mut buffer = picture::buffer(input);
        let pts = gst::ClockTime::from_mseconds(40 * frame as u64);
        let timed = buffer.get_mut().unwrap();
        timed.set_pts(pts);
        if frame == CUT {
            timed.set_flags(gst::BufferFlags::DISCONT);
        }
        let flow = source.emit_by_name::<gst::FlowReturn>("push-buffer", &[&buffer]);
        assert_eq!(flow, gst::FlowReturn::Ok);
    }
    let flow = source.emit_by_name::<gst::FlowReturn>("end-of-stream", &[]);
    assert_eq!(flow, gst::FlowReturn::Ok);
    let frames = (0..FRAMES).map(|frame| {
        let pulled =
            sink.emit_by_name::<Option<gst::Sample>>("try-pull-sample", &[&PATIENCE.nseconds()]);
        let sample = pulled.unwrap_or_else(|| panic!("{:?}", failure(&pipeline)));
        let buffer = sample.buffer_owned().unwrap();
        assert_eq!(buffer.pts().unwrap().mseconds(), 40 * frame as u64);
        picture::frame(&buffer, &info)
    });
    let frames = frames.collect();
    pipeline.set_state(gst::State::Null).unwrap();
    (frames, restorer)
}

fn failure(pipeline: &gst::Pipeline) -> Option<gst::Message> {
    pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])
}

/// An element by its name.
fn make(name: &&str) -> gst::Element {
    match *name {
        GPU => {}
        STRANGER => return stranger("cudaupload"),
        ALONE => {
            let identity = gst::ElementFactory::make("identity");
            return identity.property("drop-allocation", true).build().unwrap();
        }
        name => return gst::ElementFactory::make(name).build().unwrap(),
    }
    let filter = gst::ElementFactory::make("capsfilter").build().unwrap();
    let caps = "video/x-raw(memory:CUDAMemory)".parse::<gst::Caps>();
    filter.set_property("caps", caps.unwrap());
    filter
}

/// An element that has a context of its own, since it was started before it had neighbours.
fn stranger(name: &str) -> gst::Element {
    let element = gst::ElementFactory::make(name).build().unwrap();
    element.set_state(gst::State::Paused).unwrap();
    element
}

#[track_caller]
fn count(restorer: &gst::Element, name: &str) -> u64 {
    restorer
        .property::<gst::Structure>("stats")
        .get(name)
        .unwrap()
}

/// What the element makes of the same frames in system memory.
fn in_system_memory(
    model: &str,
    properties: &[(&str, &str)],
    input: &OwnedFrame,
) -> Vec<OwnedFrame> {
    through(model, properties, (&[], &[]), input).0
}

#[track_caller]
fn assert_same(got: &[OwnedFrame], wanted: &[OwnedFrame]) {
    assert_eq!(got.len(), wanted.len());
    for (got, wanted) in got.iter().zip(wanted) {
        assert!(pixels(got) == pixels(wanted));
    }
}

/// Insists on GPU memory: GStreamer's CUDA elements pass system memory where they may.
const GPU: &str = "GPU memory";
const STRANGER: &str = "cudaupload of another context";
/// Keeps the restorer's pool from whoever comes before.
const ALONE: &str = "no allocation query";
const UP: &[&str] = &["cudaupload", GPU];
const DOWN: &[&str] = &[GPU, "cudadownload"];
const IN_AND_OUT: (&[&str], &[&str]) = (UP, DOWN);

#[test]
fn frames_stay_in_gpu_memory_and_are_restored_as_elsewhere() {
    let said = on_stand_in(
        "frames_stay_in_gpu_memory_and_are_restored_as_elsewhere",
        || {
            for model in ["invert-planes", "count-frames", "delay-planes"] {
                for (width, height) in [(64, 48), (34, 46)] {
                    let input = patterned(PixelFormat::Nv12, width, height);
                    let (got, restorer) = through(model, &[], IN_AND_OUT, &input);
                    assert_same(&got, &in_system_memory(model, &[], &input));
                    assert_eq!(
                        count(&restorer, "frames-zero-copy"),
                        FRAMES as u64,
                        "{model}"
                    );
                }
            }
        },
    );
    if let Some(said) = said {
        assert!(said.contains("memory in the primary context"), "{said}");
        assert!(!said.contains("another context"), "{said}");
    }
}

/// `tapetum enhance` has one before the element.
#[test]
fn videoconvert_passes_gpu_memory_that_it_need_not_touch() {
    on_stand_in(
        "videoconvert_passes_gpu_memory_that_it_need_not_touch",
        || {
            let input = patterned(PixelFormat::Nv12, 64, 48);
            let sides: (&[&str], &[&str]) = (&["cudaupload", GPU, "videoconvert"], DOWN);
            let (got, restorer) = through("invert-planes", &[], sides, &input);
            assert_same(&got, &in_system_memory("invert-planes", &[], &input));
            assert_eq!(count(&restorer, "frames-zero-copy"), FRAMES as u64);
        },
    );
}

#[test]
fn either_pad_may_be_in_system_memory() {
    on_stand_in("either_pad_may_be_in_system_memory", || {
        let input = patterned(PixelFormat::Nv12, 34, 46);
        let wanted = in_system_memory("count-frames", &[], &input);
        let sides: [(&[&str], &[&str]); 2] = [(UP, &[]), (&[], DOWN)];
        for sides in sides {
            let (got, restorer) = through("count-frames", &[], sides, &input);
            assert_same(&got, &wanted);
            assert_eq!(count(&restorer, "frames-restored"), FRAMES as u64);
            assert_eq!(count(&restorer, "frames-zero-copy"), 0);
        }
    });
}

#[test]
fn frames_of_a_foreign_context_are_copied_and_right() {
    let name = "frames_of_a_foreign_context_are_copied_and_right";
    let said = on_stand_in(name, || {
        let input = patterned(PixelFormat::Nv12, 34, 46);
        let (got, restorer) = through("count-frames", &[], (&[STRANGER, GPU, ALONE], DOWN), &input);
        assert_same(&got, &in_system_memory("count-frames", &[], &input));
        assert_eq!(count(&restorer, "frames-zero-copy"), 0);
    });
    assert!(said.is_none_or(|said| said.contains("memory in another context")));
}

#[test]
fn what_the_cpu_has_to_paint_or_repeat_is_copied_and_right() {
    on_stand_in(
        "what_the_cpu_has_to_paint_or_repeat_is_copied_and_right",
        || {
            let input = patterned(PixelFormat::Nv12, 64, 48);
            for properties in [
                ("view", "split"),
                ("inference-interval", "2"),
                ("strength", "0.5"),
            ] {
                let (got, restorer) = through("invert-planes", &[properties], IN_AND_OUT, &input);
                assert_same(
                    &got,
                    &in_system_memory("invert-planes", &[properties], &input),
                );
                assert_eq!(count(&restorer, "frames-zero-copy"), 0, "{properties:?}");
            }
        },
    );
}

#[test]
fn at_strength_zero_frames_pass_in_whatever_memory_they_are() {
    on_stand_in(
        "at_strength_zero_frames_pass_in_whatever_memory_they_are",
        || {
            let input = patterned(PixelFormat::Nv12, 34, 46);
            let sides: [(&[&str], &[&str]); 3] = [IN_AND_OUT, (UP, &[]), (&[], DOWN)];
            for sides in sides {
                let (got, restorer) = through("invert-planes", &[("strength", "0")], sides, &input);
                assert_same(&got, &vec![input.clone(); FRAMES]);
                assert_eq!(count(&restorer, "passed-off"), FRAMES as u64, "{sides:?}");
            }
        },
    );
}

#[test]
fn a_model_that_cannot_work_there_still_restores() {
    on_stand_in("a_model_that_cannot_work_there_still_restores", || {
        let input = patterned(PixelFormat::Nv12, 64, 48);
        let (got, restorer) = through("identity-rgb-nchw", &[], IN_AND_OUT, &input);
        assert_same(&got, &in_system_memory("identity-rgb-nchw", &[], &input));
        assert_eq!(count(&restorer, "frames-restored"), FRAMES as u64);
        assert_eq!(count(&restorer, "frames-zero-copy"), 0);
    });
}

#[test]
fn ten_bits_in_gpu_memory_are_refused_in_words() {
    let rig = Rig::new("identity-planes");
    let caps = "video/x-raw(memory:CUDAMemory),format=P010_10LE,width=64,height=48,framerate=25/1";
    let mut query = gst::query::AcceptCaps::new(&caps.parse().unwrap());
    assert!(rig.element.static_pad("sink").unwrap().query(&mut query));
    assert!(!query.result());
    let said = text_of(&rig.bus, gst::MessageType::Warning);
    assert!(
        said.contains("P010_10LE") && said.contains("NV12"),
        "{said}"
    );
}

#[test]
#[ignore = "needs an NVIDIA GPU, and the GPU build of ONNX Runtime"]
fn a_gpu_gives_the_same_pictures_with_and_without_copies() {
    let checkout = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let model = checkout.join("models/lowlight-nano-fp16.onnx");
    let properties = [
        ("execution-provider", "cuda"),
        ("model-file", model.to_str().unwrap()),
    ];
    for (width, height) in [(64, 48), (1280, 720), (1920, 1080)] {
        let input = patterned(PixelFormat::Nv12, width, height);
        let copied = in_system_memory("identity-planes", &properties, &input);
        let (got, restorer) = through("identity-planes", &properties, IN_AND_OUT, &input);
        assert_same(&got, &copied);
        assert_eq!(count(&restorer, "frames-zero-copy"), FRAMES as u64);
        let stats = restorer.property::<gst::Structure>("stats");
        assert_eq!(stats.get::<&str>("provider"), Ok("cuda"));
    }
}

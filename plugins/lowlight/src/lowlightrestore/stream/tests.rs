use super::*;
use lowlight_engine::{Colorimetry, Model, OwnedFrame, PixelFormat, Runtime, SessionOptions};

#[test]
fn a_live_frame_waits_for_two_frames_time_and_for_others_at_any_rate() {
    let ms = |frames, seconds| patience(gst::Fraction::new(frames, seconds)).as_millis();
    assert_eq!((ms(5, 1), ms(15, 1), ms(30, 1)), (400, 133, 100));
    assert_eq!((ms(30_000, 1001), ms(10_000, 1001)), (100, 200));
    assert_eq!(ms(0, 1), 200);
}

/// A live stream that has no patience at all, with the identity model.
fn hasty(frame: &OwnedFrame) -> Stream {
    let checkout = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let model = checkout.join("engine/tests/data/invert-planes.onnx");
    let (width, height) = (frame.width(), frame.height());
    let restorer = Restorer::join(
        &Runtime::load(Some(&checkout.join(".runtime/onnxruntime"))).unwrap(),
        &Model::open(Some(&model)).unwrap(),
        &SessionOptions::default(),
        width,
        height,
    );
    Stream {
        network: Network::Ready(Box::new(restorer.unwrap()), None),
        is_live: true,
        ..Stream::default()
    }
}

#[test]
fn a_late_frame_passes_or_shows_the_last_restored_picture() {
    let bytes = vec![50; 32 * 16];
    let color = Colorimetry::default();
    let input = OwnedFrame::packed(PixelFormat::Gray8, 32, 16, color, bytes).unwrap();
    let mut stream = hasty(&input);
    let mut show = |interval, patience| {
        let settings = FrameSettings {
            strength: 1.0,
            view: View::Restored,
            inference_interval: interval,
            wait_for_model: false,
        };
        stream.patience = patience;
        let mut output = input.clone();
        let (from, to) = (input.as_frame(), &mut output.as_frame_mut());
        let outcome = stream.process(&from, to, &settings, &crossbeam_channel::never());
        (outcome.unwrap(), output.data(0)[0])
    };
    let (none, enough) = (Duration::ZERO, Duration::from_secs(60));
    let passed = Outcome::Late { is_repeated: false };
    assert_eq!(
        format!("{:?}", show(1, none)),
        format!("{:?}", (&passed, 50))
    );
    assert!(matches!(show(2, enough), (Outcome::Restored { .. }, 205)));
    assert!(matches!(show(2, none), (Outcome::Repeated, 205)));
    let late = show(2, none);
    assert!(
        matches!(late, (Outcome::Late { is_repeated: true }, 205)),
        "{late:?}"
    );
}

//! Recurrent state: carried from frame to frame, and forgotten at a reset.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{PLANAR, open, patterned, pixels, restored};
use lowlight_engine::PixelFormat;

#[test]
fn state_is_carried_from_frame_to_frame_until_reset() {
    let mut restorer = open("count-frames", 16, 16).unwrap();
    let input = patterned(PixelFormat::I420, 16, 16, 0);
    let mut brighter_by = || restored(&mut restorer, &input, 1.0).data(0)[0] - input.data(0)[0];
    assert_eq!([brighter_by(), brighter_by(), brighter_by()], [1, 2, 3]);
    restorer.reset().unwrap();
    assert_eq!(
        restored(&mut restorer, &input, 1.0).data(0)[0] - input.data(0)[0],
        1
    );
}

#[test]
fn a_state_has_the_size_that_the_sidecar_says() {
    let mut restorer = open("delay-luma", 32, 16).unwrap();
    let (first, second) = (
        patterned(PixelFormat::I420, 32, 16, 0),
        patterned(PixelFormat::I420, 32, 16, 1),
    );
    restored(&mut restorer, &first, 1.0);
    let shown = restored(&mut restorer, &second, 1.0);
    assert_eq!(
        pixels(&shown.as_frame())[..32 * 16],
        pixels(&first.as_frame())[..32 * 16],
        "the network shows the frame before"
    );
}

#[test]
fn states_of_code_values_are_carried_and_start_with_the_sidecars_values() {
    for format in PLANAR {
        let mut restorer = open("delay-planes", 33, 47).unwrap();
        let first = patterned(format, 33, 47, 0);
        let mut black = first.clone();
        for plane in 0..format.n_planes() {
            black
                .data_mut(plane)
                .fill(if plane == 0 { 16 } else { 128 });
        }
        for shown in [&black, &first, &first] {
            let output = restored(&mut restorer, &first, 1.0);
            assert_eq!(
                pixels(&output.as_frame()),
                pixels(&shown.as_frame()),
                "{format:?}"
            );
        }
        restorer.reset().unwrap();
        let output = restored(&mut restorer, &first, 1.0);
        assert_eq!(pixels(&output.as_frame()), pixels(&black.as_frame()));
    }
}

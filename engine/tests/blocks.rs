//! Models on blocks: what the engine does around the network, and when it takes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{PLANAR, fixture, on_cpu, open, patterned, pixels, restored, runtime};
use lowlight_engine::{
    Model, OwnedFrame, PixelFormat, Provider, ProviderChoice, Restorer, SessionOptions,
};

/// `frame` with every code value mapped; `map` is told the plane's place among Y, U, V and the pixel's in the plane.
fn mapped(frame: &OwnedFrame, map: impl Fn(u8, usize, usize, usize) -> u8) -> Vec<u8> {
    let mut frame = frame.clone();
    for index in 0..frame.format().n_planes() {
        let is_uv = frame.format() == PixelFormat::Nv12 && index == 1;
        for (y, row) in frame.rows_mut(index).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = if is_uv {
                    map(*value, 1 + x % 2, x / 2, y)
                } else {
                    map(*value, index, x, y)
                };
            }
        }
    }
    pixels(&frame.as_frame())
}

/// Code value of no light, or of no colour.
fn zero(plane: usize) -> i32 {
    if plane == 0 { 16 } else { 128 }
}

#[test]
fn every_pixel_has_its_own_place_in_its_block() {
    for (model, side) in [("number-blocks", 4), ("number-large-blocks", 8)] {
        let half = side / 2;
        let first = [0, side * side, side * side + half * half];
        for format in PLANAR {
            let mut restorer = open(model, 33, 47).unwrap();
            let input = patterned(format, 33, 47, 3);
            let output = restored(&mut restorer, &input, 1.0);
            let wanted = mapped(&input, |value, plane, x, y| {
                let side = if plane == 0 { side } else { half };
                value.saturating_add((first[plane] + y % side * side + x % side) as u8)
            });
            assert_eq!(pixels(&output.as_frame()), wanted, "{model} {format:?}");
        }
    }
}

#[test]
fn a_gain_multiplies_light_and_colour() {
    for format in PLANAR {
        let mut restorer = open("brighten-blocks", 17, 19).unwrap();
        let input = patterned(format, 17, 19, 3);
        let output = restored(&mut restorer, &input, 1.0);
        let wanted = mapped(&input, |value, plane, _, _| {
            let value = (i32::from(value) - zero(plane)) * 2 + zero(plane);
            value.clamp(0, 255) as u8
        });
        assert_eq!(pixels(&output.as_frame()), wanted, "{format:?}");
    }
}

#[test]
fn the_past_is_what_was_restored_last_until_reset() {
    for format in PLANAR {
        let mut restorer = open("past-blocks", 33, 47).unwrap();
        let input = patterned(format, 33, 47, 0);
        // Each frame adds the one before, less 16; before the first one was a black picture.
        let nth = |n: usize| {
            mapped(&input, |value, plane, _, _| {
                let add = |past: i32| (i32::from(value) + past - 16).clamp(0, 255);
                (0..n).fold(zero(plane), |past, _| add(past)) as u8
            })
        };
        let mut next = |strength| pixels(&restored(&mut restorer, &input, strength).as_frame());
        assert_eq!(next(1.0), nth(1), "{format:?}");
        assert_eq!(next(0.0), pixels(&input.as_frame()), "{format:?}");
        assert_eq!(
            next(1.0),
            nth(3),
            "{format:?}: the past is at full strength"
        );
        restorer.reset().unwrap();
        let output = restored(&mut restorer, &input, 1.0);
        assert_eq!(pixels(&output.as_frame()), nth(1), "{format:?} after reset");
    }
}

#[test]
fn blocks_keep_their_share_of_the_past_where_there_is_one() {
    for format in PLANAR {
        let mut restorer = open("keep-blocks", 33, 47).unwrap();
        let (before, now) = (patterned(format, 33, 47, 0), patterned(format, 33, 47, 9));
        let mut next = |frame| pixels(&restored(&mut restorer, frame, 1.0).as_frame());
        assert_eq!(
            next(&before),
            pixels(&before.as_frame()),
            "{format:?}: no past"
        );
        let both = pixels(&before.as_frame())
            .into_iter()
            .zip(pixels(&now.as_frame()));
        let halfway =
            both.map(|(a, b)| ((f32::from(a) + f32::from(b)) / 2.0).round_ties_even() as u8);
        assert_eq!(next(&now), halfway.collect::<Vec<_>>(), "{format:?}");
        restorer.reset().unwrap();
        let output = restored(&mut restorer, &now, 1.0);
        assert_eq!(
            pixels(&output.as_frame()),
            pixels(&now.as_frame()),
            "{format:?} after reset"
        );
    }
}

#[test]
fn strength_mixes_input_and_restored() {
    for format in PixelFormat::ALL {
        let input = patterned(format, 17, 19, 1);
        let with = |strength| {
            let mut restorer = open("brighten-blocks", 17, 19).unwrap();
            pixels(&restored(&mut restorer, &input, strength).as_frame())
        };
        let original = pixels(&input.as_frame());
        assert_eq!(with(0.0), original, "{format:?}");
        let mixed = original.iter().zip(with(1.0)).map(|(&original, full)| {
            let (original, full) = (f32::from(original), f32::from(full));
            (original + 0.3 * (full - original)).round_ties_even() as u8
        });
        assert_eq!(with(0.3), mixed.collect::<Vec<_>>(), "{format:?}");
    }
}

#[test]
fn providers_on_the_cpu_run_the_companion() {
    let model = Model::open(Some(&fixture("invert-or-identity"))).unwrap();
    assert_eq!(model.info().name, "invert-or-identity");
    let input = patterned(PixelFormat::Nv12, 33, 47, 2);
    for provider in [
        ProviderChoice::Auto,
        ProviderChoice::Only(Provider::Cpu),
        ProviderChoice::Only(Provider::OpenVino),
    ] {
        let options = SessionOptions {
            provider,
            ..on_cpu()
        };
        let mut restorer = Restorer::open(&runtime(), &model, &options, 33, 47).unwrap();
        assert_eq!(restorer.info().name, "identity-blocks");
        let output = restored(&mut restorer, &input, 1.0);
        assert_eq!(
            pixels(&output.as_frame()),
            pixels(&input.as_frame()),
            "{provider:?}"
        );
    }
}

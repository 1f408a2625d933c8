//! What the scenes promise.
#![allow(clippy::unwrap_used, clippy::panic)]

use lowlight_scene::{Scene, SceneError, SceneKind, read_codes};

const BOTH: [SceneKind; 2] = [SceneKind::Street, SceneKind::Conveyor];

fn frame(scene: &mut Scene, t: f64) -> Vec<u8> {
    let mut frame = vec![0; scene.frame_size()];
    scene.render(t, &mut frame).unwrap();
    frame
}

/// Mean absolute difference, in code values.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.len() as f64
}

#[test]
fn the_same_seed_and_time_give_the_same_frame_and_another_seed_does_not() {
    for kind in BOTH {
        let mut scene = Scene::new(kind, 160, 90, 7).unwrap();
        let first = frame(&mut scene, 1.5);
        frame(&mut scene, 9.0);
        assert_eq!(
            first,
            frame(&mut scene, 1.5),
            "{kind:?} remembers earlier frames"
        );
        assert_eq!(
            first,
            frame(&mut Scene::new(kind, 160, 90, 7).unwrap(), 1.5),
            "{kind:?}"
        );
        assert_ne!(
            first,
            frame(&mut Scene::new(kind, 160, 90, 8).unwrap(), 1.5),
            "{kind:?}"
        );
    }
}

#[test]
fn any_size_and_any_time_can_be_drawn() {
    for kind in BOTH {
        for (width, height) in [(16, 16), (17, 63), (101, 16), (96, 200)] {
            let mut scene = Scene::new(kind, width, height, 3).unwrap();
            for t in [-100.0, 0.0, 0.04, 12_345.6] {
                let picture = frame(&mut scene, t);
                assert!(
                    picture.iter().any(|&v| v > 40),
                    "{kind:?} {width}x{height} at {t} is black"
                );
            }
        }
    }
}

#[test]
fn wrong_sizes_are_refused_with_the_numbers() {
    let refused = Scene::new(SceneKind::Street, 15, 360, 1).err();
    assert_eq!(
        refused,
        Some(SceneError::Size {
            width: 15,
            height: 360
        })
    );
    let mut scene = Scene::new(SceneKind::Street, 16, 16, 1).unwrap();
    let text = scene.render(0.0, &mut [0; 10]).unwrap_err().to_string();
    assert_eq!(
        text,
        "a frame takes 768 bytes (packed RGB), the buffer has 10"
    );
}

#[test]
fn pictures_are_as_bright_as_photographs() {
    for kind in BOTH {
        let mut scene = Scene::new(kind, 320, 180, 7).unwrap();
        let picture = frame(&mut scene, 1.0);
        let mean =
            picture.iter().map(|&v| f64::from(v)).sum::<f64>() / picture.len() as f64 / 255.0;
        assert!((0.34..0.46).contains(&mean), "{kind:?}: {mean:.3}");
    }
}

#[test]
fn every_visible_code_can_be_read_from_the_clean_picture() {
    let mut scene = Scene::new(SceneKind::Conveyor, 640, 360, 7).unwrap();
    let mut total = 0;
    for step in 0..40 {
        let t = f64::from(step) * 0.547;
        let seen = read_codes(&frame(&mut scene, t), 640, 360);
        for code in scene.codes(t) {
            assert!(
                seen.contains(&code.payload),
                "{} at {t} s, read {seen:?}",
                code.payload
            );
            total += 1;
        }
    }
    assert!(total >= 40, "only {total} codes came by");
}

#[test]
fn number_plates_and_signs_are_listed_with_their_places() {
    let scene = Scene::new(SceneKind::Street, 640, 360, 7).unwrap();
    let texts = scene.texts(1.0);
    assert!(texts.iter().any(|mark| mark.payload == "HOTEL"));
    assert!(
        texts
            .iter()
            .any(|mark| mark.payload.len() == 7 && mark.quad[1].0 - mark.quad[0].0 > 30.0)
    );
}

#[test]
fn motion_is_smooth_below_a_pixel() {
    for kind in BOTH {
        let mut scene = Scene::new(kind, 320, 180, 7).unwrap();
        let step = 1.0 / 800.0;
        let frames: Vec<Vec<u8>> = (0..9)
            .map(|i| frame(&mut scene, 2.0 + f64::from(i) * step))
            .collect();
        let steps: Vec<f64> = frames
            .windows(2)
            .map(|pair| difference(&pair[0], &pair[1]))
            .collect();
        let (least, most) = (
            steps.iter().copied().fold(f64::MAX, f64::min),
            steps.iter().copied().fold(0.0, f64::max),
        );
        assert!(
            least > 0.0,
            "{kind:?}: a step of a fraction of a pixel changed nothing: {steps:?}"
        );
        assert!(most < 3.0 * least, "{kind:?}: motion jumps: {steps:?}");
    }
}

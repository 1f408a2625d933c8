//! Draws one frame of each scene, to look at them without a pipeline:
//! `cargo run --release -p lowlight-scene --example still -- 640 360 1.5 /tmp`
//! writes `/tmp/street.png` and `/tmp/conveyor.png` as they are at 1.5 seconds.

use std::{error::Error, path::Path};

use lowlight_scene::{Scene, SceneKind};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [width, height, seconds, folder] = &arguments[..] else {
        return Err("usage: still WIDTH HEIGHT SECONDS FOLDER".into());
    };
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    for (kind, name) in [
        (SceneKind::Street, "street.png"),
        (SceneKind::Conveyor, "conveyor.png"),
    ] {
        let mut scene = Scene::new(kind, width as usize, height as usize, 7)?;
        let mut frame = vec![0; scene.frame_size()];
        scene.render(seconds.parse()?, &mut frame)?;
        image::save_buffer(
            Path::new(folder).join(name),
            &frame,
            width,
            height,
            image::ColorType::Rgb8,
        )?;
    }
    Ok(())
}

//! Ctrl-C.

use crate::cli::{Folder, enhance, told};
use crate::media::{frame_times, make, packets};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts restoring something that takes long, and waits until it has begun to write.
#[allow(clippy::zombie_processes)] // Callers wait for it.
fn started(folder: &Folder) -> Child {
    let input = folder.path("in.mp4");
    make(
        "videotestsrc num-buffers=600 pattern=snow ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! \
         x264enc speed-preset=ultrafast ! h264parse ! mux. \
         audiotestsrc num-buffers=861 ! audio/x-raw,rate=44100,channels=1 ! avenc_aac ! aacparse ! mux. \
         mp4mux name=mux !",
        &input,
    );
    let mut child = enhance(&input, &folder.path("out.mp4"))
        .args(["--codec", "h265", "--quality", "10"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let written = folder
            .names()
            .into_iter()
            .find(|name| name.starts_with(".tapetum-"));
        if written.is_some_and(|name| {
            folder
                .path(&name)
                .metadata()
                .is_ok_and(|data| data.len() > 20_000)
        }) {
            return child;
        }
        if Instant::now() > patience {
            child.kill().unwrap();
            panic!("nothing was written: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn first_signal_ends_the_file_properly() {
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let folder = Folder::new();
        let child = started(&folder);
        send(&child, signal);
        let (code, said) = told(&child.wait_with_output().unwrap());
        assert_eq!(code, Some(status), "{said}");
        let output = folder.path("out.mp4");
        let frames = frame_times(&output).len();
        assert!((1..600).contains(&frames), "{frames}");
        let expected = format!(
            "tapetum: {}: stopped; {} holds the {frames} frames up to then",
            folder.path("in.mp4").display(),
            output.display()
        );
        assert_eq!(said.lines().last(), Some(expected.as_str()));
        let sound = packets(&output)["audio/mpeg"].len() as f64 * 1024.0 / 44_100.0;
        let picture = frames as f64 / 30.0;
        assert!(
            (sound - picture).abs() < 0.1,
            "{sound} s of sound, {picture} s of video"
        );
        assert_eq!(folder.names(), ["in.mp4", "out.mp4"]);
    }
}

#[test]
fn second_signal_drops_the_file() {
    let folder = Folder::new();
    let child = started(&folder);
    send(&child, "-INT");
    send(&child, "-TERM");
    let (code, said) = told(&child.wait_with_output().unwrap());
    assert!(matches!(code, Some(130 | 143)), "{code:?}: {said}");
    let expected = format!(
        "tapetum: {}: aborted, nothing was written",
        folder.path("in.mp4").display()
    );
    assert_eq!(said.lines().last(), Some(expected.as_str()));
    assert_eq!(folder.names(), ["in.mp4"]);
}

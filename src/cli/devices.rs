//! `tapetum devices`: what cameras this machine has.

use anyhow::Context;
use gst::prelude::*;
use std::io::Write;

/// List capture devices with the formats that they offer.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
///
/// The devices cannot be looked for, or not be printed.
pub fn run(_args: &Args) -> anyhow::Result<()> {
    let monitor = gst::DeviceMonitor::new();
    monitor.add_filter(Some("Video/Source"), None);
    monitor
        .start()
        .context("capture devices cannot be looked for")?;
    let devices = monitor.devices();
    monitor.stop();
    let mut out = std::io::stdout().lock();
    if devices.is_empty() {
        writeln!(out, "no capture device")?;
    }
    for device in devices {
        writeln!(out, "{}", told(&device))?;
    }
    Ok(())
}

/// A device's name, what a pipeline file calls it, and its formats, one a line.
fn told(device: &gst::Device) -> String {
    let mut text = device.display_name().to_string();
    if let Some(properties) = device.properties() {
        for key in ["device.path", "api.v4l2.path", "api.libcamera.path"] {
            if let Ok(path) = properties.get::<String>(key) {
                text.push_str(&format!("\n  device = \"{path}\""));
                break;
            }
        }
    }
    for structure in device.caps().iter().flat_map(|caps| caps.iter()) {
        text.push_str(&format!("\n  {structure}"));
    }
    text
}

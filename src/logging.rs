//! Logs: `tracing` to stderr, with GStreamer's debug log and GLib's messages bridged in.
//!
//! `tapetum run` shows its own log; other commands are silent unless asked for, since their words go to stderr too:
//! `RUST_LOG=tapetum=debug` shows the runner's log, `GST_DEBUG=4` GStreamer's at GStreamer's own levels,
//! `RUST_LOG=gstreamer=debug` both chooses and shows it.

use clap::ValueEnum;
use gst::glib;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The `tracing` target of everything that comes from GStreamer.
const GSTREAMER: &str = "gstreamer";

/// Starts logging to stderr and bridges GStreamer's log; call it once, after `gst::init`. `verbosity` is the runner's own
/// level unless `RUST_LOG` says another.
pub fn start(format: LogFormat, verbosity: &str) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(verbosity))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    bridge_gstreamer();
    glib::log_set_default_handler(|domain, level, message| {
        let domain = domain.unwrap_or("glib");
        match level {
            glib::LogLevel::Error | glib::LogLevel::Critical => {
                tracing::error!(target: "glib", domain, "{message}");
            }
            glib::LogLevel::Warning => tracing::warn!(target: "glib", domain, "{message}"),
            _ => tracing::debug!(target: "glib", domain, "{message}"),
        }
    });
}

/// `RUST_LOG`, or the runner's own level and what `GST_DEBUG` asks for.
fn filter(verbosity: &str) -> EnvFilter {
    let gstreamer = std::env::var_os("GST_DEBUG").is_some();
    let gstreamer = if gstreamer { "trace" } else { "off" };
    EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new(format!("off,tapetum={verbosity},gstreamer={gstreamer}"))
    })
}

fn bridge_gstreamer() {
    gst::log::remove_default_log_function();
    if std::env::var_os("GST_DEBUG").is_none()
        && let Some(level) = wanted_level()
    {
        gst::log::set_default_threshold(level);
    }
    gst::log::add_log_function(|category, level, file, _function, line, object, message| {
        let text = message.get().unwrap_or_default();
        let (category, file) = (category.name(), file.as_str());
        let object = object.map(ToString::to_string);
        let object = object.as_deref();
        match level {
            gst::DebugLevel::Error => {
                tracing::error!(target: GSTREAMER, category, object, file, line, "{text}");
            }
            gst::DebugLevel::Warning | gst::DebugLevel::Fixme => {
                tracing::warn!(target: GSTREAMER, category, object, file, line, "{text}");
            }
            gst::DebugLevel::Info => {
                tracing::info!(target: GSTREAMER, category, object, file, line, "{text}");
            }
            gst::DebugLevel::Debug => {
                tracing::debug!(target: GSTREAMER, category, object, file, line, "{text}");
            }
            _ => tracing::trace!(target: GSTREAMER, category, object, file, line, "{text}"),
        }
    });
}

/// The lowest GStreamer level that the filter lets through, so that GStreamer formats no line in vain.
fn wanted_level() -> Option<gst::DebugLevel> {
    use tracing::{Level, enabled};
    if enabled!(target: "gstreamer", Level::TRACE) {
        Some(gst::DebugLevel::Log)
    } else if enabled!(target: "gstreamer", Level::DEBUG) {
        Some(gst::DebugLevel::Debug)
    } else if enabled!(target: "gstreamer", Level::INFO) {
        Some(gst::DebugLevel::Info)
    } else if enabled!(target: "gstreamer", Level::WARN) {
        Some(gst::DebugLevel::Warning)
    } else if enabled!(target: "gstreamer", Level::ERROR) {
        Some(gst::DebugLevel::Error)
    } else {
        None
    }
}

//! The element's settings: the camera's knobs as one table, and the severities that set them together.

use super::camera::Params;
use gst::glib;
use gst::prelude::*;

/// How bad the night is: a preset for the camera's knobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLowlightDegradeSeverity")]
pub enum Severity {
    /// Any other combination of knobs.
    #[enum_value(
        name = "Custom: the camera properties as set one by one",
        nick = "custom"
    )]
    Custom,
    /// A lit street, good sensor.
    #[enum_value(
        name = "Mild: 40 % of the light, 6000 electrons full well",
        nick = "mild"
    )]
    Mild,
    /// The default.
    #[default]
    #[enum_value(
        name = "Medium: 12 % of the light, 3000 electrons full well",
        nick = "medium"
    )]
    Medium,
    /// Hardly any light, small sensor.
    #[enum_value(
        name = "Severe: 5 % of the light, 1200 electrons full well",
        nick = "severe"
    )]
    Severe,
}

/// Everything that can be set; copied once per frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) severity: Severity,
    pub(super) camera: Params,
    pub(super) accumulate: u32,
    pub(super) shutter: f64,
}

impl Default for Settings {
    fn default() -> Self {
        let mut settings = Self {
            severity: Severity::Custom,
            camera: Params {
                highlight: 1.0,
                exposure: 1.0,
                gain: 1.0,
                shot_noise: 0.0,
                read_noise: 0.0,
                row_noise: 0.0,
                seed: 0,
            },
            accumulate: 1,
            shutter: 1.0,
        };
        settings.apply(Severity::default());
        settings
    }
}

impl Settings {
    /// Sets the knobs that `severity` stands for (none for [`Severity::Custom`]). The values are
    /// documented in `docs/reference/camera-model.md` and lie within the training simulation's ranges.
    pub(super) fn apply(&mut self, severity: Severity) {
        self.severity = severity;
        let (exposure, electrons, read_electrons, row_electrons) = match severity {
            Severity::Custom => return,
            Severity::Mild => (0.4, 6000.0, 3.0, 0.5),
            Severity::Medium => (0.12, 3000.0, 3.0, 0.75),
            Severity::Severe => (0.05, 1200.0, 3.0, 1.0),
        };
        self.camera = Params {
            exposure,
            gain: 1.0,
            shot_noise: 1.0 / electrons,
            read_noise: read_electrons / electrons,
            row_noise: row_electrons / electrons,
            ..self.camera
        };
    }

    /// True where every frame would leave as it came.
    pub(super) fn is_identity(&self) -> bool {
        self.accumulate == 1 && self.camera.is_identity()
    }
}

/// One numeric property of the camera.
pub(super) struct Knob {
    /// Name as GStreamer spells it.
    pub(super) name: &'static str,
    nick: &'static str,
    blurb: &'static str,
    range: (f64, f64),
    /// A severity sets it, so setting it alone leaves that severity.
    pub(super) in_presets: bool,
    field: fn(&mut Settings) -> &mut f64,
}

/// All numeric properties, in the order of the light's way.
pub(super) const KNOBS: [Knob; 7] = [
    Knob {
        name: "highlight",
        nick: "Highlight",
        blurb: "Linear light of a pixel that the source coded as full white (1 = as coded); lamps want 4 or more",
        range: (1.0, 32.0),
        in_presets: false,
        field: |s| &mut s.camera.highlight,
    },
    Knob {
        name: "shutter",
        nick: "Shutter",
        blurb: "Share of each window of accumulate frames during which the shutter is open (at least one frame)",
        range: (0.0, 1.0),
        in_presets: false,
        field: |s| &mut s.shutter,
    },
    Knob {
        name: "exposure",
        nick: "Exposure",
        blurb: "Share of the scene's light that reaches the sensor, in linear light",
        range: (0.0, 1.0),
        in_presets: true,
        field: |s| &mut s.camera.exposure,
    },
    Knob {
        name: "shot-noise",
        nick: "Shot noise",
        blurb: "Variance of the noise per unit of linear signal: 1 / full-well electrons (0 = none)",
        range: (0.0, 1.0),
        in_presets: true,
        field: |s| &mut s.camera.shot_noise,
    },
    Knob {
        name: "read-noise",
        nick: "Read noise",
        blurb: "Standard deviation of the read-out noise before gain, as a share of full scale in linear light",
        range: (0.0, 1.0),
        in_presets: true,
        field: |s| &mut s.camera.read_noise,
    },
    Knob {
        name: "row-noise",
        nick: "Row noise",
        blurb: "Standard deviation of the offset shared by a row before gain, as a share of full scale in linear light",
        range: (0.0, 1.0),
        in_presets: true,
        field: |s| &mut s.camera.row_noise,
    },
    Knob {
        name: "gain",
        nick: "Gain",
        blurb: "Analogue gain on signal and noise, before clipping and the transfer curve",
        range: (0.0, 64.0),
        in_presets: true,
        field: |s| &mut s.camera.gain,
    },
];

impl Knob {
    /// The knob named `name`.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        KNOBS.iter().find(|knob| knob.name == name)
    }

    /// Its value in `settings`.
    pub(super) fn get(&self, settings: &Settings) -> f64 {
        *(self.field)(&mut settings.clone())
    }

    /// Sets it in `settings`; a severity that does not say so becomes custom.
    pub(super) fn set(&self, settings: &mut Settings, value: f64) {
        let field = (self.field)(settings);
        let changed = *field != value;
        *field = value;
        if self.in_presets && changed {
            settings.severity = Severity::Custom;
        }
    }

    fn param_spec(&self) -> glib::ParamSpec {
        glib::ParamSpecDouble::builder(self.name)
            .nick(self.nick)
            .blurb(self.blurb)
            .minimum(self.range.0)
            .maximum(self.range.1)
            .default_value(self.get(&Settings::default()))
            .mutable_playing()
            .controllable()
            .build()
    }
}

/// The specifications of all properties.
pub(super) fn properties() -> Vec<glib::ParamSpec> {
    let defaults = Settings::default();
    let mut specs = vec![
        glib::ParamSpecEnum::builder_with_default("severity", defaults.severity)
            .nick("Severity")
            .blurb("Preset for exposure, gain and the noises; setting one of them afterwards makes it custom")
            .mutable_playing()
            .build(),
        glib::ParamSpecUInt::builder("accumulate")
            .nick("Accumulate")
            .blurb("Source frames per output frame: they are averaged in linear light, the frame rate is divided")
            .minimum(1)
            .maximum(240)
            .default_value(defaults.accumulate)
            .mutable_playing()
            .build(),
        glib::ParamSpecUInt64::builder("seed")
            .nick("Seed")
            .blurb("Seed of the noise: the same seed and input give the same output")
            .default_value(defaults.camera.seed)
            .mutable_playing()
            .build(),
    ];
    specs.extend(KNOBS.iter().map(Knob::param_spec));
    specs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_sets_its_knobs_and_a_knob_leaves_the_severity() {
        let mut settings = Settings::default();
        assert_eq!(settings.severity, Severity::Medium);
        settings.apply(Severity::Severe);
        assert_eq!(settings.camera.exposure, 0.05);
        let exposure = Knob::find("exposure").unwrap();
        exposure.set(&mut settings, 0.05);
        assert_eq!(
            settings.severity,
            Severity::Severe,
            "an equal value is no change"
        );
        exposure.set(&mut settings, 0.06);
        assert_eq!(settings.severity, Severity::Custom);
        assert_eq!(settings.camera.shot_noise, 1.0 / 1200.0);
    }

    #[test]
    fn presets_keep_seed_highlight_and_shutter() {
        let mut settings = Settings::default();
        settings.camera.seed = 9;
        settings.camera.highlight = 3.0;
        settings.shutter = 0.5;
        settings.apply(Severity::Mild);
        assert_eq!(
            (
                settings.camera.seed,
                settings.camera.highlight,
                settings.shutter
            ),
            (9, 3.0, 0.5)
        );
    }
}

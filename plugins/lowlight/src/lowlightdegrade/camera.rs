//! The simulated night camera: scene light in, coded picture out. The model is documented in
//! `docs/reference/camera-model.md`; nothing here knows GStreamer or a pixel format.

use super::noise::{Gauss, RowKey};
use super::transfer::{Transfer, clip_reverse};

/// One exposure's settings. Light and noise are in linear units: 1.0 is what the source coded as full
/// white, and at the same time the sensor's full scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Params {
    /// Light of a pixel the source coded as full white, 1 or more; see [`clip_reverse`].
    pub(super) highlight: f64,
    /// Share of the scene's light that reaches the sensor, 0–1.
    pub(super) exposure: f64,
    /// Analogue gain: multiplies signal and noise before the clip at full scale.
    pub(super) gain: f64,
    /// Photon noise: variance per unit of signal. Its inverse is the full-well charge in electrons.
    pub(super) shot_noise: f64,
    /// Standard deviation of the noise of each read-out, before gain.
    pub(super) read_noise: f64,
    /// Standard deviation of the offset all pixels of a row share, before gain.
    pub(super) row_noise: f64,
    /// Seed of all random numbers.
    pub(super) seed: u64,
}

impl Params {
    /// True where the output would be the input: no raised highlights, darkening, gain or noise.
    pub(super) fn is_identity(&self) -> bool {
        self.highlight == 1.0 && self.exposure == 1.0 && self.gain == 1.0 && self.is_noise_free()
    }

    fn is_noise_free(&self) -> bool {
        self.shot_noise == 0.0 && self.read_noise == 0.0 && self.row_noise == 0.0
    }
}

/// One row of a picture as separate float channels; grey pictures use the first only.
pub(super) struct Row {
    /// Red, green, blue; `width` values each.
    pub(super) channels: [Vec<f32>; 3],
    /// Channels in use: 1 or 3.
    pub(super) count: usize,
}

impl Row {
    /// A black row of `width` pixels with `count` channels (1 or 3).
    pub(super) fn new(width: usize, count: usize) -> Self {
        let channel = |i: usize| vec![0.0; if i < count { width } else { 0 }];
        Self {
            channels: std::array::from_fn(channel),
            count,
        }
    }

    /// The channels in use.
    pub(super) fn used(&mut self) -> &mut [Vec<f32>] {
        &mut self.channels[..self.count]
    }
}

/// Sensor and transfer curve with their tables; holds nothing about any frame.
#[derive(Default)]
pub(super) struct Camera {
    transfer: Transfer,
    gauss: Gauss,
}

impl Camera {
    /// Coded values (0–1) of `row` become linear scene light.
    pub(super) fn linearise(&self, params: &Params, row: &mut Row) {
        for channel in row.used() {
            self.transfer.decode(channel);
            if params.highlight > 1.0 {
                clip_reverse(channel, params.highlight as f32);
            }
        }
    }

    /// Exposes the sensor to `row` (linear scene light) and replaces it by the coded picture (0–1):
    /// `code(clip(gain · (L + n)))` with `L = min(exposure · light, 1)` and
    /// `n ~ N(0, shot·L + read²) + row's offset`. `scratch` has the shape of `row`.
    pub(super) fn sense(
        &self,
        params: &Params,
        frame: u64,
        y: usize,
        row: &mut Row,
        scratch: &mut Row,
    ) {
        let exposure = params.exposure as f32;
        let gain = params.gain as f32;
        if params.is_noise_free() {
            for channel in row.used() {
                channel
                    .iter_mut()
                    .for_each(|light| *light = (*light * exposure).min(1.0) * gain);
                self.transfer.encode(channel);
            }
            return;
        }
        let key = RowKey::new(params.seed, frame, y);
        let width = row.channels[0].len();
        self.gauss
            .fill(key, &mut scratch.channels, row.count, width);
        let offset = self.gauss.row(key) * params.row_noise as f32;
        let shot = params.shot_noise as f32;
        let read_variance = (params.read_noise * params.read_noise) as f32;
        for (channel, normal) in row.used().iter_mut().zip(&scratch.channels) {
            for (light, z) in channel.iter_mut().zip(normal) {
                let signal = (*light * exposure).min(1.0);
                let sigma = (shot * signal + read_variance).sqrt();
                *light = gain * (signal + sigma * z + offset);
            }
            self.transfer.encode(channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::transfer::{to_coded, to_linear};
    use super::*;

    const WIDTH: usize = 100_000;
    const QUIET: Params = Params {
        highlight: 1.0,
        exposure: 1.0,
        gain: 1.0,
        shot_noise: 0.0,
        read_noise: 0.0,
        row_noise: 0.0,
        seed: 7,
    };

    fn sensed(params: &Params, light: f32, y: usize) -> Vec<f32> {
        let mut row = Row::new(WIDTH, 1);
        row.channels[0].fill(light);
        Camera::default().sense(params, 0, y, &mut row, &mut Row::new(WIDTH, 1));
        let linear = row.channels[0]
            .iter()
            .map(|&v| to_linear(f64::from(v)) as f32);
        linear.collect()
    }

    fn mean_and_variance(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = values
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            / n;
        (mean, variance)
    }

    #[test]
    fn noise_variance_is_gain_squared_times_shot_plus_read() {
        for (light, gain) in [(0.2_f32, 1.0), (0.5, 2.0), (1.0, 0.5)] {
            let params = Params {
                exposure: 0.4,
                gain,
                shot_noise: 1e-3,
                read_noise: 2e-3,
                ..QUIET
            };
            let signal = 0.4 * f64::from(light);
            let (mean, variance) = mean_and_variance(&sensed(&params, light, 0));
            let expected = gain * gain * (1e-3 * signal + 4e-6);
            assert!(
                (mean / (gain * signal) - 1.0).abs() < 0.003,
                "mean {mean} at light {light}"
            );
            assert!(
                (variance / expected - 1.0).abs() < 0.03,
                "variance {variance}, expected {expected}"
            );
        }
    }

    #[test]
    fn row_noise_moves_whole_rows() {
        let params = Params {
            row_noise: 0.01,
            ..QUIET
        };
        let rows: Vec<Vec<f32>> = (0..200)
            .map(|y| sensed(&params, 0.5, y)[..8].to_vec())
            .collect();
        assert!(rows.iter().all(|row| row.iter().all(|v| v == &row[0])));
        let offsets: Vec<f32> = rows.iter().map(|row| row[0]).collect();
        let (mean, variance) = mean_and_variance(&offsets);
        assert!((mean - 0.5).abs() < 0.003);
        assert!(
            (variance.sqrt() / 0.01 - 1.0).abs() < 0.15,
            "sigma {}",
            variance.sqrt()
        );
    }

    #[test]
    fn overexposed_light_clips_at_full_scale() {
        let params = Params { gain: 4.0, ..QUIET };
        assert_eq!(sensed(&params, 0.5, 0)[0], 1.0);
    }

    /// The same table a second implementation checks; see `docs/reference/camera-model.md`.
    #[test]
    fn golden_vectors_hold() {
        let vectors = include_str!("../../../../docs/reference/camera-model-vectors.txt");
        let rows = vectors
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let mut checked = 0;
        for line in rows {
            let fields: Vec<f64> = line
                .split_whitespace()
                .map(|f| f.parse().unwrap())
                .collect();
            let [code, exposure, gain, expected] = fields[..] else {
                panic!("four fields in `{line}`")
            };
            let mut row = Row::new(1, 1);
            row.channels[0][0] = (code / 255.0) as f32;
            let camera = Camera::default();
            let params = Params {
                exposure,
                gain,
                ..QUIET
            };
            camera.linearise(&params, &mut row);
            camera.sense(&params, 0, 0, &mut row, &mut Row::new(1, 1));
            let got = f64::from(row.channels[0][0]) * 255.0;
            assert!((got - expected).abs() < 0.15, "`{line}` gave {got}");
            let exact = to_coded((to_linear(code / 255.0) * exposure * gain).min(1.0)) * 255.0;
            assert!(
                (exact - expected).abs() < 1e-3,
                "`{line}` is {exact} by the formula"
            );
            checked += 1;
        }
        assert!(checked >= 40, "only {checked} golden vectors");
    }
}

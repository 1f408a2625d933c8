//! A camera pointed at 8-bit pictures: one frame a picture, or many averaged in linear light.

use super::camera::{Camera, Params, Row};
use super::pixels::{Geometry, Strides};

/// Camera, working rows and the light gathered so far, for pictures of one geometry.
pub(super) struct Simulator {
    geometry: Geometry,
    camera: Camera,
    band: Vec<Row>,
    scratch: Row,
    /// Sum of the linear light of the frames of this exposure; channel by channel within a row. Empty until needed.
    light: Vec<f32>,
    exposed: u32,
}

impl Simulator {
    /// A simulator for pictures of `geometry`.
    pub(super) fn new(geometry: Geometry) -> Self {
        let row = || Row::new(geometry.width, geometry.layout.channels());
        Self {
            band: (0..geometry.layout.band()).map(|_| row()).collect(),
            scratch: row(),
            camera: Camera::default(),
            light: Vec::new(),
            exposed: 0,
            geometry,
        }
    }

    /// Replaces a picture by the camera's view of it: an exposure of one frame. `frame` numbers the
    /// output frames and, with the seed, decides the noise.
    pub(super) fn snap(
        &mut self,
        params: &Params,
        frame: u64,
        planes: &mut [&mut [u8]; 4],
        strides: &Strides,
    ) {
        let (geometry, camera) = (&self.geometry, &self.camera);
        for y in (0..geometry.height).step_by(geometry.layout.band()) {
            geometry.load(
                planes.each_ref().map(|plane| &**plane),
                strides,
                y,
                &mut self.band,
            );
            for (i, row) in self.band.iter_mut().enumerate() {
                camera.linearise(params, row);
                camera.sense(params, frame, y + i, row, &mut self.scratch);
            }
            geometry.store(planes, strides, y, &self.band);
        }
    }

    /// Adds the light of a picture to the exposure under way.
    pub(super) fn expose(&mut self, params: &Params, planes: [&[u8]; 4], strides: &Strides) {
        let geometry = &self.geometry;
        let channels = geometry.layout.channels();
        self.light
            .resize(geometry.width * geometry.height * channels, 0.0);
        let mut sums = self.light.chunks_exact_mut(geometry.width);
        for y in (0..geometry.height).step_by(geometry.layout.band()) {
            geometry.load(planes, strides, y, &mut self.band);
            for row in self.band.iter_mut().take(geometry.height - y) {
                self.camera.linearise(params, row);
                for (channel, sum) in row.used().iter_mut().zip(&mut sums) {
                    sum.iter_mut()
                        .zip(channel)
                        .for_each(|(sum, light)| *sum += *light);
                }
            }
        }
        self.exposed += 1;
    }

    /// Ends the exposure: writes the average of the pictures added by [`expose`](Self::expose) as the
    /// camera saw it. Without any picture nothing is written.
    pub(super) fn develop(
        &mut self,
        params: &Params,
        frame: u64,
        planes: &mut [&mut [u8]; 4],
        strides: &Strides,
    ) {
        if self.exposed == 0 {
            return;
        }
        let share = 1.0 / self.exposed as f32;
        let (geometry, camera) = (&self.geometry, &self.camera);
        let mut sums = self.light.chunks_exact(geometry.width);
        for y in (0..geometry.height).step_by(geometry.layout.band()) {
            for (i, row) in self.band.iter_mut().enumerate().take(geometry.height - y) {
                for (channel, sum) in row.used().iter_mut().zip(&mut sums) {
                    channel
                        .iter_mut()
                        .zip(sum)
                        .for_each(|(light, sum)| *light = sum * share);
                }
                camera.sense(params, frame, y + i, row, &mut self.scratch);
            }
            geometry.store(planes, strides, y, &self.band);
        }
        self.discard();
    }

    /// Forgets the exposure under way.
    pub(super) fn discard(&mut self) {
        self.light.fill(0.0);
        self.exposed = 0;
    }
}

#[cfg(test)]
mod tests;

//! Borrowed, strided video frames: what the engine reads and writes.

pub(crate) mod bands;

use std::ops::{Deref, DerefMut};

use crate::error::{Error, Result};
use crate::pixel::{Colorimetry, PixelFormat};

/// One plane: rows of bytes, `stride` bytes apart. The last row may end without padding.
#[derive(Clone, Debug, Default)]
pub struct Plane<D> {
    /// The bytes, starting at the first pixel.
    pub data: D,
    /// Distance between the starts of two rows, in bytes.
    pub stride: usize,
}

/// A video frame over some kind of bytes; see [`Frame`], [`FrameMut`] and [`OwnedFrame`].
#[derive(Clone, Debug)]
pub struct Image<D> {
    format: PixelFormat,
    width: usize,
    height: usize,
    colorimetry: Colorimetry,
    /// Unused planes are empty: an array keeps frames off the heap.
    pub(crate) planes: [Plane<D>; 3],
}

/// A frame to read.
pub type Frame<'a> = Image<&'a [u8]>;
/// A frame to write.
pub type FrameMut<'a> = Image<&'a mut [u8]>;
/// A frame that owns its bytes, rows packed without padding.
pub type OwnedFrame = Image<Vec<u8>>;

impl<D: Deref<Target = [u8]> + Default> Image<D> {
    /// Puts planes together to a frame of `width` × `height` pixels.
    ///
    /// # Errors
    /// [`Error::Frame`] if the size is zero, the number of planes is wrong, or a plane is too short for its stride.
    pub fn new(
        format: PixelFormat,
        width: usize,
        height: usize,
        colorimetry: Colorimetry,
        planes: impl IntoIterator<Item = Plane<D>>,
    ) -> Result<Self> {
        let mut given = 0;
        let mut array: [Plane<D>; 3] = Default::default();
        for (slot, plane) in array.iter_mut().zip(planes) {
            *slot = plane;
            given += 1;
        }
        let fail = |problem| {
            Err(Error::Frame {
                format: format.name(),
                width,
                height,
                problem,
            })
        };
        if width == 0 || height == 0 {
            return fail("a frame needs at least one pixel".into());
        }
        if given != format.n_planes() {
            return fail(format!(
                "{given} planes given, {} needed",
                format.n_planes()
            ));
        }
        for (index, plane) in array.iter().take(given).enumerate() {
            let (row_bytes, rows) = format.plane_size(index, width, height);
            let needed = plane.stride * (rows - 1) + row_bytes;
            if plane.stride < row_bytes || plane.data.len() < needed {
                return fail(format!(
                    "plane {index} has {} bytes at stride {}, {rows} rows of {row_bytes} need {needed}",
                    plane.data.len(),
                    plane.stride,
                ));
            }
        }
        Ok(Self {
            format,
            width,
            height,
            colorimetry,
            planes: array,
        })
    }

    /// The memory layout.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Pixels per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// What the code values mean.
    #[must_use]
    pub fn colorimetry(&self) -> Colorimetry {
        self.colorimetry
    }

    /// Stride of plane `index`, in bytes. Panics if there is no such plane.
    #[must_use]
    pub fn stride(&self, index: usize) -> usize {
        self.planes[index].stride
    }

    /// Bytes of plane `index`. Panics if there is no such plane.
    #[must_use]
    pub fn data(&self, index: usize) -> &[u8] {
        &self.planes[index].data
    }

    /// The rows of plane `index` without their padding.
    pub fn rows(&self, index: usize) -> impl Iterator<Item = &[u8]> {
        let (row_bytes, rows) = self.format.plane_size(index, self.width, self.height);
        self.planes[index]
            .data
            .chunks(self.planes[index].stride)
            .take(rows)
            .map(move |row| &row[..row_bytes])
    }

    /// This frame, borrowed.
    #[must_use]
    pub fn as_frame(&self) -> Frame<'_> {
        Image {
            format: self.format,
            width: self.width,
            height: self.height,
            colorimetry: self.colorimetry,
            planes: self.planes.each_ref().map(|plane| Plane {
                data: &*plane.data,
                stride: plane.stride,
            }),
        }
    }
}

impl<D: DerefMut<Target = [u8]> + Default> Image<D> {
    /// Bytes of plane `index`, to write. Panics if there is no such plane.
    pub fn data_mut(&mut self, index: usize) -> &mut [u8] {
        &mut self.planes[index].data
    }

    /// The rows of plane `index` without their padding, to write.
    pub fn rows_mut(&mut self, index: usize) -> impl Iterator<Item = &mut [u8]> {
        let (row_bytes, rows) = self.format.plane_size(index, self.width, self.height);
        let plane = &mut self.planes[index];
        plane
            .data
            .chunks_mut(plane.stride)
            .take(rows)
            .map(move |row| &mut row[..row_bytes])
    }

    /// The rows of all planes at once, to write; none of planes that the format does not have.
    pub(crate) fn rows_of_all_mut(&mut self) -> [impl Iterator<Item = &mut [u8]>; 3] {
        let (format, width, height) = (self.format, self.width, self.height);
        let mut index = 0;
        self.planes.each_mut().map(|plane| {
            let (row_bytes, rows) = if index < format.n_planes() {
                format.plane_size(index, width, height)
            } else {
                (0, 0)
            };
            index += 1;
            plane
                .data
                .chunks_mut(plane.stride.max(1))
                .take(rows)
                .map(move |row| &mut row[..row_bytes])
        })
    }

    /// This frame, borrowed to write.
    pub fn as_frame_mut(&mut self) -> FrameMut<'_> {
        Image {
            format: self.format,
            width: self.width,
            height: self.height,
            colorimetry: self.colorimetry,
            planes: self.planes.each_mut().map(|plane| Plane {
                data: &mut *plane.data,
                stride: plane.stride,
            }),
        }
    }

    /// Copies `source`'s pixels here. Row padding is left alone.
    ///
    /// # Errors
    /// [`Error::Frame`] if format or size differ.
    pub fn copy_from<S: Deref<Target = [u8]> + Default>(
        &mut self,
        source: &Image<S>,
    ) -> Result<()> {
        self.check_same_layout(source)?;
        for index in 0..self.format.n_planes() {
            for (to, from) in self.rows_mut(index).zip(source.rows(index)) {
                to.copy_from_slice(from);
            }
        }
        Ok(())
    }

    pub(crate) fn check_same_layout<S: Deref<Target = [u8]> + Default>(
        &self,
        other: &Image<S>,
    ) -> Result<()> {
        if (self.format, self.width, self.height) == (other.format, other.width, other.height) {
            return Ok(());
        }
        Err(Error::Frame {
            format: self.format.name(),
            width: self.width,
            height: self.height,
            problem: format!(
                "does not match a {} frame of {}x{}",
                other.format.name(),
                other.width,
                other.height
            ),
        })
    }
}

impl OwnedFrame {
    /// A frame of zeros, rows packed without padding.
    ///
    /// # Errors
    /// [`Error::Frame`] if the size is zero.
    pub fn zeroed(
        format: PixelFormat,
        width: usize,
        height: usize,
        colorimetry: Colorimetry,
    ) -> Result<Self> {
        let planes = (0..format.n_planes()).map(|index| {
            let (row_bytes, rows) = format.plane_size(index, width, height);
            Plane {
                data: vec![0; row_bytes * rows],
                stride: row_bytes,
            }
        });
        Self::new(format, width, height, colorimetry, planes)
    }

    /// A frame over packed bytes of a one-plane format, such as an image decoder's RGB.
    ///
    /// # Errors
    /// [`Error::Frame`] if `bytes` is too short or `format` has several planes.
    pub fn packed(
        format: PixelFormat,
        width: usize,
        height: usize,
        colorimetry: Colorimetry,
        bytes: Vec<u8>,
    ) -> Result<Self> {
        let (stride, _) = format.plane_size(0, width, height);
        Self::new(
            format,
            width,
            height,
            colorimetry,
            [Plane {
                data: bytes,
                stride,
            }],
        )
    }
}

#[cfg(test)]
mod tests;

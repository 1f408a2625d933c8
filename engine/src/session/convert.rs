//! Between NV12 in a GPU's memory and the planes of a model: two small graphs, put together here, that run where the
//! model runs.
//!
//! They move code values and do no arithmetic on them, so that pictures are the same as by way of the CPU, bit by bit:
//! `Gather` cuts off a pitch, repeats the last column and row over the padding, takes U and V apart, and looks up code
//! values where the picture's range is not the model's.

use ort::editor::{Graph, Model, Node, ONNX_DOMAIN, Opset};
use ort::memory::Allocator;
use ort::operator::Attribute;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::{
    Outlet, PrimitiveTensorElementType, Shape, SymbolicDimensions, Tensor, TensorElementType,
    ValueType,
};

use crate::quality::luma_samples;
use crate::tensor::lines::Luts;

const OPSET: u32 = 17;
/// Axes of rows and of columns.
const ROWS: i64 = 2;
const COLUMNS: i64 = 3;

/// What the graphs are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Width and height of the frames.
    pub(crate) frame: (usize, usize),
    /// Width and height of the model's picture (padded).
    pub(crate) picture: (usize, usize),
}

impl Geometry {
    /// Width and height of the frame's chroma.
    pub(super) fn chroma(&self) -> (usize, usize) {
        (self.frame.0.div_ceil(2), self.frame.1.div_ceil(2))
    }

    /// Width and height of the model's chroma.
    pub(super) fn picture_chroma(&self) -> (usize, usize) {
        (self.picture.0 / 2, self.picture.1 / 2)
    }
}

/// NV12 of any pitch -> `y_plane`, `u_plane`, `v_plane`, and `samples` of the luma, by which cuts are found.
pub(super) fn split(
    builder: &SessionBuilder,
    geometry: &Geometry,
    luts: Luts<'_>,
) -> ort::Result<Session> {
    let ((width, height), (_, chroma_height)) = (geometry.frame, geometry.chroma());
    let ((to_width, to_height), chroma) = (geometry.picture, geometry.picture_chroma());
    let mut net = Net::new()?;
    let rows = repeat_last(height, to_height);
    let columns = repeat_last(width, to_width);
    net.pick("y", "y_columns", COLUMNS, columns)?;
    net.pick("y_columns", "y_rows", ROWS, rows)?;
    net.map("y_rows", "y_plane", luts.luma)?;
    for (index, (plane, mapped)) in [("u", "u_plane"), ("v", "v_plane")].into_iter().enumerate() {
        let (columns_of, rows_of) = (format!("{plane}_columns"), format!("{plane}_rows"));
        let columns = repeat_last(width.div_ceil(2), chroma.0);
        let columns = columns.map(|column| 2 * column + index as i64);
        net.pick("uv", &columns_of, COLUMNS, columns)?;
        net.pick(
            &columns_of,
            &rows_of,
            ROWS,
            repeat_last(chroma_height, chroma.1),
        )?;
        net.map(&rows_of, mapped, luts.chroma)?;
    }
    let sampled = |pixels| luma_samples::places(pixels).map(|place| place as i64);
    net.pick("y", "sampled_rows", ROWS, sampled(height))?;
    net.pick("sampled_rows", "samples", COLUMNS, sampled(width))?;
    let side = luma_samples::SIDE;
    net.into_session(
        builder,
        [
            pitched("y", height, "pitch"),
            pitched("uv", chroma_height, "uv_pitch"),
        ],
        [
            plane("y_plane", to_width, to_height),
            plane("u_plane", chroma.0, chroma.1),
            plane("v_plane", chroma.0, chroma.1),
            plane("samples", side, side),
        ],
    )
}

/// `y_plane`, `u_plane`, `v_plane` -> NV12. `columns` and `uv_columns` say which column, or which of those of U and V
/// side by side, comes where in a row, its padding included: see [`columns`] and [`uv_columns`].
pub(super) fn join(
    builder: &SessionBuilder,
    geometry: &Geometry,
    luts: Luts<'_>,
) -> ort::Result<Session> {
    let ((_, height), (_, chroma_height)) = (geometry.frame, geometry.chroma());
    let ((from_width, from_height), chroma) = (geometry.picture, geometry.picture_chroma());
    let mut net = Net::new()?;
    net.pick("y_plane", "y_rows", ROWS, repeat_last(height, height))?;
    net.map("y_rows", "y_mapped", luts.luma)?;
    net.gather("y_mapped", "columns", "y", COLUMNS)?;
    net.node(
        "Concat",
        &["u_plane", "v_plane"],
        "both",
        Some(("axis", COLUMNS)),
    )?;
    let rows = repeat_last(chroma_height, chroma_height);
    net.pick("both", "uv_rows", ROWS, rows)?;
    net.map("uv_rows", "uv_mapped", luts.chroma)?;
    net.gather("uv_mapped", "uv_columns", "uv", COLUMNS)?;
    net.into_session(
        builder,
        [
            plane("y_plane", from_width, from_height),
            plane("u_plane", chroma.0, chroma.1),
            plane("v_plane", chroma.0, chroma.1),
            indices("columns", "pitch"),
            indices("uv_columns", "uv_pitch"),
        ],
        [
            pitched("y", height, "pitch"),
            pitched("uv", chroma_height, "uv_pitch"),
        ],
    )
}

/// For each byte of a row of luma of `pitch` bytes, the column that it shows.
pub(super) fn columns(geometry: &Geometry, pitch: usize) -> ort::Result<Tensor<i64>> {
    constant(repeat_last(geometry.frame.0, pitch))
}

/// For each byte of a row of interleaved chroma of `pitch` bytes, its column in U and V side by side.
pub(super) fn uv_columns(geometry: &Geometry, pitch: usize) -> ort::Result<Tensor<i64>> {
    let (last, v) = (geometry.chroma().0 - 1, geometry.picture_chroma().0);
    let column = |byte: usize| (byte / 2).min(last) + byte % 2 * v;
    constant((0..pitch).map(|byte| column(byte) as i64))
}

/// 0, 1, … of `pixels`, and the last one again up to `padded`.
fn repeat_last(pixels: usize, padded: usize) -> impl ExactSizeIterator<Item = i64> {
    (0..padded).map(move |index| index.min(pixels - 1) as i64)
}

/// A tensor of one dimension.
fn constant<T: PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static>(
    values: impl ExactSizeIterator<Item = T>,
) -> ort::Result<Tensor<T>> {
    let mut tensor = Tensor::<T>::new(&Allocator::default(), [values.len() as i64])?;
    let (_, slots) = tensor.try_extract_tensor_mut::<T>()?;
    slots
        .iter_mut()
        .zip(values)
        .for_each(|(slot, value)| *slot = value);
    Ok(tensor)
}

fn plane(name: &str, width: usize, height: usize) -> Outlet {
    let shape = Shape::new([1, 1, height as i64, width as i64]);
    outlet(name, TensorElementType::Uint8, shape, ["", "", "", ""])
}

/// Rows of a length that is known only when it runs.
fn pitched(name: &str, height: usize, pitch: &str) -> Outlet {
    let shape = Shape::new([1, 1, height as i64, -1]);
    outlet(name, TensorElementType::Uint8, shape, ["", "", "", pitch])
}

fn indices(name: &str, length: &str) -> Outlet {
    outlet(name, TensorElementType::Int64, Shape::new([-1]), [length])
}

fn outlet<const N: usize>(
    name: &str,
    ty: TensorElementType,
    shape: Shape,
    symbols: [&str; N],
) -> Outlet {
    let dimension_symbols = SymbolicDimensions::new(symbols.map(str::to_owned));
    Outlet::new(
        name,
        ValueType::Tensor {
            ty,
            shape,
            dimension_symbols,
        },
    )
}

/// A graph in the making. A node is named after its output.
struct Net(Graph);

impl Net {
    fn new() -> ort::Result<Self> {
        Graph::new().map(Self)
    }

    fn node(
        &mut self,
        kind: &str,
        inputs: &[&str],
        output: &str,
        attribute: Option<(&str, i64)>,
    ) -> ort::Result<()> {
        let attribute = attribute
            .map(|(name, value)| Attribute::new(name, value))
            .transpose()?;
        let node = Node::new(kind, ONNX_DOMAIN, output, inputs, [output], attribute)?;
        self.0.add_node(node)
    }

    fn gather(&mut self, from: &str, places: &str, to: &str, axis: i64) -> ort::Result<()> {
        self.node("Gather", &[from, places], to, Some(("axis", axis)))
    }

    /// `to` is what lies at `places` of `from`'s axis.
    fn pick(
        &mut self,
        from: &str,
        to: &str,
        axis: i64,
        places: impl ExactSizeIterator<Item = i64>,
    ) -> ort::Result<()> {
        let name = format!("{to}.places");
        self.0.add_initializer(&name, constant(places)?, false)?;
        self.gather(from, &name, to, axis)
    }

    /// `to` is `from` with every code value looked up in `table`.
    fn map(&mut self, from: &str, to: &str, table: Option<&[u8; 256]>) -> ort::Result<()> {
        let Some(table) = table else {
            return self.node("Identity", &[from], to, None);
        };
        let (codes, name) = (format!("{to}.codes"), format!("{to}.table"));
        let table = constant(table.iter().copied())?;
        self.0.add_initializer(&name, table, false)?;
        let int32 = 6; // TensorProto.DataType
        self.node("Cast", &[from], &codes, Some(("to", int32)))?;
        self.gather(&name, &codes, to, 0)
    }

    fn into_session(
        mut self,
        builder: &SessionBuilder,
        inputs: impl IntoIterator<Item = Outlet>,
        outputs: impl IntoIterator<Item = Outlet>,
    ) -> ort::Result<Session> {
        self.0.set_inputs(inputs)?;
        self.0.set_outputs(outputs)?;
        let mut model = Model::new([Opset::new(ONNX_DOMAIN, OPSET)?])?;
        model.set_graph(self.0)?;
        model.into_session(builder)
    }
}

"""Write a trained network as one self-contained ONNX graph, planes in, planes out.

    python -m training.export --checkpoint training/work/runs/<run>/ema.pt
    python -m training.export --untrained        # only doubles the light; for integration work

The graph is built node by node: every name, dimension and constant is chosen here, no exporter
between. Values inside are in u8 units (0..255): the scale is folded into weights, so that a
Cast is all that happens to the planes before the first convolution.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from training.model import BLACK, MAX_LOG_GAIN, MIN_LOG_GAIN, NEUTRAL, SQRT_EPS, EdgeConv, Nano, NanoConfig

OPSET = 17
ROOT = Path(__file__).resolve().parents[1]

SIDECAR = """[modelinfo]
version=1.0
group-id=tapetum
model-name={name}
precision={precision}
alignment=16
range=limited

[y]
dir=input
type=uint8
dims=1,1,-1,-1
role=luma

[u]
dir=input
type=uint8
dims=1,1,-1,-1
role=chroma-u

[v]
dir=input
type=uint8
dims=1,1,-1,-1
role=chroma-v

[strength]
dir=input
type=float32
dims=1
role=strength

[y_out]
dir=output
type=uint8
dims=1,1,-1,-1
role=luma

[u_out]
dir=output
type=uint8
dims=1,1,-1,-1
role=chroma-u

[v_out]
dir=output
type=uint8
dims=1,1,-1,-1
role=chroma-v

[degradation]
dir=output
type=float32
dims=1,3,-1,-1
role=degradation
"""


class Graph:
    """A list of nodes and initialisers with short helpers; every helper returns a tensor name."""

    def __init__(self):
        self.nodes, self.inits = [], {}

    def const(self, name: str, value) -> str:
        if name not in self.inits:
            self.inits[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def f32(self, name: str, *values: float) -> str:
        return self.const(name, np.array(values, np.float32).reshape((1, -1, 1, 1)))

    def op(self, kind: str, inputs: list[str], out: str, outputs: list[str] | None = None, **kw):
        outs = outputs or [out]
        self.nodes.append(helper.make_node(kind, inputs, outs, name=out, **kw))
        return outs[0]

    def conv(self, x: str, m: torch.nn.Conv2d, name: str, w_scale=1.0, b_scale=1.0, relu=False):
        w = self.const(f"{name}.w", (m.weight.detach().numpy() * w_scale).astype(np.float32))
        b = self.const(f"{name}.b", (m.bias.detach().numpy() * b_scale).astype(np.float32))
        pads = [m.padding[0], m.padding[1]] * 2
        if isinstance(m, EdgeConv):
            amount = self.const(f"edge{m.edge}", np.array([0, 0, m.edge, m.edge] * 2, np.int64))
            x = self.op("Pad", [x, amount], f"{name}.pad", mode="edge")
        x = self.op(
            "Conv",
            [x, w, b],
            name,
            kernel_shape=list(m.kernel_size),
            pads=pads,
            strides=list(m.stride),
            dilations=list(m.dilation),
        )
        return self.op("Relu", [x], f"{name}.relu") if relu else x

    def add_relu(self, a: str, b: str, name: str) -> str:
        return self.op("Relu", [self.op("Add", [a, b], name)], f"{name}.relu")

    def residual(self, x: str, m: torch.nn.Conv2d, name: str) -> str:
        return self.op("Add", [x, self.conv(x, m, name, relu=True)], f"{name}.sum")

    def clamp(self, x: str, low: str, high: str, name: str) -> str:
        return self.op("Clip", [x, low, high], name)

    def nearest2(self, x: str, name: str) -> str:
        scales = self.const("scale2", np.array([1, 1, 2, 2], np.float32))
        return self.op(
            "Resize",
            [x, "", scales],
            name,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def bilinear_matrix(self, like: str, axis: int, factor: int, name: str) -> str:
        """[n * factor, n] interpolation weights, n = size of `like` along `axis` (2 or 3).

        Row i weighs its two neighbours at (i + 0.5) / factor - 0.5. With fixed dimensions every
        runtime folds this to a constant; two small matrix products then cost a tenth of Resize.
        """
        i64 = lambda n, v: self.const(n, np.array(v, np.int64))
        scalar = lambda n, v: self.const(n, np.array(v, np.float32))
        dims = self.op("Shape", [like], f"{name}.shape")
        n = self.op("Gather", [dims, i64(f"axis{axis}", axis)], f"{name}.n")
        big = self.op("Mul", [n, i64(f"factor{factor}", factor)], f"{name}.big")
        zero, one = i64("zero_i", 0), i64("one_i", 1)
        rows = self.op("Range", [zero, big, one], f"{name}.rows_i")
        rows = self.op("Cast", [rows], f"{name}.rows", to=TensorProto.FLOAT)
        cols = self.op("Range", [zero, n, one], f"{name}.cols_i")
        cols = self.op("Cast", [cols], f"{name}.cols", to=TensorProto.FLOAT)
        at = self.op("Mul", [rows, scalar(f"inv{factor}", 1 / factor)], f"{name}.at0")
        at = self.op("Add", [at, scalar(f"shift{factor}", 0.5 / factor - 0.5)], f"{name}.at1")
        last = self.op("Sub", [n, one], f"{name}.last_i")
        last = self.op("Cast", [last], f"{name}.last", to=TensorProto.FLOAT)
        at = self.op("Max", [at, scalar("zero_f", 0.0)], f"{name}.at2")
        at = self.op("Min", [at, last], f"{name}.at3")
        at = self.op("Unsqueeze", [at, i64("last_axis", [1])], f"{name}.at")
        d = self.op("Abs", [self.op("Sub", [at, cols], f"{name}.d")], f"{name}.abs")
        w = self.op("Sub", [scalar("one_f", 1.0), d], f"{name}.w0")
        return self.op("Max", [w, scalar("zero_f", 0.0)], f"{name}")

    def enlarge(self, x: str, rows: str, cols_t: str, name: str) -> str:
        """rows [H,h] @ x [1,c,h,w] @ cols_t [w,W]"""
        return self.op("MatMul", [rows, self.op("MatMul", [x, cols_t], f"{name}.wide")], name)


def gain_maps(g: Graph, m: Nano, yf: str, uvf: str) -> tuple[str, str, str, str, str]:
    """-> features, then gain and offset of luma and chroma at full and half resolution."""
    net = m.gain
    sy = g.conv(yf, net.stem_y, "gain.stem_y", w_scale=1 / 255, relu=True)
    suv = g.conv(uvf, net.stem_uv, "gain.stem_uv", w_scale=1 / 255, relu=True)
    s = g.op("Concat", [sy, suv], "gain.cat", axis=1)
    s = g.op("Sqrt", [g.op("Add", [s, g.f32("sqrt_eps", SQRT_EPS)], "gain.eps")], "gain.sqrt")
    x = g.conv(s, net.down, "gain.down")
    for i, conv in enumerate(net.context):
        x = g.op("Add", [x, g.conv(x, conv, f"gain.context{i}", relu=True)], f"gain.sum{i}")
    maps = g.conv(x, net.head, "gain.head")
    parts = ["map.log_y", "map.off_y", "map.log_uv", "map.off_uv"]
    g.op("Split", [maps, g.const("map_sizes", np.array([1, 1, 1, 2], np.int64))], "map.split", parts, axis=1)
    low = g.const("log_low", np.array(MIN_LOG_GAIN, np.float32))
    high = g.const("log_high", np.array(MAX_LOG_GAIN, np.float32))
    gy = g.op("Exp", [g.clamp(parts[0], low, high, "map.clip_y")], "map.gain_y")
    guv = g.op("Add", [parts[0], parts[2]], "map.sum_uv")
    guv = g.op("Exp", [g.clamp(guv, low, high, "map.clip_uv")], "map.gain_uv")
    unit = g.f32("unit", 255.0)

    def offset(raw: str, gain: str, zero: float, name: str) -> str:
        """255 * raw + zero * (1 - gain), in u8 units"""
        keep = g.op("Sub", [g.f32("one", 1.0), gain], f"{name}.one_minus")
        keep = g.op("Mul", [keep, g.f32(f"{name}.zero", zero * 255.0)], f"{name}.keep")
        return g.op("Add", [g.op("Mul", [raw, unit], f"{name}.u8"), keep], name)

    oy = offset(parts[1], gy, BLACK, "map.offset_y")
    ouv = offset(parts[3], guv, NEUTRAL, "map.offset_uv")
    out = [x]
    for f, tag, pair in ((16, "y", (gy, oy)), (8, "uv", (guv, ouv))):
        rows = g.bilinear_matrix(maps, 2, f, f"up.rows{f}")
        cols = g.bilinear_matrix(maps, 3, f, f"up.cols{f}")
        cols = g.op("Transpose", [cols], f"up.cols{f}_t", perm=[1, 0])
        out += [g.enlarge(m, rows, cols, f"up.{k}_{tag}") for k, m in zip(("gain", "offset"), pair)]
    return tuple(out)


def unet(g: Graph, m: Nano, y: str, uv: str, features: str) -> tuple[str, str, str]:
    """-> luma residual, chroma residual (full and half resolution, u8 units), degradation."""
    net = m.unet
    sy = g.conv(y, net.stem_y, "unet.stem_y", w_scale=1 / 255)
    suv = g.conv(uv, net.stem_uv, "unet.stem_uv", w_scale=1 / 255)
    x4 = g.add_relu(sy, suv, "unet.stem")
    for i, conv in enumerate(net.enc4):
        x4 = g.residual(x4, conv, f"unet.enc4_{i}")
    x8 = g.conv(x4, net.down8, "unet.down8", relu=True)
    for i, conv in enumerate(net.enc8):
        x8 = g.residual(x8, conv, f"unet.enc8_{i}")
    x = g.conv(x8, net.down16, "unet.down16")
    x = g.add_relu(x, g.conv(features, net.from_gain, "unet.from_gain"), "unet.join")
    for i, conv in enumerate(net.mid):
        x = g.residual(x, conv, f"unet.mid{i}")
    deg = g.op("Sigmoid", [g.conv(x, net.degradation, "unet.degradation")], "degradation")
    for skip, up, convs, tag in (
        (x8, net.up8, net.dec8, "8"),
        (x4, net.up4, net.dec4, "4"),
    ):
        x = g.conv(x, up.conv, f"unet.up{tag}")
        x = g.nearest2(x, f"unet.twice{tag}")
        x = g.op("Add", [x, skip], f"unet.skip{tag}")
        for i, conv in enumerate(convs):
            x = g.residual(x, conv, f"unet.dec{tag}_{i}")
    res = g.conv(x, net.head, "unet.head", w_scale=255.0, b_scale=255.0)
    sizes = g.const("residual_sizes", np.array([16, 8], np.int64))
    g.op("Split", [res, sizes], "residual.split", ["residual.y4", "residual.uv4"], axis=1)
    ry = g.op("DepthToSpace", ["residual.y4"], "residual.y", blocksize=4, mode="CRD")
    ruv = g.op("DepthToSpace", ["residual.uv4"], "residual.uv", blocksize=2, mode="CRD")
    return ry, ruv, deg


def tail(g: Graph, original: str, gained: str, residual: str, name: str) -> str:
    """clip(in + strength * (gained + residual - in)), rounded, as uint8"""
    d = g.op("Add", [gained, residual], f"{name}.restored")
    d = g.op("Sub", [d, original], f"{name}.change")
    d = g.op("Mul", [d, "strength4"], f"{name}.scaled")
    d = g.op("Add", [original, d], f"{name}.mixed")
    d = g.op("Add", [d, g.f32("half", 0.5)], f"{name}.rounded")
    lo, hi = g.const("u8_low", np.array(0.0, np.float32)), g.const("u8_high", np.array(255.0, np.float32))
    return g.op("Cast", [g.clamp(d, lo, hi, f"{name}.clipped")], f"{name}.u8", to=TensorProto.UINT8)


def build(m: Nano) -> onnx.ModelProto:
    """The whole graph of a network in eval mode."""
    m = m.eval().cpu()
    g = Graph()
    yf = g.op("Cast", ["y"], "y.f32", to=TensorProto.FLOAT)
    uvf = g.op("Cast", [g.op("Concat", ["u", "v"], "uv", axis=1)], "uv.f32", to=TensorProto.FLOAT)
    g.op("Reshape", ["strength", g.const("s4", np.array([1, 1, 1, 1], np.int64))], "strength4")
    features, gy, oy, guv, ouv = gain_maps(g, m, yf, uvf)
    gained = {}
    for tag, x, gain, off in (("y", yf, gy, oy), ("uv", uvf, guv, ouv)):
        scaled = g.op("Mul", [x, gain], f"{tag}.scaled")
        gained[tag] = g.op("Add", [scaled, off], f"{tag}.gained")
    ry, ruv, _ = unet(g, m, gained["y"], gained["uv"], features)
    tail(g, yf, gained["y"], ry, "tail_y")
    g.nodes[-1].output[0] = "y_out"
    uv_u8 = tail(g, uvf, gained["uv"], ruv, "tail_uv")
    g.op(
        "Split",
        [uv_u8, g.const("uv_sizes", np.array([1, 1], np.int64))],
        "uv.split",
        ["u_out", "v_out"],
        axis=1,
    )

    def planes(suffix: str) -> list:
        return [
            helper.make_tensor_value_info(f"{p}{suffix}", TensorProto.UINT8, [1, 1, h, w])
            for p, h, w in (
                ("y", "height", "width"),
                ("u", "chroma_height", "chroma_width"),
                ("v", "chroma_height", "chroma_width"),
            )
        ]

    strength = helper.make_tensor_value_info("strength", TensorProto.FLOAT, [1])
    deg = helper.make_tensor_value_info("degradation", TensorProto.FLOAT, [1, 3, "grid_height", "grid_width"])
    graph = helper.make_graph(
        g.nodes, "lowlight-nano", [*planes(""), strength], [*planes("_out"), deg], list(g.inits.values())
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="tapetum")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def load_checkpoint(path: Path) -> tuple[Nano, dict]:
    """-> network with the checkpoint's (EMA) weights, checkpoint dictionary"""
    ck = torch.load(path, map_location="cpu", weights_only=True)
    m = Nano(NanoConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in ck["config"].items()}))
    m.load_state_dict(ck["model"])
    return m.eval(), ck


def write_sidecar(path: Path, precision: str, name: str = "lowlight-nano") -> None:
    Path(f"{path}.modelinfo").write_text(SIDECAR.format(name=name, precision=precision))


def write_sums(folder: Path) -> None:
    """SHA256SUMS over every model and sidecar in the folder, sha256sum -c compatible."""
    files = sorted(p for p in folder.iterdir() if p.suffix in (".onnx", ".modelinfo"))
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--checkpoint", type=Path)
    p.add_argument("--untrained", action="store_true", help="export fresh weights (seed 0)")
    p.add_argument("--out", type=Path, default=ROOT / "models" / "lowlight-nano-fp32.onnx")
    a = p.parse_args()
    if not a.untrained and not a.checkpoint:
        p.error("give --checkpoint FILE or --untrained")
    torch.manual_seed(0)
    model = Nano() if a.untrained else load_checkpoint(a.checkpoint)[0]
    a.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(build(model), a.out)
    write_sidecar(a.out, "fp32")
    write_sums(a.out.parent)
    print(f"{a.out}: {a.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

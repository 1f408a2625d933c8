"""Write a trained network as ONNX: one self-contained graph, and its companion for CPUs.

    python -m training.export --checkpoint training/work/runs/<run>/ema.pt
    python -m training.export --untrained        # only doubles the light; for integration work

`NAME-fp32.onnx` takes planes and gives planes. `NAME-fp32-blocks.onnx` has the same weights and leaves what
happens at full resolution to the player: a third less time at 720p (docs/design/network.md).
`NAME-fp16.onnx` is for GPUs: float16 inside, float32 and code values at its ends.

The graphs are built node by node: every name, dimension and constant is chosen here, no exporter
between. Names tell quantize.py what must stay float: everything that does not begin with `net.`.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper
from torch import Tensor, nn

from training import contract
from training.graph import Graph
from training.model import (
    BLACK,
    DEAD_ZONE,
    FULL_STEP,
    LEAST_SHARE,
    MAX_LOG_GAIN,
    MEAN_EPS,
    MIN_LOG_GAIN,
    NEUTRAL,
    RESIDUAL_DEAD_ZONE,
    RESIDUAL_LIMIT,
    SQRT_EPS,
    Config,
    Exposure,
    Network,
    Restoration,
)
from training.prepare import ROOT

OPSET = 17


def exposure(g: Graph, m: Exposure, statistics: str) -> tuple[str, str]:
    """-> logarithm of the gain and the gain, [1,1,1,1]; reads `state_frame`, writes `state_frame_out`"""
    s = g.op("Sqrt", [g.add(statistics, g.const("sqrt_eps", SQRT_EPS), "exposure.positive")], "exposure.sqrt")
    x = g.relu(g.conv(s, m.patch, "exposure.patch"))
    x = g.relu(g.conv(x, m.soft_histogram, "exposure.soft_histogram"))
    x = g.op("GlobalAveragePool", [x], "exposure.mean")
    x = g.op("Log", [g.add(x, g.const("mean_eps", MEAN_EPS), "exposure.above_zero")], "exposure.log")
    x = g.relu(g.conv(x, m.hidden, "exposure.hidden"))
    now = dead_zone(g, g.conv(x, m.head, "exposure.head"), DEAD_ZONE, "exposure.shrunk")
    log_gain = steady(g, g.clip(now, MIN_LOG_GAIN, MAX_LOG_GAIN, "exposure.log_gain"))
    return log_gain, g.op("Exp", [log_gain], "gain")


def dead_zone(g: Graph, x: str, width: float, name: str) -> str:
    return g.op("Sub", [x, g.clip(x, -width, width, f"{name}.dead_zone")], name)


def steady(g: Graph, now: str) -> str:
    """-> eased logarithm of the gain"""
    known, last = g.split("state_frame", [1, 1], "exposure.past", ["exposure.known", "exposure.last"])
    change = g.op("Sub", [now, last], "exposure.moved")
    distance = g.op("Abs", [change], "exposure.distance")
    share = g.mul(distance, g.const("full_step", 1 / FULL_STEP), "exposure.share")
    share = g.clip(share, LEAST_SHARE, 1.0, "exposure.taken")
    rest = g.op("Sub", [g.const("one", 1.0), share], "exposure.left")
    rest = g.mul(g.mul(known, rest, "exposure.left_known"), change, "exposure.held_back")
    log_gain = g.op("Sub", [now, rest], "exposure.steady")
    g.op("Concat", [g.const("one4d", [[[[1.0]]]]), log_gain], "state_frame_out", axis=1)
    return log_gain


def trunk(g: Graph, m: Restoration, x: str, log_gain: str, half: bool = False) -> str:
    """From the stem's features -> the head's answer [1,n,H/stem,W/stem]; writes `degradation`

    `half`: in float16 from end to end; what lies outside, the gain above all, stays float32.
    """
    skips, narrow = [], lambda x, name: g.cast(x, TensorProto.FLOAT16, name) if half else x
    x, log_gain = narrow(x, "net.in"), narrow(log_gain, "net.log_gain")
    g.weights = np.float16 if half else np.float32
    for i, level in enumerate(m.encoder):
        x = g.conv(x, m.down[i - 1], f"net.down{i}") if i else x
        if i == len(m.down):
            x = g.add(x, g.conv(log_gain, m.from_gain, "exposure.to_net"), "net.with_gain")
        for k, block in enumerate(level):
            x = g.block(x, block, f"net.encoder{i}_{k}")
        skips.append(x)
    found = g.conv(x, m.degradation, "degradation.head")
    found = g.op("Sigmoid", [found], "degradation.half" if half else "degradation")
    if half:
        g.cast(found, TensorProto.FLOAT, "degradation")
    x = g.add(x, g.conv(found, m.condition, "degradation.to_net"), "net.conditioned")
    for i in reversed(range(len(m.up))):
        x = g.twice(g.conv(x, m.up[i].conv, f"net.up{i}"), f"net.twice{i}")
        x = g.add(x, skips[i], f"net.skip{i}")
        for k, block in enumerate(m.decoder[i]):
            x = g.block(x, block, f"net.decoder{i}_{k}")
    x = g.conv(x, m.head, "net.head")
    g.weights = np.float32
    return g.cast(x, TensorProto.FLOAT, "net.out") if half else x


def build_planes(m: Network, half: bool = False) -> onnx.ModelProto:
    """The self-contained graph of a network in eval mode. `half`: for GPUs, with float16 inside."""
    m, g, stem = m.eval().cpu(), Graph(casts=half), m.cfg.stem
    e, r = m.exposure, m.restoration
    y = g.from_u8("y", BLACK, "y.float")
    uv = g.op("Concat", [g.from_u8(p, NEUTRAL, f"{p}.float") for p in "uv"], "uv.float", axis=1)
    seen = [g.relu(g.conv(p, c, f"exposure.{n}")) for p, c, n in ((y, e.stem_y, "y"), (uv, e.stem_uv, "uv"))]
    log_gain, gain = exposure(g, e, g.op("Concat", seen, "exposure.statistics", axis=1))

    def stem_of(y: str, uv: str, of_y: nn.Conv2d, of_uv: nn.Conv2d, name: str) -> str:
        parts = [g.conv(p, c, f"{name}.{n}", bias=False) for p, c, n in ((y, of_y, "y"), (uv, of_uv, "uv"))]
        return g.add(*parts, f"{name}.sum")

    x = g.mul(stem_of(y, uv, r.stem_y, r.stem_uv, "stem"), gain, "stem.gained")
    if m.cfg.past:
        past_y = g.from_u8("past_y", BLACK, "past_y.float")
        past_uv = [g.from_u8(f"past_{p}", NEUTRAL, f"past_{p}.float") for p in "uv"]
        past_uv = g.op("Concat", past_uv, "past_uv.float", axis=1)
        x = g.add(x, stem_of(past_y, past_uv, r.past_y, r.past_uv, "past"), "stem.both")
    x = g.add(x, g.const("stem.bias", r.stem_y.bias.detach().numpy()[None, :, None, None]), "stem.out")
    limit = RESIDUAL_LIMIT + RESIDUAL_DEAD_ZONE
    residual = g.clip(trunk(g, r, x, log_gain, half), -limit, limit, "residual.bounded")
    residual = dead_zone(g, residual, RESIDUAL_DEAD_ZONE, "residual")
    low = g.split(residual, [stem**2, 2 * (stem // 2) ** 2], "residual.split", ["residual.y", "residual.uv"])
    strength = g.op("Reshape", ["strength", g.ints("four", [1, 1, 1, 1])], "strength.4d")
    for plane, x, middle, part, block in (
        ("y", y, BLACK, low[0], stem),
        ("uv", uv, NEUTRAL, low[1], stem // 2),
    ):
        light = g.mul(x, gain, f"{plane}.gained")
        detail = g.op("DepthToSpace", [part], f"{part}.plane", blocksize=block, mode="CRD")
        restored = g.add(light, detail, f"{plane}.restored")
        # in + strength * (restored - in): strength 0 is the input bit by bit
        change = g.mul(g.op("Sub", [restored, x], f"{plane}.change"), strength, f"{plane}.scaled")
        mixed = g.add(x, change, f"{plane}.mixed")
        for name, out in (("", mixed), ("past_", restored)) if m.cfg.past else (("", mixed),):
            parts = [out]
            if plane == "uv":
                parts = g.split(out, [1, 1], f"{name}uv.split", [f"{out}.u", f"{out}.v"])
            for part, letter in zip(parts, plane):
                g.to_u8(part, middle, f"{name}{letter}_out")
    return model_of(g, contract.planes_contract(m.cfg))


@dataclass
class Folded:
    """Two convolutions of planes as they are on a picture in blocks."""

    y: Tensor  # weights on luma's channels [out,n,k,k]
    uv: Tensor  # and on chroma's
    zero_y: Tensor  # what code values of no light add to each output [out]
    zero_uv: Tensor


def folded(of_y: nn.Conv2d, of_uv: nn.Conv2d, stem: int) -> Folded:
    y, uv = F.pixel_unshuffle(of_y.weight, stem), F.pixel_unshuffle(of_uv.weight, stem // 2)
    return Folded(y, uv, *(w.sum((1, 2, 3)) * middle / 255 for w, middle in ((y, BLACK), (uv, NEUTRAL))))


def build_blocks(m: Network) -> onnx.ModelProto:
    """The companion: pixels of a block lie in channels, so stems are 1x1 and nothing is ever enlarged.

    Code values come in without their middle being taken off; biases do that, which is exact because no
    convolution on them pads.
    """
    m, g, stem = m.eval().cpu(), Graph(), m.cfg.stem
    e, r = m.exposure, m.restoration
    x = g.from_u8("blocks", 0, "blocks.float")
    f = folded(e.stem_y, e.stem_uv, stem)
    pad = lambda w, before, after: F.pad(w, (0, 0, 0, 0, before, after))
    weight = torch.cat([pad(f.y, 0, f.uv.shape[1]), pad(f.uv, f.y.shape[1], 0)])
    bias = torch.cat([e.stem_y.bias - f.zero_y, e.stem_uv.bias - f.zero_uv])
    statistics = g.relu(g.convolve(x, "exposure.stem", weight, bias, e.stem_y.stride[0] // stem))
    log_gain, gain = exposure(g, e, statistics)

    def stem_of(x: str, of_y: nn.Conv2d, of_uv: nn.Conv2d, name: str) -> str:
        f = folded(of_y, of_uv, stem)
        return g.convolve(x, name, torch.cat([f.y, f.uv], 1), -f.zero_y - f.zero_uv)

    x = g.mul(stem_of(x, r.stem_y, r.stem_uv, "stem.now"), gain, "stem.gained")
    if m.cfg.past:
        past = g.from_u8("past", 0, "past.float")
        x = g.add(x, stem_of(past, r.past_y, r.past_uv, "stem.past"), "stem.both")
    x = g.add(x, g.const("stem.bias", r.stem_y.bias.detach().numpy()[None, :, None, None]), "stem.out")
    step, zero = g.const("residual.step", contract.RESIDUAL_STEP), g.code_values(contract.RESIDUAL_ZERO)[1]
    g.op("QuantizeLinear", [trunk(g, r, x, log_gain), step, zero], "residual")
    return model_of(g, contract.blocks_contract(m.cfg))


def model_of(g: Graph, tensors: list[contract.Tensor]) -> onnx.ModelProto:
    """The contract's inputs and outputs around the nodes, checked."""
    types = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}
    values = {
        way: [
            helper.make_tensor_value_info(t.name, types[t.type], list(t.dims))
            for t in tensors
            if t.direction == way
        ]
        for way in ("input", "output")
    }
    graph = helper.make_graph(g.nodes, "lowlight", values["input"], values["output"], list(g.inits.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="tapetum")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def half_path(path: Path) -> Path:
    return path.with_name(path.name.replace("fp32", "fp16"))


def write(m: Network, path: Path) -> None:
    """The self-contained graph, its companion, the float16 one, and their sidecars."""
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(build_planes(m), path)
    onnx.save(build_blocks(m), contract.blocks_path(path))
    onnx.save(build_planes(m, half=True), half_path(path))
    contract.write_sidecars(path, m.cfg, "fp32")
    contract.write_half_sidecar(half_path(path), m.cfg)
    contract.write_sums(path.parent)


def load_checkpoint(path: Path) -> tuple[Network, dict]:
    """-> network with the checkpoint's (EMA) weights, checkpoint dictionary"""
    ck = torch.load(path, map_location="cpu", weights_only=True)
    m = Network(Config(**{k: tuple(v) if isinstance(v, list) else v for k, v in ck["config"].items()}))
    m.load_state_dict(ck["model"])
    return m.eval(), ck


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--checkpoint", type=Path)
    p.add_argument("--untrained", action="store_true", help="export fresh weights (seed 0)")
    p.add_argument("--out", type=Path, default=ROOT / "models" / "lowlight-nano-fp32.onnx")
    a = p.parse_args()
    if not a.untrained and not a.checkpoint:
        p.error("give --checkpoint FILE or --untrained")
    torch.manual_seed(0)
    write(Network() if a.untrained else load_checkpoint(a.checkpoint)[0], a.out)
    for path in (a.out, contract.blocks_path(a.out), half_path(a.out)):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

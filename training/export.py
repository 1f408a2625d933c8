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
from training.equalise import equalised
from training.graph import Graph
from training.model import (
    BLACK,
    DEAD_ZONE,
    FULL_STEP,
    GRID,
    LEAST_SHARE,
    MAX_LOG_GAIN,
    MEAN_EPS,
    MIN_LOG_GAIN,
    MOST_KEPT,
    MOST_MOVED,
    NEUTRAL,
    RESIDUAL_DEAD_ZONE,
    RESIDUAL_LIMIT,
    SQRT_EPS,
    Config,
    Exposure,
    Network,
    Restoration,
)
from training.prepare import ROOT, WORK
from training.stored import stored

OPSET = 17
LIMIT = RESIDUAL_LIMIT + RESIDUAL_DEAD_ZONE
TO_PLANAR = [0, 3, 1, 2]  # from values side by side to channels apart
EVERYTHING = 2**31 - 1  # an end beyond every size


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
    # A one before it: by padding, which asks for no size of the batch.
    one = [log_gain, g.ints("exposure.before", [0, 1, 0, 0, 0, 0, 0, 0]), g.const("one", 1.0)]
    g.op("Pad", one, "state_frame_out")
    return log_gain


def trunk(g: Graph, m: Restoration, x: str, log_gain: str, half: bool = False) -> str:
    """From the stem's features -> what the heads answer [1,n,H/stem,W/stem], the share that is kept last;
    writes `degradation`

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
        x = g.enlarge(g.conv(x, m.up[i].conv, f"net.up{i}"), 2, f"net.twice{i}")
        x = g.add(x, skips[i], f"net.skip{i}")
        for k, block in enumerate(m.decoder[i]):
            x = g.block(x, block, f"net.decoder{i}_{k}")
    heads = [m.head, m.keep] if m.cfg.past else [m.head]
    weight, bias = torch.cat([h.weight for h in heads]), torch.cat([h.bias for h in heads])
    x = g.convolve(x, "net.head", weight, bias)
    g.weights = np.float32
    return g.cast(x, TensorProto.FLOAT, "net.out") if half else x


def visible(g: Graph, x: str, middle: int, name: str) -> str:
    return g.clip(x, -middle / 255, (255 - middle) / 255, name)


@dataclass
class Plane:
    """Luma or chroma on its way through the self-contained graph: names of tensors."""

    name: str
    middle: int
    block: int  # its pixels per side of a block
    seen: str  # as it came, the unit of model.py
    light: str  # the same, gained
    last: str | None  # as it was restored last


def planes_in(g: Graph, prefix: str = "") -> dict[str, str]:
    """-> luma and both chroma planes, the unit of model.py"""
    uv = [g.from_u8(f"{prefix}{p}", NEUTRAL, f"{prefix}{p}.float") for p in "uv"]
    y = g.from_u8(f"{prefix}y", BLACK, f"{prefix}y.float")
    return {"y": y, "uv": g.op("Concat", uv, f"{prefix}uv.float", axis=1)}


def build_planes(m: Network, half: bool = False) -> onnx.ModelProto:
    """The self-contained graph of a network in eval mode, of operators that TensorRT takes. `half`: with
    float16 inside."""
    m, g, stem = m.eval().cpu(), Graph(casts=True), m.cfg.stem
    e, r = m.exposure, m.restoration
    seen, last = planes_in(g), planes_in(g, "past_") if m.cfg.past else {}
    known = [g.relu(g.conv(seen[p], c, f"exposure.{p}")) for p, c in (("y", e.stem_y), ("uv", e.stem_uv))]
    log_gain, gain = exposure(g, e, g.op("Concat", known, "exposure.statistics", axis=1))
    planes = [
        Plane(p, middle, block, seen[p], g.mul(seen[p], gain, f"{p}.gained"), last.get(p))
        for p, middle, block in (("y", BLACK, stem), ("uv", NEUTRAL, stem // 2))
    ]
    stems = [
        g.conv(visible(g, p.light, p.middle, f"stem.seen_{p.name}"), c, f"stem.{p.name}")
        for p, c in zip(planes, (r.stem_y, r.stem_uv))
    ]
    if m.cfg.past:
        stems += [g.conv(last[p], c, f"past.{p}") for p, c in (("y", r.past_y), ("uv", r.past_uv))]
    x = stems[0]
    for i, other in enumerate(stems[1:]):
        x = g.add(x, other, f"stem.sum{i}")
    answer = trunk(g, r, x, log_gain, half)
    parts = ["answer.y", "answer.uv"] + ["answer.keep"] * m.cfg.past
    g.split(answer, [stem**2, 2 * (stem // 2) ** 2, 1][: len(parts)], "answer.split", parts)
    keep = share_kept(g, parts[2]) if m.cfg.past else None
    strength = g.op("Reshape", ["strength", g.ints("strength.shape", [-1, 1, 1, 1])], "strength.4d")
    for plane, part in zip(planes, parts):
        planes_out(g, plane, restored(g, plane, part, keep), strength)
    return model_of(g, contract.planes_contract(m.cfg))


def share_kept(g: Graph, answer: str) -> str:
    """Of the past, per block; nothing where there is none"""
    share = g.mul(answer, g.const("keep.scale", MOST_KEPT / LIMIT), "keep.share")
    return g.mul(g.clip(share, 0, MOST_KEPT, "keep.clipped"), "exposure.known", "keep")


def restored(g: Graph, plane: Plane, answer: str, keep: str | None) -> str:
    bounded = g.clip(answer, -LIMIT, LIMIT, f"{answer}.bounded")
    residual = dead_zone(g, bounded, RESIDUAL_DEAD_ZONE, f"{answer}.residual")
    detail = g.op("DepthToSpace", [residual], f"{answer}.plane", blocksize=plane.block, mode="CRD")
    now = visible(g, g.add(plane.light, detail, f"{plane.name}.whole"), plane.middle, f"{plane.name}.now")
    if keep is None:
        return now
    share = g.enlarge(keep, plane.block, f"{plane.name}.keep")
    older = g.op("Sub", [plane.last, now], f"{plane.name}.older")
    kept = g.clip(g.mul(older, share, f"{plane.name}.kept"), -MOST_MOVED, MOST_MOVED, f"{plane.name}.moved")
    return g.add(now, kept, f"{plane.name}.restored")


def planes_out(g: Graph, plane: Plane, restored: str, strength: str) -> None:
    """Writes the plane, and what the next frame is to know of it."""
    # in + strength * (restored - in): strength 0 is the input bit by bit
    change = g.op("Sub", [restored, plane.seen], f"{plane.name}.change")
    mixed = g.add(plane.seen, g.mul(change, strength, f"{plane.name}.scaled"), f"{plane.name}.mixed")
    for prefix, out in (("", mixed), ("past_", restored)) if plane.last else (("", mixed),):
        parts = [out]
        if plane.name == "uv":
            parts = g.split(out, [1, 1], f"{prefix}uv.split", [f"{out}.u", f"{out}.v"])
        for part, letter in zip(parts, plane.name):
            g.to_u8(part, plane.middle, f"{prefix}{letter}_out")


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


def statistics(g: Graph, e: Exposure, stem: int) -> str:
    """What the exposure sees of the blocks, one 8x8 block in every 16x16.

    Cut out before it becomes float: as a convolution over all blocks this alone took a quarter of the time
    of the nano at 1080p.
    """
    f, n = folded(e.stem_y, e.stem_uv, stem), contract.channels(stem)
    side, step = 8 // stem, GRID // stem
    pad = lambda w, before, after: F.pad(w, (0, 0, 0, 0, before, after))
    weight = torch.cat([pad(f.y, 0, f.uv.shape[1]), pad(f.uv, f.y.shape[1], 0)])
    end, axes = g.ints("cut.end", [EVERYTHING, EVERYTHING, n]), g.ints("cut.axes", [1, 2, 3])
    steps, cuts = g.ints("cut.steps", [step, step, 1]), []
    places = [(row, column) for row in range(side) for column in range(side)]
    for row, column in places:
        name = f"exposure.cut{row}{column}"
        start = g.ints(f"{name}.start", [row, column, 0])
        cuts.append(g.op("Slice", ["blocks", start, end, axes, steps], name))
    x = g.from_u8(g.op("Concat", cuts, "exposure.cuts", axis=3), 0, "exposure.seen")
    weight = torch.cat([weight[:, :, r, c] for r, c in places], 1)[:, :, None, None]
    bias = torch.cat([e.stem_y.bias - f.zero_y, e.stem_uv.bias - f.zero_uv])
    return g.relu(g.convolve(g.transpose(x, TO_PLANAR, "exposure.planar"), "exposure.stem", weight, bias))


def gained(g: Graph, gain: str, cfg: Config) -> str:
    """The blocks in code values / 255, the frame's at the light of day.

    A factor and a summand per channel come from the gain by 1x1 convolutions: made by arithmetic, OpenVINO
    fused it with the conversion of the blocks, and wrote them out as float.
    """
    luma, n = cfg.stem**2, contract.channels(cfg.stem)
    ours = (torch.arange(n * (1 + cfg.past)) < n).float()[:, None, None, None]
    zero = ours * torch.where(torch.arange(len(ours)) < luma, BLACK, NEUTRAL)[:, None, None, None] / 255
    row = g.ints("gain.row", [-1, 1, 1, len(ours)])
    factor = g.convolve(gain, "gain.factors", ours, (1 - ours).flatten())
    summand = g.convolve(gain, "gain.summands", -zero, zero.flatten())
    factor, summand = (g.op("Reshape", [x, row], f"{x}.row") for x in (factor, summand))
    x = g.add(g.mul(g.from_u8("blocks", 0, "blocks.float"), factor, "blocks.lit"), summand, "blocks.gained")
    return g.clip(x, 0, 1, "stem.seen")


def build_blocks(m: Network) -> onnx.ModelProto:
    """The companion: pixels of a block lie in channels, so stems are 1x1 and nothing is ever enlarged.

    Code values come in without their middle being taken off; biases do that, which is exact because no
    convolution on them pads.
    """
    m, g, stem = m.eval().cpu(), Graph(), m.cfg.stem
    r = m.restoration
    log_gain, gain = exposure(g, m.exposure, statistics(g, m.exposure, stem))
    x = g.transpose(gained(g, gain, m.cfg), TO_PLANAR, "stem.planar")
    parts = [folded(r.stem_y, r.stem_uv, stem)]
    if m.cfg.past:
        parts.append(folded(r.past_y, r.past_uv, stem))
    weight = torch.cat([w for f in parts for w in (f.y, f.uv)], 1)
    x = g.convolve(x, "stem.out", weight, r.stem_y.bias - sum(f.zero_y + f.zero_uv for f in parts))
    step, zero = g.const("residual.step", contract.RESIDUAL_STEP), g.code_values(contract.RESIDUAL_ZERO)[1]
    g.op("QuantizeLinear", [trunk(g, r, x, log_gain), step, zero], "residual.planar")
    g.transpose("residual.planar", [0, 2, 3, 1], "residual")
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
    p.add_argument("--pairs", type=Path, default=WORK / "pairs", help="shards for the channels' ranges")
    a = p.parse_args()
    if not a.untrained and not a.checkpoint:
        p.error("give --checkpoint FILE or --untrained")
    torch.manual_seed(0)
    network = Network() if a.untrained else load_checkpoint(a.checkpoint)[0]
    write(equalised(network, stored(a.pairs, "train", 16)), a.out)
    for path in (a.out, contract.blocks_path(a.out), half_path(a.out)):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

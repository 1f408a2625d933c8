"""Write a trained network as one self-contained ONNX graph, planes in, planes out.

    python -m training.export --checkpoint training/work/runs/<run>/ema.pt
    python -m training.export --untrained        # only doubles the light; for integration work

The graph is built node by node: every name, dimension and constant is chosen here, no exporter
between. Names tell quantize.py what must stay float: everything that does not begin with `net.`.
"""

import argparse
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper

from training.contract import contract, write_sidecar, write_sums
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
    RESIDUAL_LIMIT,
    SQRT_EPS,
    Config,
    Exposure,
    Memory,
    Network,
    Restoration,
)
from training.prepare import ROOT

OPSET = 17


def exposure(g: Graph, m: Exposure, y: str, uv: str) -> str:
    """-> logarithm of the gain, [1,1,1,1]"""
    sy, suv = (
        g.relu(g.conv(y, m.stem_y, "exposure.stem_y")),
        g.relu(g.conv(uv, m.stem_uv, "exposure.stem_uv")),
    )
    s = g.op("Concat", [sy, suv], "exposure.statistics", axis=1)
    s = g.op("Sqrt", [g.add(s, g.const("sqrt_eps", SQRT_EPS), "exposure.positive")], "exposure.sqrt")
    x = g.relu(g.conv(s, m.patch, "exposure.patch"))
    x = g.relu(g.conv(x, m.soft_histogram, "exposure.soft_histogram"))
    x = g.op("GlobalAveragePool", [x], "exposure.mean")
    x = g.op("Log", [g.add(x, g.const("mean_eps", MEAN_EPS), "exposure.above_zero")], "exposure.log")
    x = g.relu(g.conv(x, m.hidden, "exposure.hidden"))
    raw = g.conv(x, m.head, "exposure.head")
    dead = g.clip(raw, -DEAD_ZONE, DEAD_ZONE, "exposure.dead_zone")
    raw = g.op("Sub", [raw, dead], "exposure.shrunk")
    return g.clip(raw, MIN_LOG_GAIN, MAX_LOG_GAIN, "exposure.log_gain")


def steady(g: Graph, now: str) -> tuple[str, str]:
    """-> eased logarithm of the gain, `known`; reads `state_frame`, writes `state_frame_out`"""
    known, last = g.split("state_frame", [1, 1], "exposure.past", ["exposure.known", "exposure.last"])
    change = g.op("Sub", [now, last], "exposure.moved")
    share = g.mul(
        g.op("Abs", [change], "exposure.distance"), g.const("full_step", 1 / FULL_STEP), "exposure.share"
    )
    share = g.clip(share, LEAST_SHARE, 1.0, "exposure.taken")
    rest = g.op("Sub", [g.const("one", 1.0), share], "exposure.left")
    rest = g.mul(g.mul(known, rest, "exposure.left_known"), change, "exposure.held_back")
    log_gain = g.op("Sub", [now, rest], "exposure.steady")
    ones = g.const("one4d", [[[[1.0]]]])
    g.op("Concat", [ones, log_gain], "state_frame_out", axis=1)
    return log_gain, known


def memory(g: Graph, m: Memory, x: str, known: str) -> str:
    """-> features to go on with; reads `state_features`, writes `state_features_out`"""
    apart = g.op("Sub", ["state_features", x], "memory.apart")
    step = g.op("Concat", [x, apart], "memory.both", axis=1)
    step = g.relu(g.conv(step, m.compare, "net.memory.compare"))
    step = g.op("Sigmoid", [g.conv(step, m.step, "net.memory.step")], "memory.step")
    keep = g.mul(known, g.op("Sub", [g.const("one", 1.0), step], "memory.rest"), "memory.keep")
    change = g.mul(g.twice(keep, "memory.twice"), apart, "memory.change")
    g.add(x, change, "state_features_out")
    return g.add(x, g.conv(change, m.use, "net.memory.use"), "net.memory.sum")


def restoration(
    g: Graph, m: Restoration, y: str, uv: str, log_gain: str, gain: str, known: str | None
) -> str:
    """-> residual [1,c,H/stem,W/stem]; writes `degradation`"""
    raw_y = g.conv(y, m.stem_y, "stem.y", bias=False)
    raw = g.add(raw_y, g.conv(uv, m.stem_uv, "stem.uv", bias=False), "stem.sum")
    bias = g.const("stem.bias", m.stem_y.bias.detach().numpy()[None, :, None, None])
    x = g.add(g.mul(raw, gain, "stem.gained"), bias, "stem.out")
    x = memory(g, m.memory, x, known) if m.memory else x
    skips = []
    for i, level in enumerate(m.encoder):
        x = g.conv(x, m.down[i - 1], f"net.down{i}") if i else x
        if i == len(m.down):
            x = g.add(x, g.conv(log_gain, m.from_gain, "exposure.to_net"), "net.with_gain")
        for k, block in enumerate(level):
            x = g.block(x, block, f"net.encoder{i}_{k}")
        skips.append(x)
    g.op("Sigmoid", [g.conv(x, m.degradation, "degradation.head")], "degradation")
    x = g.add(x, g.conv("degradation", m.condition, "degradation.to_net"), "net.conditioned")
    for i in reversed(range(len(m.up))):
        x = g.twice(g.conv(x, m.up[i].conv, f"net.up{i}"), f"net.twice{i}")
        x = g.add(x, skips[i], f"net.skip{i}")
        for k, block in enumerate(m.decoder[i]):
            x = g.block(x, block, f"net.decoder{i}_{k}")
    return g.clip(g.conv(x, m.head, "net.head"), -RESIDUAL_LIMIT, RESIDUAL_LIMIT, "residual.bounded")


def build(m: Network) -> onnx.ModelProto:
    """The whole graph of a network in eval mode."""
    m, g, stem = m.eval().cpu(), Graph(), m.cfg.stem
    y = g.from_u8("y", BLACK, "y.float")
    uv = g.from_u8(g.op("Concat", ["u", "v"], "uv", axis=1), NEUTRAL, "uv.float")
    log_gain, known = exposure(g, m.exposure, y, uv), None
    if m.cfg.memory:
        log_gain, known = steady(g, log_gain)
    gain = g.op("Exp", [log_gain], "exposure.gain")
    residual = restoration(g, m.restoration, y, uv, log_gain, gain, known)
    strength = g.op("Reshape", ["strength", g.ints("four", [1, 1, 1, 1])], "strength.4d")
    # in + strength * (gain * in + residual - in) = factor * in + strength * residual
    factor = g.op("Sub", [gain, g.const("one", 1.0)], "strength.change")
    factor = g.add(g.mul(strength, factor, "strength.scaled"), g.const("one", 1.0), "strength.factor")
    residual = g.mul(residual, strength, "residual.scaled")
    sizes = [stem**2, 2 * (stem // 2) ** 2]
    low = g.split(residual, sizes, "residual.split", ["residual.y", "residual.uv"])
    for plane, x, middle, part, block in (
        ("y_out", y, BLACK, low[0], stem),
        ("uv_out", uv, NEUTRAL, low[1], stem // 2),
    ):
        r = g.op("DepthToSpace", [part], f"{part}.plane", blocksize=block, mode="CRD")
        g.to_u8(g.add(g.mul(x, factor, f"{plane}.gained"), r, f"{plane}.restored"), middle, plane)
    g.split("uv_out", [1, 1], "uv_out.split", ["u_out", "v_out"])
    return model_of(g, m.cfg)


def model_of(g: Graph, cfg: Config) -> onnx.ModelProto:
    """The contract's inputs and outputs around the nodes, checked."""
    u8, f32 = TensorProto.UINT8, TensorProto.FLOAT

    def values(direction: str) -> list:
        return [
            helper.make_tensor_value_info(t.name, u8 if t.type == "uint8" else f32, list(t.dims))
            for t in contract(cfg)
            if t.direction == direction
        ]

    graph = helper.make_graph(g.nodes, "lowlight", values("input"), values("output"), list(g.inits.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="tapetum")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


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
    model = Network() if a.untrained else load_checkpoint(a.checkpoint)[0]
    a.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(build(model), a.out)
    write_sidecar(a.out, model.cfg, "fp32")
    write_sums(a.out.parent)
    print(f"{a.out}: {a.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

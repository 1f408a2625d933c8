"""What each piece of a network costs: graphs that grow piece by piece, measured one after the other.

    python -m training.pieces --size 1280x720 --threads 2       # nothing else running

Untrained weights; only the time is looked at.
"""

import argparse
import tempfile
from pathlib import Path

import onnx
import torch

from training import bench, export
from training.graph import Graph
from training.model import BLACK, NEUTRAL, Config, Network

PIECES = ("edges", "exposure", "stem", "depth-to-space", "body")


def graph(m: Network, pieces: tuple) -> onnx.ModelProto:
    """`edges` alone multiplies the planes by the strength; each further piece is put before that."""
    g, stem, r = Graph(), m.cfg.stem, m.restoration
    y = g.from_u8("y", BLACK, "y.float")
    uv = g.from_u8(g.op("Concat", ["u", "v"], "uv", axis=1), NEUTRAL, "uv.float")
    gain = g.op("Reshape", ["strength", g.ints("four", [1, 1, 1, 1])], "gain")
    log_gain = export.exposure(g, m.exposure, y, uv) if "exposure" in pieces else gain
    gain = g.op("Exp", [log_gain], "exposure.gain")
    parts = [None, None]
    if "body" in pieces:
        low = export.restoration(g, r, y, uv, log_gain, gain, None)
    elif "stem" in pieces:
        raw = g.add(
            g.conv(y, r.stem_y, "stem.y", bias=False),
            g.conv(uv, r.stem_uv, "stem.uv", bias=False),
            "stem.sum",
        )
        low = g.conv(raw, torch.nn.Conv2d(m.cfg.channels[0], r.head.out_channels, 1), "net.head")
    if "body" not in pieces:
        picture = g.conv(uv, torch.nn.Conv2d(2, 3, 8, 8), "degradation.head")
        g.op("Sigmoid", [picture], "degradation")
    if "depth-to-space" in pieces:
        low = g.split(low, [stem**2, 2 * (stem // 2) ** 2], "residual.split", ["residual.y", "residual.uv"])
        parts = [
            g.op("DepthToSpace", [p], f"{p}.plane", blocksize=b, mode="CRD")
            for p, b in zip(low, (stem, stem // 2))
        ]
    elif "stem" in pieces:  # something must read it
        gain = g.mul(gain, g.op("ReduceMean", [low], "low.mean", axes=[1, 2, 3]), "low.used")
    for plane, x, middle, part in (("y_out", y, BLACK, parts[0]), ("uv_out", uv, NEUTRAL, parts[1])):
        out = g.mul(x, gain, f"{plane}.gained")
        g.to_u8(g.add(out, part, f"{plane}.restored") if part else out, middle, plane)
    g.split("uv_out", [1, 1], "uv_out.split", ["u_out", "v_out"])
    return export.model_of(g, m.cfg)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--size", default="1280x720")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--runs", type=int, default=60)
    a = p.parse_args()
    size = tuple(int(v) for v in a.size.split("x"))
    torch.manual_seed(0)
    network = Network(Config()).eval()
    with tempfile.TemporaryDirectory() as tmp:
        for provider in bench.providers():
            for n in range(1, len(PIECES) + 1):
                path = Path(tmp) / f"{n}.onnx"
                onnx.save(graph(network, PIECES[:n]), path)
                median, _, _ = bench.measure(path, size, a.threads, provider, a.runs)
                print(f"{provider:9} + {PIECES[n - 1]:15} {median:6.2f} ms", flush=True)


if __name__ == "__main__":
    main()

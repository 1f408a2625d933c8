"""Score a network on degradations that it has never seen.

    python -m training.heldout training/checkpoints/nano.pt
    python -m training.heldout models/lowlight-nano-int8.onnx --json training/work/heldout.json

Per family of families.py, means over the pictures of the held-out shards (`python -m training.pairs --split
val --held-out`), luma PSNR in dB with a peak of 255 code values:

    out      the network, its guess of brightness included
    oracle   the input times the true gain, which only the truth can tell
    aligned  each of both times the one factor that serves it best: what the guess of brightness cannot spoil

A network below the oracle has made that family worse than its gain alone would have. The row `seen` shows the
same scenes and light with nothing but what training knows: the distance from it is the price of the unknown.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from training.batches import tensors, true_log_gain
from training.export import load_checkpoint
from training.families import SEEN
from training.losses import HEADROOM
from training.metrics import gain_to, psnr
from training.model import BLACK, to_u8
from training.player import BlocksPlayer, PlanesPlayer, open_player
from training.prepare import WORK

COLUMNS = ("out", "oracle", "aligned", "oracle_aligned")
Restorer = Callable[[np.ndarray, np.ndarray], np.ndarray]  # uint8 y [H,W], uv [2,H/2,W/2] -> y [H,W]


def restorer(path: Path, threads: int = 1) -> Restorer:
    """A checkpoint of train.py or an exported graph; each picture without a past."""
    if path.suffix == ".onnx":
        return exported(open_player(path, threads=threads))
    torch.set_num_threads(threads)
    network = load_checkpoint(path)[0]

    @torch.no_grad()
    def run(y: np.ndarray, uv: np.ndarray) -> np.ndarray:
        b = tensors([{"y": y, "uv": uv}])
        return to_u8(network(b["y"], b["uv"])["y"], BLACK)[0, 0].numpy()

    return run


def exported(graph: BlocksPlayer | PlanesPlayer) -> Restorer:
    def run(y: np.ndarray, uv: np.ndarray) -> np.ndarray:
        graph.reset()
        return graph.planes(y, uv)[0]

    return run


def samples(folder: Path, split: str) -> Iterator[dict]:
    """Rows of the held-out shards, `family` as str"""
    for path in sorted(folder.glob(f"{split}-heldout-[0-9]*.npz")):
        if path.name.endswith(".tmp.npz"):
            continue
        with np.load(path) as z:
            rows = {k: z[k] for k in z.files}
        for i, family in enumerate(rows.pop("family")):
            yield {**{k: v[i] for k, v in rows.items()}, "family": str(family)}


def decibels(out: np.ndarray, y: np.ndarray, truth: np.ndarray) -> dict:
    """One picture's COLUMNS, from uint8 luma [H,W]"""
    b = tensors([{"y": y, "ty": truth}])
    true_gain = float(true_log_gain(b["y"], b["ty"]).exp())
    out, y, truth = ((p.astype(np.float32) - BLACK) / 255 for p in (out, y, truth))
    times = lambda p, gain: psnr(np.clip(p * gain, -BLACK / 255, HEADROOM), truth)
    return {
        "out": psnr(out, truth),
        "oracle": times(y, true_gain),
        "aligned": times(out, gain_to(out, truth)),
        "oracle_aligned": times(y, gain_to(y, truth)),
    }


def score(restore: Restorer, rows) -> dict:
    """-> families: {name: COLUMNS}; held_out: their mean without SEEN; below, below_aligned: the families
    where the network lies below the oracle"""
    found: dict[str, list[dict]] = {}
    for r in rows:
        found.setdefault(r["family"], []).append(decibels(restore(r["y"], r["uv"]), r["y"], r["ty"]))
    mean = lambda several: {c: round(float(np.mean([s[c] for s in several])), 3) for c in COLUMNS}
    table = {name: mean(several) for name, several in found.items()}
    unknown = {name: s for name, s in table.items() if name != SEEN}
    return {
        "families": table,
        "held_out": mean(unknown.values()),
        "below": [name for name, s in unknown.items() if s["out"] < s["oracle"]],
        "below_aligned": [name for name, s in unknown.items() if s["aligned"] < s["oracle_aligned"]],
    }


def table(result: dict) -> str:
    row = lambda name, s: f"{name:18}" + "".join(f"{s[c]:>16.2f}" for c in COLUMNS)
    lines = [f"{'family':18}" + "".join(f"{c.replace('_', ' '):>16}" for c in COLUMNS)]
    lines += [row(name, s) for name, s in result["families"].items()]
    lines.append(row("held-out, mean", result["held_out"]))
    count = len([name for name in result["families"] if name != SEEN])
    for key, what in (("below", "below the oracle"), ("below_aligned", "below it after alignment")):
        lines.append(f"{what}: {len(result[key])} of {count} families {' '.join(result[key])}".rstrip())
    return "\n".join(lines)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("network", type=Path, help="checkpoint (.pt) or graph (.onnx)")
    p.add_argument("--split", default="val")
    p.add_argument("--pairs", type=Path, default=WORK / "pairs")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--json", type=Path, help="write the numbers here")
    a = p.parse_args()
    result = score(restorer(a.network, a.threads), samples(a.pairs, a.split))
    if not result["families"]:
        p.error(f"no held-out shards in {a.pairs}: run python -m training.pairs --split {a.split} --held-out")
    print(table(result))
    if a.json:
        a.json.parent.mkdir(parents=True, exist_ok=True)
        a.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

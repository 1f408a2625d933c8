"""Train the exposure alone, and put it into a network.

    python -m training.exposure training/config/exposure.toml --start training/checkpoints/nano.pt

One number for a whole frame needs many frames and little else: no restoration runs here, and batches are
large. Some of what it sees went through the whole camera, the rest are sharp frames darkened on the spot, cut
and recoloured, so that no picture comes back. Only the blocks that it looks at are made: a quarter of each.
A run lies in training/work/runs/<name>; --into puts its weights into other networks' checkpoints.
"""

import argparse
import copy
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training import losses
from training.batches import Shards, darken, tensors, true_log_gain
from training.export import load_checkpoint
from training.model import GRID, Exposure
from training.prepare import WORK
from training.train import save, schedule


@torch.no_grad()
def validate(exposure: Exposure, shards: Shards) -> tuple[float, float]:
    """Mean and root mean square error of the logarithm, over the validation frames"""
    errors = []
    for one in shards:
        b = tensors([one])
        errors.append(float(exposure(b["y"], b["uv"]) - true_log_gain(b["y"], b["ty"])))
    return float(np.abs(errors).mean()), float(np.sqrt(np.square(errors).mean()))


def looked_at(plane: Tensor, step: int) -> Tensor:
    """[N,C,H,W] -> [N,C,H/2,W/2]: of every square of `step` pixels, the quarter that the exposure sees"""
    n, c, h, w = plane.shape
    squares = plane.reshape(n, c, h // step, step, w // step, step)
    return squares[:, :, :, : step // 2, :, : step // 2].reshape(n, c, h // 2, w // 2)


@contextmanager
def looking_at_all(exposure: Exposure) -> Iterator[None]:
    """Within, its stems take planes of which nothing is left but what they see."""
    stems = exposure.stem_y, exposure.stem_uv
    kept = [s.stride for s in stems]
    for s in stems:
        s.stride = s.kernel_size
    try:
        yield
    finally:
        for s, stride in zip(stems, kept):
            s.stride = stride


def cut(b: dict, rng: np.random.Generator, least: float) -> dict:
    """A window of at least `least` of either side, at whole patches; every picture's the same."""
    rows, columns = (n // GRID for n in b["ty"].shape[-2:])
    h, w = (int(np.ceil(n * rng.uniform(least, 1))) for n in (rows, columns))
    top, left = int(rng.integers(rows - h + 1)), int(rng.integers(columns - w + 1))
    unit = {"y": GRID, "ty": GRID, "uv": GRID // 2, "tuv": GRID // 2}
    return {
        k: v[..., top * unit[k] : (top + h) * unit[k], left * unit[k] : (left + w) * unit[k]]
        for k, v in b.items()
        if k in unit
    }


def recoloured(y: Tensor, uv: Tensor, rng: np.random.Generator) -> Tensor:
    """Chroma of another lamp and another film: what colours say of brightness holds for few pictures only."""
    n = len(y)
    cast = torch.from_numpy(rng.normal(0, 0.03, (n, 2, 1, 1)).astype(np.float32))
    saturation = torch.from_numpy(rng.uniform(0.6, 1.3, (n, 1, 1, 1)).astype(np.float32))
    grey = torch.from_numpy((rng.random((n, 1, 1, 1)) < 0.08).astype(np.float32))
    light = torch.nn.functional.avg_pool2d(y, 2)
    return (uv * saturation + cast * light) * (1 - grey)


def batch(frames: Shards, views: Shards, t: dict, rng: np.random.Generator) -> list[dict]:
    """-> y, uv, log_gain: filmed frames, and darkened ones; of what is looked at"""
    b, v = (
        cut(s.batch(rng, t[f"{k}_batch"]), rng, t["least_side"])
        for s, k in ((frames, "frame"), (views, "view"))
    )
    b["log_gain"] = true_log_gain(b["y"], b["ty"])
    v = {"ty": looked_at(v["ty"], GRID), "tuv": looked_at(v["tuv"], GRID // 2)}
    v["tuv"] = recoloured(v["ty"], v["tuv"], rng)
    seen = {"y": looked_at(b["y"], GRID), "uv": looked_at(b["uv"], GRID // 2), "log_gain": b["log_gain"]}
    return [seen, darken(v, rng)]


def train(exposure: Exposure, config: dict, pairs: Path, out: Path) -> Exposure:
    """-> the moving average of its weights; writes the curve"""
    t, rng = config["train"], np.random.default_rng(config["seed"])
    torch.manual_seed(config["seed"])
    torch.set_num_threads(t["threads"])
    frames, views = (Shards(pairs, "train", kind, t["most_shards"]) for kind in ("frame", "view"))
    val = Shards(pairs, "val", "frame")
    if not frames.shards or not views.shards:
        raise SystemExit(f"no train-frame or train-view shards in {pairs}: run python -m training.pairs")
    ema = copy.deepcopy(exposure).eval()
    opt = torch.optim.AdamW(exposure.parameters(), t["lr"], weight_decay=t["weight_decay"])
    start, said, step, seen, done = time.time(), 0.0, 0, [], False
    while not done:
        spent = time.time() - start
        done = spent >= t["minutes"] * 60 or step >= t.get("steps", 1 << 40)
        for g in opt.param_groups:
            g["lr"] = t["lr"] * schedule(t, spent / (t["minutes"] * 60), step)
        with looking_at_all(exposure):
            parts = batch(frames, views, t, rng)
            guesses = torch.cat([exposure(b["y"], b["uv"]) for b in parts])
        loss = losses.exposure(guesses, torch.cat([b["log_gain"] for b in parts]))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(exposure.parameters(), t["clip_norm"])
        opt.step()
        step, seen = step + 1, [*seen, float(loss.detach())]
        with torch.no_grad():
            for e, p in zip(ema.parameters(), exposure.parameters()):
                e.lerp_(p, 1 - min(t["ema"], (step + 1) / (step + 10)))
        if done or spent - said > t["val_minutes"] * 60:
            mean, rms = validate(ema, val) if val.shards else (float("nan"),) * 2
            row = f"{spent / 60:.2f},{step},{np.mean(seen):.5f},{mean:.4f},{rms:.4f}"
            with open(out / "curve.csv", "a") as f:
                print(row, file=f)
            print(row, flush=True)
            said, seen = spent, []
    return ema


def put(exposure: dict, checkpoint: Path, out: Path) -> None:
    """A network's checkpoint with this exposure's weights instead of its own"""
    ck = torch.load(checkpoint, map_location="cpu", weights_only=True)
    ck["model"] |= {f"exposure.{k}": v for k, v in exposure.items()}
    save(out, **ck)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("config", type=Path)
    p.add_argument("--start", type=Path, help="begin with this network's exposure")
    p.add_argument("--into", type=Path, nargs="*", default=[], help="checkpoints that get the new weights")
    p.add_argument("--pairs", type=Path, default=WORK / "pairs")
    p.add_argument("--out", type=Path, help="default training/work/runs/<name>")
    a = p.parse_args()
    config = tomllib.loads(a.config.read_text())
    out = a.out or WORK / "runs" / config["name"]
    out.mkdir(parents=True, exist_ok=True)
    exposure = load_checkpoint(a.start)[0].exposure if a.start else Exposure(config["width"])
    if not (out / "exposure.pt").exists():
        (out / "curve.csv").write_text("minutes,step,loss,val_mean,val_rms\n")
        trained = train(exposure.train(), config, a.pairs, out)
        save(out / "exposure.pt", model=trained.state_dict())
    weights = torch.load(out / "exposure.pt", map_location="cpu", weights_only=True)["model"]
    for path in a.into:
        put(weights, path, path)
        print(f"{path}: has the exposure of {out}")


if __name__ == "__main__":
    main()

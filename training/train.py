"""Train one network from one TOML file.

    python -m training.train training/config/nano.toml            # starts or resumes
    python -m training.train training/config/nano.toml --steps 20 # a smoke run

Everything of a run lies in training/work/runs/<name>: last.pt (resumable), ema.pt (what export.py
takes), curve.csv, curve.png. The schedule follows the wall clock that was trained, so a slow
machine ends on time with a finished cosine; a killed run resumes where its clock stood.
"""

import argparse
import copy
import csv
import math
import os
import time
import tomllib
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp

from training import losses
from training.model import Nano, NanoConfig
from training.prepare import WORK

KEYS = ("y", "uv", "ty", "tuv", "label")
FIELDS = (
    "minutes",
    "step",
    "lr",
    "loss",
    "y",
    "uv",
    "laplacian",
    "frequency",
    "gained",
    "degradation",
    "coarse",
    "pairs",
    "val_out",
    "val_gained",
    "val_input",
)


class Pairs:
    """Shards of pairs in memory; looks for new shards now and then, keeps the newest `limit`."""

    def __init__(self, folder: Path, split: str, kind: str, limit: int = 64):
        self.folder, self.pattern, self.limit = folder, f"{split}-{kind}-*.npz", limit
        self.shards: dict[str, dict] = {}

    def refresh(self) -> None:
        for path in sorted(self.folder.glob(self.pattern)):
            if path.name not in self.shards and ".tmp" not in path.name:
                z = np.load(path)
                self.shards[path.name] = {k: z[k] for k in KEYS}
        while len(self.shards) > self.limit:
            self.shards.pop(next(iter(self.shards)))

    def __len__(self) -> int:
        return sum(len(s["y"]) for s in self.shards.values())

    def batch(self, rng: np.random.Generator, n: int, crop: int | None) -> dict:
        """-> float tensors in 0..1, random windows (multiples of 16) and mirrors"""
        names = list(self.shards)
        rows = []
        for _ in range(n):
            s = self.shards[names[rng.integers(len(names))]]
            i = int(rng.integers(len(s["y"])))
            one = {k: s[k][i] for k in KEYS}
            if crop and crop < one["y"].shape[0]:
                y, x = (int(rng.integers((d - crop) // 16 + 1)) for d in one["y"].shape)
                one = window(one, y, x, crop // 16)
            if rng.random() < 0.5:
                one = {k: v[..., ::-1] for k, v in one.items()}
            rows.append(one)
        return tensors(rows)


def window(one: dict, y: int, x: int, size: int) -> dict:
    """Cut [size, size] patches of 16 pixels at patch (y, x)."""
    unit = {"y": 16, "ty": 16, "uv": 8, "tuv": 8, "label": 1}
    return {
        k: v[..., y * unit[k] : (y + size) * unit[k], x * unit[k] : (x + size) * unit[k]]
        for k, v in one.items()
    }


def tensors(rows: list[dict]) -> dict:
    out = {}
    for k in KEYS:
        a = torch.from_numpy(np.ascontiguousarray(np.stack([r[k] for r in rows]))).float()
        a = a if k == "label" else a / 255
        out[k] = a[:, None] if k in ("y", "ty") else a
    return out


def forward(model: Nano, b: dict) -> dict:
    y = b["y"].contiguous(memory_format=torch.channels_last)
    return model(y, b["uv"][:, :1], b["uv"][:, 1:])


@torch.no_grad()
def validate(model: Nano, pairs: Pairs) -> dict:
    """PSNR of luma in dB over the validation frames: the output, plain gain, the input."""
    scores = {"out": [], "gained": [], "input": []}
    for s in pairs.shards.values():
        for i in range(len(s["y"])):
            b = tensors([{k: s[k][i] for k in KEYS}])
            o = forward(model, b)
            for k, p in (("out", o["y"]), ("gained", o["gained_y"]), ("input", b["y"])):
                mse = float(((p.clamp(0, 1) - b["ty"]) ** 2).mean())
                scores[k].append(-10 * math.log10(mse + 1e-8))
    return {k: float(np.mean(v)) for k, v in scores.items()}


def schedule(cfg: dict, progress: float, step: int) -> float:
    """Learning rate at `progress` (0..1 of the wall-clock budget)."""
    cosine = cfg["lr_end"] + (cfg["lr"] - cfg["lr_end"]) * 0.5 * (1 + math.cos(math.pi * min(progress, 1)))
    return cosine * min(1.0, (step + 1) / cfg["warmup_steps"])


def save(path: Path, **content) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    os.replace(temporary, path)


def plot(folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with open(folder / "curve.csv") as f:
        rows = [r for r in csv.DictReader(f) if r["loss"]]  # the last row may hold only scores
    if not rows:
        return
    fig, (a, b) = plt.subplots(1, 2, figsize=(10, 4))
    a.plot([float(r["minutes"]) for r in rows], [float(r["loss"]) for r in rows])
    a.set(xlabel="minutes", ylabel="loss", yscale="log")
    val = [r for r in rows if r["val_out"]]
    for k in ("val_out", "val_gained", "val_input"):
        b.plot([float(r["minutes"]) for r in val], [float(r[k]) for r in val], marker=".", label=k)
    b.set(xlabel="minutes", ylabel="luma PSNR, dB")
    b.legend()
    fig.tight_layout()
    fig.savefig(folder / "curve.png", dpi=90)
    plt.close(fig)


def fresh(config: dict, out: Path) -> tuple[Nano, Nano, dict | None]:
    """-> live model and its moving average, both in shared memory, and the checkpoint if any"""
    torch.manual_seed(config["seed"])
    model = Nano(NanoConfig(**config["model"])).to(memory_format=torch.channels_last)
    ema = copy.deepcopy(model).eval()
    ck = None
    if (out / "last.pt").exists():
        ck = torch.load(out / "last.pt", map_location="cpu", weights_only=True)
        model.load_state_dict(ck["live"])
        ema.load_state_dict(ck["model"])
        print(f"resumed at step {ck['step']}, {ck['spent'] / 60:.1f} min", flush=True)
    return model.share_memory(), ema.share_memory(), ck


def one_step(model: Nano, opt, batch: dict, extra: list[dict], weights: dict, clip: float) -> dict:
    loss, parts = losses.total(forward(model, batch), batch["ty"], batch["tuv"], batch["label"], weights)
    for b in extra:
        coarse = losses.coarse(model.coarse(b["y"], b["uv"]), b["ty"], b["tuv"]) / len(extra)
        loss = loss + weights["coarse"] * coarse
        parts["coarse"] = parts.get("coarse", 0.0) + float(coarse.detach())
    opt.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    if torch.isfinite(norm):  # one broken batch must not end an evening
        opt.step()
    return {"loss": float(loss.detach()), **parts}


def worker(
    rank: int,
    model: Nano,
    ema: Nano,
    ck: dict | None,
    config: dict,
    pairs_dir: Path,
    out: Path,
    max_steps: int | None,
) -> None:
    """Step on the shared weights until the time is over; rank 0 also averages, logs and saves.

    The workers do not wait for each other (Hogwild): on cores shared with other jobs, a barrier
    per step costs half the speed. Each has its own Adam moments, batches and random numbers.
    """
    t = config["train"]
    torch.set_num_threads(t["threads"])
    # The U-Net's inputs are positive: a step of the gain branch's rate moves all of a neuron's weights together.
    # A caution, not a proven cure: with chained ReLUs the decoder died at 0.3 and 0.5 of the rate as well.
    groups = [
        {"params": list(model.gain.parameters()), "scale": 1.0},
        {"params": list(model.unet.parameters()), "scale": t["unet_lr_scale"]},
    ]
    opt = torch.optim.AdamW(groups, lr=t["lr"], weight_decay=t["weight_decay"])
    if ck:
        opt.load_state_dict(ck["optimizer"])
    step, spent = (ck["step"], ck["spent"]) if ck else (0, 0.0)
    rng = np.random.default_rng((config["seed"], step, rank))
    crops, frames = Pairs(pairs_dir, "train", "crop"), Pairs(pairs_dir, "train", "frame")
    val = Pairs(pairs_dir, "val", "frame")
    pools = (crops, frames, val) if rank == 0 else (crops, frames)
    for p in pools:
        p.refresh()
    budget, start = t["minutes"] * 60, time.time() - spent
    last_save = last_val = last_log = time.time()
    sums, count, done, parent = {}, 0, False, os.getppid()
    while not done:
        if rank > 0 and os.getppid() != parent:  # rank 0 was killed
            return
        spent = time.time() - start
        done = spent >= budget or (max_steps is not None and step >= max_steps)
        if not done:
            for g in opt.param_groups:
                g["lr"] = g["scale"] * schedule(t, spent / budget, step)
            whole = frames.shards and step % t["frame_every"] == t["frame_every"] - 1
            b = (
                frames.batch(rng, t["frame_batch"], None)
                if whole
                else crops.batch(rng, t["batch"], t["crop"])
            )
            pools_now = [(frames, None)] * bool(frames.shards) + [(crops, t["crop"])]
            extra = [p.batch(rng, n, c) for p, c in pools_now if (n := t["coarse_batch"])]
            parts = one_step(model, opt, b, extra, config["loss"], t["clip_norm"])
            step, count = step + 1, count + 1
            sums = {k: sums.get(k, 0.0) + v for k, v in parts.items()}
        if rank > 0:
            if time.time() - last_log > 60:
                last_log = time.time()
                for p in pools:
                    p.refresh()
            continue
        decay = min(t["ema"], (step + 1) / (step + 10))
        with torch.no_grad():
            for e, p in zip(ema.parameters(), model.parameters()):
                e.lerp_(p, 1 - decay)
        if done or time.time() - last_log > 30:
            row = {
                "minutes": round(spent / 60, 2),
                "step": step,
                "lr": f"{opt.param_groups[0]['lr']:.2e}",
                "pairs": len(crops) + len(frames),
            }
            row |= {k: round(v / max(count, 1), 5) for k, v in sums.items()}
            if val.shards and (done or time.time() - last_val > t["val_minutes"] * 60):
                row |= {f"val_{k}": round(v, 3) for k, v in validate(ema, val).items()}
                last_val = time.time()
            with open(out / "curve.csv", "a", newline="") as f:
                csv.DictWriter(f, FIELDS).writerow(row)
            print(row, flush=True)
            sums, count, last_log = {}, 0, time.time()
            for p in pools:
                p.refresh()
        if done or time.time() - last_save > t["checkpoint_minutes"] * 60:
            meta = {"config": model.cfg.to_dict(), "step": step, "spent": spent}
            save(out / "ema.pt", model=ema.state_dict(), **meta)
            save(
                out / "last.pt",
                model=ema.state_dict(),
                live=model.state_dict(),
                optimizer=opt.state_dict(),
                **meta,
            )
            plot(out)
            last_save = time.time()


def train(config: dict, pairs_dir: Path, out: Path, max_steps: int | None = None) -> None:
    if not any(pairs_dir.glob("train-crop-*.npz")):
        raise SystemExit(f"no training pairs in {pairs_dir}: run python -m training.pairs first")
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "curve.csv").exists():
        (out / "curve.csv").write_text(",".join(FIELDS) + "\n")
    model, ema, ck = fresh(config, out)
    args = (model, ema, ck, config, pairs_dir, out, max_steps)
    others = [
        mp.Process(target=worker, args=(r, *args), daemon=True) for r in range(1, config["train"]["workers"])
    ]
    for o in others:
        o.start()
    worker(0, *args)
    for o in others:
        o.join(60)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("config", type=Path)
    p.add_argument("--pairs", type=Path, default=WORK / "pairs")
    p.add_argument("--out", type=Path, help="default training/work/runs/<name>")
    p.add_argument("--steps", type=int, help="stop after so many steps")
    p.add_argument("--minutes", type=float, help="override [train] minutes")
    a = p.parse_args()
    mp.set_start_method("spawn")
    config = tomllib.loads(a.config.read_text())
    if a.minutes:
        config["train"]["minutes"] = a.minutes
    train(config, a.pairs, a.out or WORK / "runs" / config["name"], a.steps)


if __name__ == "__main__":
    main()

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

from training import losses, rollout
from training.batches import Shards, darken, tensors, true_log_gain
from training.model import Config, Network
from training.muon import Muon
from training.prepare import WORK

PARTS = ("y", "uv", "laplacian", "decibel", "degradation", "realism", "flicker", "exposure", "exposure_pairs")
SCORES = ("out", "aligned", "gained", "lift", "gain_error")
CLEAN_DB = 36  # a picture that needs nothing but gain
LATE_SCORES = ("late", "late_alone")  # of networks with a memory
FIELDS = ("minutes", "step", "lr", "pairs", "loss", *PARTS, *(f"val_{s}" for s in (*SCORES, *LATE_SCORES)))


@torch.no_grad()
def validate(model: Network, shards: Shards) -> dict:
    """Luma, means over the validation frames: PSNR in dB of the output; of the output with the true gain; of
    the input with the true gain and nothing else; how far the second lies above the third where something is
    wrong; and the exposure's mean relative error."""
    scores = {k: [] for k in SCORES}
    for one in shards:
        b = tensors([one])
        wanted = true_log_gain(b["y"], b["ty"])
        guess = model.exposure(b["y"], b["uv"])
        scores["out"].append(losses.psnr(model(b["y"], b["uv"], guess)["y"], b["ty"]))
        scores["aligned"].append(losses.psnr(model(b["y"], b["uv"], wanted)["y"], b["ty"]))
        scores["gained"].append(losses.psnr(b["y"] * wanted.exp(), b["ty"]))
        if scores["gained"][-1] < CLEAN_DB:
            scores["lift"].append(scores["aligned"][-1] - scores["gained"][-1])
        scores["gain_error"].append(abs(float(guess - wanted)))
    return {k: float(np.mean(v)) for k, v in scores.items()}


def schedule(t: dict, progress: float, step: int) -> float:
    """Factor on the learning rates at `progress` (0..1 of the wall-clock budget)."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1)))
    return max(cosine, t["end"]) * min(1.0, (step + 1) / t["warmup_steps"])


def optimizers(model: Network, t: dict) -> list[torch.optim.Optimizer]:
    """Muon for the restoration's convolutions (unless muon_lr is 0), AdamW for its biases and for the
    exposure."""
    inner = list(model.restoration.parameters())
    to_muon = [p for p in inner if p.ndim > 1 and t["muon_lr"]]
    rest = [p for p in inner if p.ndim == 1 or not t["muon_lr"]]
    groups = [
        {"params": list(model.exposure.parameters()), "lr": t["exposure_lr"]},
        {"params": rest, "lr": t["adam_lr"]},
    ]
    opts = [torch.optim.AdamW(groups, weight_decay=1e-4)]
    if to_muon:
        opts.append(Muon(to_muon, t["muon_lr"]))
    for o in opts:
        for g in o.param_groups:
            g["peak"] = g["lr"]
    return opts


def save(path: Path, **content) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    os.replace(temporary, path)


def append(curve: Path, row: dict) -> None:
    """Under the columns that the file began with: a run that goes on may be older than a part of the loss."""
    with open(curve) as f:
        columns = next(csv.reader(f))
    with open(curve, "a", newline="") as f:
        csv.DictWriter(f, columns, extrasaction="ignore").writerow(row)


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
    for k in ("val_out", "val_aligned", "val_gained"):
        b.plot([float(r["minutes"]) for r in val], [float(r[k]) for r in val], marker=".", label=k)
    b.set(xlabel="minutes", ylabel="luma PSNR, dB")
    b.legend()
    fig.tight_layout()
    fig.savefig(folder / "curve.png", dpi=90)
    plt.close(fig)


def fresh(config: dict, out: Path, start: Path | None) -> tuple[Network, Network, dict | None]:
    """-> live model and its moving average, both in shared memory, and the checkpoint if any"""
    torch.manual_seed(config["seed"])
    model = Network(Config(**config["model"]))
    if start:
        known = torch.load(start, map_location="cpu", weights_only=True)["model"]
        own = model.state_dict()
        known = {k: v for k, v in known.items() if k in own and own[k].shape == v.shape}
        missing = model.load_state_dict(known, strict=False)
        print(f"weights of {start}; new: {missing.missing_keys or 'none'}", flush=True)
    model = model.to(config["device"], memory_format=torch.channels_last)
    ema = copy.deepcopy(model).eval()
    ck = None
    if (out / "last.pt").exists():
        ck = torch.load(out / "last.pt", map_location=config["device"], weights_only=True)
        model.load_state_dict(ck["live"])
        ema.load_state_dict(ck["model"])
        print(f"resumed at step {ck['step']}, {ck['spent'] / 60:.1f} min", flush=True)
    return model.share_memory(), ema.share_memory(), ck


class Material:
    """The pools a worker draws from, and what one step takes of each."""

    def __init__(self, folder: Path, t: dict, device: str, part: tuple[int, int]):
        self.t = t
        shards = lambda kind: self.of(folder, kind, device, part)
        self.crops, self.frames, self.views = shards("crop"), shards("frame"), shards("view")
        self.sequences = shards("sequence") if t["sequence_every"] else None

    def of(self, folder: Path, kind: str, device: str, part: tuple[int, int]) -> Shards:
        """This worker's part; all of them where that is nothing."""
        mine = Shards(folder, "train", kind, self.t["most_shards"], device, part)
        return mine if mine.shards else Shards(folder, "train", kind, self.t["most_shards"], device)

    def pools(self) -> list[Shards]:
        return [p for p in (self.crops, self.frames, self.views, self.sequences) if p is not None]

    def refresh(self) -> None:
        for pool in self.pools():
            pool.refresh()

    def __len__(self) -> int:
        return len(self.crops) + len(self.frames)

    def draw(self, rng: np.random.Generator, step: int) -> tuple[dict, list[dict]]:
        """-> crops or sequences of crops for the restoration, and at times whole frames for the exposure"""
        t, frames = self.t, []
        if t["exposure_every"] and step % t["exposure_every"] == 0:
            if self.frames.shards:
                b = self.frames.batch(rng, t["frame_batch"])
                frames.append({"y": b["y"], "uv": b["uv"], "log_gain": true_log_gain(b["y"], b["ty"])})
            if self.views.shards:
                frames.append(darken(self.views.batch(rng, t["view_batch"]), rng))
        if self.sequences is not None and step % t["sequence_every"] == 1:
            return self.sequences.batch(rng, t["sequence_batch"], t["crop"]), frames
        return self.crops.batch(rng, t["batch"], t["crop"]), frames


def one_step(model: Network, opts: list, b: dict, frames: list[dict], config: dict, progress: float) -> dict:
    weights, t = config["loss"], config["train"]
    teacher = t["teacher"] * max(0.0, 1 - progress)  # ends with the truth alone
    clip = t.get("clip", 0.0)
    # Weights and the exposure stay in float32 on a GPU too.
    with torch.autocast("cuda", torch.bfloat16, enabled=config["device"] == "cuda"):
        if b["y"].ndim == 5:
            loss, parts = rollout.loss(model, b, t, weights, teacher, clip)
        else:
            wanted = true_log_gain(b["y"], b["ty"])
            used = wanted + t["gain_jitter"] * torch.randn_like(wanted) * (torch.rand_like(wanted) < 0.7)
            out = model(b["y"], b["uv"], used)
            loss, parts = losses.restoration(out, b, (used - wanted).exp(), weights, teacher, clip)
    for f, name in zip(frames, ("exposure_pairs", "exposure")):
        e = losses.exposure(model.exposure(f["y"], f["uv"]), f["log_gain"])
        loss, parts[name] = loss + weights["exposure"] * e, float(e.detach())
    for o in opts:
        o.zero_grad(set_to_none=True)
    loss.backward()
    if math.isfinite(float(loss.detach())):  # one broken batch must not end an evening
        torch.nn.utils.clip_grad_norm_(model.parameters(), t["clip_norm"])
        for o in opts:
            o.step()
    return {"loss": float(loss.detach()), **parts}


def worker(
    rank: int,
    model: Network,
    ema: Network,
    ck: dict | None,
    config: dict,
    pairs_dir: Path,
    out: Path,
    max_steps: int | None,
    workers: int,
) -> None:
    """Step on the shared weights until the time is over; rank 0 also averages, logs and saves.

    The workers do not wait for each other (Hogwild): on cores shared with other jobs, a barrier
    per step costs half the speed. Each has its own Adam moments, batches and random numbers.
    """
    t, device = config["train"], config["device"]
    torch.set_num_threads(t["threads"])
    opts = optimizers(model, t)
    for o, known in zip(opts, ck["optimizers"] if ck else ()):
        o.load_state_dict(known)
    step, spent = (ck["step"], ck["spent"]) if ck else (0, 0.0)
    rng = np.random.default_rng((config["seed"], step, rank))
    torch.manual_seed(config["seed"] * 1000 + step * 10 + rank)
    material = Material(pairs_dir, t, device, (rank, workers))
    val = Shards(pairs_dir, "val", "frame", device=device) if rank == 0 else None
    val_sequences = Shards(pairs_dir, "val", "sequence", device=device) if rank == 0 else None
    # Runs that are compared count their own CPU's time: others on the machine take nothing from them.
    clock = time.process_time if t.get("clock") == "cpu" else time.time
    budget, start = t["minutes"] * 60, clock() - spent
    last_save = last_val = last_log = time.time()
    sums, done, parent, factor = {}, False, os.getppid(), 0.0
    while not done:
        if rank > 0 and os.getppid() != parent:  # rank 0 was killed
            return
        spent = clock() - start
        done = spent >= budget or (max_steps is not None and step >= max_steps)
        if not done:
            factor = schedule(t, spent / budget, step)
            for o in opts:
                for g in o.param_groups:
                    g["lr"] = g["peak"] * factor
            parts = one_step(model, opts, *material.draw(rng, step), config, spent / budget)
            step += 1
            for k, v in parts.items():
                sums.setdefault(k, []).append(v)
        if rank > 0:
            if time.time() - last_log > 60:
                last_log = time.time()
                material.refresh()
            continue
        decay = min(t["ema"], (step + 1) / (step + 10))
        with torch.no_grad():
            for e, p in zip(ema.parameters(), model.parameters()):
                e.lerp_(p, 1 - decay)
        if done or time.time() - last_log > 30:
            row = {
                "minutes": round(spent / 60, 2),
                "step": step,
                "lr": f"{factor:.4f}",
                "pairs": len(material),
            }
            row |= {k: round(float(np.mean(v)), 5) for k, v in sums.items()}
            if val.shards and (done or time.time() - last_val > t["val_minutes"] * 60):
                scores = validate(ema, val)
                if t["sequence_every"] and val_sequences.shards:
                    scores |= rollout.validate(ema, val_sequences)
                row |= {f"val_{k}": round(v, 3) for k, v in scores.items()}
                last_val = time.time()
            append(out / "curve.csv", row)
            print(row, flush=True)
            sums, last_log = {}, time.time()
            material.refresh()
        if done or time.time() - last_save > t["checkpoint_minutes"] * 60:
            meta = {"config": model.cfg.to_dict(), "step": step, "spent": spent}
            save(out / "ema.pt", model={k: v.cpu() for k, v in ema.state_dict().items()}, **meta)
            save(
                out / "last.pt",
                model=ema.state_dict(),
                live=model.state_dict(),
                optimizers=[o.state_dict() for o in opts],
                **meta,
            )
            plot(out)
            last_save = time.time()


def train(
    config: dict, pairs_dir: Path, out: Path, max_steps: int | None = None, start: Path | None = None
) -> None:
    """One process on a GPU, [train] workers of them on a CPU."""
    needed = {"crop": "pairs"} | ({"sequence": "sequences"} if config["train"]["sequence_every"] else {})
    for kind, program in needed.items():
        if not any(pairs_dir.glob(f"train-{kind}-*.npz")):
            raise SystemExit(f"no train-{kind} shards in {pairs_dir}: run python -m training.{program} first")
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "curve.csv").exists():
        (out / "curve.csv").write_text(",".join(FIELDS) + "\n")
    model, ema, ck = fresh(config, out, start)
    workers = config["train"]["workers"] if config["device"] == "cpu" else 1
    args = (model, ema, ck, config, pairs_dir, out, max_steps, workers)
    others = [mp.Process(target=worker, args=(r, *args), daemon=True) for r in range(1, workers)]
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
    p.add_argument(
        "--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu"
    )
    p.add_argument(
        "--start", type=Path, help="begin with another run's weights, where names and shapes agree"
    )
    a = p.parse_args()
    mp.set_start_method("spawn")
    config = tomllib.loads(a.config.read_text()) | {"device": a.device}
    if a.minutes:
        config["train"]["minutes"] = a.minutes
    train(config, a.pairs, a.out or WORK / "runs" / config["name"], a.steps, a.start)


if __name__ == "__main__":
    main()

"""Sweep the variety of backgrounds against the range of degradations; choose on what was held out.

    python -m training.pairs --split val --held-out --shards 2 --seed 9     # once: what is scored on
    python -m training.balance training/config/balance.toml                 # resumes

A network whose contents are more complex than its degradations memorises the degradations and fails on others
(Hu et al., arXiv 2502.12600). Every cell has its own shards, as many crops, and equal training time on one
core. Results lie in training/work/runs/balance: results.csv, balance.png and one folder per cell.
"""

import argparse
import csv
import json
import multiprocessing as mp
import tomllib
from pathlib import Path

import cv2
import numpy as np

from training import ablate, degrade, families, heldout, pairs
from training.prepare import ROOT, WORK

# The middle of what draw_camera draws; ranges shrink towards it.
MIDDLE = {"exposure": 0.12, "gain": 1.6, "highlight": 6.0}  # drawn on a logarithmic scale
MIDDLE_LINEAR = {
    "blur": 5.0,
    "shot_noise": 1 / 2900,
    "read_noise": 3.2 / 2900,
    "row_noise": 0.0,
    "gamma": 2.2,
    "shading": 0.0,
    "grain": 0.0,
}
MIDDLE_QUALITY = {"h264": 27, "jpeg": 65, "none": 0}
SCORES = ("seen", "held_out")


def narrowed(cam: degrade.Camera, share: float, rng: np.random.Generator) -> degrade.Camera:
    """The camera with every setting at `share` (0..1) of its distance from the middle, in place. Kinds
    (codec, colour, second layer) stay as drawn in that share of the cameras; the rest has the commonest."""
    if share == 1:
        return cam
    for name, middle in MIDDLE.items():
        setattr(cam, name, float(middle * (getattr(cam, name) / middle) ** share))
    for name, middle in MIDDLE_LINEAR.items():
        setattr(cam, name, float(middle + share * (getattr(cam, name) - middle)))
    cam.tint = tuple(float(1 + share * (t - 1)) for t in cam.tint)
    if rng.random() > share:
        cam.codec, cam.quality, cam.mono, cam.two_layers = "h264", MIDDLE_QUALITY["h264"], False, False
    middle = MIDDLE_QUALITY[cam.codec]
    cam.quality = round(middle + share * (cam.quality - middle))
    return cam


def cells(spec: dict) -> dict[str, tuple[int | None, float]]:
    """{name: (different pictures, None for all, share of the degradations' ranges)}"""
    count = lambda pictures: None if pictures == "all" else pictures
    return {f"{n}-{r}": (count(n), share) for r, share in spec["range"].items() for n in spec["pictures"]}


def simulate(folder: Path, spec: dict, pictures: int | None, share: float, sharp: Path) -> None:
    """One cell's shards, unless they are there. The same seed everywhere: only the axes differ."""
    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"crop": (spec["side"],) * 2, "frame": pairs.FRAME}
    for i, (kind, size) in enumerate(sizes.items()):
        path = folder / f"train-{kind}-000.npz"
        if path.exists():
            continue
        rng = np.random.default_rng((spec["seed"], i))
        scenes = pairs.Scenes(sharp, "train", rng, pictures)
        camera = lambda rng: narrowed(degrade.draw_camera(rng), share, rng)
        count = spec[f"{kind}s"]
        pairs.write_shard(path, [pairs.sample(scenes, rng, size, camera) for _ in range(count)])


def run(name: str, spec: dict, config: dict, out: Path, sharp: Path, held_out: Path) -> None:
    """Simulate, train and score one cell, unless that has been done."""
    folder = out / name
    if (folder / "scores.json").exists():
        return
    simulate(folder / "pairs", spec, *cells(spec)[name], sharp)
    (folder / "config.toml").write_text(ablate.toml(config | {"name": name}))
    ablate.call(
        folder,
        "train",
        folder / "config.toml",
        "--pairs",
        folder / "pairs",
        "--out",
        folder,
        "--device",
        "cpu",
    )
    scored = ("--pairs", held_out, "--threads", 1, "--json", folder / "scores.json")
    ablate.call(folder, "heldout", folder / "ema.pt", *scored)
    print(f"{name}: scored", flush=True)


def row(name: str, spec: dict, out: Path) -> dict:
    """`*_out`: PSNR in dB; `*_lift`: dB over the input, each with the one factor that serves it best"""
    result = json.loads((out / name / "scores.json").read_text())
    parts = {"seen": result["families"][families.SEEN], "held_out": result["held_out"]}
    with open(out / name / "curve.csv") as f:
        steps = int(list(csv.DictReader(f))[-1]["step"])
    pictures, _, degradations = name.partition("-")
    found = {"pictures": pictures, "range": degradations, "share": cells(spec)[name][1], "steps": steps}
    for part, s in parts.items():
        found[f"{part}_out"] = s["out"]
        found[f"{part}_lift"] = round(s["aligned"] - s["oracle_aligned"], 3)
    return found | {"families_below": len(result["below_aligned"])}


def plot(rows: list[dict], spec: dict, path: Path) -> None:
    """Seen and held-out side by side on one scale: what is bright left and dark right has been memorised."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    columns, lines = [str(n) for n in spec["pictures"]], list(spec["range"])
    grids = {part: np.full((len(lines), len(columns)), np.nan) for part in SCORES}
    for r in rows:
        for part, grid in grids.items():
            grid[lines.index(r["range"]), columns.index(r["pictures"])] = r[f"{part}_lift"]
    values = np.stack(list(grids.values()))
    low, high = np.nanmin(values), np.nanmax(values)
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for ax, (part, grid) in zip(axes, grids.items()):
        image = ax.imshow(grid, vmin=low, vmax=high, cmap="viridis", aspect="auto")
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(lines)), [f"{n} ({spec['range'][n]:g})" for n in lines])
        ax.set(xlabel="different pictures", ylabel="range of degradations")
        ax.set_title(f"{part.replace('_', '-')} degradations")
        for (i, k), v in np.ndenumerate(grid):
            shade = "white" if v < (low + high) / 2 else "black"
            ax.text(k, i, "" if np.isnan(v) else f"{v:+.2f}", ha="center", va="center", color=shade)
    fig.colorbar(image, ax=axes, label="dB over the input, both at their best gain")
    fig.savefig(path, dpi=120)
    plt.close(fig)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("config", type=Path)
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--held-out", type=Path, default=WORK / "pairs", help="folder of the held-out shards")
    p.add_argument("--out", type=Path, default=WORK / "runs" / "balance")
    a = p.parse_args()
    spec = tomllib.loads(a.config.read_text())
    if next(heldout.samples(a.held_out, "val"), None) is None:
        p.error(f"no val-heldout shards in {a.held_out}: run python -m training.pairs --split val --held-out")
    config = ablate.merged(tomllib.loads((ROOT / spec["base"]).read_text()), spec["all"])
    with mp.Pool(2) as pool:
        work = [(name, spec, config, a.out, a.sharp, a.held_out) for name in cells(spec)]
        pool.starmap(run, work, chunksize=1)
    rows = [row(name, spec, a.out) for name in cells(spec)]
    ablate.write_rows(a.out / "results.csv", rows)
    plot(rows, spec, a.out / "balance.png")
    print((a.out / "results.csv").read_text(), end="")
    best = max(rows, key=lambda r: r["held_out_lift"])
    print(f"best on held-out degradations: {best['pictures']} pictures, {best['range']} range")


if __name__ == "__main__":
    main()

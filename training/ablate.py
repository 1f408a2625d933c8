"""Train variants of one configuration for equal time, then weigh quality against milliseconds.

    python -m training.ablate training/config/ablation.toml            # train, export, quantise; resumes
    python -m training.ablate training/config/ablation.toml --bench    # milliseconds, table, plot; in quiet

`--untrained --bench --out DIR` measures random weights, for the milliseconds alone.

Two variants train at a time, one core each: that is fair, and two threads of one training wait for each
other. Results lie in training/work/runs/ablation: results.csv, ablation.png and one folder per variant.
"""

import argparse
import copy
import csv
import multiprocessing as mp
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import torch

from training import bench, export, session
from training.contract import blocks_path
from training.model import Config, Network
from training.prepare import ROOT, WORK

SIZE, THREADS, RUNS = (1280, 720), 2, 60
PRECISIONS = ("fp32", "int8")


def merged(base: dict, change: dict) -> dict:
    """Tables of `change` over those of `base`."""
    out = copy.deepcopy(base)
    for table, values in change.items():
        out[table] = {**out[table], **values} if isinstance(values, dict) else values
    return out


def toml(config: dict) -> str:
    """Enough of TOML for a training configuration: strings, numbers, lists, one level of tables."""

    def value(v: object) -> str:
        if isinstance(v, bool):
            return str(v).lower()
        return str(list(v)) if isinstance(v, (list, tuple)) else repr(v).replace("'", '"')

    top = [f"{k} = {value(v)}" for k, v in config.items() if not isinstance(v, dict)]
    tables = [
        f"[{k}]\n" + "\n".join(f"{a} = {value(b)}" for a, b in v.items())
        for k, v in config.items()
        if isinstance(v, dict)
    ]
    return "\n\n".join(["\n".join(top), *tables]) + "\n"


def call(folder: Path, module: str, *arguments: object) -> None:
    """Run one of this package's programs; what it says goes to the folder's log."""
    line = [sys.executable, "-m", f"training.{module}", *map(str, arguments)]
    with open(folder / "log", "a") as log:
        subprocess.run(line, stdout=log, stderr=log, check=True)


def train(name: str, config: dict, folder: Path, untrained: bool) -> None:
    """Train (or not), export and quantise one variant, unless that has been done."""
    fp32, int8 = (folder / f"{p}.onnx" for p in PRECISIONS)
    if int8.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(toml(config))
    if untrained:
        torch.manual_seed(config["seed"])
        export.write(Network(Config(**config["model"])), fp32)
    else:
        call(folder, "train", folder / "config.toml", "--out", folder)
        call(folder, "export", "--checkpoint", folder / "ema.pt", "--out", fp32)
    call(folder, "quantize", "--source", fp32, "--target", int8, "--max-drop", 99)
    print(f"{name}: ready", flush=True)


def score(folder: Path) -> dict:
    """The last validation row of a run; nothing of an untrained one."""
    if not (folder / "curve.csv").exists():
        return {}
    with open(folder / "curve.csv") as f:
        rows = [r for r in csv.DictReader(f) if r["val_out"]]
    known = {k.removeprefix("val_"): float(v) for k, v in rows[-1].items() if k.startswith("val_") and v}
    return known | {"steps": int(rows[-1]["step"])}


def milliseconds(folders: list[Path]) -> list[dict]:
    """Of every variant's graphs for CPUs, in turns."""
    paths = {(f, p): blocks_path(f / f"{p}.onnx") for f in folders for p in PRECISIONS}
    kinds = session.providers()
    times = bench.measure(list(paths.values()), SIZE, THREADS, RUNS, kinds)
    median = lambda f, p, kind: round(float(np.median(times[paths[f, p], kind])), 2)
    return [{f"{p}_{kind}_ms": median(f, p, kind) for p in PRECISIONS for kind in kinds} for f in folders]


def write_rows(path: Path, rows: list[dict]) -> None:
    with open(path, "w", newline="") as f:
        table = csv.DictWriter(f, rows[0])
        table.writeheader()
        table.writerows(rows)


def plot(rows: list[dict], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(7, 4.5))
    for r in rows:
        ax.plot(r["int8_openvino_ms"], r["lift"], "o")
        ax.annotate(
            r["variant"], (r["int8_openvino_ms"], r["lift"]), textcoords="offset points", xytext=(5, 4)
        )
    ax.margins(0.2)
    ax.set(xlabel="ms a frame, 720p, int8, OpenVINO, two threads", ylabel="dB over the gained input")
    fig.tight_layout()
    fig.savefig(path, dpi=100)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("config", type=Path)
    p.add_argument("--out", type=Path, default=WORK / "runs" / "ablation")
    p.add_argument("--bench", action="store_true", help="measure what has been trained")
    p.add_argument("--untrained", action="store_true", help="with random weights, for the milliseconds alone")
    a = p.parse_args()
    spec = tomllib.loads(a.config.read_text())
    base = merged(tomllib.loads((ROOT / spec["base"]).read_text()), spec["all"])
    variants = {k: merged(base, v) for k, v in spec["variant"].items()}
    if a.untrained or not a.bench:
        jobs = [(k, v, a.out / k, a.untrained) for k, v in variants.items()]
        with mp.Pool(2) as pool:
            pool.starmap(train, jobs, chunksize=1)
    if not a.bench:
        return
    done = [k for k in variants if (a.out / k / "int8.onnx").exists()]
    speeds = milliseconds([a.out / k for k in done])
    rows = [{"variant": k, **score(a.out / k), **ms} for k, ms in zip(done, speeds)]
    write_rows(a.out / "results.csv", rows)
    if "lift" in rows[0]:
        plot(rows, a.out / "ablation.png")
    print((a.out / "results.csv").read_text(), end="")


if __name__ == "__main__":
    main()

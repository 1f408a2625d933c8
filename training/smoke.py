"""The whole line on drawn scenes, in under two minutes, without footage.

    python -m training.smoke            # pairs -> 20 steps -> export -> int8 -> evaluate

Then the same again with what that network would teach.

Proves that the parts fit together, not that twenty steps make a good network.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = Path(__file__).resolve().parent / "config" / "smoke.toml"


def run(module: str, *arguments: object, **options: object) -> None:
    """`python -m training.<module>`; option a_b=c becomes --a-b c"""
    line = [sys.executable, "-m", f"training.{module}", *map(str, arguments)]
    for name, value in options.items():
        line += [f"--{name.replace('_', '-')}", str(value)]
    start = time.time()
    subprocess.run(line, check=True)
    print(f"-- {module}: {time.time() - start:.1f} s", flush=True)


def shards(pairs: Path, nowhere: Path) -> None:
    """A few of every kind. Shards whose number is 3 modulo 4 hold whole frames."""
    common = {"count": 4, "sharp": nowhere, "out": pairs, "shards": 1}
    run("pairs", split="train", seed=1, **common)
    run("pairs", split="train", seed=1, start=3, **common)
    run("pairs", "--views", split="train", seed=1, **common)
    run("pairs", split="val", seed=2, start=3, **common)
    run("sequences", split="train", seed=1, **common)
    run("sequences", split="val", seed=2, **common)


def line(work: Path, pairs: Path, nowhere: Path, start: Path | None) -> Path:
    """Train, export, quantise, evaluate -> the checkpoint"""
    fp32, int8 = work / "smoke-fp32.onnx", work / "smoke-int8.onnx"
    more = {"start": start} if start else {}
    run("train", CONFIG, pairs=pairs, out=work, steps=20, **more)
    run("export", checkpoint=work / "ema.pt", out=fp32)
    run("quantize", source=fp32, target=int8, pairs=pairs, calibration=4, validation=4, max_drop=99)
    run("evaluate", "--quick", "--models", fp32, int8, sharp=nowhere, rivals=nowhere, limit=2)
    return work / "ema.pt"


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--keep", type=Path, help="work here and keep the files")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        work = a.keep or Path(tmp)
        nowhere, pairs = work / "sharp", work / "pairs"
        shards(pairs, nowhere)
        first = line(work / "first", pairs, nowhere, None)
        run("distill", teacher=first, pairs=pairs)
        line(work / "taught", pairs, nowhere, first)
    print("smoke: ok")


if __name__ == "__main__":
    main()

"""The whole line on drawn scenes, in under two minutes, without footage.

    python -m training.smoke            # pairs -> 20 steps -> export -> int8 -> evaluate

Proves that the parts fit together, not that twenty steps make a good network.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = Path(__file__).resolve().parent / "config" / "smoke.toml"


def run(*arguments: object) -> None:
    line = [sys.executable, "-m", *map(str, arguments)]
    start = time.time()
    subprocess.run(line, check=True)
    print(f"-- {arguments[0]}: {time.time() - start:.1f} s", flush=True)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--keep", type=Path, help="work here and keep the files")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        work = a.keep or Path(tmp)
        nowhere, pairs, out = work / "sharp", work / "pairs", work / "run"
        for split, seed, start, views in (
            ("train", 1, 0, ()),
            ("train", 1, 3, ()),  # shard 3 holds whole frames
            ("train", 1, 0, ("--views",)),
            ("val", 2, 3, ()),
        ):
                run(
                    "training.pairs",
                    "--split",
                    split,
                    "--shards",
                    1,
                    "--start",
                    start,
                    "--seed",
                    seed,
                    "--count",
                    6,
                    "--sharp",
                    nowhere,
                    "--out",
                    pairs,
                    *views,
                )
        run("training.train", CONFIG, "--pairs", pairs, "--out", out, "--steps", 20)
        fp32, int8 = work / "smoke-fp32.onnx", work / "smoke-int8.onnx"
        run("training.export", "--checkpoint", out / "ema.pt", "--out", fp32)
        run(
            "training.quantize",
            "--source",
            fp32,
            "--target",
            int8,
            "--pairs",
            pairs,
            "--calibration",
            4,
            "--validation",
            4,
            "--max-drop",
            99,
        )
        run(
            "training.evaluate",
            "--models",
            fp32,
            int8,
            "--sharp",
            nowhere,
            "--rivals",
            nowhere,
            "--quick",
            "--limit",
            2,
        )
    print("smoke: ok")


if __name__ == "__main__":
    main()

"""Score methods on held-out sources.

    python -m training.evaluate                        # table and JSON, models/ against the rest
    python -m training.evaluate --split val --pictures training/work/look

One 640x352 picture per held-out source (--per-clip for more), each at every severity with a
camera drawn from a fixed seed. Rivals run when --rivals has them. Pictures are written only where
--pictures says so: they show footage and must not be committed.
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np

from training import degrade, metrics
from training.cases import case, contents, masks
from training.methods import auto_gamma, chain, oracle_gain, restored, rivals
from training.planes import to_bgr
from training.player import open_player, self_contained
from training.prepare import ROOT, WORK

# PSNR; PSNR after the one best gain; SSIM; colour error (CIEDE2000); PSNR of blurred and of intact pixels;
# PSNR to the input, which is to be kept where nothing is wrong with it.
COLUMNS = ("psnr", "aligned", "ssim", "de2000", "blurred", "intact", "kept")


def score(out: np.ndarray, truth: np.ndarray, seen: np.ndarray, where: dict) -> dict:
    """One value per column; NaN where the picture has no such pixels"""
    return {
        "psnr": metrics.psnr(out, truth),
        "aligned": metrics.aligned_psnr(out, truth),
        "ssim": metrics.ssim(out, truth),
        "de2000": metrics.de2000(out, truth),
        "kept": metrics.psnr(out, seen),
        **{k: metrics.psnr(out[m], truth[m]) if m.any() else float("nan") for k, m in where.items()},
    }


def summary(of, values: list[float]) -> float:
    """Over the pictures that have such pixels; NaN where none has"""
    known = [v for v in values if not np.isnan(v)]
    return round(float(of(known)), 4) if known else float("nan")


def methods_for(models: list[tuple], rival_dir: Path, quick: bool, threads: int) -> dict:
    """name -> function of (y, uv, bgr, truth) giving BGR 0..1"""
    table = {
        "input": lambda y, uv, b, t: b,
        "oracle gain (knows the truth)": lambda y, uv, b, t: oracle_gain(b, t),
        "auto-gamma": lambda y, uv, b, t: auto_gamma(b),
    }
    if not quick:
        table["auto-gamma + NLM + CLAHE + unsharp"] = lambda y, uv, b, t: chain(b)
        for name, r in rivals(rival_dir, threads).items():
            table[name] = lambda y, uv, b, t, r=r: r(b)
    for name, m in models:
        table[name] = lambda y, uv, b, t, m=m: restored(m, y, uv)
    return table


def compare(items, table: dict, pictures: Path | None, known: dict | None = None) -> dict:
    """-> {severity: {method: {psnr, aligned, ssim, ms}}}, means over the contents

    `known` is an earlier result on the same contents: methods not in `table` are taken from it
    (cases repeat exactly, and the classical chain takes minutes).
    """
    result: dict = {}
    for severity in degrade.SEVERITIES:
        rows: dict[str, list] = {m: [] for m in table}
        for name, img in items:
            d = case(name, img, severity)
            bgr, truth = to_bgr(d["y"], d["uv"]), to_bgr(d["ty"], d["tuv"])
            where, strip = masks(d), []
            for m, run in table.items():
                t = time.perf_counter()
                out = run(d["y"], d["uv"], bgr, truth)
                ms = (time.perf_counter() - t) * 1e3
                rows[m].append({**score(out, truth, bgr, where), "ms": ms})
                strip.append(out)
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                keep = [strip[0], *strip[2:], truth]
                cv2.imwrite(
                    str(pictures / f"{severity}-{Path(name).stem}.png"),
                    (np.hstack(keep) * 255).astype(np.uint8),
                )
        result[severity] = {
            m: {k: summary(np.median if k == "ms" else np.mean, [x[k] for x in r]) for k in r[0]}
            for m, r in rows.items()
        }
        print(f"{severity}: done", flush=True)
    for severity, rows in (known or {}).items():
        if severity in result:
            result[severity] = {**{m: r for m, r in rows.items() if "lowlight" not in m}, **result[severity]}
    degraded = [result[s] for s in ("mild", "medium", "severe")]
    result["degraded (mean of mild, medium, severe)"] = {
        m: {k: round(float(np.mean([d[m].get(k, np.nan) for d in degraded])), 4) for k in degraded[0][m]}
        for m in degraded[0]
    }
    return result


def print_table(result: dict, count: int) -> None:
    for severity, rows in result.items():
        print(
            f"\n{severity + ',':12} {count} contents {'':13}" + "".join(f"{c:>9}" for c in (*COLUMNS, "ms"))
        )
        for m, r in sorted(rows.items(), key=lambda kv: kv[1]["psnr"]):
            print(
                f"  {m:38}"
                + "".join(
                    f"{r.get(c, np.nan):9.3f}" if c == "ssim" else f"{r.get(c, np.nan):9.2f}"
                    for c in (*COLUMNS, "ms")
                )
            )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--models", type=Path, nargs="*", default=self_contained(ROOT / "models"))
    p.add_argument("--provider", choices=("cpu", "openvino"), default="cpu")
    p.add_argument("--split", default="test")
    p.add_argument("--per-clip", type=int, default=1)
    p.add_argument("--limit", type=int, help="contents at most")
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--rivals", type=Path, default=ROOT.parent / "shared" / "rivals")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--quick", action="store_true", help="no slow chain, no rivals")
    p.add_argument("--pictures", type=Path, help="folder for side-by-side PNGs (do not commit)")
    p.add_argument("--json", type=Path, help="write the numbers here")
    p.add_argument("--reuse", type=Path, help="earlier --json: take the other methods' numbers from it")
    a = p.parse_args()
    cv2.setNumThreads(a.threads)
    items = contents(a.sharp, a.split, a.per_clip, a.limit)
    models = [(f"{m.stem} ({a.provider})", open_player(m, a.provider, threads=a.threads)) for m in a.models]
    earlier = json.loads(a.reuse.read_text()) if a.reuse else {}
    if earlier and earlier["contents"] != [n for n, _ in items]:
        p.error(f"{a.reuse} was scored on other contents")
    table = methods_for(models, a.rivals, a.quick, a.threads)
    result = compare(items, table, a.pictures, earlier.get("result"))
    print_table(result, len(items))
    if a.json:
        a.json.parent.mkdir(parents=True, exist_ok=True)
        a.json.write_text(json.dumps({"contents": [n for n, _ in items], "result": result}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""The tables of models/README.md, made from what the programs measured.

    python -m training.card            # models/results/*.json -> the tables of models/README.md
    python -m training.card --check    # fails where a table is not what the results say

A table stands between `<!-- card: NAME -->` and `<!-- end -->`; the words around it are written by hand.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from training.prepare import ROOT

README, RESULTS = ROOT / "models" / "README.md", ROOT / "models" / "results"
DEGRADED = ("mild", "medium", "severe")
MEAN = "degraded (mean of mild, medium, severe)"
ORACLE = "oracle gain (knows the truth)"
INPUT = "input"
TIERS = ("nano", "small", "base")
MARKED = re.compile(r"(<!-- card: (\w+) -->\n)(.*?)(<!-- end -->)", re.S)


def table(head: list[str], rows: list[list]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(map(str, cells))} |\n" for cells in lines) + "\n"


def model(tier: str, precision: str = "int8") -> str:
    """What evaluate.py calls it"""
    return f"lowlight-{tier}-{precision} (cpu)"


def shown(method: str) -> str:
    return (
        method.removeprefix("lowlight-")
        .removesuffix(" (cpu)")
        .replace("-int8", " int8")
        .replace("-fp32", " fp32")
    )


def rivals(scores: dict) -> list[str]:
    return [m for m in scores[MEAN] if m not in (INPUT, ORACLE) and not m.startswith("lowlight")]


def best(scores: dict, severity: str, column: str) -> float:
    return max(scores[severity][m][column] for m in rivals(scores))


def methods(results: dict) -> str:
    """PSNR / aligned PSNR / colour error"""
    scores = results["evaluate"]["result"]
    cell = lambda s, m: "{psnr:.1f} / {aligned:.1f} / {de2000:.1f}".format(**scores[s][m])
    order = sorted(scores[MEAN], key=lambda m: scores[MEAN][m]["psnr"])
    return table(
        ["method", *DEGRADED, "mean"], [[shown(m), *(cell(s, m) for s in (*DEGRADED, MEAN))] for m in order]
    )


def masked(results: dict) -> str:
    scores = results["evaluate"]["result"]
    chosen = [m for m in scores[MEAN] if m.startswith("lowlight") and "int8" in m]
    chosen += [m for m in ("LYT-Net", ORACLE, INPUT) if m in scores[MEAN]]
    columns = {
        "ssim": "SSIM",
        "blurred": "PSNR of blurred pixels",
        "intact": "PSNR of pixels that needed nothing",
    }
    rows = [
        [says, *(f"{scores[MEAN][m][c]:.{3 if c == 'ssim' else 1}f}" for m in chosen)]
        for c, says in columns.items()
    ]
    kept = [f"{scores['untouched'][m]['kept']:.1f}" for m in chosen]
    rows.append(["daylight, PSNR to what came in", *kept])
    return table(["mean of the three severities", *map(shown, chosen)], rows)


def each(values: list[float]) -> str:
    return " / ".join(f"{v:+.2f}" for v in values)


def verdict(held: bool) -> str:
    return "held" if held else "**missed**"


def scored_bars(scores: dict) -> list[tuple]:
    """(what, bar, measured, held) of everything that evaluate.py measures"""
    nano = lambda s, c: scores[s][model("nano")][c]
    over = lambda c: [nano(s, c) - best(scores, s, c) for s in DEGRADED]
    gain = lambda c: [nano(s, c) - scores[s][ORACLE][c] for s in DEGRADED]
    intact = [nano(s, "intact") - scores[s][INPUT]["intact"] for s in DEGRADED]
    kept = nano("untouched", "kept")
    rows = [
        ("nano over the best rival, PSNR", "≥ 3 dB", each(over("psnr")), min(over("psnr")) >= 3),
        ("the same after the best gain", "≥ 1.5 dB", each(over("aligned")), min(over("aligned")) >= 1.5),
        (
            "nano over the best gain alone, aligned",
            "never below",
            each(gain("aligned")),
            min(gain("aligned")) >= 0,
        ),
        (
            "blurred pixels, over the best rival",
            "≥ 1.5 dB",
            each(over("blurred")),
            min(over("blurred")) >= 1.5,
        ),
        ("pixels that needed nothing, over the input", "never below", each(intact), min(intact) >= 0),
        (
            "colour error less than the best gain's",
            "in every cell",
            each(gain("de2000")),
            max(gain("de2000")) < 0,
        ),
        ("daylight, PSNR to the input", "≥ 38 dB", f"{kept:.1f}", kept >= 38),
    ]
    for small, large in zip(TIERS, TIERS[1:]):
        if model(large) in scores[MEAN]:
            more = scores[MEAN][model(large)]["psnr"] - scores[MEAN][model(small)]["psnr"]
            rows.append((f"{large} over {small}, PSNR", "≥ 0.7 dB", f"{more:+.2f}", more >= 0.7))
    return rows


def bars(results: dict) -> str:
    """What issue 3 asked for, and what was measured; mild / medium / severe, nano int8"""
    rows = scored_bars(results["evaluate"]["result"])
    for name, kept in results.get("quantize", {}).items():
        lost = kept["fp32"] - kept["int8"]
        rows.append((f"int8 against fp32, {name}", "≤ 0.2 dB", f"{lost:.2f}", lost <= 0.2))
    past = {k: v["past"] - v["alone"] for k, v in results.get("past", {}).items() if "nano-int8" in k}
    for name, worth in past.items():
        rows.append(
            (f"with the past over without, {name.split(', ')[1]}", "≥ 0.5 dB", f"{worth:+.2f}", worth >= 0.5)
        )
    for name, s in results.get("steadiness", {}).items():
        if "nano-int8" in name and "pixel_flicker_p95" in s:
            flicker, last = s["pixel_flicker_p95"], f"psnr_frame_{s['frames']}"
            rows.append(("flicker of a still scene, p95", "≤ 2 codes", f"{flicker:.1f}", flicker <= 2))
            drift = s[last] - s["psnr_frame_10"]
            rows.append(
                (f"frame {s['frames']} against frame 10", "within 0.2 dB", f"{drift:+.2f}", abs(drift) <= 0.2)
            )
    return table(["bar", "asked", "measured", ""], [[*r[:3], verdict(r[3])] for r in rows])


def past(results: dict) -> str:
    rows = [
        [
            *name.removeprefix("lowlight-").split(", "),
            f"{v['past']:.2f}",
            f"{v['alone']:.2f}",
            f"{v['past'] - v['alone']:+.2f}",
        ]
        for name, v in results["past"].items()
    ]
    return table(["model", "camera", "with the past", "without", "worth, dB"], rows)


def time(results: dict) -> str:
    keys = {
        "gain": "gain",
        "flicker_output": "flicker",
        "flicker_gained_input": "its input's",
        "drift_output": "drift",
        "pixel_noise_output": "noise",
        "pixel_noise_gained_input": "its input's",
    }
    rows = [[shown(name), *(s[k] for k in keys)] for name, s in results["steadiness"].items()]
    return table(["film, model", *keys.values()], rows)


TABLES = {f.__name__: f for f in (methods, masked, bars, past, time)}


def filled(text: str, results: dict) -> str:
    """The card with every table made anew"""
    return MARKED.sub(lambda m: m[1] + TABLES[m[2]](results) + m[4], text)


def known(folder: Path) -> dict:
    """{name: content} of the results"""
    return {p.stem: json.loads(p.read_text()) for p in sorted(folder.glob("*.json"))}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--check", action="store_true", help="change nothing, fail where a table differs")
    a = p.parse_args()
    old = README.read_text()
    new = filled(old, known(RESULTS))
    if a.check and new != old:
        sys.exit(f"{README} is not what {RESULTS} says: run python -m training.card")
    README.write_text(new)


if __name__ == "__main__":
    main()

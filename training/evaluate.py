"""Score methods on held-out sources; check 1,000 frames for flicker and drift.

    python -m training.evaluate                        # table and JSON, models/ against the rest
    python -m training.evaluate --temporal             # static scene and night clip, 1,000 frames
    python -m training.evaluate --split val --pictures training/work/look

One 640x352 picture per held-out source (--per-clip for more), each at every severity with a
camera drawn from a fixed seed. Rivals run when --rivals has them. Pictures are written only where
--pictures says so: they show footage and must not be committed.
"""

import argparse
import json
import time
import zlib
from pathlib import Path

import cv2
import numpy as np

from training import degrade, metrics, procedural
from training.methods import Ours, auto_gamma, chain, oracle_gain, rivals
from training.planes import to_bgr
from training.prepare import DATA, ROOT, WORK, load_named

SIZE = (352, 640)
COLUMNS = ("psnr", "aligned", "ssim")


def fit(img: np.ndarray) -> np.ndarray:
    """Centre window of the wanted shape, shrunk to 640x352."""
    h, w = SIZE
    scale = max(h / img.shape[0], w / img.shape[1])
    img = cv2.resize(
        img, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    y, x = (img.shape[0] - h) // 2, (img.shape[1] - w) // 2
    return np.ascontiguousarray(img[y : y + h, x : x + w])


def contents(sharp: Path, split: str, per_clip: int, limit: int | None) -> list[tuple[str, np.ndarray]]:
    """(name, picture) of held-out sources; drawn scenes where there is no footage."""
    seen: dict[str, int] = {}
    found = []
    for name, img in load_named(sharp, split):
        source = name.split("#")[0]
        seen[source] = seen.get(source, 0) + 1
        if seen[source] <= per_clip:
            found.append((name, fit(img)))
    if not found:
        found = [(f"drawn-{i}", procedural.scene(np.random.default_rng(100 + i), *SIZE)) for i in range(4)]
    return found[:limit]


def case(name: str, img: np.ndarray, severity: str) -> dict:
    """A degraded picture; the same for the same name and severity, on every machine."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {severity}".encode()))
    cam = degrade.draw_camera(rng, severity)
    cam.mono = cam.two_layers = False
    return degrade.simulate(img, rng, cam)


def score(out: np.ndarray, truth: np.ndarray) -> dict:
    return {
        "psnr": metrics.psnr(out, truth),
        "aligned": metrics.aligned_psnr(out, truth),
        "ssim": metrics.ssim(out, truth),
    }


def methods_for(models: list[tuple[str, Ours]], rival_dir: Path, quick: bool, threads: int) -> dict:
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
        table[name] = lambda y, uv, b, t, m=m: m(y, uv)
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
            strip = []
            for m, run in table.items():
                t = time.perf_counter()
                out = run(d["y"], d["uv"], bgr, truth)
                ms = (time.perf_counter() - t) * 1e3
                rows[m].append({**score(out, truth), "ms": ms})
                strip.append(out)
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                keep = [strip[0], *strip[2:], truth]
                cv2.imwrite(
                    str(pictures / f"{severity}-{Path(name).stem}.png"),
                    (np.hstack(keep) * 255).astype(np.uint8),
                )
        result[severity] = {
            m: {
                k: round(float(np.median([x[k] for x in r]) if k == "ms" else np.mean([x[k] for x in r])), 4)
                for k in r[0]
            }
            for m, r in rows.items()
        }
        print(f"{severity}: done", flush=True)
    for severity, rows in (known or {}).items():
        if severity in result:
            result[severity] = {**{m: r for m, r in rows.items() if "lowlight" not in m}, **result[severity]}
    degraded = [result[s] for s in ("mild", "medium", "severe")]
    result["degraded (mean of mild, medium, severe)"] = {
        m: {k: round(float(np.mean([d[m][k] for d in degraded])), 4) for k in degraded[0][m]}
        for m in degraded[0]
    }
    return result


def print_table(result: dict, count: int) -> None:
    for severity, rows in result.items():
        print(f"\n{severity}, {count} contents: PSNR / gain-aligned PSNR (dB) / SSIM, ms")
        for m, r in sorted(rows.items(), key=lambda kv: kv[1]["psnr"]):
            print(f"  {m:38} {r['psnr']:6.2f} {r['aligned']:6.2f} {r['ssim']:6.3f} {r['ms']:7.1f}")


def steadiness(frames, model: Ours) -> dict:
    """Run a sequence of planes; compare the output's frame-to-frame changes with the input's.

    flicker: standard deviation of the frame mean's change, in u8 levels, in and out, and the
    input's after one constant gain that gives it the output's mean (the fair comparison).
    drift: mean of the last tenth minus mean of the first tenth, in levels.
    noise: mean temporal standard deviation of pixels between neighbouring frames.
    """
    means_in, means_out, noise_in, noise_out = [], [], [], []
    last = None
    for y, uv in frames:
        out = model.planes(y, uv)[0].astype(np.float32)
        y = y.astype(np.float32)
        means_in.append(y.mean() - 16)
        means_out.append(out.mean() - 16)
        if last is not None:
            noise_in.append(np.std(y - last[0]))
            noise_out.append(np.std(out - last[1]))
        last = (y, out)
    a, b = np.array(means_in), np.array(means_out)
    gain = b.mean() / max(a.mean(), 1e-3)
    tenth = max(len(b) // 10, 1)
    return {
        "frames": len(b),
        "gain": round(float(gain), 2),
        "flicker_gained_input": round(float(np.std(np.diff(a)) * gain), 3),
        "flicker_output": round(float(np.std(np.diff(b))), 3),
        "drift_gained_input": round(float((a[-tenth:].mean() - a[:tenth].mean()) * gain), 3),
        "drift_output": round(float(b[-tenth:].mean() - b[:tenth].mean()), 3),
        "pixel_noise_gained_input": round(float(np.mean(noise_in) * gain), 2),
        "pixel_noise_output": round(float(np.mean(noise_out)), 2),
    }


def static_scene(img: np.ndarray, count: int, seed: int = 3):
    """A camera on a tripod at night: fresh noise on every frame, nothing moves."""
    rng = np.random.default_rng(seed)
    cam = degrade.Camera(exposure=0.06, shot_noise=1 / 3000, read_noise=3 / 3000, gain=1.0, tags=["severe"])
    scene = degrade.to_linear(img)
    for _ in range(count):
        yield degrade.to_planes(degrade.sense(scene, rng, cam, np.float32(1))[0])


def night_clip(path: Path, count: int):
    """A real night clip at 640x352, forward and backward until there are enough frames."""
    cap, frames = cv2.VideoCapture(str(path)), []
    while True:
        ok, img = cap.read()
        if not ok:
            break
        frames.append(degrade.to_planes(fit(img).astype(np.float32) / 255))
    order = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
    for i in range(count):
        yield frames[order[i % len(order)]]


def temporal(items, models, data: Path, count: int) -> dict:
    result = {}
    for name, m in models:
        runs = [("static scene", static_scene(items[0][1], count))]
        runs += [(clip.stem, night_clip(clip, count)) for clip in sorted((data / "night").glob("*.mp4"))]
        for what, frames in runs:
            result[f"{what}, {name}"] = steadiness(frames, m)
            print(f"{what}, {name}: {result[f'{what}, {name}']}", flush=True)
    return result


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--models", type=Path, nargs="*", default=sorted((ROOT / "models").glob("*.onnx")))
    p.add_argument("--provider", choices=("cpu", "openvino"), default="cpu")
    p.add_argument("--split", default="test")
    p.add_argument("--per-clip", type=int, default=1)
    p.add_argument("--limit", type=int, help="contents at most")
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--data", type=Path, default=DATA)
    p.add_argument("--rivals", type=Path, default=ROOT.parent / "shared" / "rivals")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--quick", action="store_true", help="no slow chain, no rivals")
    p.add_argument("--temporal", action="store_true")
    p.add_argument("--frames", type=int, default=1000)
    p.add_argument("--pictures", type=Path, help="folder for side-by-side PNGs (do not commit)")
    p.add_argument("--json", type=Path, help="write the numbers here")
    p.add_argument("--reuse", type=Path, help="earlier --json: take the other methods' numbers from it")
    a = p.parse_args()
    cv2.setNumThreads(a.threads)
    items = contents(a.sharp, a.split, a.per_clip, a.limit)
    models = [(f"{m.stem} ({a.provider})", Ours(m, a.provider, threads=a.threads)) for m in a.models]
    if a.temporal:
        result = temporal(items, models, a.data, a.frames)
    else:
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

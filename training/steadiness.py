"""What happens over time: does a method's output flicker, pump or drift?

python -m training.steadiness                    # static scene and night clips, 1,000 frames
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from training import degrade, metrics
from training.cases import contents, fit
from training.player import open_player, self_contained
from training.prepare import DATA, ROOT, WORK

LATE = 100  # frames at the end, over which a static scene's pixels are watched


def steadiness(frames, model, truth: np.ndarray | None = None) -> dict:
    """Run a sequence of planes; compare the output's frame-to-frame changes with the input's.

    flicker: standard deviation of the frame mean's change, in u8 levels, in and out, and the
    input's after one constant gain that gives it the output's mean (the fair comparison).
    drift: mean of the last tenth minus mean of the first tenth, in levels.
    noise: mean temporal standard deviation of pixels between neighbouring frames.

    With `truth`, the luma of a static scene: psnr of frames 10 and last, and the 95th percentile over the
    pixels of their standard deviation over the last LATE frames.
    """
    model.reset()
    watched, psnr = [], {}
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
        if truth is not None:
            watched = [*watched[1 - LATE :], out]
            psnr[len(means_out)] = metrics.psnr(out / 255, truth / 255)
    a, b = np.array(means_in), np.array(means_out)
    gain = b.mean() / max(a.mean(), 1e-3)
    tenth = max(len(b) // 10, 1)
    result = {
        "frames": len(b),
        "gain": round(float(gain), 2),
        "flicker_gained_input": round(float(np.std(np.diff(a)) * gain), 3),
        "flicker_output": round(float(np.std(np.diff(b))), 3),
        "drift_gained_input": round(float((a[-tenth:].mean() - a[:tenth].mean()) * gain), 3),
        "drift_output": round(float(b[-tenth:].mean() - b[:tenth].mean()), 3),
        "pixel_noise_gained_input": round(float(np.mean(noise_in) * gain), 2),
        "pixel_noise_output": round(float(np.mean(noise_out)), 2),
    }
    if truth is not None:
        result["pixel_flicker_p95"] = round(float(np.percentile(np.std(watched, 0), 95)), 2)
        result |= {f"psnr_frame_{i}": round(psnr[i], 2) for i in sorted({min(10, len(b)), len(b)})}
    return result


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
        truth = degrade.to_planes(items[0][1].astype(np.float32) / 255)[0].astype(np.float32)
        runs = [("static scene", static_scene(items[0][1], count), truth)]
        clips = sorted((data / "night").glob("*.mp4"))
        runs += [(clip.stem, night_clip(clip, count), None) for clip in clips]
        for what, frames, truth in runs:
            result[f"{what}, {name}"] = steadiness(frames, m, truth)
            print(f"{what}, {name}: {result[f'{what}, {name}']}", flush=True)
    return result


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--models", type=Path, nargs="*", default=self_contained(ROOT / "models"))
    p.add_argument("--provider", choices=("cpu", "openvino"), default="cpu")
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--data", type=Path, default=DATA)
    p.add_argument("--frames", type=int, default=1000)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--json", type=Path, help="write the numbers here")
    a = p.parse_args()
    items = contents(a.sharp, "test", 1, 1)
    models = [(f"{m.stem} ({a.provider})", open_player(m, a.provider, threads=a.threads)) for m in a.models]
    result = temporal(items, models, a.data, a.frames)
    if a.json:
        a.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

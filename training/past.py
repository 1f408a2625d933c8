"""What the past is worth: the same network with its memory and without, on noisy sequences.

    python -m training.past                # tripod and pan, frames 10 to 19 of each sequence

Without: it is reset before every frame. PSNR of whole frames after the best gain, so that only noise, blur
and ghosts count.
"""

import argparse
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from training import degrade, metrics
from training.cases import contents
from training.codec import Planes, recode_all
from training.planes import to_bgr, to_planes
from training.player import open_player, self_contained
from training.prepare import ROOT, WORK

FRAMES, FIRST = 20, 10  # per sequence; the first that is scored
PAN = 3.0  # pixels a frame
# A small sensor at night: about 40 electrons where daylight gives 1,000.
NIGHT = {"exposure": 0.04, "shot_noise": 1 / 1000, "read_noise": 3 / 1000, "tags": ["severe"]}


def film(img: np.ndarray, rng: np.random.Generator, motion: str) -> Iterator[tuple[Planes, Planes]]:
    """Planes as the camera gives them, and the truth, frame after frame; img [H,W,3] BGR uint8"""
    cam = degrade.Camera(**NIGHT, codec="h264", quality=24, blur=0.0 if motion == "tripod" else PAN)
    light, sharp, _ = degrade.expose(degrade.to_linear(img), rng, cam, FRAMES, None)
    shots = [to_planes(degrade.sense(x, rng, cam, np.float32(1))[0]) for x in light]
    for i, coded in enumerate(recode_all(shots, cam.codec, cam.quality)):
        yield coded, to_planes(degrade.daylight(sharp(i), cam))


def worth(img: np.ndarray, name: str, motion: str, path: Path, provider: str, threads: int) -> list[float]:
    """-> aligned PSNR in dB with the past and without, mean of the late frames"""
    h, w = img.shape[:2]
    players = [open_player(path, provider, (w, h), threads) for _ in range(2)]
    scores = []
    rng = np.random.default_rng(zlib.crc32(f"{name} {motion}".encode()))
    for i, ((y, uv), truth) in enumerate(film(img, rng, motion)):
        players[1].reset()
        outs = [to_bgr(*p.planes(y, uv)[:2]) for p in players]
        if i >= FIRST:
            scores.append([metrics.aligned_psnr(o, to_bgr(*truth)) for o in outs])
    return np.mean(scores, 0).tolist()


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--models", type=Path, nargs="*", default=self_contained(ROOT / "models"))
    p.add_argument("--provider", choices=("cpu", "openvino"), default="cpu")
    p.add_argument("--split", default="test")
    p.add_argument("--contents", type=int, default=8)
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--json", type=Path, help="write the numbers here")
    a = p.parse_args()
    cv2.setNumThreads(a.threads)
    items, result = contents(a.sharp, a.split, 1, a.contents), {}
    for model in a.models:
        for motion in ("tripod", "pan"):
            scores = [worth(img, n, motion, model, a.provider, a.threads) for n, img in items]
            with_past, alone = np.mean(scores, 0)
            result[f"{model.stem}, {motion}"] = {"past": with_past, "alone": alone, "each": scores}
            gained = f"{with_past - alone:+.2f} dB, {with_past:.2f} against {alone:.2f} alone"
            print(f"{model.stem}, {motion}: {gained} ({len(items)} contents)", flush=True)
    if a.json:
        a.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

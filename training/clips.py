"""Pack short runs of real frames in which something moves: what a shutter is simulated from.

    python -m training.clips                         # ../shared/data/videos -> training/work/sharp/clip-*.npz

A run is RUN consecutive frames of a training or validation source, in the shards' format of prepare.py (the
programs that want single sharp pictures read `sharp-*.npz` and pass these by). Kept are runs that

* move: the 98th percentile of the motion is 1 to 28 pixels a frame, at the size that is kept;
* hold five different frames: none of the four steps moves less than a quarter of the median step, as where
  a frame was doubled to change the rate, and none more than three times it;
* have no cut and nothing that motion cannot explain: moved back, the next frame differs by less
  than 9 of 255;
* are bright (prepare.bright_enough) and sharp: the mean squared Laplacian is at least 0.6 of what the clip's
  sharpest tenth has, and 30. What moves must itself be sharp, or the truth is blurred: where it moves, the
  frame has at least 0.8 of its mean detail, or 200. Of the runs left, those with the most detail there come
  first.
"""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np

from training.prepare import DATA, WORK, bright_enough, load_blobs, pack, shrink, split_of

RUN = 5  # frames: two exposures one or two frames apart, and half an exposure on either side
STEM = "clip"
MOTION = (1.0, 28.0)  # pixels a frame
STEADY = (0.25, 3.0)  # of the median step
MOST_CHANGE = 9.0  # grey levels that motion does not explain
SHARP = (0.6, 30.0)  # of the clip's sharpest tenth; at least
SHARP_MOVING = (0.8, 200.0)  # of the frame's mean; enough in any case
SPACING = 12  # frames between the starts of two runs of a clip
LOOK = 320  # motion is looked for in frames of this width
LONGEST = 1500  # frames of a clip that are looked at


def kept_scale(height: int, width: int) -> float:
    """Shrunk as in prepare.clip_frames to hide the compression, but to no less than 640 pixels."""
    side = min(height, width)
    scale = 0.5 if side >= 1000 else 0.6 if side >= 700 else 0.77
    return max(scale, min(1.0, 640 / max(height, width)))


def frames(path: Path):
    """-> BGR uint8 at the size that is kept"""
    cap = cv2.VideoCapture(str(path))
    for _ in range(LONGEST):
        ok, img = cap.read()
        if not ok:
            break
        yield shrink(img, kept_scale(*img.shape[:2]))
    cap.release()


def detail(grey: np.ndarray) -> np.ndarray:
    return np.square(cv2.Laplacian(grey, cv2.CV_32F))


def steps_of(clip) -> dict[str, np.ndarray]:
    """What is known of each step from a frame to the next.

    -> speed: 98th percentile of the motion, pixels; change: mean difference that motion leaves, grey levels;
    detail: mean squared Laplacian of the first frame; moving: the same where it moves; bright: 0 or 1.
    """
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    rows, before = [], None
    for img in clip:
        grey = cv2.cvtColor(img, cv2.COLOR_BGR2GRAY)
        scale = LOOK / grey.shape[1]
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if before is not None:
            flow = dis.calc(before[1], small, None)
            y, x = np.indices(small.shape, np.float32)
            moved = cv2.remap(
                small, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            speed = np.hypot(flow[..., 0], flow[..., 1]) / scale
            fine = detail(before[0])
            moves = cv2.resize(speed, grey.shape[::-1]) >= max(MOTION[0], float(np.percentile(speed, 90)))
            rows.append(
                (
                    np.percentile(speed, 98),
                    cv2.absdiff(moved, before[1]).mean(),
                    fine.mean(),
                    fine[moves].mean() if moves.any() else 0.0,
                    before[2],
                )
            )
        before = grey, small, bright_enough(img)
    return dict(zip(("speed", "change", "detail", "moving", "bright"), np.array(rows).T)) if rows else {}


def starts(steps: dict[str, np.ndarray], wanted: int) -> list[int]:
    """First frames of the best `wanted` runs, at least SPACING apart; in order."""
    if not steps:
        return []
    floor = max(SHARP[0] * float(np.percentile(steps["detail"], 90)), SHARP[1])
    found = []
    for i in range(len(steps["speed"]) - RUN + 2):
        s = {k: v[i : i + RUN - 1] for k, v in steps.items()}
        low, high = np.array(STEADY) * np.median(s["speed"])
        good = (
            MOTION[0] <= s["speed"].min()
            and s["speed"].max() <= MOTION[1]
            and low <= s["speed"].min()
            and s["speed"].max() <= high
            and s["change"].max() < MOST_CHANGE
            and s["detail"].min() >= floor
            and (s["moving"] >= np.minimum(SHARP_MOVING[0] * s["detail"], SHARP_MOVING[1])).all()
            and s["bright"].all()
        )
        if good:
            found.append((s["moving"].mean(), i))
    taken: list[int] = []
    for _, i in sorted(found, reverse=True):
        if len(taken) < wanted and all(abs(i - j) >= SPACING for j in taken):
            taken.append(i)
    return sorted(taken)


def runs(videos: Path, per_clip: int):
    """-> (name, BGR uint8) of each frame of each run, runs one after another"""
    for path in sorted(videos.glob("*")):
        if split_of(path.name) == "test":
            continue
        first = starts(steps_of(frames(path)), per_clip)
        print(f"{path.name}: {len(first)} runs", flush=True)
        inside = {i + k: (i, k) for i in first for k in range(RUN)}  # SPACING > RUN: no frame is in two
        for i, img in enumerate(frames(path)):
            if i in inside:
                yield f"{path.name}#{inside[i][0]}+{inside[i][1]}", img


def load(folder: Path, split: str) -> list[list[np.ndarray]]:
    """-> runs of RUN encoded JPEG frames: a split decoded would be a gigabyte"""
    found: dict[str, list] = {}
    for name, blob in load_blobs(folder, split, STEM):
        found.setdefault(name.rpartition("+")[0], []).append(blob)
    return list(found.values())


def draw(
    pool: list, rng: np.random.Generator, size: tuple[int, int], margin: int
) -> tuple[list[np.ndarray], tuple]:
    """A window of a random run at a random scale, where much moves; maybe mirrored, maybe backwards.

    -> (RUN frames BGR uint8, (slice, slice) of `size` inside them); up to `margin` pixels around it are real.
    """
    h, w = size
    run = [cv2.imdecode(f, cv2.IMREAD_COLOR) for f in pool[rng.integers(len(pool))]]
    fit = max(h / run[0].shape[0], w / run[0].shape[1])
    scale = fit if fit >= 1 else float(rng.uniform(fit, max(fit, min(1.0, 2.4 * fit))))
    big = max(h, round(run[0].shape[0] * scale)), max(w, round(run[0].shape[1] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    run = [cv2.resize(f, big[::-1], interpolation=how) for f in run]
    change = cv2.integral(cv2.absdiff(run[1], run[-2]).max(2))
    spots = [tuple(int(rng.integers(n)) for n in (big[0] - h + 1, big[1] - w + 1)) for _ in range(4)]
    y, x = max(
        spots,
        key=lambda p: (
            change[p[0] + h, p[1] + w] - change[p[0], p[1] + w] - change[p[0] + h, p[1]] + change[p]
        ),
    )
    top, left = max(y - margin, 0), max(x - margin, 0)
    run = [f[top : y + h + margin, left : x + w + margin] for f in run]
    y, x = y - top, x - left
    if rng.random() < 0.5:
        run, x = [np.ascontiguousarray(f[:, ::-1]) for f in run], run[0].shape[1] - x - w
    if rng.random() < 0.5:
        run = run[::-1]
    return run, (slice(y, y + h), slice(x, x + w))


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, default=DATA)
    p.add_argument("--out", type=Path, default=WORK / "sharp")
    p.add_argument("--per-clip", type=int, default=10)
    a = p.parse_args()
    cv2.setNumThreads(int(os.environ.get("OMP_NUM_THREADS", 0)) or -1)
    print(f"{pack(runs(a.data / 'videos', a.per_clip), a.out, STEM) // RUN} runs in {a.out}")


if __name__ == "__main__":
    main()

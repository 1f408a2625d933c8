"""Pack sharp pictures from footage into compact shards, split by source.

    python -m training.prepare                       # ../shared/data -> training/work/sharp
    python -m training.prepare --data DIR --out DIR

A shard is an .npz with `jpeg` (4:4:4 pictures at quality 97, one after another), `end` (where
each one ends), `name` and `split`.
Footage never enters the repository: training/work is ignored by git.

Split: by source, never by frame. Whatever shows the same place or person stays together, so
all dashcam clips of one road train, all hand-sign clips train, and so on.
"""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TAPETUM_DATA", ROOT.parent / "shared" / "data"))
WORK = Path(os.environ.get("TAPETUM_WORK", ROOT / "training" / "work"))
SHARD_BYTES = 55 << 20
STILL_SIDE = 1024  # stills are kept at most this long

# Held-out sources: a clip whose name contains the key, or a numbered still.
HELD_OUT = {
    "val": ("bee.mp4", "TrafficHD", "juggle", "one-by-one"),
    "test": (
        "butterfly",
        "hero7",
        "coronamask",
        "person-bicycle",
        "simple-tracking__dos",
        "VID_1920x1080",
        "bedroom",
        "02_cups",
    ),
}
# Stills of two collections of unrelated photographs: number modulo 4 decides (0 test, 2 of 8 val).
PHOTO_SETS = ("codec-corpus", "wallpapers")
# Screenshots, renderings, near-black astronomy, and a duplicate: no daylight truth in them.
SKIP = {
    "codec-corpus": {12, 32, 36, 39},
    "wallpapers": {30, 33, 36, 37, 42, 43},
}
MIN_MEAN_LUMA = 46  # darker pictures are not "what daylight would have shown"


def split_of(name: str) -> str:
    for split, keys in HELD_OUT.items():
        if any(k in name for k in keys):
            return split
    if name.startswith(PHOTO_SETS):
        n = int(Path(name).stem.split("__")[1])
        return "test" if n % 4 == 0 else "val" if n % 8 == 2 else "train"
    return "train"


def group_of(name: str) -> str:
    """Sampling group: photo, street or video."""
    if name.startswith(PHOTO_SETS):
        return "photo"
    return "street" if name.endswith(".jpg") else "video"


def skipped(name: str) -> bool:
    prefix, _, rest = name.partition("__")
    return prefix in SKIP and int(Path(rest).stem) in SKIP[prefix]


def shrink(img: np.ndarray, scale: float) -> np.ndarray:
    if scale >= 1:
        return img
    h, w = img.shape[:2]
    return cv2.resize(img, (round(w * scale), round(h * scale)), interpolation=cv2.INTER_AREA)


def stills(folder: Path):
    """-> (name, BGR uint8) for each usable still"""
    for path in sorted(folder.glob("*")):
        if skipped(path.name):
            continue
        img = cv2.imread(str(path))
        if img is not None:
            yield path.name, shrink(img, STILL_SIDE / max(img.shape[:2]))


def clip_frames(path: Path, wanted: int):
    """Sharpest frame of each of `wanted` stretches of a clip, shrunk to hide its compression."""
    cap = cv2.VideoCapture(str(path))
    frames = []
    while len(frames) < 1500:
        ok, img = cap.read()
        if not ok:
            break
        if len(frames) == 0:
            # a compressed clip is only sharp after shrinking: 1080p to 540p, 480p to 368p
            scale = 0.5 if min(img.shape[:2]) >= 1000 else 0.6 if min(img.shape[:2]) >= 700 else 0.77
        frames.append(cv2.imencode(".jpg", shrink(img, scale), [cv2.IMWRITE_JPEG_QUALITY, 98])[1])
    cap.release()
    for part in np.array_split(np.arange(len(frames)), min(wanted, max(len(frames) // 4, 1))):
        best, best_score = None, -1.0
        for i in part[:: max(1, len(part) // 5)]:
            img = cv2.imdecode(frames[i], cv2.IMREAD_COLOR)
            score = cv2.Laplacian(cv2.cvtColor(img, cv2.COLOR_BGR2GRAY), cv2.CV_32F).var()
            if score > best_score:
                best, best_score = img, score
        if best is not None:
            yield best


def bright_enough(img: np.ndarray) -> bool:
    return cv2.cvtColor(img, cv2.COLOR_BGR2GRAY).mean() >= MIN_MEAN_LUMA


def pictures(data: Path, per_clip: int):
    for name, img in stills(data / "images"):
        if bright_enough(img):
            yield name, img
    for path in sorted((data / "videos").glob("*")):
        for i, img in enumerate(clip_frames(path, per_clip)):
            if bright_enough(img):
                yield f"{path.name}#{i}", img


def pack(items, out: Path, stem: str = "sharp") -> int:
    """Write (name, BGR) pairs into shards `stem`-NNN.npz below SHARD_BYTES; -> number of pictures."""
    out.mkdir(parents=True, exist_ok=True)
    batch, size, shard, total = [], 0, 0, 0

    def flush():
        nonlocal batch, size, shard
        if batch:
            names, blobs = zip(*batch)
            np.savez(
                out / f"{stem}-{shard:03d}.npz",
                jpeg=np.concatenate([b.reshape(-1) for b in blobs]),
                end=np.cumsum([b.size for b in blobs]),
                name=np.array(names),
                split=np.array([split_of(n) for n in names]),
            )
            batch, size, shard = [], 0, shard + 1

    for name, img in items:
        ok, blob = cv2.imencode(
            ".jpg", img, [cv2.IMWRITE_JPEG_QUALITY, 97, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]
        )
        assert ok, name
        if size + len(blob) > SHARD_BYTES:
            flush()
        batch.append((name, blob))
        size += len(blob)
        total += 1
    flush()
    return total


def load(folder: Path, split: str) -> dict[str, list[np.ndarray]]:
    """-> {group: [BGR uint8, ...]} of one split; a few hundred megabytes for train"""
    groups: dict[str, list] = {}
    for name, img in load_named(folder, split):
        groups.setdefault(group_of(name.split("#")[0]), []).append(img)
    return groups


def load_named(folder: Path, split: str):
    for name, blob in load_blobs(folder, split, "sharp"):
        yield name, cv2.imdecode(blob, cv2.IMREAD_COLOR)


def load_blobs(folder: Path, split: str, stem: str):
    """-> (name, JPEG bytes) of each picture of one split"""
    for path in sorted(folder.glob(f"{stem}-*.npz")):
        z = np.load(path)
        jpeg, end = z["jpeg"], z["end"]
        for name, s, start, stop in zip(z["name"], z["split"], [0, *end[:-1]], end):
            if s == split:
                yield str(name), jpeg[start:stop]


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, default=DATA)
    p.add_argument("--out", type=Path, default=WORK / "sharp")
    p.add_argument("--per-clip", type=int, default=16)
    a = p.parse_args()
    print(f"{pack(pictures(a.data, a.per_clip), a.out)} pictures in {a.out}")


if __name__ == "__main__":
    main()

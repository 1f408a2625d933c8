"""Shards, cut and mirrored into batches (planes in the networks' unit, see model.py)."""

import math
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.degrade import LIGHT, SEVERITIES, log_uniform
from training.model import BLACK, GRID, MAX_LOG_GAIN, NEUTRAL, to_float

MIDDLE = {"y": BLACK, "ty": BLACK, "dy": BLACK, "uv": NEUTRAL, "tuv": NEUTRAL, "duv": NEUTRAL}
WHITE = 219 / 255
CLIPPED, LEAST_UNCLIPPED = WHITE - 2 / 255, 0.02
DARKEST_LOG_GAIN = -0.7  # of a truth; the network brightens only
# Shares of untouched, mild, medium and severe in what the exposure learns from: "do nothing" is an answer
# that must come exactly, so it comes often.
VIEW_SHARES = (0.25, 0.25, 0.28, 0.22)


def mapped(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an uncompressed .npz, in the file's own pages: trainings beside each other share
    them. Two of nine gigabytes each stopped a machine of 24."""
    arrays = {}
    with zipfile.ZipFile(path) as z:
        for entry in z.infolist():
            with z.open(entry) as f:
                version = np.lib.format.read_magic(f)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, fortran, dtype = read(f)
                header = f.tell()
            if entry.compress_type != zipfile.ZIP_STORED or fortran:
                raise ValueError(f"{path}: {entry.filename} is compressed or in Fortran order")
            with open(
                path, "rb"
            ) as f:  # the local header's name and extra field may differ from the directory's
                f.seek(entry.header_offset + 26)
                name, extra = struct.unpack("<HH", f.read(4))
            start = entry.header_offset + 30 + name + extra + header
            arrays[Path(entry.filename).stem] = np.memmap(path, dtype, "c", start, shape)
    return arrays


class Shards:
    """The newest `limit` shards of a kind on a device; `refresh` looks for new ones now and then.

    `part` (i, n): about every nth shard, so that n workers together hold each once.
    """

    def __init__(
        self,
        folder: Path,
        split: str,
        kind: str,
        limit: int = 96,
        device: str = "cpu",
        part: tuple[int, int] = (0, 1),
    ):
        self.folder, self.pattern, self.limit, self.device = folder, f"{split}-{kind}-*.npz", limit, device
        self.part, self.parts = part
        self.shards: dict[str, dict[str, Tensor]] = {}
        self.refresh()

    def refresh(self) -> None:
        for path in sorted(self.folder.glob(self.pattern)):
            mine = zlib.crc32(path.name.encode()) % self.parts == self.part
            if mine and path.name not in self.shards and ".tmp" not in path.name:
                arrays = {k: torch.from_numpy(a) for k, a in mapped(path).items()}
                self.shards[path.name] = {k: a.to(self.device) for k, a in arrays.items()}
        while len(self.shards) > self.limit:
            self.shards.pop(next(iter(self.shards)))

    def __len__(self) -> int:
        return sum(len(s["ty"]) for s in self.shards.values())

    def __iter__(self):
        for s in self.shards.values():
            for i in range(len(s["ty"])):
                yield {k: v[i] for k, v in s.items()}

    def batch(self, rng: np.random.Generator, n: int, crop: int | None = None) -> dict:
        """-> tensors, random windows (multiples of 16 pixels) and mirrors"""
        pool, rows = list(self.shards.values()), []
        s = pool[rng.integers(len(pool))]
        for k in range(n):
            if k and "cut" not in s:  # sequences of one shard are of one length
                s = pool[rng.integers(len(pool))]
            i = int(rng.integers(len(s["ty"])))
            one = {k: v[i] for k, v in s.items()}
            if crop and crop < one["ty"].shape[-1]:
                y, x = (int(rng.integers((d - crop) // GRID + 1)) for d in one["ty"].shape[-2:])
                one = window(one, y, x, crop // GRID)
            # Frames keep their sky above; crops may lie on their heads.
            axes = [a for a in ((-1, -2) if crop else (-1,)) if rng.random() < 0.5]
            rows.append({k: v if k == "cut" or not axes else v.flip(axes) for k, v in one.items()})
        return tensors(rows)


def window(one: dict, y: int, x: int, size: int) -> dict:
    """Cut [size, size] patches of 16 pixels at patch (y, x)."""
    unit = {"y": 16, "ty": 16, "dy": 16, "uv": 8, "tuv": 8, "duv": 8, "label": 1, "clip_label": 1}
    cut = lambda v, n: v[..., y * n : (y + size) * n, x * n : (x + size) * n]
    return {k: cut(v, unit[k]) if k in unit else v for k, v in one.items()}


def tensors(rows: list[dict]) -> dict:
    """-> y, ty (and dy) [N,1,H,W], uv, tuv (and duv) [N,2,H/2,W/2], label [N,3,H/16,W/16]

    Sequences have a time axis after N. A shard that a teacher has labelled has its answers in dy and duv, one
    that CLIP has seen its maps in clip_label [N,3,H/16,W/16]; what not every row has is left out.
    """
    out = {}
    for k in (k for k in rows[0] if all(k in r for r in rows)):
        a = torch.stack([torch.as_tensor(r[k]) for r in rows])
        a = to_float(a, MIDDLE[k]) if k in MIDDLE else a.float()
        out[k] = a.unsqueeze(-3) if k in ("y", "ty", "dy") else a
    return out


def true_log_gain(y: Tensor, ty: Tensor) -> Tensor:
    """[N,1,1,1]: least squares over patch means, where noise has averaged out; 0 where all is black.

    Patches with a white pixel in either picture say nothing about light and are left out, unless they are
    nearly all. With them, crops with a lamp wanted less gain than their scene, and the network learnt to
    brighten whatever lies around lamps: it lost up to 10 dB on such pictures.
    """
    pool, most = torch.nn.functional.avg_pool2d, torch.nn.functional.max_pool2d
    a, b = pool(y, GRID), pool(ty, GRID)
    unclipped = (most(torch.maximum(y, ty), GRID) < CLIPPED).float()
    few = unclipped.mean((1, 2, 3), keepdim=True) < LEAST_UNCLIPPED
    weight = torch.where(few, torch.ones_like(unclipped), unclipped)
    down = (weight * a * a).sum((1, 2, 3), keepdim=True)
    gain = (weight * a * b).sum((1, 2, 3), keepdim=True) / down.clamp_min(1e-9)
    black = (b * b).mean((1, 2, 3), keepdim=True) < 1e-4
    return torch.where(black, torch.zeros_like(gain), gain.clamp_min(1e-3).log()).clamp(
        DARKEST_LOG_GAIN, MAX_LOG_GAIN
    )


def raised(linear: Tensor, uv: Tensor, rng: np.random.Generator) -> Tensor:
    """Linear luma [1,H,W] with its highlights as bright as they may have been before they clipped, as
    degrade.scene_light has them. Without it white pixels meant "bright enough", and a room with a window was
    left dark."""
    if rng.random() >= 0.6:
        return linear
    # Blue and red tell of clipping as well as luma does: the planes' conversion, in the networks' unit.
    up = torch.nn.functional.interpolate(uv[None], scale_factor=2, mode="nearest")[0]
    y = linear ** (1 / 2.2)
    blue, red = y + up[:1] * (255 / 224 * 1.8556), y + up[1:] * (255 / 224 * 1.5748)
    clipped = torch.maximum(y, torch.maximum(blue, red)) > 0.98 ** (1 / 2.2)
    return torch.where(clipped, linear * log_uniform(rng, 1.5, 25), linear)


def darken(b: dict, rng: np.random.Generator) -> dict:
    """Sharp planes -> the same without most of their light and with noise: all that an exposure must see
    through.

    Quicker than the full camera (degrade.py); blur and codecs tell little about brightness.
    """
    ty, tuv = b["ty"], b["tuv"]
    rows_y, rows_uv, logs = [], [], []
    for y, uv in zip(ty, tuv):
        light = log_uniform(rng, *LIGHT[str(rng.choice(SEVERITIES, p=VIEW_SHARES))])
        gamma, well = rng.uniform(2.0, 2.4), log_uniform(rng, 700, 12000)
        iso = log_uniform(rng, 1, min(max(1 / light, 1), 6)) if rng.random() < 0.4 else 1.0
        linear = raised((y / WHITE).clamp(0, 1) ** gamma, uv, rng) * light
        linear = linear.clamp(max=1.0)
        if light < 1 or rng.random() < 0.3:
            read = rng.uniform(1.5, 7) / well
            linear = linear + torch.randn_like(linear) * (linear / well + read * read).sqrt()
        k = (light * iso) ** (1 / gamma)
        rows_y.append((linear * iso).clamp(0, 1) ** (1 / gamma) * WHITE)
        rows_uv.append(uv * k + torch.randn_like(uv) * rng.uniform(0, 0.01) * (light < 1))
        logs.append(-math.log(k))
    round_ = lambda p: torch.round(torch.stack(p) * 255) / 255
    return {
        "y": round_(rows_y),
        "uv": round_(rows_uv),
        "log_gain": torch.tensor(logs, device=ty.device).view(-1, 1, 1, 1),
    }

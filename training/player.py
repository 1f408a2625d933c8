"""Plays frames through a model file as the engine does, state and all, in numpy.

A self-contained graph gets planes. Its companion for CPUs gets blocks, and what is left of the work at full
resolution happens here, by the formulas of docs/reference/modelinfo.md.
"""

from pathlib import Path

import numpy as np

from training.contract import blocks_path, channels
from training.model import BLACK, NEUTRAL
from training.session import session, sidecar

Planes = tuple[np.ndarray, np.ndarray]  # y [H,W], uv [2,H/2,W/2], uint8
TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}


def unshuffle(plane: np.ndarray, block: int) -> np.ndarray:
    """[H,W] -> [block*block,H/block,W/block]; pixel (r, c) of a block at channel r * block + c"""
    h, w = plane.shape
    cells = plane.reshape(h // block, block, w // block, block)
    return cells.transpose(1, 3, 0, 2).reshape(block * block, h // block, w // block)


def shuffle(channels: np.ndarray, block: int) -> np.ndarray:
    """The way back"""
    _, h, w = channels.shape
    return channels.reshape(block, block, h, w).transpose(2, 0, 3, 1).reshape(h * block, w * block)


def to_blocks(y: np.ndarray, uv: np.ndarray, stem: int) -> np.ndarray:
    """-> [1,H/stem,W/stem,n]: the values of a block side by side, luma, U, V"""
    parts = np.concatenate([unshuffle(y, stem), *(unshuffle(p, stem // 2) for p in uv)])
    return parts.transpose(1, 2, 0)[None]


def to_planes(blocks: np.ndarray, stem: int) -> Planes:
    """The way back"""
    parts, luma, chroma = blocks[0].transpose(2, 0, 1), stem**2, (stem // 2) ** 2
    u, v = (shuffle(parts[luma + i * chroma : luma + (i + 1) * chroma], stem // 2) for i in (0, 1))
    return shuffle(parts[:luma], stem), np.stack([u, v])


class PlanesPlayer:
    """Of a self-contained graph."""

    def __init__(self, path: Path, provider: str, size: tuple[int, int], threads: int):
        self.session, known = session(path, size, threads, provider), sidecar(path)
        self.names = [o.name for o in self.session.get_outputs()]
        states = [i for i in self.session.get_inputs() if i.name.startswith(("state_", "past_"))]
        first = lambda i: np.full(i.shape, known.getint(i.name, "reset", fallback=0), TYPES[i.type])
        self.first = {i.name: first(i) for i in states}
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self.state = dict(self.first)

    def feed(self, y: np.ndarray, uv: np.ndarray, strength: float = 1.0) -> dict:
        """Every input for the next frame, the state included"""
        planes = {"y": y[None, None], "u": uv[None, :1], "v": uv[None, 1:]}
        return planes | {"strength": np.array([strength], np.float32)} | self.state

    def planes(self, y: np.ndarray, uv: np.ndarray, strength: float = 1.0) -> tuple:
        """-> y [H,W], uv [2,H/2,W/2], degradation [3,H/16,W/16] of the next frame"""
        o = dict(zip(self.names, self.session.run(None, self.feed(y, uv, strength))))
        self.state = {name: o[f"{name}_out"] for name in self.state}
        return o["y_out"][0, 0], np.concatenate([o["u_out"][0], o["v_out"][0]]), o["degradation"][0]


class BlocksPlayer:
    """Of a companion for CPUs."""

    def __init__(self, path: Path, provider: str, size: tuple[int, int], threads: int):
        self.session, known = session(path, size, threads, provider), sidecar(path)
        self.names = [o.name for o in self.session.get_outputs()]
        self.stem = known.getint("blocks", "stride")
        low, high = map(float, known["residual"]["ranges"].split(","))
        wide = np.linspace(low, high, 256, dtype=np.float32)
        dead = np.float32(known["residual"]["dead-zone"])
        self.residual = wide - np.clip(wide, -dead, dead)  # by code, in code values
        # By code as well: the share of the past that a block keeps. 128 is nothing, 255 the most.
        most = known.getfloat("residual", "keep", fallback=0.0)
        self.share = most * (np.arange(256, dtype=np.float32) - 128).clip(0) / 127
        self.remembers = most > 0
        self.limit = np.float32(known.getfloat("residual", "keep-limit", fallback=255.0))
        shapes = {i.name: i.shape for i in self.session.get_inputs()}
        self.size, self.first = shapes["blocks"][1:3], np.zeros(shapes["state_frame"], np.float32)
        self.zero = np.where(np.arange(channels(self.stem)) < self.stem**2, BLACK, NEUTRAL)
        self.reset()

    def reset(self) -> None:
        """Forget the past: a black picture."""
        self.past = np.broadcast_to(self.zero, (1, *self.size, len(self.zero))).astype(np.uint8)
        self.frame = self.first

    def feed(self, y: np.ndarray, uv: np.ndarray, strength: float = 1.0) -> dict:
        """Every input for the next frame, the state included; the strength is the player's own affair"""
        pictures = [to_blocks(y, uv, self.stem)] + [self.past] * self.remembers
        return {"blocks": np.concatenate(pictures, 3), "state_frame": self.frame}

    def planes(self, y: np.ndarray, uv: np.ndarray, strength: float = 1.0) -> tuple:
        """-> y [H,W], uv [2,H/2,W/2], degradation [3,H/16,W/16] of the next frame"""
        x = self.feed(y, uv)
        o, n = dict(zip(self.names, self.session.run(None, x))), len(self.zero)
        seen = x["blocks"][..., :n].astype(np.float32)
        now = (seen - self.zero) * o["gain"] + self.zero + self.residual[o["residual"][..., :n]]
        restored = now.clip(0, 255)
        if self.remembers and self.frame[0, 0, 0, 0]:
            moved = self.share[o["residual"][..., n:]] * (self.past - restored)
            restored += moved.clip(-self.limit, self.limit)
        restored = restored.round()
        self.past, self.frame = restored.astype(np.uint8), o["state_frame_out"]
        mixed = (seen + np.float32(strength) * (restored - seen)).round().astype(np.uint8)
        return *to_planes(mixed, self.stem), o["degradation"][0]


def open_player(
    path: Path, provider: str = "cpu", size: tuple[int, int] = (640, 352), threads: int = 2
) -> PlanesPlayer | BlocksPlayer:
    """The companion where there is one, as the engine does on CPUs."""
    companion = sidecar(path).get("modelinfo", "blocks", fallback=None)
    if companion:
        return BlocksPlayer(path.with_name(companion), provider, size, threads)
    if sidecar(path).has_section("blocks"):
        return BlocksPlayer(path, provider, size, threads)
    return PlanesPlayer(path, provider, size, threads)


def self_contained(folder: Path) -> list[Path]:
    """The models in a folder, without their companions."""
    files = sorted(folder.glob("*.onnx"))
    companions = {blocks_path(f) for f in files}
    return [f for f in files if f not in companions]

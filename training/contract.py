"""The inputs and outputs of the family's graphs, and the files that describe them to a player."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from training.model import (
    BLACK,
    GRID,
    MOST_KEPT,
    MOST_MOVED,
    NEUTRAL,
    RESIDUAL_DEAD_ZONE,
    RESIDUAL_LIMIT,
    Config,
)

# One code of the blocks graph's residual, in the networks' unit: 8 bits hold what `shrink` takes.
RESIDUAL_STEP = (RESIDUAL_LIMIT + RESIDUAL_DEAD_ZONE) / 127
RESIDUAL_ZERO = 128


@dataclass(frozen=True)
class Tensor:
    """One input or output: a section of the sidecar (docs/reference/modelinfo.md)."""

    name: str
    direction: str
    type: str
    dims: tuple  # numbers, or names of sizes that follow the frame's
    role: str
    keys: dict = field(default_factory=dict)

    def section(self) -> str:
        dims = ",".join(str(-1 if isinstance(d, str) else d) for d in self.dims)
        keys = {"dir": self.direction, "type": self.type, "dims": dims, "role": self.role} | self.keys
        return "\n".join([f"[{self.name}]", *(f"{k}={v}" for k, v in keys.items())])


# Frames of several streams in one run; a player that has one stream says 1 before loading.
BATCH = "batch"
FRAME = (BATCH, 2, 1, 1)
DEGRADATION = Tensor(
    "degradation", "output", "float32", (BATCH, 3, "grid_height", "grid_width"), "degradation"
)
# Luma, U and V: name, size, role, frame pixels per element, code value of zero light.
PLANES = (
    ("y", ("height", "width"), "luma", 1, BLACK),
    ("u", ("chroma_height", "chroma_width"), "chroma-u", 2, NEUTRAL),
    ("v", ("chroma_height", "chroma_width"), "chroma-v", 2, NEUTRAL),
)


def state(name: str, kind: str, dims: tuple, **keys) -> list[Tensor]:
    return [
        Tensor(name, "input", kind, dims, "state", keys),
        Tensor(f"{name}_out", "output", kind, dims, "state", keys),
    ]


def planes_contract(cfg: Config) -> list[Tensor]:
    """Of the self-contained graph: planes in, planes out."""
    past = [
        t
        for n, size, _, stride, zero in PLANES
        for t in state(f"past_{n}", "uint8", (BATCH, 1, *size), stride=stride, reset=zero)
    ]
    return [
        *(Tensor(n, "input", "uint8", (BATCH, 1, *size), role) for n, size, role, _, _ in PLANES),
        Tensor("strength", "input", "float32", (BATCH,), "strength"),
        *(Tensor(f"{n}_out", "output", "uint8", (BATCH, 1, *size), role) for n, size, role, _, _ in PLANES),
        DEGRADATION,
        *state("state_frame", "float32", FRAME),
        *(past if cfg.past else []),
    ]


def channels(stem: int) -> int:
    """Of a picture in blocks: the luma of stem x stem pixels and the chroma that goes with it."""
    return stem**2 + 2 * (stem // 2) ** 2


def blocks_contract(cfg: Config) -> list[Tensor]:
    """Of the graph for CPUs, between whose ends only 1/stem of the resolution exists.

    A block's values lie side by side, as CPU kernels want them. With a memory, those of the picture restored
    last follow the frame's, and a share of it that is kept follows the residual's.
    """
    size, n = ("block_height", "block_width"), channels(cfg.stem)
    low, high = ((q - RESIDUAL_ZERO) * RESIDUAL_STEP * 255 for q in (0, 255))
    dead_zone = RESIDUAL_DEAD_ZONE * 255
    residual = {"ranges": f"{low:.6f},{high:.6f}", "dead-zone": f"{dead_zone:g}", "stride": cfg.stem}
    if cfg.past:
        residual |= {"keep": f"{MOST_KEPT:g}", "keep-limit": f"{MOST_MOVED * 255:g}"}
    return [
        Tensor(
            "blocks", "input", "uint8", (BATCH, *size, n * (1 + cfg.past)), "blocks", {"stride": cfg.stem}
        ),
        Tensor("residual", "output", "uint8", (BATCH, *size, n + cfg.past), "residual", residual),
        Tensor("gain", "output", "float32", (BATCH, 1, 1, 1), "gain"),
        DEGRADATION,
        *state("state_frame", "float32", FRAME),
    ]


def sidecar(contract: list[Tensor], name: str, precision: str, **header) -> str:
    keys = {"version": "1.0", "group-id": "tapetum", "model-name": name, "precision": precision}
    keys |= {"alignment": GRID, "range": "limited"} | header
    head = "\n".join(["[modelinfo]", *(f"{k}={v}" for k, v in keys.items())])
    return "\n\n".join([head, *(t.section() for t in contract)]) + "\n"


def blocks_path(path: Path) -> Path:
    """Where the companion of a self-contained graph lies."""
    return path.with_name(f"{path.stem}-blocks.onnx")


def write_sidecars(path: Path, cfg: Config, precision: str) -> None:
    """Of a self-contained graph and its companion."""
    name, companion = path.stem.removesuffix(f"-{precision}"), blocks_path(path)
    texts = {
        path: sidecar(planes_contract(cfg), name, precision, blocks=companion.name),
        companion: sidecar(blocks_contract(cfg), name, precision),
    }
    for file, text in texts.items():
        Path(f"{file}.modelinfo").write_text(text)


def write_half_sidecar(path: Path, cfg: Config) -> None:
    """Of the graph for GPUs, which has no companion."""
    text = sidecar(planes_contract(cfg), path.stem.removesuffix("-fp16"), "fp16")
    Path(f"{path}.modelinfo").write_text(text)


def write_sums(folder: Path) -> None:
    """SHA256SUMS over every model and sidecar in the folder, sha256sum -c compatible."""
    files = sorted(p for p in folder.iterdir() if p.suffix in (".onnx", ".modelinfo"))
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files]
    (folder / "SHA256SUMS").write_text("".join(lines))

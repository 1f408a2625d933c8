"""The inputs and outputs of the family's graphs, and the files that describe them to a player."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from training.model import GRID, Config


@dataclass(frozen=True)
class Tensor:
    """One input or output: a section of the sidecar (docs/reference/modelinfo.md)."""

    name: str
    direction: str
    type: str
    dims: tuple  # numbers, or names of sizes that follow the frame's
    role: str
    stride: int = 0  # pixels per element, where it is not the role's own

    def section(self) -> str:
        dims = ",".join(str(-1 if isinstance(d, str) else d) for d in self.dims)
        lines = [
            f"[{self.name}]",
            f"dir={self.direction}",
            f"type={self.type}",
            f"dims={dims}",
            f"role={self.role}",
        ]
        return "\n".join(lines + ([f"stride={self.stride}"] if self.stride else []))


def contract(cfg: Config) -> list[Tensor]:
    """Every input and output of a network's graph."""
    luma, chroma = (1, 1, "height", "width"), (1, 1, "chroma_height", "chroma_width")
    state = (1, cfg.channels[0], "state_height", "state_width")
    both = lambda name, dims, role, stride=0: [
        Tensor(name, "input", "float32", dims, role, stride),
        Tensor(f"{name}_out", "output", "float32", dims, role, stride),
    ]
    planes = [("y", luma, "luma"), ("u", chroma, "chroma-u"), ("v", chroma, "chroma-v")]
    memory = [*both("state_features", state, "state", cfg.stem), *both("state_frame", (1, 2, 1, 1), "state")]
    return [
        *(Tensor(n, "input", "uint8", d, r) for n, d, r in planes),
        Tensor("strength", "input", "float32", (1,), "strength"),
        *(Tensor(f"{n}_out", "output", "uint8", d, r) for n, d, r in planes),
        Tensor("degradation", "output", "float32", (1, 3, "grid_height", "grid_width"), "degradation"),
        *(memory if cfg.memory else []),
    ]


def sidecar(cfg: Config, name: str, precision: str) -> str:
    head = ["[modelinfo]", "version=1.0", "group-id=tapetum", f"model-name={name}", f"precision={precision}"]
    head += [f"alignment={GRID}", "range=limited"]
    return "\n\n".join(["\n".join(head), *(t.section() for t in contract(cfg))]) + "\n"


def write_sidecar(path: Path, cfg: Config, precision: str) -> None:
    name = path.stem.removesuffix(f"-{precision}")
    Path(f"{path}.modelinfo").write_text(sidecar(cfg, name, precision))


def write_sums(folder: Path) -> None:
    """SHA256SUMS over every model and sidecar in the folder, sha256sum -c compatible."""
    files = sorted(p for p in folder.iterdir() if p.suffix in (".onnx", ".modelinfo"))
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files]
    (folder / "SHA256SUMS").write_text("".join(lines))

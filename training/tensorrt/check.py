"""Does TensorRT take the models? Parses each and builds its engines, on a machine without a GPU.

    make test-tensorrt-rtx

TensorRT for RTX comes from a package index and builds for GPUs that are not there; TensorRT 10 does neither.
That this one takes a graph makes it likely, not certain, that the other does.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

import tensorrt_rtx_bindings as trt

ROOT = Path(__file__).resolve().parents[2]
# RTX 30, 40 and 50. TensorRT for RTX has no Hopper.
GENERATIONS = ("SM86", "SM89", "SM120")
GRID = 16  # the models' sides are padded up to a multiple of it
STRIDES = {"chroma_": 2, "block_": 4, "grid_": GRID}


class Complaints(trt.ILogger):
    """What TensorRT says of a model; that no driver is here is known."""

    def __init__(self):
        trt.ILogger.__init__(self)
        self.lines = []

    def log(self, severity, text):
        if severity <= trt.ILogger.ERROR and "cudaError 35" not in text:
            self.lines.append(text.splitlines()[0])


def fixed(name: str, width: int, height: int, batch: int) -> int:
    """Size of a dimension that the graph leaves open: as the engine's session fixes it before loading."""
    if name == "batch":
        return batch
    prefix = name.removesuffix("width").removesuffix("height")
    return (width if name.endswith("width") else height) // STRIDES.get(prefix, 1)


def profile(builder, network, width: int, height: int, batch: int):
    """One shape and no other: least, best and most are the same."""
    shapes = builder.create_optimization_profile()
    for i in range(network.num_inputs):
        tensor = network.get_input(i)
        sizes = [
            fixed(tensor.get_dimension_name(k), width, height, batch) if size < 0 else size
            for k, size in enumerate(tensor.shape)
        ]
        shapes.set_shape(tensor.name, sizes, sizes, sizes)
    return shapes


def build(file: Path, size: tuple[int, int], batch: int, generations: list[str]) -> tuple[int, list[str]]:
    """-> bytes of the engine, complaints"""
    said = Complaints()
    builder = trt.Builder(said)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, said)
    if not parser.parse_from_file(str(file)):
        return 0, [parser.get_error(i).desc() for i in range(parser.num_errors)] or said.lines
    config = builder.create_builder_config()
    width, height = (-(-n // GRID) * GRID for n in size)
    config.add_optimization_profile(profile(builder, network, width, height, batch))
    config.num_compute_capabilities = len(generations)
    for i, generation in enumerate(generations):
        config.set_compute_capability(getattr(trt.ComputeCapability, generation), i)
    engine = builder.build_serialized_network(network, config)
    return (0, said.lines) if engine is None else (engine.nbytes, [])


def size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shipped = [f for f in sorted((ROOT / "models").glob("*.onnx")) if not f.stem.endswith("-blocks")]
    p.add_argument("models", type=Path, nargs="*", default=shipped)
    p.add_argument("--sizes", type=size, nargs="+", default=[(1280, 720), (1920, 1080)])
    p.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    p.add_argument("--generations", nargs="+", default=GENERATIONS, choices=GENERATIONS)
    a = p.parse_args()
    refused = 0
    for file, (w, h), batch in itertools.product(a.models, a.sizes, a.batches):
        begun = time.monotonic()
        engine, complaints = build(file, (w, h), batch, a.generations)
        refused += not engine
        verdict = f"{engine / 1e6:.2f} MB" if engine else f"REFUSED: {'; '.join(complaints)}"
        print(
            f"{file.name:30} {w}x{h} batch {batch}: {verdict}, {time.monotonic() - begun:.1f} s", flush=True
        )
    print(f"TensorRT for RTX {trt.__version__}, for {', '.join(a.generations)}: {refused} refused")
    return refused > 0 or not a.models


if __name__ == "__main__":
    sys.exit(main())

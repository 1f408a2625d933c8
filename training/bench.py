"""Milliseconds a frame of a model file, per execution provider.

    python -m training.bench models/lowlight-nano-int8.onnx --size 1280x720 --threads 2

Prints the median and the 99th percentile of the run times. Dimensions are fixed before loading
(free-dimension overrides), as the engine does. Stop other work first: two busy cores lie.
"""

import argparse
import configparser
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

from training.model import GRID

OV = "OpenVINOExecutionProvider"


def openvino_device():
    """The OpenVINO plugin's CPU device, or None where the plugin package is not installed."""
    try:
        import onnxruntime_ep_openvino as plugin
    except ImportError:
        return None
    try:
        ort.register_execution_provider_library("tapetum_openvino", plugin.get_library_path())
    except Exception as e:  # registering twice in one process raises
        if "already" not in str(e):
            raise
    return next((d for d in ort.get_ep_devices() if d.ep_name == OV), None)


def providers() -> list[str]:
    return ["cpu"] + ["openvino"] * (openvino_device() is not None)


def session(path: Path, size: tuple[int, int], threads: int, provider: str) -> ort.InferenceSession:
    """size is (width, height), padded up as the player does; provider is 'cpu' or 'openvino'"""
    w, h = padded(size)
    o = ort.SessionOptions()
    o.intra_op_num_threads = threads
    o.log_severity_level = 3
    for prefix, stride in {"": 1, "chroma_": 2, "grid_": 16, "state_": state_stride(path)}.items():
        o.add_free_dimension_override_by_name(f"{prefix}width", w // stride)
        o.add_free_dimension_override_by_name(f"{prefix}height", h // stride)
    if provider == "cpu":
        return ort.InferenceSession(str(path), o, providers=["CPUExecutionProvider"])
    device = openvino_device()
    if device is None:
        raise RuntimeError("onnxruntime-ep-openvino is not installed")
    o.add_provider_for_devices([device], {})
    return ort.InferenceSession(str(path), o)


def state_stride(path: Path) -> int:
    """Pixels per element of the recurrent state, from the sidecar; 1 without one."""
    known = configparser.ConfigParser()
    known.read(f"{path}.modelinfo")
    return known.getint("state_features", "stride", fallback=1)


def no_state(s: ort.InferenceSession) -> dict:
    """Zeros for the state inputs of a session with fixed sizes: the first frame."""
    return {i.name: np.zeros(i.shape, np.float32) for i in s.get_inputs() if i.name.startswith("state_")}


def padded(size: tuple[int, int]) -> tuple[int, int]:
    return tuple(-(-n // GRID) * GRID for n in size)


def feeds(size: tuple[int, int], strength: float = 1.0, seed: int = 0) -> dict:
    """A dark, noisy picture with some structure."""
    w, h = padded(size)
    rng = np.random.default_rng(seed)
    y = 24 + 20 * np.sin(np.arange(w) / 40)[None] ** 2 + rng.normal(0, 4, (h, w))
    uv = 128 + rng.normal(0, 3, (2, h // 2, w // 2))
    return {
        "y": np.clip(y, 16, 235).astype(np.uint8)[None, None],
        "u": np.clip(uv[0], 16, 240).astype(np.uint8)[None, None],
        "v": np.clip(uv[1], 16, 240).astype(np.uint8)[None, None],
        "strength": np.array([strength], np.float32),
    }


def measure(path: Path, size, threads: int, provider: str, runs: int) -> tuple[float, float, float]:
    s = session(path, size, threads, provider)
    x = feeds(size) | no_state(s)
    for _ in range(5):
        s.run(None, x)
    times = []
    for _ in range(runs):
        t = time.perf_counter()
        s.run(None, x)
        times.append((time.perf_counter() - t) * 1e3)
    return float(np.median(times)), float(np.percentile(times, 99)), float(np.min(times))


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("models", nargs="+", type=Path)
    p.add_argument("--size", default="1280x720")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--runs", type=int, default=60)
    a = p.parse_args()
    size = tuple(int(v) for v in a.size.split("x"))
    for path in a.models:
        for provider in providers():
            p50, p99, best = measure(path, size, a.threads, provider, a.runs)
            times = f"p50={p50:.1f} p99={p99:.1f} min={best:.1f} ms"
            print(f"{path.name:32} {a.size} {provider:9} threads={a.threads} {times}")


if __name__ == "__main__":
    main()

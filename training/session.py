"""ONNX Runtime sessions as the engine opens them: sizes fixed before loading, CPU or OpenVINO."""

import configparser
from pathlib import Path

import onnxruntime as ort

from training.contract import BATCH
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


def padded(size: tuple[int, int]) -> tuple[int, int]:
    return tuple(-(-n // GRID) * GRID for n in size)


def sidecar(path: Path) -> configparser.ConfigParser:
    known = configparser.ConfigParser()
    known.read(f"{path}.modelinfo")
    return known


def session(
    path: Path, size: tuple[int, int], threads: int, provider: str, batch: int = 1
) -> ort.InferenceSession:
    """size is (width, height), padded up as the player does; provider is 'cpu' or 'openvino'; `batch` frames
    of different streams in one run"""
    w, h = padded(size)
    o = ort.SessionOptions()
    o.intra_op_num_threads = threads
    o.log_severity_level = 3
    o.add_free_dimension_override_by_name(BATCH, batch)
    blocks = sidecar(path).getint("blocks", "stride", fallback=1)
    for prefix, stride in {"": 1, "chroma_": 2, "grid_": GRID, "block_": blocks}.items():
        o.add_free_dimension_override_by_name(f"{prefix}width", w // stride)
        o.add_free_dimension_override_by_name(f"{prefix}height", h // stride)
    if provider == "cpu":
        return ort.InferenceSession(str(path), o, providers=["CPUExecutionProvider"])
    device = openvino_device()
    if device is None:
        raise RuntimeError("onnxruntime-ep-openvino is not installed")
    o.add_provider_for_devices([device], {})
    return ort.InferenceSession(str(path), o)

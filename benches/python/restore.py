"""Restores a video with OpenCV and ONNX Runtime: the script that somebody would write without this project.

    python benches/python/restore.py night.mp4 models/lowlight-nano-int8.onnx --threads 2

Decodes with OpenCV, restores with the self-contained model (its memory carried from frame to frame), and
leaves every picture in memory as OpenCV knows pictures, BGR. Prints one line of JSON: frames restored after
the warm-up, their frames per second, the mean value before and after (so that nobody measures a model that
does nothing).
"""

import argparse
import functools
import json
import time

import cv2
import numpy as np
import onnxruntime as ort

WARM_UP = 5  # frames before the clock starts
ALIGNMENT = 16  # sizes that the model takes are multiples of it
TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}
FIRST = {"past_y": 16, "past_u": 128, "past_v": 128}  # the memory's start: a black picture


def open_session(path: str, size: tuple[int, int], threads: int, provider: str) -> ort.InferenceSession:
    """size is (width, height), a multiple of ALIGNMENT; static sizes let the runtime plan its memory"""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_free_dimension_override_by_name("batch", 1)
    for prefix, stride in {"": 1, "chroma_": 2, "grid_": ALIGNMENT}.items():
        options.add_free_dimension_override_by_name(f"{prefix}width", size[0] // stride)
        options.add_free_dimension_override_by_name(f"{prefix}height", size[1] // stride)
    if provider == "cpu":
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    config = {"CPU": {"INFERENCE_NUM_THREADS": str(threads), "PERFORMANCE_HINT": "LATENCY"}}
    options.add_provider_for_devices([openvino()], {"load_config": json.dumps(config)})
    return ort.InferenceSession(path, options)


@functools.cache
def openvino() -> ort.OrtEpDevice:
    """The OpenVINO plugin provider's CPU; it can be registered once in a process"""
    import onnxruntime_ep_openvino as plugin

    ort.register_execution_provider_library("openvino", plugin.get_library_path())
    return next(d for d in ort.get_ep_devices() if d.ep_name == "OpenVINOExecutionProvider")


class Restorer:
    """BGR pictures of one size in and out."""

    def __init__(self, path: str, width: int, height: int, threads: int, provider: str):
        self.width, self.height = width, height
        self.padded = tuple(-(-n // ALIGNMENT) * ALIGNMENT for n in (width, height))
        self.session = open_session(path, self.padded, threads, provider)
        self.names = [o.name for o in self.session.get_outputs()]
        states = [i for i in self.session.get_inputs() if i.name.startswith(("state_", "past_"))]
        self.state = {i.name: np.full(i.shape, FIRST.get(i.name, 0), TYPES[i.type]) for i in states}
        self.strength = np.ones(1, np.float32)

    def __call__(self, bgr: np.ndarray) -> np.ndarray:
        (w, h), (right, below) = self.padded, (self.padded[0] - self.width, self.padded[1] - self.height)
        if right or below:
            bgr = cv2.copyMakeBorder(bgr, 0, below, 0, right, cv2.BORDER_REPLICATE)
        i420 = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).reshape(-1)
        y, u, v = np.split(i420, [w * h, w * h * 5 // 4])
        planes = {
            "y": y.reshape(1, 1, h, w),
            "u": u.reshape(1, 1, h // 2, w // 2),
            "v": v.reshape(1, 1, h // 2, w // 2),
        }
        outputs = self.session.run(None, planes | {"strength": self.strength} | self.state)
        named = dict(zip(self.names, outputs))
        self.state = {name: named[f"{name}_out"] for name in self.state}
        i420 = np.concatenate([named[f"{p}_out"].reshape(-1) for p in "yuv"])
        restored = cv2.cvtColor(i420.reshape(h * 3 // 2, w), cv2.COLOR_YUV2BGR_I420)
        return restored[: self.height, : self.width]


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("video")
    p.add_argument("model")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--frames", type=int, default=0, help="after the warm-up; 0: all")
    p.add_argument("--provider", choices=["cpu", "openvino"], default="cpu")
    a = p.parse_args()
    capture = cv2.VideoCapture(a.video)
    ok, frame = capture.read()
    if not ok:
        raise SystemExit(f"{a.video}: OpenCV cannot read it")
    restore = Restorer(a.model, frame.shape[1], frame.shape[0], a.threads, a.provider)
    count, begun, restored = 0, 0.0, frame
    while ok and (not a.frames or count < WARM_UP + a.frames):
        if count == WARM_UP:
            begun = time.perf_counter()
        dark, restored = frame, restore(frame)
        count += 1
        ok, frame = capture.read()
    seconds, timed = time.perf_counter() - begun, count - WARM_UP
    if timed < 1:
        raise SystemExit(f"{a.video}: {count} frames are too few to time")
    means = {"before": float(dark.mean()), "after": float(restored.mean())}
    print(json.dumps({"frames": timed, "fps": timed / seconds, **means}))


if __name__ == "__main__":
    main()

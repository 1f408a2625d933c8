"""Operations and bytes of a model file, and this machine's peaks, as JSON for the bench.

    python benches/python/roofline.py models/lowlight-nano-int8.onnx --size 1920x1080 --threads 2

What counts as an operation and as a byte, and how the peaks are measured: docs/design/performance.md.
"""

import argparse
import configparser
import json
import threading
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from restore import ALIGNMENT, open_session

# Of the convolutions that measure the peak: int8 tensors of 1 MB stay in the caches.
CHANNELS, SIDE, LAYERS = 256, 64, 8
COPY = 128 << 20  # bytes each copy reads; it writes as many
# Nodes that runtimes fold into their neighbours: they move no bytes of their own.
FOLDED = {"QuantizeLinear", "DequantizeLinear", "Cast", "Relu", "Clip", "Constant", "Identity", "Reshape"}


def fixed(path: Path, size: tuple[int, int]) -> onnx.ModelProto:
    """The graph with the sizes of a padded frame, and every tensor's shape"""
    sidecar = configparser.ConfigParser()
    sidecar.read(f"{path}.modelinfo")
    block = sidecar.getint("blocks", "stride", fallback=1)
    strides = {"": 1, "chroma_": 2, "grid_": ALIGNMENT, "block_": block}
    known = {
        f"{prefix}{name}": -(-pixels // ALIGNMENT) * ALIGNMENT // stride
        for prefix, stride in strides.items()
        for name, pixels in zip(("width", "height"), size)
    } | {"batch": 1}
    model = onnx.load(path)
    for value in (*model.graph.input, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = known[dim.dim_param]
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def tensors(model: onnx.ModelProto) -> dict[str, tuple[list[int], int]]:
    """Name -> shape and bytes of a value"""
    found = {}
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        kind = value.type.tensor_type
        shape = [d.dim_value for d in kind.shape.dim]
        found[value.name] = shape, helper.tensor_dtype_to_np_dtype(kind.elem_type).itemsize
    for weight in model.graph.initializer:
        found[weight.name] = list(weight.dims), numpy_helper.to_array(weight).itemsize
    return found


def macs(node: onnx.NodeProto, known: dict) -> int:
    """Multiply-accumulates of a node"""
    if node.op_type not in ("Conv", "MatMul", "Gemm"):
        return 0
    out, weight = known[node.output[0]][0], known[node.input[1]][0]
    per_value = weight[1:] if node.op_type == "Conv" else weight[-2:-1]
    return int(np.prod(out, dtype=np.int64) * np.prod(per_value, dtype=np.int64))


def quantised(model: onnx.ModelProto) -> dict[str, str]:
    """Name of a folded node's output -> the tensor that is really in memory: the narrower side"""
    source = {n.output[0]: n.input[0] for n in model.graph.node if n.op_type == "DequantizeLinear"}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            source.setdefault(node.input[0], node.output[0])
    return source


def cost(path: Path, size: tuple[int, int]) -> dict:
    """Operations and bytes of one frame"""
    model = fixed(path, size)
    known, really = tensors(model), quantised(model)
    missing = {o for n in model.graph.node for o in n.output if o and o not in known}
    if missing:
        raise SystemExit(f"{path}: no shape for {sorted(missing)[:5]}: the bytes would be too few")
    size_of = lambda name: int(np.prod(known[name][0], dtype=np.int64)) * known[name][1]
    weights = {w.name for w in model.graph.initializer}
    every = 0
    for node in model.graph.node:
        if node.op_type not in FOLDED:
            names = {really.get(n, n) for n in (*node.input, *node.output) if n}
            every += sum(size_of(n) for n in names)
    ends = [v.name for v in (*model.graph.input, *model.graph.output)]
    return {
        "macs": sum(macs(n, known) for n in model.graph.node),
        "bytes": every,
        "least_bytes": sum(size_of(n) for n in (*ends, *weights)),
    }


def convolution(kind: str) -> bytes:
    """A model of LAYERS 1x1 convolutions of CHANNELS channels, one after the other: `int8` or `fp32`"""
    rng, nodes, inits = np.random.default_rng(0), [], []
    shape = [1, CHANNELS, SIDE, SIDE]
    add = lambda name, array: inits.append(numpy_helper.from_array(array, name))
    add("scale", np.float32(0.05)), add("zero", np.uint8(128)), add("weight_zero", np.int8(0))
    node = lambda op, inputs, out, **kw: nodes.append(helper.make_node(op, inputs, [out], **kw)) or out
    x = "x"
    for i in range(LAYERS):
        weight = rng.integers(-9, 9, (CHANNELS, CHANNELS, 1, 1))
        if kind == "fp32":
            add(f"w{i}", weight.astype(np.float32) / CHANNELS)
            x = node("Conv", [x, f"w{i}"], f"c{i}", kernel_shape=[1, 1])
            continue
        add(f"w{i}", weight.astype(np.int8))
        w = node("DequantizeLinear", [f"w{i}", "scale", "weight_zero"], f"d{i}")
        x = node("DequantizeLinear", [x, "scale", "zero"], f"x{i}")
        x = node("Conv", [x, w], f"c{i}", kernel_shape=[1, 1])
        x = node("QuantizeLinear", [x, "scale", "zero"], f"q{i}")
    of = TensorProto.FLOAT if kind == "fp32" else TensorProto.UINT8
    ends = [helper.make_tensor_value_info(name, of, shape) for name in ("x", x)]
    graph = helper.make_graph(nodes, "peak", ends[:1], ends[1:], inits)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def peak(kind: str, threads: int, provider: str, folder: Path, runs: int) -> float:
    """Multiply-accumulates per second, the best of `runs`: a peak is what the machine can do"""
    path = folder / f"peak-{kind}.onnx"
    path.write_bytes(convolution(kind))
    session = open_session(str(path), (SIDE, SIDE), threads, provider)
    x = np.zeros([1, CHANNELS, SIDE, SIDE], np.float32 if kind == "fp32" else np.uint8)
    return LAYERS * CHANNELS**2 * SIDE**2 / best(lambda: session.run(None, {"x": x}), runs)


def bandwidth(threads: int, runs: int) -> float:
    """Bytes per second, read and written, of copies on all threads at once"""
    pairs = [(np.ones(COPY // threads, np.uint8), np.ones(COPY // threads, np.uint8)) for _ in range(threads)]

    def copy_all() -> None:
        workers = [threading.Thread(target=np.copyto, args=pair) for pair in pairs]
        [w.start() for w in workers]
        [w.join() for w in workers]

    return 2 * COPY / best(copy_all, runs)


def best(call, runs: int) -> float:
    """Seconds of the quickest call, after one to warm up"""
    times = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return min(times[1:])


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("models", nargs="+", type=Path)
    p.add_argument("--size", default="1920x1080")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--provider", choices=["cpu", "openvino"], default="cpu")
    p.add_argument("--runs", type=int, default=20)
    p.add_argument("--folder", type=Path, default=Path("."), help="for the models made on the fly")
    a = p.parse_args()
    width, height = map(int, a.size.split("x"))
    peaks = {kind: peak(kind, a.threads, a.provider, a.folder, a.runs) for kind in ("int8", "fp32")}
    print(
        json.dumps(
            {
                "models": {m.name: cost(m, (width, height)) for m in a.models},
                "peak_macs_per_second": peaks,
                "bytes_per_second": bandwidth(a.threads, a.runs),
                "versions": {"onnxruntime": ort.__version__, "onnx": onnx.__version__},
            }
        )
    )


if __name__ == "__main__":
    main()

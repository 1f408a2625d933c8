"""The network and its graph: same numbers, the contract's names, strength 0 as identity."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from training import bench, export
from training.model import Nano, NanoConfig

SMALL = NanoConfig(quarter=16, eighth=16, sixteenth=16, gain=16)


@pytest.fixture(scope="module")
def network() -> Nano:
    torch.manual_seed(1)
    net = Nano(SMALL)
    for head in (net.gain.head, net.unet.head, net.unet.degradation):
        torch.nn.init.normal_(head.weight, std=0.03)  # heads that do something
    return net.eval()


@pytest.fixture(scope="module")
def graph(network: Nano) -> onnx.ModelProto:
    return export.build(network)


def session(graph: onnx.ModelProto) -> ort.InferenceSession:
    return ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


def test_contract_names_types_and_dims(graph):
    def describe(values):
        t = lambda v: v.type.tensor_type
        return {
            v.name: (t(v).elem_type, [d.dim_param or d.dim_value for d in t(v).shape.dim]) for v in values
        }

    u8, f32 = onnx.TensorProto.UINT8, onnx.TensorProto.FLOAT
    luma, chroma = [1, 1, "height", "width"], [1, 1, "chroma_height", "chroma_width"]
    assert describe(graph.graph.input) == {
        "y": (u8, luma),
        "u": (u8, chroma),
        "v": (u8, chroma),
        "strength": (f32, [1]),
    }
    assert describe(graph.graph.output) == {
        "y_out": (u8, luma),
        "u_out": (u8, chroma),
        "v_out": (u8, chroma),
        "degradation": (f32, [1, 3, "grid_height", "grid_width"]),
    }


@pytest.mark.parametrize("size", [(64, 48), (320, 176)])
def test_graph_equals_network(network, graph, size):
    x = bench.feeds(size)
    got = session(graph).run(["y_out", "u_out", "v_out", "degradation"], x)
    with torch.no_grad():
        want = network(*(torch.from_numpy(x[k]).float() / 255 for k in "yuv"))
    planes = [want["y"], want["uv"][:, :1], want["uv"][:, 1:]]
    for a, b in zip(got[:3], planes):
        exact = (b * 255).clamp(0, 255).numpy()
        assert np.abs(a.astype(np.float32) - exact).max() < 0.502, "rounding only"
    assert np.abs(got[3] - torch.sigmoid(want["degradation"]).numpy()).max() < 1e-5


def test_strength_zero_returns_the_input(graph):
    x = bench.feeds((96, 64), strength=0.0)
    got = session(graph).run(["y_out", "u_out", "v_out"], x)
    for a, k in zip(got, "yuv"):
        assert np.array_equal(a, x[k]), k


def test_half_strength_lies_between(network, graph):
    s = session(graph)
    zero, half, full = (
        s.run(["y_out"], bench.feeds((96, 64), strength=v))[0].astype(int) for v in (0, 0.5, 1)
    )
    assert np.abs(half - (zero + full) / 2).max() <= 1.01 + 0.5 * np.any((full == 0) | (full == 255)) * 255


def test_sidecar_names_every_input_and_output(tmp_path, graph):
    path = tmp_path / "m.onnx"
    onnx.save(graph, path)
    export.write_sidecar(path, "fp32")
    export.write_sums(tmp_path)
    text = (tmp_path / "m.onnx.modelinfo").read_text()
    for v in (*graph.graph.input, *graph.graph.output):
        assert f"[{v.name}]" in text
    sums = (tmp_path / "SHA256SUMS").read_text()
    assert "m.onnx\n" in sums and "m.onnx.modelinfo\n" in sums

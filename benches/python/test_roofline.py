"""What roofline.py counts, on a graph small enough to count by hand."""

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parent))
roofline = pytest.importorskip("roofline")


def test_operations_and_bytes_of_a_quantised_convolution(tmp_path):
    """uint8 [1,3,H,W] -> dequantised -> 3x3 convolution to 8 channels -> rectified -> uint8"""
    weight = numpy_helper.from_array(np.zeros((8, 3, 3, 3), np.float32), "w")
    scale, zero = (
        numpy_helper.from_array(np.float32(0.1), "s"),
        numpy_helper.from_array(np.uint8(0), "z"),
    )
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "s", "z"], ["f"]),
        helper.make_node("Conv", ["f", "w"], ["c"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("QuantizeLinear", ["c", "s", "z"], ["q"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.UINT8, [1, n, "height", "width"])
        for name, n in (("x", 3), ("q", 8))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [weight, scale, zero])
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    # 20x30 is padded to 32x32 as the engine pads it.
    cost = roofline.cost(path, (20, 30))
    pixels, weights = 32 * 32, 8 * 3 * 9 * 4
    assert cost["macs"] == pixels * 8 * 3 * 9
    # One byte a value at both ends of the convolution: what lies between is folded away.
    assert cost["bytes"] == pixels * 3 + weights + pixels * 8
    assert cost["least_bytes"] == pixels * (3 + 8) + weights + 4 + 1

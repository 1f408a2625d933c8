"""Frames of several streams in one run: each as if it were alone, bit by bit."""

import numpy as np
import pytest

from training import bench, contract, export, quantize
from training.player import BlocksPlayer, PlanesPlayer
from training.session import session
from training.tests.test_model import SMALL, lively

SIZE, STREAMS = (64, 48), 3


def sequences(count: int) -> list[list[dict]]:
    """Of two frames each"""
    picture = lambda seed: dict(zip(("y", "uv"), bench.picture(SIZE, seed=seed)))
    frames = [[picture(2 * i), picture(2 * i + 1)] for i in range(count)]
    return [[f | {"ty": f["y"]} for f in sequence] for sequence in frames]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """fp32, fp16 and int8 of a small network, companions too"""
    path = tmp_path_factory.mktemp("models") / "lowlight-test-fp32.onnx"
    export.write(lively(SMALL["stem 4"]), path)
    target = path.with_name("lowlight-test-int8.onnx")
    for a, b in ((path, target), (contract.blocks_path(path), contract.blocks_path(target))):
        quantize.convert(a, b, sequences(4), set(), None)
    return path.parent


@pytest.mark.parametrize("name", ["fp32", "fp16", "int8", "fp32-blocks", "int8-blocks"])
def test_a_frame_in_a_batch_is_restored_as_if_it_were_alone(folder, name):
    file = folder / f"lowlight-test-{name}.onnx"
    player = (BlocksPlayer if "blocks" in name else PlanesPlayer)(file, "cpu", SIZE, 1)
    feeds = []
    # Second frames: with a past that differs from stream to stream.
    for strength, (first, second) in zip((1.0, 0.5, 0.0), sequences(STREAMS)):
        player.reset()
        player.planes(first["y"], first["uv"])
        feeds.append(player.feed(second["y"], second["uv"], strength))
    alone = [player.session.run(None, feed) for feed in feeds]
    batched = {key: np.concatenate([feed[key] for feed in feeds]) for key in feeds[0]}
    together = session(file, SIZE, 1, "cpu", STREAMS).run(None, batched)
    for output, (name, *parts) in zip(together, zip(player.names, *alone)):
        assert np.array_equal(output, np.concatenate(parts)), name


def test_int8_for_gpus_is_signed_and_around_zero_with_float_biases(folder):
    """Other graphs are refused by TensorRT (make test-tensorrt-rtx, where its packages are)."""
    import onnx

    graph = onnx.load(folder / "lowlight-test-int8.onnx").graph
    values = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    kinds = {node.op_type for node in graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    for node in graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            zero = values[node.input[2]]
            assert zero.dtype == np.int8 and not zero.any(), node.name
        if node.op_type == "Conv" and len(node.input) > 2:
            assert values[node.input[2]].dtype == np.float32, node.name

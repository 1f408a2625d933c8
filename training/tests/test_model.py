"""The network and its graph: same numbers, the contract's names, strength 0 as identity."""

import copy

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from training import bench, contract, export
from training.model import BLACK, NEUTRAL, Config, Network, steady, to_float, to_u8

SMALL = {
    4: Config(stem=4, channels=(16, 16, 16), encoder=(0, 1, 1), decoder=(1, 1), exposure=16),
    "memory": Config(
        stem=4, channels=(16, 16, 16), encoder=(0, 0, 1), decoder=(1, 0), exposure=16, memory=16
    ),
    8: Config(stem=8, channels=(32, 16), encoder=(1, 1), decoder=(0,), head=1, exposure=16),
}


@pytest.fixture(scope="module", params=SMALL)
def network(request) -> Network:
    torch.manual_seed(1)
    net = Network(SMALL[request.param])
    for head in (net.exposure.head, net.restoration.head, net.restoration.degradation):
        torch.nn.init.normal_(head.weight, std=0.03)  # heads that do something
    return net.eval()


@pytest.fixture(scope="module")
def graph(network: Network) -> onnx.ModelProto:
    return export.build(network)


class Player:
    """Runs a graph frame after frame, handing its state on."""

    def __init__(self, graph: onnx.ModelProto):
        self.session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        self.names = [o.name for o in self.session.get_outputs()]
        self.inputs = {i.name: i.shape for i in self.session.get_inputs()}
        self.state: dict = {}

    def __call__(self, x: dict) -> dict:
        if not self.state:
            h, w = x["y"].shape[2:]
            size = {"state_height": h // 4, "state_width": w // 4}
            self.state = {
                n: np.zeros([size.get(d, d) for d in s], np.float32)
                for n, s in self.inputs.items()
                if n.startswith("state")
            }
        out = dict(zip(self.names, self.session.run(None, x | self.state)))
        self.state = {n: out[f"{n}_out"] for n in self.state}
        return out


def planes_of(x: dict) -> tuple[torch.Tensor, torch.Tensor]:
    y, uv = torch.from_numpy(x["y"]), torch.from_numpy(np.concatenate([x["u"], x["v"]], 1))
    return to_float(y, BLACK), to_float(uv, NEUTRAL)


def test_contract_names_types_and_dims(network, graph):
    def describe(values):
        t = lambda v: v.type.tensor_type
        return {
            v.name: (t(v).elem_type, [d.dim_param or d.dim_value for d in t(v).shape.dim]) for v in values
        }

    u8, f32 = onnx.TensorProto.UINT8, onnx.TensorProto.FLOAT
    luma, chroma = [1, 1, "height", "width"], [1, 1, "chroma_height", "chroma_width"]
    features, frame = (f32, [1, 16, "state_height", "state_width"]), (f32, [1, 2, 1, 1])
    memory = bool(network.cfg.memory)
    assert describe(graph.graph.input) == {
        "y": (u8, luma),
        "u": (u8, chroma),
        "v": (u8, chroma),
        "strength": (f32, [1]),
    } | ({"state_features": features, "state_frame": frame} if memory else {})
    assert describe(graph.graph.output) == {
        "y_out": (u8, luma),
        "u_out": (u8, chroma),
        "v_out": (u8, chroma),
        "degradation": (f32, [1, 3, "grid_height", "grid_width"]),
    } | ({"state_features_out": features, "state_frame_out": frame} if memory else {})


@pytest.mark.parametrize("size", [(64, 48), (320, 176)])
def test_graph_equals_network_frame_after_frame(network, graph, size):
    play, state = Player(graph), None
    for seed in range(3):
        x = bench.feeds(size, seed=seed)
        got = play(x)
        with torch.no_grad():
            want = network(*planes_of(x), state=state)
        state = want["state"]
        planes = [to_u8(want["y"], BLACK), *to_u8(want["uv"], NEUTRAL).split(1, 1)]
        for name, b in zip(("y_out", "u_out", "v_out"), planes):
            difference = np.abs(got[name].astype(int) - b.numpy().astype(int))
            assert difference.max() <= 1 and (difference > 0).mean() < 1e-3, "rounding only"
        assert np.abs(got["degradation"] - torch.sigmoid(want["degradation"]).numpy()).max() < 1e-5


def test_strength_zero_returns_the_input(graph):
    x = bench.feeds((96, 64), strength=0.0)
    got = Player(graph)(x)
    for k in "yuv":
        assert np.array_equal(got[f"{k}_out"], x[k]), k


def test_half_strength_lies_between(graph):
    zero, half, full = (
        Player(graph)(bench.feeds((96, 64), strength=v))["y_out"].astype(int) for v in (0, 0.5, 1)
    )
    assert np.abs(half - (zero + full) / 2).max() <= 1.01 + 0.5 * np.any((full == 0) | (full == 255)) * 255


def memory_network() -> Network:
    torch.manual_seed(3)
    net = Network(SMALL["memory"])
    torch.nn.init.normal_(net.restoration.memory.use.weight, std=0.2)
    return net.eval()


def test_without_a_past_a_memory_changes_nothing():
    net, x = memory_network(), planes_of(bench.feeds((64, 48)))
    single = copy.deepcopy(net)
    torch.nn.init.zeros_(single.restoration.memory.use.weight)
    with torch.no_grad():
        assert torch.equal(net(*x)["y"], single(*x)["y"])


def test_the_memory_stays_within_what_was_seen():
    """1,000 frames of noise: a running mean cannot grow, whatever the weights."""
    net, state, most = memory_network(), None, 0.0
    torch.manual_seed(4)
    with torch.no_grad():
        for _ in range(1000):
            y, uv = torch.rand(1, 1, 32, 32) * 0.2, torch.randn(1, 2, 16, 16) * 0.05
            state = net(y, uv, torch.full((1, 1, 1, 1), 1.0), state)["state"]
            first = net(y, uv, torch.full((1, 1, 1, 1), 1.0))["state"]
            most = max(most, float(first.features.abs().max()))
    assert float(state.features.abs().max()) <= most


@pytest.mark.parametrize("change,taken", [(0.0, 0.0), (0.02, 0.002), (0.5, 0.5), (-0.5, -0.5)])
def test_small_changes_of_the_gain_are_eased_and_large_ones_taken(change, taken):
    frame = torch.tensor([1.0, 0.8]).view(1, 2, 1, 1)
    got = steady(torch.full((1, 1, 1, 1), 0.8 + change), frame)
    assert got.item() == pytest.approx(0.8 + taken, abs=1e-6)


def test_the_first_gain_is_taken_whole():
    assert steady(torch.full((1, 1, 1, 1), 0.1), torch.zeros(1, 2, 1, 1)).item() == pytest.approx(0.1)


def test_sidecar_names_every_input_and_output(tmp_path, network, graph):
    path = tmp_path / "m.onnx"
    onnx.save(graph, path)
    contract.write_sidecar(path, network.cfg, "fp32")
    contract.write_sums(tmp_path)
    text = (tmp_path / "m.onnx.modelinfo").read_text()
    for v in (*graph.graph.input, *graph.graph.output):
        assert f"[{v.name}]" in text
    sums = (tmp_path / "SHA256SUMS").read_text()
    assert "m.onnx\n" in sums and "m.onnx.modelinfo\n" in sums


def test_gaining_the_stem_equals_gaining_the_picture(network):
    net = copy.deepcopy(network.restoration)
    torch.nn.init.zeros_(net.from_gain.weight)  # else it is told how much was amplified, and should differ
    y, uv = torch.rand(1, 1, 64, 64) * 0.3, torch.randn(1, 2, 32, 32) * 0.02
    gain = lambda g: torch.full((1, 1, 1, 1), g).log()
    with torch.no_grad():
        dark, bright = net(y, uv, gain(2.0), None)[0], net(y * 2, uv * 2, gain(1.0), None)[0]
    assert torch.allclose(dark, bright, atol=1e-5)


def test_a_well_exposed_frame_keeps_its_brightness_exactly(network):
    exposure = copy.deepcopy(network.exposure)
    torch.nn.init.zeros_(exposure.head.weight)
    torch.nn.init.constant_(exposure.head.bias, 0.15)
    with torch.no_grad():
        assert exposure(torch.rand(1, 1, 64, 64), torch.zeros(1, 2, 32, 32)).item() == 0.0


@pytest.mark.parametrize("wrong", [{"stem": 8}, {"encoder": (1, 1)}, {"decoder": (1,)}])
def test_a_configuration_that_does_not_fit_is_refused(wrong):
    with pytest.raises(ValueError):
        Config(**wrong)

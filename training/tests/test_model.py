"""The network and its graphs: same numbers, the contract's names, strength 0 as identity."""

import copy

import numpy as np
import onnx
import pytest
import torch

from training import bench, contract, export
from training.model import (
    BLACK,
    MOST_KEPT,
    MOST_MOVED,
    NEUTRAL,
    RESIDUAL_LIMIT,
    Config,
    Network,
    kept,
    shrink,
    steady,
    to_float,
    to_u8,
)
from training.player import BlocksPlayer, PlanesPlayer, open_player, self_contained, to_blocks, to_planes
from training.session import sidecar

SMALL = {
    "stem 4": Config(stem=4, channels=(16, 16, 16), encoder=(0, 1, 1), decoder=(1, 1), exposure=16),
    "alone": Config(
        stem=4, channels=(16, 16, 16), encoder=(0, 0, 1), decoder=(1, 0), exposure=16, past=False
    ),
    "stem 8": Config(stem=8, channels=(32, 16), encoder=(1, 1), decoder=(0,), exposure=16),
}


def lively(cfg: Config) -> Network:
    """Untrained, with heads that do something."""
    torch.manual_seed(1)
    net = Network(cfg)
    weights = [net.exposure.head, net.restoration.head, net.restoration.degradation]
    weights += [net.restoration.past_y, net.restoration.past_uv, net.restoration.keep] if cfg.past else []
    for layer in weights:
        torch.nn.init.normal_(layer.weight, std=0.03)
    torch.nn.init.constant_(net.exposure.head.bias, 1.5)  # clear of the gain's ends
    return net.eval()


@pytest.fixture(scope="module", params=SMALL)
def network(request) -> Network:
    return lively(SMALL[request.param])


@pytest.fixture(scope="module")
def files(network: Network, tmp_path_factory) -> list:
    """The self-contained graph, its companion, the float16 one."""
    path = tmp_path_factory.mktemp("models") / "lowlight-test-fp32.onnx"
    export.write(network, path)
    return [path, contract.blocks_path(path), export.half_path(path)]


def play(file, size):
    """Without looking for a companion."""
    kind = BlocksPlayer if "blocks" in file.stem else PlanesPlayer
    return kind(file, "cpu", size, 1)


def in_torch(network: Network, pictures: list) -> list[tuple]:
    """The network's own answers, frame after frame, as planes and degradation."""
    state, answers = None, []
    for y, uv in pictures:
        planes = (
            to_float(torch.from_numpy(y)[None, None], BLACK),
            to_float(torch.from_numpy(uv)[None], NEUTRAL),
        )
        with torch.no_grad():
            out = network(*planes, state=state)
        state = out["state"]
        codes = to_u8(out["y"], BLACK)[0, 0].numpy(), to_u8(out["uv"], NEUTRAL)[0].numpy()
        answers.append((*codes, torch.sigmoid(out["degradation"])[0].numpy()))
    return answers


@pytest.mark.parametrize("size", [(64, 48), (320, 176)])
@pytest.mark.parametrize("which,most,share", [(0, 1, 1e-3), (1, 2, 0.35), (2, 1, 0.1)])
def test_graphs_equal_the_network_frame_after_frame(network, files, size, which, most, share):
    """The companion's residual has steps of 0.4 code values and its share of the past has 127: roundings fall
    to the other side at times."""
    pictures = [bench.picture(size, seed=s) for s in range(3)]
    player = play(files[which], size)
    for (y, uv), want in zip(pictures, in_torch(network, pictures)):
        got = player.planes(y, uv)
        for a, b in zip(got[:2], want):
            difference = np.abs(a.astype(int) - b.astype(int))
            assert difference.max() <= most and (difference > 0).mean() < share
        assert np.abs(got[2] - want[2]).max() < (1e-5 if which == 0 else 1e-2)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_past_is_seen_until_it_is_forgotten(files, which):
    (y, uv), other = bench.picture((64, 48)), bench.picture((64, 48), seed=5)
    player = play(files[which], (64, 48))
    first = player.planes(y, uv)[0]
    player.planes(*other)
    later = player.planes(y, uv)[0]
    assert not np.array_equal(first, later), "the gain at least is eased"
    player.reset()
    assert np.array_equal(first, player.planes(y, uv)[0])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_strength_zero_returns_the_input_and_half_lies_between(files, which):
    y, uv = bench.picture((96, 64))
    player, outs = play(files[which], (96, 64)), []
    for strength in (0.0, 0.5, 1.0):
        player.reset()
        outs.append(player.planes(y, uv, strength)[:2])
    (zero_y, zero_uv), (half, _), (full, _) = outs
    assert np.array_equal(zero_y, y) and np.array_equal(zero_uv, uv)
    clipped = (full == 0) | (full == 255)
    assert np.abs(half - (y.astype(int) + full) / 2)[~clipped].max() <= 1.01


def test_blocks_are_the_planes_in_another_order():
    y, uv = bench.picture((96, 64))
    for stem in (4, 8):
        back = to_planes(to_blocks(y, uv, stem), stem)
        assert np.array_equal(back[0], y) and np.array_equal(back[1], uv)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_sidecars_name_every_input_and_output_as_the_graphs_have_them(files, which):
    graph, known = onnx.load(files[which]).graph, sidecar(files[which])
    kinds = {onnx.TensorProto.UINT8: "uint8", onnx.TensorProto.FLOAT: "float32"}
    for way, values in (("input", graph.input), ("output", graph.output)):
        for v in values:
            t, section = v.type.tensor_type, known[v.name]
            dims = ",".join("-1" if d.dim_param else str(d.dim_value) for d in t.shape.dim)
            assert (section["dir"], section["type"], section["dims"]) == (way, kinds[t.elem_type], dims)
    assert len(known.sections()) == 1 + len(graph.input) + len(graph.output)


def test_a_model_and_its_companion_know_each_other_and_are_summed(files):
    assert sidecar(files[0])["modelinfo"]["blocks"] == files[1].name
    assert isinstance(open_player(files[0]), BlocksPlayer) and isinstance(open_player(files[2]), PlanesPlayer)
    assert self_contained(files[0].parent) == [files[2], files[0]]
    sums = (files[0].parent / "SHA256SUMS").read_text()
    for file in files:
        assert f"{file.name}\n" in sums and f"{file.name}.modelinfo\n" in sums


def test_the_memory_stays_within_the_residuals_limit_of_what_is_seen():
    """1,000 frames of noise, whatever the weights: between the darkest and the brightest light seen."""
    net, state = lively(SMALL["stem 4"]), None
    torch.nn.init.normal_(net.restoration.head.weight, std=1.0)
    torch.nn.init.normal_(net.restoration.keep.weight, std=1.0)
    torch.manual_seed(4)
    with torch.no_grad():
        for _ in range(1000):
            y, uv = 0.1 + torch.rand(1, 1, 32, 32) * 0.1, torch.randn(1, 2, 16, 16) * 0.05
            out = net(y, uv, torch.full((1, 1, 1, 1), 1.0), state)
            state = out["state"]
            assert out["y"].max() <= 0.2 * np.e + RESIDUAL_LIMIT + 2e-3  # and half a code value
            assert out["y"].min() >= 0.1 * np.e - RESIDUAL_LIMIT - 2e-3


def test_small_residuals_are_nothing_and_feel_which_way_is_out():
    x = torch.tensor([-0.5, -0.006, 0.0, 0.006, 0.1], requires_grad=True)
    out = shrink(x)
    assert out[1:4].abs().max() == 0 and out[0].item() == pytest.approx(-RESIDUAL_LIMIT)
    out.sum().backward()
    assert x.grad[1:].min() == 1


@pytest.mark.parametrize("change,taken", [(0.0, 0.0), (0.02, 0.002), (0.5, 0.5), (-0.5, -0.5)])
def test_small_changes_of_the_gain_are_eased_and_large_ones_taken(change, taken):
    frame = torch.tensor([1.0, 0.8]).view(1, 2, 1, 1)
    got = steady(torch.full((1, 1, 1, 1), 0.8 + change), frame)
    assert got.item() == pytest.approx(0.8 + taken, abs=1e-6)


def test_the_first_gain_is_taken_whole():
    assert steady(torch.full((1, 1, 1, 1), 0.1), torch.zeros(1, 2, 1, 1)).item() == pytest.approx(0.1)


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


def test_the_share_of_the_past_ends_at_nothing_and_at_the_most_and_feels_which_way_is_in():
    x = torch.tensor([-0.5, 0.0, RESIDUAL_LIMIT, 0.5], requires_grad=True)
    share = kept(x)
    assert share[0] == share[1] == 0 and 0.8 < share[2] < MOST_KEPT == share[3]
    share.sum().backward()
    assert x.grad.min() > 0


@pytest.mark.parametrize("shape", [name for name, cfg in SMALL.items() if cfg.past])
def test_what_is_kept_is_the_past_itself_up_to_a_limit(shape):
    net = lively(SMALL[shape])
    torch.nn.init.constant_(net.restoration.keep.weight, 0)
    torch.nn.init.constant_(net.restoration.keep.bias, 1.0)
    dark, uv, gain = torch.full((1, 1, 32, 32), 0.3), torch.zeros(1, 2, 16, 16), torch.zeros(1, 1, 1, 1)
    with torch.no_grad():
        net.restoration.head.weight.zero_()
        past = net(dark, uv, gain)["state"]
        for step in (0.01, 0.02, 0.3):
            got = net(dark + step, uv, gain, past)["y"]
            wanted = dark + step - min(MOST_KEPT * step, MOST_MOVED)
            assert torch.allclose(got, wanted, atol=2.5e-3), "as near as the past's code values are"

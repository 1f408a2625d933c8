"""Static int8 (QDQ) of the U-Net; everything on the gain path stays float.

    python -m training.quantize                       # models/lowlight-nano-fp32.onnx -> -int8.onnx
    python -m training.quantize --max-drop 0.15       # keep more nodes in float

Calibrated on training frames, checked on validation frames: while int8 loses more than
`--max-drop` dB of luma PSNR against fp32, the node whose return to float helps most is left out.
"""

import argparse
import json
import logging
import math
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from training.contract import blocks_path, write_sums
from training.model import BLACK, NEUTRAL, RESIDUAL_DEAD_ZONE
from training.player import BlocksPlayer, PlanesPlayer
from training.prepare import ROOT, WORK
from training.session import sidecar
from training.stored import stored

QUANTIZED_OPS = ["Conv", "Add", "Relu"]
# Only the network's own convolutions: a x10 gain must not pass through 8 bits, and full-resolution adds in
# int8 would round the picture itself.
QUANTIZED_PREFIX = "net."
STEMS = ("stem.y", "stem.uv", "past.y", "past.uv", "stem.out")
# What is clipped to code values before a stem, and the code value that is its zero.
SEEN = {"stem.seen": 0, "stem.seen_y": BLACK, "stem.seen_uv": NEUTRAL}
# Residuals below so many code values are nothing: twice those of fp32, since 8 bits have a grain. On 20
# validation sequences that is worth 5 dB where nothing was wrong (39.8 -> 44.8), and costs nothing elsewhere.
DEAD_ZONE = 4.0
# Nodes tried for float, most likely first.
CANDIDATES = (
    ("net.head",),
    ("net.up0",),
    ("net.down1",),
    ("net.decoder0_0.first",),
    ("net.decoder0_0.second",),
)


class Samples(CalibrationDataReader):
    def __init__(self, feeds: list[dict]):
        self.it = iter(feeds)

    def get_next(self) -> dict | None:
        return next(self.it, None)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return -10 * math.log10(float(((a.astype(np.float32) - b) ** 2).mean()) / 255**2 + 1e-9)


def player(model: Path, sequences: list[list[dict]]) -> BlocksPlayer | PlanesPlayer:
    h, w = sequences[0][0]["y"].shape
    kind = BlocksPlayer if sidecar(model).has_section("blocks") else PlanesPlayer
    return kind(model, "cpu", (w, h), 2)


def quality(model: Path, sequences: list[list[dict]]) -> tuple[float, list[np.ndarray]]:
    """-> mean luma PSNR of the sequences' last frames against the truth, those frames"""
    play, last = player(model, sequences), []
    for frames in sequences:
        play.reset()
        last.append([play.planes(f["y"], f["uv"])[0] for f in frames][-1])
    return float(np.mean([psnr(o, frames[-1]["ty"]) for o, frames in zip(last, sequences)])), last


def calibration_feeds(model: Path, sequences: list[list[dict]]) -> list[dict]:
    """The model's inputs at the first and the last frame of each sequence, states included."""
    play, out = player(model, sequences), []
    for frames in sequences:
        play.reset()
        for i, f in enumerate(frames):
            if i in (0, len(frames) - 1):
                out.append(play.feed(f["y"], f["uv"]))
            play.planes(f["y"], f["uv"])
    return out


def convert(
    source: Path, target: Path, calibration: list[list[dict]], keep: set[str], percentile: float | None
) -> None:
    graph = onnx.load(source).graph
    skip = [n.name for n in graph.node if not n.name.startswith(QUANTIZED_PREFIX) or n.name in keep]
    extra = {}
    method = CalibrationMethod.MinMax
    if percentile:
        method = CalibrationMethod.Percentile
        extra = {"CalibPercentile": percentile}
    quantize_static(
        str(source),
        str(target),
        Samples(calibration_feeds(source, calibration)),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTIZED_OPS,
        nodes_to_exclude=skip,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=method,
        extra_options=extra,
    )
    onnx.save(direct_residual(float_enlargements(int8_stems(wide_dead_zone(onnx.load(target))))), target)
    described = Path(f"{source}.modelinfo").read_text()
    described = described.replace(f"dead-zone={RESIDUAL_DEAD_ZONE * 255:g}\n", f"dead-zone={DEAD_ZONE:g}\n")
    described = described.replace(blocks_path(source).name, blocks_path(target).name)
    Path(f"{target}.modelinfo").write_text(described.replace("precision=fp32", "precision=int8"))


def wide_dead_zone(model: onnx.ModelProto) -> onnx.ModelProto:
    """Of the self-contained graph; the other one's stands in its sidecar."""
    for tensor in model.graph.initializer:
        if tensor.name.endswith((".residual.dead_zone.low", ".residual.dead_zone.high")):
            sign = np.sign(numpy_helper.to_array(tensor))
            value = np.float32(sign * DEAD_ZONE / 255)
            tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
    return model


def int8_stems(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights of the stems as int8 per channel; what they see, in whole code values."""
    graph = model.graph
    weights = {i.name: i for i in graph.initializer}
    for node in list(graph.node):
        if node.name in SEEN:
            whole_codes(graph, node, SEEN[node.name])
        if node.name in STEMS:
            int8_weights(graph, node, weights[node.input[1]])
    onnx.checker.check_model(model)
    return model


def whole_codes(graph: onnx.GraphProto, clip: onnx.NodeProto, zero: int) -> None:
    """Rounds and clips instead: uint8 saturates."""
    name, at = clip.output[0], list(graph.node).index(clip)
    graph.initializer.append(numpy_helper.from_array(np.uint8(zero), f"{name}.zero"))
    scale, codes = ["unit", f"{name}.zero"], f"{name}.codes"
    graph.node.remove(clip)
    graph.node.insert(at, helper.make_node("DequantizeLinear", [codes, *scale], [name], name))
    graph.node.insert(at, helper.make_node("QuantizeLinear", [clip.input[0], *scale], [codes], codes))


def int8_weights(graph: onnx.GraphProto, conv: onnx.NodeProto, weights: onnx.TensorProto) -> None:
    w = numpy_helper.to_array(weights)
    scale = np.maximum(np.abs(w).max((1, 2, 3)), 1e-8) / 127
    rounded = np.clip(np.rint(w / scale[:, None, None, None]), -127, 127).astype(np.int8)
    graph.initializer.remove(weights)
    parts = {"int8": rounded, "scale": scale.astype(np.float32), "zero": np.zeros(len(w), np.int8)}
    graph.initializer.extend(numpy_helper.from_array(v, f"{conv.name}.w.{k}") for k, v in parts.items())
    name, at = f"{conv.name}.w.float", list(graph.node).index(conv)
    inputs = [f"{conv.name}.w.{k}" for k in parts]
    graph.node.insert(at, helper.make_node("DequantizeLinear", inputs, [name], name=name, axis=0))
    conv.input[1] = name


def float_enlargements(model: onnx.ModelProto) -> onnx.ModelProto:
    """An enlargement's values are its input's: rounding them again cost a tenth of the nano's time."""
    graph = model.graph
    makers = {o: n for n in graph.node for o in n.output}
    for node in list(graph.node):
        for k, name in enumerate(node.input):
            back = makers.get(name)
            forth = back and back.op_type == "DequantizeLinear" and makers.get(back.input[0])
            if forth and makers.get(forth.input[0]) and makers[forth.input[0]].op_type == "Resize":
                node.input[k] = forth.input[0]
                graph.node.remove(back)
                graph.node.remove(forth)
    onnx.checker.check_model(model)
    return model


def direct_residual(model: onnx.ModelProto) -> onnx.ModelProto:
    """The blocks graph rounds its residual itself: no other rounding between that and the head."""
    graph = model.graph
    makers = {o: n for n in graph.node for o in n.output}
    last = makers.get("residual.planar")
    if last is None or last.op_type != "QuantizeLinear":
        return model
    back = makers[last.input[0]]
    if back.op_type == "DequantizeLinear":
        forth = makers[back.input[0]]
        last.input[0] = forth.input[0]
        for node in (back, forth):
            graph.node.remove(node)
    onnx.checker.check_model(model)
    return model


def choose(source: Path, target: Path, calibration, validation, max_drop: float, percentile) -> dict:
    """Greedy, on the graph for CPUs: return nodes to float until the drop is small enough.

    -> mean luma PSNR in dB of fp32, of int8 on blocks and of the self-contained int8"""
    companion = blocks_path(source)
    reference, fp32_outs = quality(companion, validation)
    print(f"fp32: {reference:.2f} dB on {len(validation)} validation sequences")
    keep: set[str] = set()
    left = list(CANDIDATES)
    with tempfile.TemporaryDirectory() as tmp:
        trial = Path(tmp) / "trial.onnx"

        def score(nodes: set[str]) -> float:
            convert(companion, trial, calibration, nodes, percentile)
            return quality(trial, validation)[0]

        now = score(keep)
        print(f"int8, all of the U-Net: {now:.2f} dB ({now - reference:+.2f})")
        while reference - now > max_drop and left:
            scores = {group: score(keep | set(group)) for group in left}
            for group, value in scores.items():
                print(f"  float {group[0]:18} {value:.2f} dB ({value - now:+.2f})")
            best = max(scores, key=scores.get)
            keep |= set(best)
            left.remove(best)
            now = scores[best]
            print(f"left in float: {sorted(keep)}: {now:.2f} dB ({now - reference:+.2f})")
    for a, b in ((source, target), (companion, blocks_path(target))):
        convert(a, b, calibration, keep, percentile)
    scores = {"fp32": round(reference, 3)}
    for key, file in (("int8", blocks_path(target)), ("int8_planes", target)):
        final, outs = quality(file, validation)
        scores[key] = round(final, 3)
        between = np.mean([psnr(a, b) for a, b in zip(outs, fp32_outs)])
        drop = f"{final:.2f} dB ({final - reference:+.2f})"
        print(f"{file.name}: {drop}; against the fp32 pictures {between:.1f} dB")
    return scores


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--source", type=Path, default=ROOT / "models" / "lowlight-nano-fp32.onnx")
    p.add_argument("--target", type=Path, default=ROOT / "models" / "lowlight-nano-int8.onnx")
    p.add_argument("--pairs", type=Path, default=WORK / "pairs")
    p.add_argument("--calibration", type=int, default=24, help="sequences or frames")
    p.add_argument("--validation", type=int, default=40, help="sequences or frames")
    p.add_argument("--max-drop", type=float, default=0.2, help="dB")
    # Agreement of the nano with fp32 on 8 validation frames: 41.6 dB with 99.99, 43.1 with 99.8, 43.0 with 99
    p.add_argument("--percentile", type=float, default=99.8, help="clip activations there; 0: nowhere")
    p.add_argument("--json", type=Path, help="add the scores to those in this file")
    a = p.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    calibration = stored(a.pairs, "train", a.calibration)
    validation = stored(a.pairs, "val", a.validation)
    scores = choose(a.source, a.target, calibration, validation, a.max_drop, a.percentile)
    if a.json:
        known = json.loads(a.json.read_text()) if a.json.exists() else {}
        a.json.write_text(json.dumps(known | {a.target.stem: scores}, indent=1) + "\n")
    write_sums(a.target.parent)
    print(f"{a.target}: {a.target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

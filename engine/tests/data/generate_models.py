#!/usr/bin/env python3
"""Writes the tiny ONNX models of the tests, each with a known answer. Needs the `onnx` package; run from anywhere.

The files are committed: this script says what is in them.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

HERE = Path(__file__).parent
U8, F32, I64 = TensorProto.UINT8, TensorProto.FLOAT, TensorProto.INT64
LUMA = [1, 1, "height", "width"]
CHROMA = [1, 1, "chroma_height", "chroma_width"]
NCHW = [1, 3, "height", "width"]
NHWC = [1, "height", "width", 3]

BLOCKS = [1, "block_height", "block_width", 24]
LARGE_BLOCKS = [1, "block_height", "block_width", 96]
WITH_PAST = [1, "block_height", "block_width", 48]
AND_SHARE = [1, "block_height", "block_width", 25]
SCALAR = [1, 1, 1, 1]

PLANES = [("y", U8, LUMA, "luma"), ("u", U8, CHROMA, "chroma-u"), ("v", U8, CHROMA, "chroma-v")]
TYPES = {U8: "uint8", F32: "float32", I64: "int64"}


def value(name, element, dims):
    return helper.make_tensor_value_info(name, element, dims)


def constant(name, element, values):
    return helper.make_tensor(name, element, [len(values)] if len(values) > 1 else [], values)


def save(name, nodes, inputs, outputs, constants=(), header=(), sidecar=True, described=None):
    """Saves a model and its sidecar; inputs and outputs are (name, element, dims, role[, extra keys])."""
    graph = helper.make_graph(
        nodes, name, [value(*t[:3]) for t in inputs], [value(*t[:3]) for t in outputs], list(constants)
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path = HERE / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    if not sidecar:
        return
    lines = ["[modelinfo]", "version=1.0", f"model-name={name}", *header]
    for direction, tensors in (("input", inputs), ("output", outputs)):
        for tensor in tensors:
            tensor_name, element, dims, role, *extra = (described or {}).get(tensor[0], tensor)
            dims = ",".join(str(dim) if isinstance(dim, int) else "-1" for dim in dims)
            lines += ["", f"[{tensor_name}]", f"dir={direction}", f"type={TYPES[element]}"]
            lines += [f"dims={dims}", f"role={role}", *extra]
    Path(f"{path}.modelinfo").write_text("\n".join(lines) + "\n")


def per_plane(op, **constants):
    """One node per plane, applying `op` to it (and to a constant)."""
    return [
        helper.make_node(op, [*(constants.get("before", [])), plane, *(constants.get("after", []))], [f"{plane}_out"])
        for plane, *_ in PLANES
    ]


def outputs_of(planes):
    return [(f"{name}_out", element, dims, role) for name, element, dims, role in planes]


def save_blocks(name, nodes, residual, gain=1.0, dims=BLOCKS, answer=None):
    """A model on blocks whose residual `nodes` make; `residual` are the keys of that output's section."""
    stride = f"stride={8 if dims is LARGE_BLOCKS else 4}"
    inputs = [("blocks", U8, dims, "blocks", stride)]
    outputs = [("residual", U8, answer or dims, "residual", stride, *residual), ("gain", F32, SCALAR, "gain")]
    constants = [
        helper.make_tensor("gain_value", F32, SCALAR, [gain]),
        helper.make_tensor("channel", U8, [1, 1, 1, dims[3]], list(range(dims[3]))),
        helper.make_tensor("past", I64, [1], [24]),
        helper.make_tensor("all", I64, [1], [48]),
        helper.make_tensor("last", I64, [1], [47]),
        helper.make_tensor("axis", I64, [1], [3]),
        helper.make_tensor("none", U8, [1, 1, 1, 1], [128]),
        helper.make_tensor("half", U8, [25], [0] * 24 + [255]),
    ]
    used = {name for node in nodes for name in node.input}
    constants = [constant for constant in constants if constant.name in {*used, "gain_value"}]
    nodes = [*nodes, helper.make_node("Identity", ["gain_value"], ["gain"])]
    save(name, nodes, inputs, outputs, constants, ["alignment=16"])


def save_block_models():
    echo = [helper.make_node("Identity", ["blocks"], ["residual"])]
    dead = ["ranges=-128.0,127.0", "dead-zone=128"]
    save_blocks("identity-blocks", echo, dead)
    save_blocks("brighten-blocks", echo, dead, gain=2.0)
    save_blocks("nan-blocks", echo, dead, gain=float("nan"))

    # Adds to every pixel the number of its channel: shows what goes where.
    number = [
        helper.make_node("Shape", ["blocks"], ["shape"]),
        helper.make_node("Expand", ["channel", "shape"], ["residual"]),
    ]
    save_blocks("number-blocks", number, ["ranges=0.0,255.0"])
    save_blocks("number-large-blocks", number, ["ranges=0.0,255.0"], dims=LARGE_BLOCKS)

    # Adds to every pixel what it was in the frame before, less 16: nothing where that was black. Keeps nothing.
    past = [
        helper.make_node("Slice", ["blocks", "past", "all", "axis"], ["last_picture"]),
        helper.make_node("Slice", ["blocks", "last", "all", "axis"], ["any"]),
        helper.make_node("Shape", ["any"], ["shape"]),
        helper.make_node("Expand", ["none", "shape"], ["nothing"]),
        helper.make_node("Concat", ["last_picture", "nothing"], ["residual"], axis=3),
    ]
    keys = ["ranges=-16.0,239.0", "keep=0.5"]
    save_blocks("past-blocks", past, keys, dims=WITH_PAST, answer=AND_SHARE)

    # Keeps half of the picture restored last in every block, and does nothing else.
    keep = [
        helper.make_node("Slice", ["blocks", "past", "all", "axis"], ["last_picture"]),
        helper.make_node("Slice", ["blocks", "last", "all", "axis"], ["any"]),
        helper.make_node("Concat", ["last_picture", "any"], ["answer"], axis=3),
        helper.make_node("Shape", ["answer"], ["shape"]),
        helper.make_node("Expand", ["half", "shape"], ["residual"]),
    ]
    save_blocks("keep-blocks", keep, ["ranges=0.0,255.0", "keep=0.5"], dims=WITH_PAST, answer=AND_SHARE)


def main():
    aligned = ["alignment=16"]
    save("identity-planes", per_plane("Identity"), PLANES, outputs_of(PLANES), header=aligned)

    # 255 - x: shows that the network ran, and undoes itself. Via float, as uint8 Sub is no CPU kernel.
    nodes = []
    for plane, *_ in PLANES:
        nodes += [
            helper.make_node("Cast", [plane], [f"{plane}_f"], to=F32),
            helper.make_node("Sub", ["white", f"{plane}_f"], [f"{plane}_n"]),
            helper.make_node("Cast", [f"{plane}_n"], [f"{plane}_out"], to=U8),
        ]
    white = [constant("white", F32, [255.0])]
    save("invert-planes", nodes, PLANES, outputs_of(PLANES), white, aligned)

    # The same, with companions that do nothing, are not there, or are faulty: shows which file is loaded.
    save_block_models()
    for name, blocks in [
        ("invert-or-identity", "identity-blocks"),
        ("companion-missing", "nowhere"),
        ("companion-of-planes", "identity-planes"),
        ("companion-corrupt", "corrupt-blocks"),
        ("companion-wrong-shape", "wrong-shape-blocks"),
    ]:
        save(name, nodes, PLANES, outputs_of(PLANES), white, [*aligned, f"blocks={blocks}.onnx"])

    # Luma gets brighter by one with every frame since the last reset: shows the recurrent state.
    state = ("state", F32, [1, 1, 1, 1], "state")
    nodes = [
        *per_plane("Identity")[1:],
        helper.make_node("Add", ["state", "one"], ["state_out"]),
        helper.make_node("Cast", ["y"], ["y_f"], to=F32),
        helper.make_node("Add", ["y_f", "state_out"], ["y_n"]),
        helper.make_node("Cast", ["y_n"], ["y_out"], to=U8),
    ]
    one = [constant("one", F32, [1.0])]
    outputs = [*outputs_of(PLANES), ("state_out", F32, [1, 1, 1, 1], "state")]
    save("count-frames", nodes, [*PLANES, state], outputs, one, aligned)

    # Luma is noise, another one on every provider and in every run: shows that pictures are compared.
    nodes = [
        *per_plane("Identity")[1:],
        helper.make_node("Cast", ["y"], ["y_f"], to=F32),
        helper.make_node("RandomUniformLike", ["y_f"], ["y_n"], low=16.0, high=235.0),
        helper.make_node("Cast", ["y_n"], ["y_out"], to=U8),
    ]
    save("random-luma", nodes, PLANES, outputs_of(PLANES), header=aligned)

    # Shows the frame before: a state as large as the picture, which the sidecar says with stride=1.
    past = lambda name: (name, F32, [1, 1, "state_height", "state_width"], "state", "stride=1")
    nodes = [
        *per_plane("Identity")[1:],
        helper.make_node("Cast", ["y"], ["past_out"], to=F32),
        helper.make_node("Cast", ["past"], ["y_out"], to=U8),
    ]
    save("delay-luma", nodes, [*PLANES, past("past")], [*outputs_of(PLANES), past("past_out")], header=aligned)

    # The same with code values in all planes, and what a scene starts with.
    def kept(suffix):
        resets = {"luma": 16, "chroma-u": 128, "chroma-v": 128}
        strides = {"luma": 1, "chroma-u": 2, "chroma-v": 2}
        return [
            (f"past_{plane}{suffix}", U8, dims, "state", f"stride={strides[role]}", f"reset={resets[role]}")
            for plane, _, dims, role in PLANES
        ]

    nodes = []
    for plane, *_ in PLANES:
        nodes += [
            helper.make_node("Identity", [plane], [f"past_{plane}_out"]),
            helper.make_node("Identity", [f"past_{plane}"], [f"{plane}_out"]),
        ]
    save("delay-planes", nodes, [*PLANES, *kept("")], [*outputs_of(PLANES), *kept("_out")], header=aligned)

    rgb = helper.make_node("Identity", ["image"], ["restored"])
    signed = "ranges=-1.0,1.0"
    for name, dims, extra in [
        ("identity-rgb-nchw", NCHW, []),
        ("identity-rgb-nhwc-signed", NHWC, [signed]),
        ("identity-rgb-fixed", [1, 3, 48, 64], []),
    ]:
        save(name, [rgb], [("image", F32, dims, "rgb", *extra)], [("restored", F32, dims, "rgb", *extra)])

    # 0 / 0 everywhere: what a broken half-precision engine gives.
    nodes = [
        helper.make_node("Sub", ["image", "image"], ["zero"]),
        helper.make_node("Div", ["zero", "zero"], ["restored"]),
    ]
    save("nan-rgb", nodes, [("image", F32, NCHW, "rgb")], [("restored", F32, NCHW, "rgb")])

    # Faulty on purpose.
    luma = ("y", U8, LUMA, "luma")
    identity = helper.make_node("Identity", ["y"], ["y_out"])
    y_out = ("y_out", U8, LUMA, "luma")
    int64 = [("y", I64, LUMA, "luma")], [("y_out", I64, LUMA, "luma")]
    save("wrong-type", [identity], *int64, described={"y": luma, "y_out": y_out})
    fixed = [("y", U8, [1, 1, 48, 64], "luma")], [("y_out", U8, [1, 1, 48, 64], "luma")]
    large = {"y": ("y", U8, [1, 1, 96, 128], "luma"), "y_out": ("y_out", U8, [1, 1, 96, 128], "luma")}
    save("wrong-shape", [identity], *fixed, described=large)
    save("wrong-name", [identity], [luma], [y_out], described={"y": ("luma", U8, LUMA, "luma")})
    save("no-sidecar", [identity], [luma], [y_out], sidecar=False)
    good = (HERE / "identity-planes.onnx.modelinfo").read_text()
    blocks = (HERE / "identity-blocks.onnx.modelinfo").read_text()
    no_protobuf = b"this is no protobuf\n" * 8
    for name, content, sidecar in [
        ("corrupt", no_protobuf, good),
        ("empty", b"", good),
        ("corrupt-blocks", no_protobuf, blocks),
        ("wrong-shape-blocks", (HERE / "number-large-blocks.onnx").read_bytes(), blocks),
    ]:
        (HERE / f"{name}.onnx").write_bytes(content)
        (HERE / f"{name}.onnx.modelinfo").write_text(sidecar)


if __name__ == "__main__":
    main()

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

    # Shows the frame before: a state as large as the picture, which the sidecar says with stride=1.
    past = lambda name: (name, F32, [1, 1, "state_height", "state_width"], "state", "stride=1")
    nodes = [
        *per_plane("Identity")[1:],
        helper.make_node("Cast", ["y"], ["past_out"], to=F32),
        helper.make_node("Cast", ["past"], ["y_out"], to=U8),
    ]
    save("delay-luma", nodes, [*PLANES, past("past")], [*outputs_of(PLANES), past("past_out")], header=aligned)

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
    for name, content in [("corrupt", b"this is no protobuf\n" * 8), ("empty", b"")]:
        (HERE / f"{name}.onnx").write_bytes(content)
        (HERE / f"{name}.onnx.modelinfo").write_text(good)


if __name__ == "__main__":
    main()

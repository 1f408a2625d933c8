"""Small helpers to write an ONNX graph node by node; every helper returns a tensor name."""

import numpy as np
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

UNIT = 1 / 255  # float value of one code value


class Graph:
    """A list of nodes and initialisers.

    `casts`: code values become floats and floats code values by arithmetic, as TensorRT wants it; else by
    (De)QuantizeLinear, which is one node and what the int8 convolutions of CPU runtimes start from.
    """

    def __init__(self, casts: bool = False):
        self.nodes, self.inits, self.casts = [], {}, casts
        self.weights = np.float32  # type of the convolutions' constants

    def const(self, name: str, value, dtype=np.float32) -> str:
        if name not in self.inits:
            self.inits[name] = numpy_helper.from_array(np.array(value, dtype, order="C"), name)
        return name

    def ints(self, name: str, values) -> str:
        return self.const(name, values, np.int64)

    def op(self, kind: str, inputs: list[str], out: str, outputs: list[str] | None = None, **kw) -> str:
        outs = outputs or [out]
        self.nodes.append(helper.make_node(kind, inputs, outs, name=out, **kw))
        return outs[0]

    def conv(self, x: str, m: torch.nn.Conv2d, name: str, bias: bool = True) -> str:
        b = m.bias if bias else None
        return self.convolve(x, name, m.weight, b, m.stride[0], m.padding[0])

    def convolve(
        self, x: str, name: str, weight: Tensor, bias: Tensor | None, stride: int = 1, padding: int = 0
    ) -> str:
        inputs = [x, self.const(f"{name}.w", weight.detach().numpy(), self.weights)]
        if bias is not None:
            inputs.append(self.const(f"{name}.b", bias.detach().numpy(), self.weights))
        kernel = list(weight.shape[2:])
        return self.op("Conv", inputs, name, kernel_shape=kernel, pads=[padding] * 4, strides=[stride] * 2)

    def relu(self, x: str) -> str:
        return self.op("Relu", [x], f"{x}.relu")

    def add(self, a: str, b: str, name: str) -> str:
        return self.op("Add", [a, b], name)

    def mul(self, a: str, b: str, name: str) -> str:
        return self.op("Mul", [a, b], name)

    def block(self, x: str, m: torch.nn.Module, name: str) -> str:
        inner = self.relu(self.conv(x, m.first, f"{name}.first"))
        return self.add(x, self.conv(inner, m.second, f"{name}.second"), f"{name}.sum")

    def clip(self, x: str, low: float, high: float, name: str) -> str:
        low, high = self.const(f"{name}.low", low), self.const(f"{name}.high", high)
        return self.op("Clip", [x, low, high], name)

    def transpose(self, x: str, order: list[int], name: str) -> str:
        return self.op("Transpose", [x], name, perm=order)

    def split(self, x: str, sizes: list[int], name: str, outs: list[str]) -> list[str]:
        self.op("Split", [x, self.ints(f"{name}.sizes", sizes)], name, outs, axis=1)
        return outs

    def enlarge(self, x: str, times: int, name: str) -> str:
        scales = self.const(f"enlarge{times}.scales", [1, 1, times, times])
        kw = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.op("Resize", [x, "", scales], name, mode="nearest", **kw)

    def from_u8(self, x: str, middle: int, name: str) -> str:
        """(x - middle) / 255"""
        if self.casts:
            x = self.cast(x, TensorProto.FLOAT, f"{name}.cast")
            x = self.op("Sub", [x, self.const(f"middle{middle}.float", middle)], f"{name}.centred")
            return self.mul(x, self.const("unit", UNIT), name)
        return self.op("DequantizeLinear", [x, *self.code_values(middle)], name)

    def to_u8(self, x: str, middle: int, name: str) -> str:
        """x * 255 + middle, rounded, clipped to 0..255"""
        if self.casts:
            x = self.mul(x, self.const("codes", 1 / UNIT), f"{name}.codes")
            x = self.op(
                "Round",
                [self.add(x, self.const(f"middle{middle}.float", middle), f"{name}.code")],
                f"{name}.round",
            )
            return self.cast(self.clip(x, 0, 255, f"{name}.clip"), TensorProto.UINT8, name)
        return self.op("QuantizeLinear", [x, *self.code_values(middle)], name)

    def cast(self, x: str, to: int, name: str) -> str:
        return self.op("Cast", [x], name, to=to)

    def code_values(self, middle: int) -> list[str]:
        return [self.const("unit", UNIT), self.const(f"middle{middle}", middle, np.uint8)]

"""Small helpers to write an ONNX graph node by node; every helper returns a tensor name."""

import numpy as np
import torch
from onnx import helper, numpy_helper
from torch import Tensor

UNIT = 1 / 255  # float value of one code value


class Graph:
    """A list of nodes and initialisers."""

    def __init__(self):
        self.nodes, self.inits = [], {}

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
        inputs = [x, self.const(f"{name}.w", weight.detach().numpy())]
        if bias is not None:
            inputs.append(self.const(f"{name}.b", bias.detach().numpy()))
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

    def split(self, x: str, sizes: list[int], name: str, outs: list[str]) -> list[str]:
        self.op("Split", [x, self.ints(f"{name}.sizes", sizes)], name, outs, axis=1)
        return outs

    def twice(self, x: str, name: str) -> str:
        scales = self.const("twice.scales", [1, 1, 2, 2])
        kw = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.op("Resize", [x, "", scales], name, mode="nearest", **kw)

    def from_u8(self, x: str, middle: int, name: str) -> str:
        """(x - middle) / 255; one node, and what int8 convolutions of every runtime start from"""
        return self.op("DequantizeLinear", [x, *self.code_values(middle)], name)

    def to_u8(self, x: str, middle: int, name: str) -> str:
        """x * 255 + middle, rounded, clipped to 0..255"""
        return self.op("QuantizeLinear", [x, *self.code_values(middle)], name)

    def code_values(self, middle: int) -> list[str]:
        return [self.const("unit", UNIT), self.const(f"middle{middle}", middle, np.uint8)]

#!/usr/bin/env python3
"""Writes an ONNX model of about 100 MB for measuring how files load. Standard library only; same bytes every time.

A ResNet-50 shaped backbone with random weights (53 convolutions, a Gemm), batch normalisations left unfused,
hard-swish spelled out in four nodes, and a tail of several hundred nodes on tiny tensors, as exporters leave behind.
"""

import argparse
import random
import struct

FLOAT, INT64 = 1, 7
ATTRIBUTE_INT, ATTRIBUTE_INTS = 2, 7
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
CLASSES = 1000
TAIL = 150


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, *parts):
    """A length-delimited field; text is encoded as UTF-8."""
    body = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return varint(field << 3 | 2) + varint(len(body)) + body


def value_info(field, name, dims):
    shape = b"".join(message(1, message(2, dim) if isinstance(dim, str) else number(1, dim)) for dim in dims)
    return message(field, message(1, name), message(2, message(1, number(1, FLOAT), message(2, shape))))


class Model:
    """Nodes and initialisers as encoded fields of a GraphProto; methods return the name of the value they made."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.nodes = []
        self.tensors = []
        self.parameters = 0

    def tensor(self, name, dims, kind, raw):
        head = b"".join(number(1, dim) for dim in dims) + number(2, kind)
        self.tensors.append(message(5, head, message(8, name), message(9, raw)))
        return name

    def weight(self, name, *dims):
        """Random float32 of both signs, magnitude 2^-7 to 2^-5: only sign, low exponent bit and mantissa vary."""
        count = 1
        for dim in dims:
            count *= dim
        self.parameters += count
        raw = bytearray(self.random.randbytes(4 * count))
        raw[3::4] = raw[3::4].translate(bytes(0x3C | byte & 0x80 for byte in range(256)))
        return self.tensor(name, dims, FLOAT, bytes(raw))

    def scalar(self, name, value):
        self.parameters += 1
        return self.tensor(name, (), FLOAT, struct.pack("<f", value))

    def integers(self, name, *values):
        self.parameters += len(values)
        return self.tensor(name, (len(values),), INT64, struct.pack(f"<{len(values)}q", *values))

    def node(self, operator, inputs, name, **attributes):
        fields = [message(1, value) for value in inputs] + [message(2, name), message(3, name), message(4, operator)]
        for key, value in attributes.items():
            if isinstance(value, int):
                body = number(3, value) + number(20, ATTRIBUTE_INT)
            else:
                body = b"".join(number(8, item) for item in value) + number(20, ATTRIBUTE_INTS)
            fields.append(message(5, message(1, key), body))
        self.nodes.append(message(1, *fields))
        return name

    def convolution(self, x, name, inputs, outputs, kernel, stride):
        weight = self.weight(f"{name}.weight", outputs, inputs, kernel, kernel)
        y = self.node("Conv", [x, weight], f"{name}.conv", kernel_shape=[kernel] * 2, strides=[stride] * 2,
                      pads=[kernel // 2] * 4)
        parts = [self.weight(f"{name}.{part}", outputs) for part in ("scale", "shift", "mean")]
        variance = self.tensor(f"{name}.variance", (outputs,), FLOAT, struct.pack("<f", 1.0) * outputs)
        self.parameters += outputs
        return self.node("BatchNormalization", [y, *parts, variance], f"{name}.norm")

    def hard_swish(self, x, name):
        y = self.node("Add", [x, "three"], f"{name}.shifted")
        y = self.node("Clip", [y, "zero", "six"], f"{name}.clipped")
        return self.node("Div", [self.node("Mul", [x, y], f"{name}.product"), "six"], f"{name}.out")

    def bottleneck(self, x, name, inputs, width, stride):
        y = self.hard_swish(self.convolution(x, f"{name}.reduce", inputs, width, 1, 1), f"{name}.act1")
        y = self.hard_swish(self.convolution(y, f"{name}.space", width, width, 3, stride), f"{name}.act2")
        y = self.convolution(y, f"{name}.expand", width, 4 * width, 1, 1)
        if inputs != 4 * width:
            x = self.convolution(x, f"{name}.around", inputs, 4 * width, 1, stride)
        return self.hard_swish(self.node("Add", [x, y], f"{name}.sum"), f"{name}.act3")

    def tail(self, x):
        """Each class score of the first few is cut out, scaled and put back, one tiny node at a time."""
        pieces = []
        for index in range(TAIL):
            start, end = self.integers(f"tail{index}.start", index), self.integers(f"tail{index}.end", index + 1)
            piece = self.node("Slice", [x, start, end, "axis_1"], f"tail{index}.cut")
            piece = self.node("Mul", [piece, self.scalar(f"tail{index}.gain", 1 + index / 8)], f"tail{index}.scaled")
            pieces.append(self.node("Sigmoid", [piece], f"tail{index}.squashed"))
        return self.node("Concat", pieces, "scores", axis=1)

    def build(self):
        self.scalar("zero", 0.0)
        self.scalar("three", 3.0)
        self.scalar("six", 6.0)
        self.integers("axis_1", 1)
        x = self.hard_swish(self.convolution("image", "stem", 3, 64, 7, 2), "stem.act")
        x = self.node("MaxPool", [x], "stem.pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        inputs = 64
        for stage, (width, blocks) in enumerate(STAGES):
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                x = self.bottleneck(x, f"stage{stage}.block{block}", inputs, width, stride)
                inputs = 4 * width
        x = self.node("Flatten", [self.node("GlobalAveragePool", [x], "pooled")], "features", axis=1)
        weight, bias = self.weight("head.weight", CLASSES, inputs), self.weight("head.bias", CLASSES)
        self.tail(self.node("Gemm", [x, weight, bias], "logits", transB=1))

    def write(self, path):
        graph = [*self.nodes, message(2, "large"), *self.tensors, value_info(11, "image", ["batch", 3, 224, 224]),
                 value_info(12, "scores", ["batch", TAIL])]
        opset = message(8, message(1, ""), number(2, 17))
        with open(path, "wb") as file:
            file.write(number(1, 8) + message(2, "slipway bench") + opset)
            file.write(varint(7 << 3 | 2) + varint(sum(map(len, graph))))
            file.writelines(graph)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="file")
    path = parser.parse_args().output
    model = Model(seed=42)
    model.build()
    model.write(path)
    print(f"wrote {path}: {len(model.nodes)} nodes, {model.parameters} parameters")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes the models of `./dev bench engine` that the repository does not hold, each only if it is not there yet.

usage: make_models.py FOLDER
Weights are random with a fixed seed and scaled so that activations stay within a few units of one; batch norms are
folded into convolutions, as exporters do. The networks have the layers and sizes of their papers.
"""

import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
OPSET = 17
IMAGE = ["batch", 3, 224, 224]


class Builder:
    """Collects nodes and initialisers; every method returns the name of the value that it made."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes = []
        self.initializers = []

    def constant(self, array):
        name = f"w{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def normal(self, *shape, deviation):
        return self.constant(self.rng.standard_normal(shape, np.float32) * np.float32(deviation))

    def node(self, operator, inputs, **attributes):
        name = f"{operator.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x, channels, out, kernel=1, stride=1, groups=1, gain=1.0):
        fan_in = channels // groups * kernel * kernel
        weight = self.normal(out, channels // groups, kernel, kernel, deviation=gain * (2 / fan_in) ** 0.5)
        return self.node("Conv", [x, weight, self.normal(out, deviation=0.05)], kernel_shape=[kernel, kernel],
                         strides=[stride, stride], pads=[(kernel - 1) // 2] * 4, group=groups)

    def dense(self, x, inputs, outputs, gain=1.0):
        weight = self.normal(outputs, inputs, deviation=gain * inputs ** -0.5)
        return self.node("Gemm", [x, weight, self.normal(outputs, deviation=0.05)], transB=1)

    def silu(self, x):
        return self.node("Mul", [x, self.node("Sigmoid", [x])])

    def relu6(self, x):
        return self.node("Clip", [x, self.constant(np.float32(0)), self.constant(np.float32(6))])

    def classifier(self, x, channels):
        pooled = self.node("Flatten", [self.node("GlobalAveragePool", [x])], axis=1)
        return self.dense(pooled, channels, 1000)

    def model(self, name, output, input_shape, output_shape, input_name="x"):
        assert self.nodes[-1].output[0] == output
        self.nodes[-1].output[0] = "y"
        graph = helper.make_graph(self.nodes, name,
                                  [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, input_shape)],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, output_shape)],
                                  self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8,
                                  producer_name="slipway-bench")
        onnx.checker.check_model(model)
        return model


def one_node():
    b = Builder(0)
    return b.model("one_node", b.node("Relu", ["x"]), [1], [1])


def gemm_512():
    """One product of matrices, for its share of the machine's peak."""
    b = Builder(8)
    return b.model("gemm_512", b.node("MatMul", ["x", b.normal(512, 512, deviation=512 ** -0.5)]), [512, 512], [512, 512])


def policy_mlp():
    """A legged robot's policy: 48 observations, two hidden layers of 256, 12 joints."""
    b = Builder(1)
    x = b.node("Elu", [b.dense("x", 48, 256)])
    x = b.node("Elu", [b.dense(x, 256, 256)])
    return b.model("policy_mlp", b.dense(x, 256, 12), ["batch", 48], ["batch", 12])


def gru():
    """The autopilot's sizes with GRU cells: 20 readings of 25 sensors, two layers of 64."""
    b = Builder(2)
    x, inputs = b.node("Transpose", ["x"], perm=[1, 0, 2]), 25
    axis = b.constant(np.array([1], np.int64))
    for _ in range(2):
        weights = [b.normal(1, 192, inputs, deviation=inputs ** -0.5), b.normal(1, 192, 64, deviation=0.125),
                   b.normal(1, 384, deviation=0.1)]
        name = b.node("GRU", [x, *weights], hidden_size=64, linear_before_reset=1)
        x, inputs = b.node("Squeeze", [name, axis]), 64
    last = b.node("Gather", [x, b.constant(np.array(-1, np.int64))], axis=0)
    return b.model("gru", b.node("Tanh", [b.dense(last, 64, 1)]), ["batch", 20, 25], ["batch", 1])


def mobilenet_v2():
    """Sandler et al. 2018, width 1."""
    b = Builder(3)
    x, channels = b.relu6(b.conv("x", 3, 32, 3, 2)), 32
    for expand, out, repeats, first_stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                               (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(repeats):
            stride, hidden = first_stride if i == 0 else 1, channels * expand
            h = x if expand == 1 else b.relu6(b.conv(x, channels, hidden))
            h = b.relu6(b.conv(h, hidden, hidden, 3, stride, groups=hidden))
            h = b.conv(h, hidden, out, gain=0.7)
            x = b.node("Add", [x, h]) if stride == 1 and channels == out else h
            channels = out
    x = b.relu6(b.conv(x, channels, 1280))
    return b.model("mobilenet_v2", b.classifier(x, 1280), IMAGE, ["batch", 1000])


def efficientnet_b0():
    """Tan and Le 2019."""
    b = Builder(4)
    x, channels = b.silu(b.conv("x", 3, 32, 3, 2)), 32
    for expand, out, repeats, first_stride, kernel in (
            (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
            (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)):
        for i in range(repeats):
            stride, hidden, squeezed = first_stride if i == 0 else 1, channels * expand, max(1, channels // 4)
            h = x if expand == 1 else b.silu(b.conv(x, channels, hidden))
            h = b.silu(b.conv(h, hidden, hidden, kernel, stride, groups=hidden, gain=1.3))
            gate = b.silu(b.conv(b.node("GlobalAveragePool", [h]), hidden, squeezed))
            gate = b.node("Sigmoid", [b.conv(gate, squeezed, hidden)])
            h = b.conv(b.node("Mul", [h, gate]), hidden, out, gain=1.5)
            x = b.node("Add", [x, h]) if stride == 1 and channels == out else h
            channels = out
    x = b.silu(b.conv(x, channels, 1280))
    return b.model("efficientnet_b0", b.classifier(x, 1280), IMAGE, ["batch", 1000])


def resnet50():
    """He et al. 2015, with the stride in the 3x3 convolution."""
    b = Builder(5)
    x = b.node("Relu", [b.conv("x", 3, 64, 7, 2)])
    x, channels = b.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), 64
    for width, repeats, first_stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for i in range(repeats):
            stride, out = first_stride if i == 0 else 1, 4 * width
            h = b.node("Relu", [b.conv(x, channels, width)])
            h = b.node("Relu", [b.conv(h, width, width, 3, stride)])
            h = b.conv(h, width, out, gain=0.4)
            shortcut = x if i > 0 else b.conv(x, channels, out, 1, stride, gain=0.7)
            x = b.node("Relu", [b.node("Add", [h, shortcut])])
            channels = out
    return b.model("resnet50", b.classifier(x, 2048), IMAGE, ["batch", 1000])


class RandomImages:
    """Calibration data for the integer models."""

    def __init__(self, count):
        rng = np.random.default_rng(6)
        self.images = iter([{"x": rng.uniform(-2, 2, (1, 3, 224, 224)).astype(np.float32)} for _ in range(count)])

    def get_next(self):
        return next(self.images, None)


def write_int8(source, target):
    """QDQ as the ONNX Runtime guide has it: unsigned activations, signed weights, per channel."""
    from onnxruntime import quantization
    quantization.quantize_static(source, target, RandomImages(4), quant_format=quantization.QuantFormat.QDQ,
                                 per_channel=True, activation_type=quantization.QuantType.QUInt8,
                                 weight_type=quantization.QuantType.QInt8)


def write_policy(path):
    maker = REPOSITORY / "examples" / "policy" / "make_model.py"
    folder = path.with_suffix(".folder")
    subprocess.run([sys.executable, "-B", maker, "--output", folder], check=True, stdout=subprocess.DEVNULL)
    (folder / "policy.onnx").rename(path)
    for rest in folder.iterdir():
        rest.unlink()
    folder.rmdir()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    makers = {make.__name__: lambda path, make=make: onnx.save(make(), path)
              for make in (one_node, gemm_512, policy_mlp, gru, mobilenet_v2, efficientnet_b0, resnet50)}
    makers["policy_transformer"] = write_policy
    for name in ("mobilenet_v2", "resnet50"):
        makers[f"{name}_int8"] = lambda path, name=name: write_int8(folder / f"{name}.onnx", path)
    for name, write in makers.items():
        path, unfinished = folder / f"{name}.onnx", folder / f"{name}.unfinished.onnx"
        if path.exists():
            continue
        print(f"    making {path}", file=sys.stderr)
        write(unfinished)
        unfinished.rename(path)


if __name__ == "__main__":
    main()

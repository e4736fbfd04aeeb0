"""Models of the kinds that exporters write, small, for the tests and the benchmark."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Draft:
    def __init__(self, opset, ir=8):
        self.opset, self.ir, self.rng = opset, ir, np.random.default_rng(7)
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []

    def input(self, name, shape, kind=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, *shape):
        return self.constant((self.rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]) or 1)).astype(np.float32))

    def number(self, value):
        return self.constant(np.float32(value))

    def add(self, op, *inputs, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def model(self, result, shape):
        outputs = [helper.make_tensor_value_info(result, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self.nodes, "g", self.inputs, outputs, self.constants, doc_string="of the graph")
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=self.ir,
                                  doc_string="of the model")
        helper.set_model_props(model, {"made": "by a test"})
        onnx.checker.check_model(model)
        return model


def layer_norm(d, x, width):
    axes = {"axes": [-1]} if d.opset < 18 else {}
    mean = lambda v: d.add("ReduceMean", v, *([] if axes else [d.constant([-1])]), **axes)  # noqa: E731
    centred = d.add("Sub", x, mean(x))
    variance = mean(d.add("Pow", centred, d.number(2)))
    unit = d.add("Div", centred, d.add("Sqrt", d.add("Add", variance, d.number(1e-5))))
    return d.add("Add", d.add("Mul", unit, d.weights(width)), d.weights(width))


def gelu(d, x):
    curve = d.add("Add", d.add("Erf", d.add("Div", x, d.number(2 ** 0.5))), d.number(1))
    return d.add("Mul", d.add("Mul", x, curve), d.number(0.5))


def transformer(opset, width=64, tokens=32):
    d = Draft(opset, 9 if opset >= 20 else 8)
    x = d.input("x", ["batch", tokens, width])
    for _ in range(2):
        n = layer_norm(d, x, width)
        parts = []
        for _ in range(3):
            p = d.add("Add", d.add("MatMul", n, d.weights(width, width)), d.weights(width))
            batch = d.add("Unsqueeze", d.add("Gather", d.add("Shape", n), d.constant(0)), d.constant([0]))
            target = d.add("Concat", batch, d.constant([tokens, 4, width // 4]), axis=0)
            parts.append(d.add("Transpose", d.add("Reshape", p, target), perm=[0, 2, 1, 3]))
        q, k, v = parts
        scores = d.add("Div", d.add("MatMul", q, d.add("Transpose", k, perm=[0, 1, 3, 2])), d.number(4))
        mixed = d.add("Transpose", d.add("MatMul", d.add("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
        joined = d.add("Reshape", mixed, d.constant([0, 0, width]))
        x = d.add("Add", x, joined)
        n = layer_norm(d, x, width)
        up = gelu(d, d.add("Add", d.add("MatMul", n, d.weights(width, 4 * width)), d.weights(4 * width)))
        x = d.add("Add", x, d.add("Add", d.add("MatMul", up, d.weights(4 * width, width)), d.weights(width)))
    return d.model(x, ["batch", tokens, width])


def conv_net(opset, nhwc):
    d = Draft(opset)
    x = d.input("x", ["batch", 3, 32, 32])
    channels = 3
    for width in (16, 32, 32):
        x = d.add("Pad", x, d.constant([0, 0, 1, 1, 0, 0, 1, 1]))
        x = d.add("Conv", x, d.weights(width, channels, 3, 3))
        scale = d.constant(np.linspace(0.5, 1.5, width, dtype=np.float32))
        x = d.add("BatchNormalization", x, scale, d.weights(width), d.weights(width), scale)
        if nhwc:
            x = d.add("Transpose", x, perm=[0, 2, 3, 1])
            x = d.add("Mul", x, d.constant(np.linspace(0.5, 1.5, width, dtype=np.float32)))
        gate = d.add("Clip", d.add("Add", x, d.number(3)), d.number(0), d.number(6))
        x = d.add("Div", d.add("Mul", x, gate), d.number(6))
        if nhwc:
            x = d.add("Transpose", x, perm=[0, 3, 1, 2])
        channels = width
    x = d.add("Flatten", d.add("GlobalAveragePool", x))
    return d.model(d.add("Add", d.add("MatMul", x, d.weights(channels, 10)), d.weights(10)), ["batch", 10])


def perceptron(opset):
    d = Draft(opset)
    x = d.add("Identity", d.input("x", ["batch", 48]))
    width = 48
    for out in (256, 256, 12):
        x = d.add("Add", d.add("MatMul", x, d.add("Transpose", d.weights(out, width), perm=[1, 0])), d.weights(out))
        x = d.add("Relu", d.add("Dropout", d.add("Relu", x)))
        width = out
    return d.model(x, ["batch", width])


def all_models():
    """(name, model)."""
    return [("perceptron", perceptron(13)), ("conv", conv_net(14, False)), ("conv_nhwc", conv_net(17, True)),
            ("transformer_16", transformer(16)), ("transformer_17", transformer(17)),
            ("transformer_20", transformer(20))]

"""Small models for the tests, made with onnx; the examples' files."""

import pathlib

import numpy as np
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"
AUTOPILOT = EXAMPLES / "autopilot" / "autopilot.onnx"
TCN = EXAMPLES / "pitwall" / "tcn.onnx"
TREES = EXAMPLES / "pitwall" / "trees.onnx"


def model(nodes, inputs, outputs, opset=17, extra=(), initializers=()):
    """Bytes of a model. Inputs and outputs: name -> (type, shape)."""
    def info(ports):
        return [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in ports.items()]

    graph = helper.make_graph(nodes, "test", info(inputs), [*info(outputs), *extra],
                              initializer=list(initializers))
    made = helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)])
    return made.SerializeToString()


def relu(shape=(1, 4), kind=TensorProto.FLOAT):
    return model([helper.make_node("Relu", ["x"], ["y"])], {"x": (kind, shape)}, {"y": (kind, shape)})


def window(batch=1, seed=0):
    return np.random.default_rng(seed).standard_normal((batch, 20, 25)).astype(np.float32)
